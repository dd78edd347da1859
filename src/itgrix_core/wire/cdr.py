"""Calls of which only CDRs are left, as rows of CEL: as far as it goes.

A CDR is a channel, whom it dialled, and three times. It names no Uniqueid of the dialled channel (its name
must do), no cause and nobody who hung up; a transfer shows as one more CDR. Which CDRs belong together is
said by `linkedid`, and where a table lacks that column by the names of channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from itgrix_core.wire.joining import Group, Joining
from itgrix_core.wire.rows import CdrRow, CelRow

PATIENCE_SECONDS = 2 * 3600.0
"""A group that got no row for so long gets none: CDRs are written when a channel ends, not the call."""
INSIDE = frozenset({"s", "h", "t", "i"})
"""Extensions that are places in a dialplan, not numbers."""


@dataclass(slots=True)
class CdrGroup(Group):
    """CDRs of one call."""

    cdrs: list[CdrRow] = field(default_factory=list)

    def unite(self, other: CdrGroup) -> None:
        """Take the CDRs of the other one."""
        Group.unite(self, other)
        self.cdrs += other.cdrs


class CdrGroups:
    """Takes CDRs in the order of their file, gives those of a call together."""

    def __init__(self) -> None:
        self._joining = Joining(CdrGroup, PATIENCE_SECONDS)

    def add(self, cdr: CdrRow) -> Iterator[CdrGroup]:
        """Take the next CDR; the groups that will get none any more."""
        yield from map(self._joining.release, self._joining.too_old(cdr.ordered_at))
        group = self._joining.of(_keys(cdr))
        group.cdrs.append(cdr)
        group.last_at = max(group.last_at, cdr.ordered_at)

    def rest(self) -> list[CdrGroup]:
        """Those that are left at the end."""
        return [self._joining.release(group) for group in self._joining.rest()]


def _keys(cdr: CdrRow) -> list[str]:
    """What a CDR's group is found by: both halves of a Local count as one."""
    if cdr.linkedid:
        return [cdr.linkedid]
    names = (cdr.channel, cdr.dstchannel)
    return [cdr.uniqueid, *(name.removesuffix(";1").removesuffix(";2") for name in names if name)]


def rows_of_cdrs(cdrs: Sequence[CdrRow], is_trunk: Callable[[str], bool]) -> list[CelRow]:
    """The rows that CEL might have had of a call, in their order.

    Args:
        cdrs: of one call.
        is_trunk: whether a channel of this name leads outside; its `dst` is then no outside number.
    """
    dialled = {cdr.dstchannel for cdr in cdrs}
    cdrs = sorted(
        cdrs,
        key=lambda cdr: (cdr.start, cdr.channel in dialled, cdr.channel.endswith(";2"), cdr.end),
    )
    uniqueids = {cdr.channel: cdr.uniqueid for cdr in cdrs}
    root = cdrs[0].linkedid or cdrs[0].uniqueid
    rows: list[tuple[float, int, CelRow]] = []

    def put(order: int, event: str, at: float, channel: str, **more: str) -> None:
        extra = {"bridge_id": more.pop("bridge")} if "bridge" in more else None
        uniqueid = uniqueids.get(channel, channel)
        rows.append((at, order, CelRow(event, at, uniqueid, root, channel, extra=extra, **more)))

    ends: dict[str, float] = {}
    for number, cdr in enumerate(cdrs):
        if cdr.channel not in ends:
            exten = cdr.did or ("" if is_trunk(cdr.channel) or cdr.dst in INSIDE else cdr.dst)
            put(0, "CHAN_START", cdr.start, cdr.channel, exten=exten, caller_number=cdr.src)
        for name in filter(None, (cdr.channel, cdr.dstchannel)):
            ends[name] = max(ends.get(name, 0.0), cdr.end)
        put(1, "APP_START", cdr.start, cdr.channel, app=cdr.lastapp, appdata=cdr.lastdata)
        if cdr.dstchannel and cdr.dstchannel not in uniqueids:
            put(2, "CHAN_START", cdr.start, cdr.dstchannel)
        if cdr.answer is None or cdr.disposition != "ANSWERED":
            continue
        if not cdr.dstchannel:
            put(3, "ANSWER", cdr.answer, cdr.channel)
            continue
        for name in (cdr.dstchannel, cdr.channel):
            put(3, "ANSWER", cdr.answer, name)
            put(4, "BRIDGE_ENTER", cdr.answer, name, bridge=f"cdr {number} of {root}")
            put(5, "BRIDGE_EXIT", cdr.end, name, bridge=f"cdr {number} of {root}")
    for name, end in ends.items():
        put(6, "HANGUP", end, name)
        put(7, "CHAN_END", end, name)
    return [row for _, _, row in sorted(rows, key=lambda placed: placed[:2])]
