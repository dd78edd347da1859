"""A stream of CEL rows, parted into clusters: the rows of calls that may have to do with each other.

A Linkedid alone does not part them: the channels of a consultation, or of whoever picks up, change theirs in
the middle (docs/facts/asterisk.md 3). So rows of one channel, of one bridge and of one transfer belong
together. Too large a cluster does no harm (the tracker knows which calls join), too small a one tears a call.
A cluster is over when each of its channels is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

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
class Cluster:
    """Rows that belong together, each with its place in the stream.

    Attributes:
        living: Uniqueids whose end has not come.
        born: Uniqueids whose beginning was seen.
        keys: what it is found by.
        last_at: time of its newest row, Unix seconds.
    """

    rows: list[tuple[int, CelRow]] = field(default_factory=list)
    living: dict[str, None] = field(default_factory=dict)
    born: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    last_at: float = 0.0

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
        self._by_key: dict[str, Cluster] = {}
        self._open: dict[int, Cluster] = {}
        self._gone: dict[str, None] = {}
        self._count = 0
        self._swept_at = 0.0

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def add(self, row: CelRow) -> Iterator[Cluster]:
        """Take the next row; the clusters that are over by it (or by their age)."""
        if row.event in IGNORED or row.uniqueid in self._gone:
            return
        self._count += 1
        cluster = self._cluster_of(row)
        cluster.rows.append((self._count, row))
        cluster.last_at = row.at
        if row.event == "CHAN_END":
            cluster.living.pop(row.uniqueid, None)
        else:
            cluster.living[row.uniqueid] = None
        if row.event == "CHAN_START":
            cluster.born.add(row.uniqueid)
        if cluster.is_over:
            yield self._release(cluster)
        yield from self._sweep(row.at)

    def rest(self) -> list[Cluster]:
        """Those that are still open, oldest first."""
        return [self._release(cluster) for cluster in list(self._open.values())]

    def _cluster_of(self, row: CelRow) -> Cluster:
        keys = list(_keys(row))
        found = {id(known): known for key in keys if (known := self._by_key.get(key))}
        cluster, *others = found.values() or [Cluster()]
        self._open[id(cluster)] = cluster
        for other in others:
            self._unite(cluster, other)
        for key in keys:
            cluster.keys.add(key)
            self._by_key[key] = cluster
        return cluster

    def _unite(self, into: Cluster, other: Cluster) -> None:
        into.rows += other.rows
        into.living |= other.living
        into.born |= other.born
        into.keys |= other.keys
        self._by_key |= dict.fromkeys(other.keys, into)
        del self._open[id(other)]

    def _release(self, cluster: Cluster) -> Cluster:
        del self._open[id(cluster)]
        for key in cluster.keys:
            del self._by_key[key]
        self._gone |= dict.fromkeys(cluster.uniqueids)
        while len(self._gone) > _REMEMBERED:
            del self._gone[next(iter(self._gone))]
        return cluster

    def _sweep(self, now: float) -> Iterator[Cluster]:
        """Once an hour of the stream's time: what is too old."""
        if now - self._swept_at < OLDEST_SECONDS / 12:
            return
        self._swept_at = now
        for cluster in list(self._open.values()):
            if now - cluster.last_at > OLDEST_SECONDS:
                yield self._release(cluster)


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
