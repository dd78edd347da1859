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
from itgrix_core.calls.handlers import ANSWERS, HANDLERS, links
from itgrix_core.calls.handlers.listing import on_list_begins
from itgrix_core.calls.questions import RECORDING_VARIABLE, Action, question_about, question_about_end
from itgrix_core.calls.side import PrefixedMessage, Side
from itgrix_core.calls.topology import Topology, endpoint_of
from itgrix_core.wire.messages import Message

TICK = Message(b"Event: ItgrixTick")
"""Silence, as a message: nothing was heard, time went on."""

OLDEST_SECONDS = 12 * 3600.0
"""A call of this age without an end is given up even if it is listed (docs/architecture.md §9.5)."""

WANTED = {name.encode(): RECORDING_VARIABLE.encode() if name == "VarSet" else b"" for name in HANDLERS}
"""Names of the events that the tracker reads, and what they must hold to matter: a filter before parsing.

Of the variables, more than half of what a PBX says with class dialplan, a single one matters.
"""


TELLING_OF_ENDS = {"Newchannel": "", "Newstate": "", "DialBegin": "Dest", "CoreShowChannel": ""}
"""Events after which the end of a link may be asked about its wire; with the prefix of its headers."""


class Tracker:
    """The calls of one PBX.

    Args:
        pbx: its name in the configuration; first part of every call's key.
        topology: which endpoints are phones and which are trunks.
        timezone: IANA name of its zone, handed on in every `Call`.
        board: a board of several; `Exchange.tracker` gives it. Without it links are trunks like others.
    """

    def __init__(
        self, pbx: str, topology: Topology | None = None, timezone: str = "UTC", *, board: Board | None = None
    ) -> None:
        self._board = board or Board()
        own = replace(topology or Topology(), learnt=learnt.Learnt())
        own = own if board else replace(own, links={})
        self._side = Side(pbx, own, timezone, prefix=f"{pbx}/" if board else "")
        self._board.seat(self._side)

    def feed(self, message: Message, at: float) -> list[Told]:
        """What a message means.

        Args:
            message: an event, a response, or `TICK`.
            at: when it happened, Unix seconds: its `Timestamp` header if it has one, else its receipt.

        Returns:
            Call events and oddities in the order in which they are to be told; usually none.
        """
        board, prefix = self._board, self._side.prefix
        board.side = self._side
        handler = HANDLERS.get(message.name)
        if handler is not None:
            readable = message.readable()
            handler(board, PrefixedMessage(readable.raw, prefix) if prefix else readable, at)
        elif message is TICK:
            self._age(at)
        elif not message.name:
            self._respond(message, at)
        if board.ends:
            links.expire(board, at)
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

    @property
    def topology(self) -> Topology:
        """The rules of this PBX, with all that it has said of its endpoints so far."""
        return self._side.topology

    def question_about(self, message: Message) -> Action | None:
        """What to ask the PBX because of a message that was just fed; `None` for nearly all.

        The answer comes in the stream and is fed like everything else.
        """
        return self._question_about_link(message) or question_about(message, self._side.topology)

    def _question_about_link(self, message: Message) -> Action | None:
        topology = self._side.topology
        prefix = TELLING_OF_ENDS.get(message.name) if topology.links else None
        uniqueid = "" if prefix is None else message.get(prefix + "Uniqueid")
        end = self._board.channel(self._side.id_of(uniqueid))
        if end is None or end.wire or endpoint_of(end.name) not in topology.links:
            return None
        return question_about_end(end, uniqueid, topology.link_header)

    def _age(self, at: float) -> None:
        for call in [call for call in self._board.calls.values() if call.pbx == self._side.pbx]:
            if at - call.started_at > OLDEST_SECONDS:
                call.lost_sight = f"nothing ended it in {OLDEST_SECONDS / 3600:.0f} hours"
                for channel in list(call.channels.values()):
                    self._board.drop(call, channel, "", at)

    # ---- the saved state ------------------------------------------------------------------------------
    def changes(self) -> dict[str, bytes | None]:
        """Rows that have changed since this was last asked; `None` for calls that are gone.

        A row is a call under its key; one more, `<pbx>/learnt`, holds what a PBX said of its endpoints.
        """
        board = self._board
        changed, board.changed = board.changed, {}
        rows = {key: state.dump(board.calls[key]) if key in board.calls else None for key in changed}
        for side in board.sides.values():
            if side.has_learnt:
                rows[side.learnt_key] = learnt.dump(side.topology.learnt)
                side.has_learnt = False
        return rows

    def load(self, rows: Mapping[str, bytes]) -> list[str]:
        """Go on from saved rows.

        Returns:
            Keys of rows that could not be used (another version, damaged); the channel list will tell of
            those calls what it can.
        """
        unusable = []
        sides = {side.learnt_key: side for side in self._board.sides.values()}
        for key, row in rows.items():
            if key in sides:
                sides[key].remember(row)
                continue
            call = state.parse(row)
            if call is None or not self._can_hold(call):
                unusable.append(key)
            else:
                self._board.restore(call)
        return unusable

    def _can_hold(self, call: state.CallState) -> bool:
        """Whether a saved call's ids are as on this board: links may have come or gone since."""
        sides = self._board.sides
        return call.pbx in sides and all(
            channel.pbx in sides
            and channel.uniqueid.startswith(f"{channel.pbx}/") == bool(sides[channel.pbx].prefix)
            for channel in call.channels.values()
        )

    def connected(self) -> None:
        """A new connection begins: until its channel list has come, unknown channels are no oddity."""
        self._side.is_settled = False
        self._side.listed = None

    def call_of(self, uniqueid: str) -> str | None:
        """The key of the call that has this channel now; `None` for a channel that is not live or unknown."""
        call = self._board.channels.get(uniqueid)
        return call.key if call else None

    @property
    def live_calls(self) -> Iterable[str]:
        """Keys of the calls that live now, those included that are not yet worth telling of."""
        return list(self._board.calls)


class Exchange:
    """PBXes that are linked by trunks: a call between two of them is one call.

        exchange = Exchange()
        main = exchange.tracker("main", main_topology)
        branch = exchange.tracker("branch", branch_topology)

    Each tracker is fed with the stream of its own PBX, one message at a time; together the streams are the
    recording whose function the events are. Rows of saved calls are common: `changes` and `load` of any
    tracker are those of all, and whichever is fed tells what came of it.
    """

    def __init__(self) -> None:
        self._board = Board()

    def tracker(self, pbx: str, topology: Topology | None = None, timezone: str = "UTC") -> Tracker:
        """The tracker of one of the PBXes; arguments as of `Tracker`."""
        return Tracker(pbx, topology, timezone, board=self._board)
