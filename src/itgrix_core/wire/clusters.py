"""A stream of CEL rows, parted into clusters: the rows of calls that may have to do with each other.

A Linkedid alone does not part them: the channels of a consultation, or of whoever picks up, change theirs in
the middle (docs/facts/asterisk.md 3). So rows of one channel, of one bridge and of one transfer belong
together. Too large a cluster does no harm (the tracker knows which calls join), too small a one tears a call.
A cluster is over when each of its channels is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from itgrix_core.wire.joining import Group, Joining
from itgrix_core.wire.rows import CelRow

IGNORED = frozenset({"LINKEDID_END", "STREAM_BEGIN", "STREAM_END", "DTMF"})
"""Rows that say nothing about who talks with whom; a Linkedid is over when its last channel is."""
OLDEST_SECONDS = 12 * 3600.0
"""After so long without a row a cluster will get none: the PBX crashed, or its log was cut."""
NAMING = (
    "transferee_channel_uniqueid", "transfer_target_channel_uniqueid", "channel2_uniqueid",
    "pickup_channel_uniqueid", "local_two_uniqueid",
)  # fmt: skip
"""Where `extra` names other channels."""
_REMEMBERED = 10_000


@dataclass(slots=True)
class Cluster(Group):
    """Rows that belong together, each with its place in the stream.

    Attributes:
        living: Uniqueids whose end has not come.
        born: Uniqueids whose beginning was seen.
    """

    rows: list[tuple[int, CelRow]] = field(default_factory=list)
    living: dict[str, None] = field(default_factory=dict)
    born: set[str] = field(default_factory=set)

    def take(self, place: int, row: CelRow) -> None:
        """A row and its place in the stream."""
        self.rows.append((place, row))
        self.last_at = row.at
        if row.event == "CHAN_END":
            self.living.pop(row.uniqueid, None)
        else:
            self.living[row.uniqueid] = None
        if row.event == "CHAN_START":
            self.born.add(row.uniqueid)

    def unite(self, other: Cluster) -> None:
        """Take the rows of the other one."""
        Group.unite(self, other)
        self.rows += other.rows
        self.living |= other.living
        self.born |= other.born

    @property
    def is_over(self) -> bool:
        """Whether each channel has ended."""
        return not self.living

    @property
    def is_cut(self) -> bool:
        """Whether it began before the rows did."""
        return any(row.uniqueid not in self.born for _, row in self.rows)

    @property
    def linkedids(self) -> list[str]:
        """Every Linkedid in it, the first one first."""
        return list(dict.fromkeys(row.linkedid for row in self.in_order()))

    @property
    def uniqueids(self) -> list[str]:
        """Every channel in it, in the order of their coming."""
        return list(dict.fromkeys(row.uniqueid for row in self.in_order()))

    def in_order(self) -> list[CelRow]:
        """The rows as they came."""
        return [row for _, row in sorted(self.rows, key=lambda placed: placed[0])]


class Clusters:
    """Takes rows in their order, gives clusters as soon as they are over; holds only those that are not."""

    def __init__(self) -> None:
        self._joining = Joining(Cluster, OLDEST_SECONDS)
        self._gone: dict[str, None] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many are open."""
        return len(self._joining)

    def add(self, row: CelRow) -> Iterator[Cluster]:
        """Take the next row; the clusters that are over by it (or by their age)."""
        if row.event in IGNORED or row.uniqueid in self._gone:
            return
        self._count += 1
        cluster = self._joining.of(_keys(row))
        cluster.take(self._count, row)
        if cluster.is_over:
            yield self._release(cluster)
        yield from map(self._release, self._joining.too_old(row.at))

    def rest(self) -> list[Cluster]:
        """Those that are still open, oldest first."""
        return [self._release(cluster) for cluster in self._joining.rest()]

    def _release(self, cluster: Cluster) -> Cluster:
        self._gone |= dict.fromkeys(cluster.uniqueids)
        while len(self._gone) > _REMEMBERED:
            del self._gone[next(iter(self._gone))]
        return self._joining.release(cluster)


def _keys(row: CelRow) -> Iterator[str]:
    """What the row's cluster is found by."""
    yield f"linkedid {row.linkedid}"
    yield f"uniqueid {row.uniqueid}"
    extra = row.extra or {}
    for name in NAMING:
        uniqueid = extra.get(name)
        if uniqueid and uniqueid != "N/A":
            yield f"uniqueid {uniqueid}"
    if extra.get("bridge_id") and extra.get("bridge_technology") != "holding_bridge":
        yield f"bridge {extra['bridge_id']}"
    if row.event.startswith("BRIDGE_"):
        yield f"channel {row.channel}"
        for name in filter(None, row.peer.split(",")):
            yield f"channel {name}"
