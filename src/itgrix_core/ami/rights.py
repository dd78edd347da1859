"""Which rights of manager.conf are missing.

AMI has no action that tells a user's rights. But `ListCommands` is allowed to everybody and lists only the
actions that this user may send (measured on 22.10: nothing at all for a user without `write`), FullyBooted is
sent right after the login if the user reads class `system`, and a live channel in the list that no event ever
spoke of means that class `call` is not read.
"""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_core.wire.messages import Message


@dataclass(frozen=True, slots=True)
class Need:
    """Why we send an action.

    Attributes:
        right: the class in `write` that allows it.
        purpose: what it is for.
        shown_by: an action of Asterisk's core that the same class allows: it tells a missing right from a
            module that is not loaded; "" where the action itself is the core's.
    """

    right: str
    purpose: str
    shown_by: str = ""


NEEDED = {
    "CoreShowChannels": Need("reporting", "the list of live channels"),
    "Status": Need("call", "files and numbers of calls that were on before us"),
    "Getvar": Need("call", "names of recordings"),
    "Originate": Need("originate", "click-to-call"),
    "DBGet": Need("reporting", "who uses which phone, the blacklist"),
    "PJSIPShowEndpoints": Need("system", "which endpoints are phones", shown_by="Filter"),
    "PJSIPShowEndpoint": Need("system", "whose an endpoint is", shown_by="Filter"),
    "SIPpeers": Need("reporting", "which peers are phones", shown_by="DBGet"),
    "SIPshowpeer": Need("reporting", "whose a peer is", shown_by="DBGet"),
}
"""Every action of ours that needs a right. Challenge, Login, ListCommands, Ping and QueueStatus need none."""


def missing_write_rights(username: str, allowed: Message) -> list[str]:
    """One sentence for each right without which the answer to ListCommands lacks actions of ours."""
    names = {name.lower() for name, _ in allowed.headers()}
    refused: dict[str, list[str]] = {}
    for action, need in NEEDED.items():
        if not names & {action.lower(), need.shown_by.lower()}:
            refused.setdefault(need.right, []).append(f"{action} ({need.purpose})")
    return [
        f"manager.conf [{username}]: `write` lacks {right}, which allows {', '.join(actions)}"
        for right, actions in refused.items()
    ]


def allowed_actions(allowed: Message) -> list[str]:
    """Those of our actions that the answer to ListCommands holds."""
    names = {name.lower() for name, _ in allowed.headers()}
    return [action for action in NEEDED if action.lower() in names]


class Witness:
    """Watches a session's events for a sign that the classes `call` and `agent` are read, or are not.

    One is read as soon as one event says so. `call` is not when a list of channels holds one that the list
    before did not hold, and still nothing was said about any; `agent` is not when such a channel waits in a
    queue. (Class `system` shows in FullyBooted; of `reporting` and `originate` the tracker reads nothing.)
    """

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self.unread: set[str] = set()
        self._known: set[str] | None = None
        self._listed: dict[str, bool] = {}

    @property
    def is_satisfied(self) -> bool:
        """Whether nothing more is to be learnt."""
        return len(self.heard) == len(_WITNESSED)

    def hear(self, block: bytes) -> None:
        """Look at an event; in vain once satisfied."""
        if self.is_satisfied:
            return
        if block.startswith(b"Event: CoreShowChannel\r\n"):
            message = Message(block)
            self._listed[message.get("Uniqueid")] = message.get("Application") == "Queue"
        elif block.startswith(b"Event: CoreShowChannelsComplete\r\n"):
            self._compare()
        else:
            for name, mark in _WITNESSED.items():
                if mark in block:
                    self.heard.add(name)
                    self.unread.discard(name)

    def _compare(self) -> None:
        """This list with the one before."""
        if self._known is not None:
            new = {uniqueid: waits for uniqueid, waits in self._listed.items() if uniqueid not in self._known}
            self.unread |= ({"call"} if new else set()) - self.heard
            self.unread |= ({"agent"} if any(new.values()) else set()) - self.heard
        self._known, self._listed = set(self._listed), {}


_WITNESSED = {"call": b"\r\nPrivilege: call,", "agent": b"\r\nPrivilege: agent,"}
_LOST_WITHOUT = {"call": "calls live that no event tells of", "agent": "no event tells of callers in queues"}


def missing_read_rights(username: str, is_booted: bool, witness: Witness) -> list[str]:
    """One sentence for each class of events that should have come by now and did not."""
    unread = []
    if not is_booted:
        unread.append(
            f"manager.conf [{username}]: `read` lacks system, or Asterisk is still starting: no FullyBooted"
        )
    return unread + [
        f"manager.conf [{username}]: `read` lacks {name}: {loss}"
        for name, loss in _LOST_WITHOUT.items()
        if name in witness.unread
    ]
