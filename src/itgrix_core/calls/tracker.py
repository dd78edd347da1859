"""The tracker: AMI messages in, call events out, and nothing else.

    tracker = Tracker("main")
    events = tracker.feed(message, at)

Everything that it may ever know comes through `feed`: a connection that began in the middle, silence
(`TICK`), time. So the list of its arguments is a complete recording, and the same log gives the same
events, always. AMI is hints, not a contract: what does not fit is an `Oddity`, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from itgrix_core.calls import learnt, state
from itgrix_core.calls.board import Board
from itgrix_core.calls.events import Told
from itgrix_core.calls.handlers import ANSWERS, HANDLERS
from itgrix_core.calls.handlers.listing import on_list_begins
from itgrix_core.calls.questions import Action, question_about
from itgrix_core.calls.topology import Topology
from itgrix_core.wire.messages import Message

TICK = Message(b"Event: ItgrixTick")
"""Silence, as a message: nothing was heard, time went on."""

OLDEST_SECONDS = 12 * 3600.0
"""A call of this age without an end is given up even if it is listed (docs/architecture.md §9.5)."""

WANTED = frozenset(name.encode() for name in HANDLERS)
"""Names of the events that the tracker reads, for a filter before parsing."""


class Tracker:
    """The calls of one PBX.

    Args:
        pbx: its name in the configuration; first part of every call's key.
        topology: which endpoints are phones and which are trunks.
        timezone: IANA name of its zone, handed on in every `Call`.
    """

    def __init__(self, pbx: str, topology: Topology | None = None, timezone: str = "UTC") -> None:
        own = replace(topology or Topology(), learnt=learnt.Learnt())
        self._board = Board(pbx, own, timezone)
        self._learnt_key = f"{pbx}/learnt"

    def feed(self, message: Message, at: float) -> list[Told]:
        """What a message means.

        Args:
            message: an event, a response, or `TICK`.
            at: when it happened, Unix seconds: its `Timestamp` header if it has one, else its receipt.

        Returns:
            Call events and oddities in the order in which they are to be told; usually none.
        """
        board = self._board
        handler = HANDLERS.get(message.name)
        if handler is not None:
            handler(board, message.readable(), at)
        elif message is TICK:
            self._age(at)
        elif not message.name:
            self._respond(message, at)
        told, board.told = board.told, []
        return told

    def _respond(self, message: Message, at: float) -> None:
        if message.get("EventList").lower() == "start" and message.get("Message") == "Channels will follow":
            on_list_begins(self._board, message, at)
            return
        action_id = message.get("ActionID")
        for ours, handler in ANSWERS.items():
            if action_id.startswith(ours):
                handler(self._board, message.readable(), at)

    def question_about(self, message: Message) -> Action | None:
        """What to ask the PBX because of a message that was just fed; `None` for nearly all.

        The answer comes in the stream and is fed like everything else.
        """
        return question_about(message, self._board.topology)

    def _age(self, at: float) -> None:
        for call in list(self._board.calls.values()):
            if at - call.started_at > OLDEST_SECONDS:
                call.lost_sight = f"nothing ended it in {OLDEST_SECONDS / 3600:.0f} hours"
                for channel in list(call.channels.values()):
                    self._board.drop(call, channel, "", at)

    # ---- the saved state ------------------------------------------------------------------------------
    def changes(self) -> dict[str, bytes | None]:
        """Rows that have changed since this was last asked; `None` for calls that are gone.

        A row is a call under its key; one more, `<pbx>/learnt`, holds what the PBX said of its endpoints.
        """
        board = self._board
        changed, board.changed = board.changed, {}
        rows = {key: state.dump(board.calls[key]) if key in board.calls else None for key in changed}
        if board.has_learnt:
            rows[self._learnt_key] = learnt.dump(board.topology.learnt)
            board.has_learnt = False
        return rows

    def load(self, rows: Mapping[str, bytes]) -> list[str]:
        """Go on from saved rows.

        Returns:
            Keys of rows that could not be used (another version, damaged); the channel list will tell of
            those calls what it can.
        """
        unusable = []
        for key, row in rows.items():
            if key == self._learnt_key:
                self._remember(row)
                continue
            call = state.parse(row)
            if call is None:
                unusable.append(key)
            else:
                self._board.restore(call)
        return unusable

    def _remember(self, row: bytes) -> None:
        known = learnt.parse(row)
        if known is not None:
            self._board.topology = replace(self._board.topology, learnt=known)

    def connected(self) -> None:
        """A new connection begins: until its channel list has come, unknown channels are no oddity."""
        self._board.is_settled = False
        self._board.listed = None

    def call_of(self, uniqueid: str) -> str | None:
        """The key of the call that has this channel now; `None` for a channel that is not live or unknown."""
        call = self._board.channels.get(uniqueid)
        return call.key if call else None

    @property
    def live_calls(self) -> Iterable[str]:
        """Keys of the calls that live now, those included that are not yet worth telling of."""
        return list(self._board.calls)
