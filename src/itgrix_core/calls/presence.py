"""Whether a phone can be rung: what the PBX says of its devices, by extension. Pure.

Asterisk tells each change of a device's state to whoever reads class `call`, and all states in answer to
DeviceStateList. FreePBX's "do not disturb" is a device of its own, Custom:DND101
(docs/facts/asterisk.md 96). Nothing heard means nothing known: then the phone is worth a try.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from itgrix_core.calls.learnt import NOBODY
from itgrix_core.calls.topology import REAL, Topology
from itgrix_core.wire.messages import Message

MARK = b"Event: DeviceStateChange\r\n"
"""How the blocks begin that matter here."""

LIST_DEVICES = {"Action": "DeviceStateList"}
"""Asks for all states at once; Asterisk answers with an event for each."""

_DND = "DND"


class PhoneState(StrEnum):
    """How an employee's phones are, all of them together."""

    FREE = "free"
    BUSY = "busy"
    DND = "do not disturb"
    AWAY = "not registered"
    UNKNOWN = "not known"


_STATES = {
    "NOT_INUSE": PhoneState.FREE,
    "INUSE": PhoneState.BUSY,
    "BUSY": PhoneState.BUSY,
    "RINGING": PhoneState.BUSY,
    "RINGINUSE": PhoneState.BUSY,
    "ONHOLD": PhoneState.BUSY,
    "UNAVAILABLE": PhoneState.AWAY,
    "INVALID": PhoneState.AWAY,
}


class Presence:
    """The phones of one PBX; fed by one thread, asked by others.

    Args:
        topology: tells what is known of its endpoints now.
    """

    def __init__(self, topology: Callable[[], Topology]) -> None:
        self._topology = topology
        self._phones: dict[str, PhoneState] = {}
        self._silenced: dict[str, None] = {}

    def hear(self, message: Message) -> None:
        """A DeviceStateChange; anything else is passed over."""
        technology, _, name = message.get("Device").partition("/")
        state = message.get("State")
        if technology in REAL and name:
            self._phones[name] = _STATES.get(state, PhoneState.UNKNOWN)
        elif technology.startswith(f"Custom:{_DND}"):
            extension = technology.removeprefix(f"Custom:{_DND}")
            if _STATES.get(state) is PhoneState.BUSY:
                self._silenced[extension] = None
            else:
                self._silenced.pop(extension, None)

    def forget(self) -> None:
        """A new connection begins: what was known may be long out of date."""
        self._phones, self._silenced = {}, {}

    def state_of(self, extension: str) -> PhoneState:
        """Who talks on one of his phones is busy, whatever the others are."""
        if extension in self._silenced:
            return PhoneState.DND
        states = {self._phones[name] for name in self._phones_of(extension) if name in self._phones}
        order = (PhoneState.BUSY, PhoneState.FREE, PhoneState.UNKNOWN, PhoneState.AWAY)
        return next((state for state in order if state in states), PhoneState.UNKNOWN)

    def is_inside(self, extension: str) -> bool:
        """Whether this looks like an inside number of the PBX."""
        return self._topology().is_inside(extension)

    def _phones_of(self, extension: str) -> list[str]:
        """The endpoints of an extension: of its own name, unless somebody else uses that one, and others."""
        topology = self._topology()
        users = {**topology.learnt.phones, **topology.learnt.devices, **topology.devices}
        others = [name for name, user in users.items() if user == extension]
        is_own = users.get(extension, "") in NOBODY | {extension}
        return [extension, *others] if is_own else others
