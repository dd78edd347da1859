"""Calls of which only CDRs are left, as rows of CEL: as far as it goes.

A CDR is a channel, whom it dialled, and three times. It names no Uniqueid of the dialled channel (its name
must do), no cause and nobody who hung up; a transfer shows as one more CDR. Which CDRs belong together is
said by `linkedid`, and where a table lacks that column by the names of channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from itgrix_core.wire.rows import CdrRow, CelRow

PATIENCE_SECONDS = 2 * 3600.0
"""A group that got no row for so long gets none: CDRs are written when a channel ends, not the call."""
INSIDE = frozenset({"s", "h", "t", "i"})
"""Extensions that are places in a dialplan, not numbers."""


@dataclass(slots=True)
class Group:
    """CDRs of one call."""

    cdrs: list[CdrRow] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    last_at: float = 0.0


class Groups:
    """Takes CDRs in the order of their file, gives those of a call together."""

    def __init__(self) -> None:
        self._by_key: dict[str, Group] = {}
        self._open: dict[int, Group] = {}
        self._swept_at = 0.0

    def add(self, cdr: CdrRow) -> Iterator[Group]:
        """Take the next CDR; the groups that will get none any more."""
        yield from self._sweep(cdr.ordered_at)
        keys = _keys(cdr)
        found = {id(group): group for key in keys if (group := self._by_key.get(key))}
        group, *others = found.values() or [Group()]
        self._open[id(group)] = group
        for other in others:
            group.cdrs += other.cdrs
            group.keys |= other.keys
            self._by_key |= dict.fromkeys(other.keys, group)
            del self._open[id(other)]
        group.cdrs.append(cdr)
        group.last_at = max(group.last_at, cdr.ordered_at)
        group.keys.update(keys)
        self._by_key |= dict.fromkeys(keys, group)

    def rest(self) -> list[Group]:
        """Those that are left at the end."""
        return [self._release(group) for group in list(self._open.values())]

    def _sweep(self, now: float) -> Iterator[Group]:
        if now - self._swept_at < PATIENCE_SECONDS / 12:
            return
        self._swept_at = now
        for group in list(self._open.values()):
            if now - group.last_at > PATIENCE_SECONDS:
                yield self._release(group)

    def _release(self, group: Group) -> Group:
        del self._open[id(group)]
        for key in group.keys:
            self._by_key.pop(key, None)
        return group


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
