"""One call's part of a stream: the messages that another tracker needs to understand that call alike.

A tracker says whose a channel is, before and after each message: so parts of calls that join, Local halves
and channels of a list end up together, and what is no call (a feature code) is let go. Besides its channels'
events a part holds the banner of its connection, the channel lists that were read while it lived (each with
its own channels only), and what the PBX said of the call's endpoints and queues.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

from itgrix_core.calls.events import CallEnded, CallMerged, CallStarted, Told
from itgrix_core.calls.parts import Answer, Entry, Excerpt, Part, counted
from itgrix_core.calls.questions import BLACKLIST_ID, RECORDING_ID, WIRE_ID
from itgrix_core.calls.tracker import Tracker
from itgrix_core.wire.frames import is_banner
from itgrix_core.wire.messages import Message

LINGER_SECONDS = 5.0
"""How long after its end a call's last words are waited for (docs/facts/asterisk.md 2)."""

OURS = "itgrix-"
"""How ActionIDs begin whose answers are about something that the ActionID names."""

_UNIQUEIDS = re.compile(rb"\r\n(\w*)uniqueid: ([^\r\n]+)", re.IGNORECASE)


class Excerpts:
    """Cuts one Asterisk's stream into its calls.

    Args:
        tracker: understands the stream; it is fed here and nowhere else.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._parts: dict[str, Part] = {}
        self._owners: dict[str, str] = {}
        self._banner: Entry | None = None
        self._lists: dict[str, Answer] = {}
        self._plant: dict[str, Answer] = {}
        self._number = 0
        self._ended: deque[tuple[float, str]] = deque()

    def feed(self, block: bytes, received_at: float) -> list[Excerpt]:
        """Take the next block of the stream; returns the excerpts of calls that are over since."""
        self._number += 1
        entry = Entry(self._number, block, received_at)
        if is_banner(block):
            self._connect(entry)
        else:
            self._sort_in(entry, Message(block))
        return self._take_over(received_at)

    def close(self) -> list[Excerpt]:
        """The excerpts of calls that still live, or were over just now."""
        parts, self._parts = self._parts, {}
        return [part.excerpt(key) for key, part in parts.items() if part.is_call]

    def _connect(self, entry: Entry) -> None:
        self._tracker.connected()
        self._banner = entry
        self._lists.clear()
        self._plant.clear()
        for part in self._parts.values():
            part.lists.clear()
            part.add(entry)

    # ---- whose a message is ---------------------------------------------------------------------------
    def _sort_in(self, entry: Entry, message: Message) -> None:
        uniqueids = _uniqueids_of(message)
        keys = [self._tracker.call_of(uniqueid) for uniqueid in uniqueids]
        told = self._tracker.feed(message, message.timestamp or entry.received_at)
        after = [self._tracker.call_of(uniqueid) for uniqueid in uniqueids]
        for uniqueid, key in zip(uniqueids * 2, keys + after, strict=True):
            if key:
                self._own(uniqueid, key)
        for event in told:
            self._follow(event, entry)
        self._let_go(told)
        owners = dict.fromkeys(self._owners[uid] for uid in uniqueids if uid in self._owners)
        for key in owners:
            self._parts[key].add(entry)
        self._answer(entry, message, list(owners))

    def _part(self, key: str) -> Part:
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = Part(plant=list(self._plant.values()))
            if self._banner:
                part.add(self._banner)
        return part

    def _own(self, uniqueid: str, key: str) -> None:
        """The tracker says that this channel is that call's: if it was another's, the two are one."""
        part, before = self._part(key), self._owners.get(uniqueid, key)
        if before != key:
            self._join(before, key)
        self._owners[uniqueid] = key
        part.channels[uniqueid] = None
        part.ended_at = None

    def _join(self, key: str, into: str) -> None:
        other = self._parts.pop(key, None)
        if other is not None:
            self._part(into).take(other)
            self._owners |= dict.fromkeys(other.channels, into)

    def _follow(self, event: Told, entry: Entry) -> None:
        if isinstance(event, CallMerged):
            self._join(event.call.key, event.into)
        elif isinstance(event, CallStarted | CallEnded):
            part = self._part(event.call.key)
            part.is_call = True
            if not event.call.linkedid:  # a call that never had a channel (docs/facts/asterisk.md 38)
                part.add(entry)
                self._borrow(part, event)
            part.ended_at = None
            if isinstance(event, CallEnded):
                part.ended_at = entry.received_at
                self._ended.append((entry.received_at, event.call.key))

    def _borrow(self, part: Part, event: CallStarted | CallEnded) -> None:
        """What a Local channel said whose phone was not there: the files that it began are such a call's."""
        for recording in event.call.recordings:
            owner = self._parts.get(self._owners.get(recording.channel, ""))
            if owner is not None:
                part.entries |= owner.entries

    def _let_go(self, told: Iterable[Told]) -> None:
        """Parts that came to nothing, or silently went into another."""
        ended = {event.call.key for event in told if isinstance(event, CallEnded | CallMerged)}
        for key, row in self._tracker.changes().items():
            if row is None and key in self._parts and key not in ended:
                now = map(self._tracker.call_of, self._parts[key].channels)
                into = next((other for other in now if other and other != key), None)
                if into:
                    self._join(key, into)
                elif not self._parts[key].is_call:
                    self._forget(key)

    # ---- lists and other answers ----------------------------------------------------------------------
    def _answer(self, entry: Entry, message: Message, owners: list[str]) -> None:
        action_id, place = message.get("ActionID"), message.get("EventList").lower()
        if place == "start":
            self._begin(entry, message, action_id)
        elif action_id in self._lists:
            if place == "complete":
                self._end(entry, action_id)
            elif owners:
                self._item(self._lists[action_id], action_id, owners)
            else:
                self._lists[action_id].items.append(entry)
        elif not message.name and action_id.startswith(OURS) and not owners:
            self._keep(action_id, Answer(entry))

    def _begin(self, entry: Entry, message: Message, action_id: str) -> None:
        self._lists[action_id] = Answer(entry)
        if message.get("Message") == "Channels will follow":
            for part in self._parts.values():
                part.add(entry)
                part.lists[action_id] = 0

    def _item(self, answer: Answer, action_id: str, owners: list[str]) -> None:
        for key in owners:
            part = self._parts[key]
            part.add(answer.begin)
            part.lists[action_id] = part.lists.get(action_id, 0) + 1

    def _end(self, entry: Entry, action_id: str) -> None:
        answer = self._lists.pop(action_id)
        for part in self._parts.values():
            if action_id in part.lists:
                part.add(counted(entry, part.lists.pop(action_id)))
        if answer.items:
            answer.end = entry
            told = Message(answer.begin.block).get("Message")
            self._keep(action_id if action_id.startswith(OURS) else told, answer)

    def _keep(self, name: str, answer: Answer) -> None:
        self._plant[name] = answer
        for part in self._parts.values():
            part.plant.append(answer)

    # ---- ends -----------------------------------------------------------------------------------------
    def _take_over(self, now: float) -> list[Excerpt]:
        """Those that ended long enough ago, and for good."""
        over = []
        while self._ended and now - self._ended[0][0] > LINGER_SECONDS:
            ended_at, key = self._ended.popleft()
            if key in self._parts and self._parts[key].ended_at == ended_at:
                over.append(self._forget(key).excerpt(key))
        return over

    def _forget(self, key: str) -> Part:
        part = self._parts.pop(key)
        for uniqueid in part.channels:
            self._owners.pop(uniqueid, None)
        return part


def _uniqueids_of(message: Message) -> list[str]:
    """The channels that a message names, each once; bridges have ids as well, and are none."""
    found = [
        value.decode("utf-8", "surrogateescape")
        for prefix, value in _UNIQUEIDS.findall(message.raw)
        if not prefix.lower().endswith(b"bridge")
    ]
    action_id = message.get("ActionID")
    asked = (ours for ours in (RECORDING_ID, WIRE_ID, BLACKLIST_ID) if action_id.startswith(ours))
    found += [action_id.removeprefix(ours) for ours in asked]
    return list(dict.fromkeys(found))
