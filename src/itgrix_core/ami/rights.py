"""Which rights of manager.conf are missing.

AMI has no action that tells a user's rights. But `ListCommands` is allowed to everybody and lists only the
actions that this user may send (measured on 22.10: nothing at all for a user without `write`), FullyBooted is
sent right after the login if the user reads class `system`, and a live channel in the list that no event ever
spoke of means that class `call` is not read.
"""

from __future__ import annotations

from itgrix_core.wire.messages import Message

NEEDED = {
    "CoreShowChannels": ("reporting", "the list of live channels"),
    "Getvar": ("call", "names of recordings"),
    "Originate": ("originate", "click-to-call"),
}
"""Action to (the class in `write` that allows it, what it is for)."""


def missing_write_rights(username: str, allowed: Message) -> list[str]:
    """One sentence for each action of ours that the answer to ListCommands does not hold."""
    names = {name.lower() for name, _ in allowed.headers()}
    return [
        f"manager.conf [{username}]: `write` lacks {right}: {action} is refused ({purpose})"
        for action, (right, purpose) in NEEDED.items()
        if action.lower() not in names
    ]


class Witness:
    """Watches the first events of a session for a sign that class `call` is read, or is not.

    It is read as soon as one event says so. It is not when a list of channels holds one that the list before
    did not hold, and still nothing was said about any.
    """

    def __init__(self) -> None:
        self.has_call_events = False
        self.is_call_unread = False
        self._known: set[str] | None = None
        self._listed: set[str] = set()

    def hear(self, block: bytes) -> None:
        """Look at an event; in vain once `has_call_events`."""
        if self.has_call_events:
            return
        if block.startswith(b"Event: CoreShowChannel\r\n"):
            self._listed.add(Message(block).get("Uniqueid"))
        elif block.startswith(b"Event: CoreShowChannelsComplete\r\n"):
            self.is_call_unread |= self._known is not None and not self._listed <= self._known
            self._known, self._listed = self._listed, set()
        elif b"\r\nPrivilege: call," in block:
            self.has_call_events, self.is_call_unread = True, False


def missing_read_rights(username: str, is_booted: bool, witness: Witness) -> list[str]:
    """One sentence for each class of events that should have come by now and did not."""
    unread = []
    if not is_booted:
        unread.append(
            f"manager.conf [{username}]: `read` lacks system, or Asterisk is still starting: no FullyBooted"
        )
    if witness.is_call_unread:
        unread.append(f"manager.conf [{username}]: `read` lacks call: calls live that no event tells of")
    return unread
