"""Which files a call's audio goes to.

With class dialplan a VarSet names the file; under the class mask we ask (`itgrix_core.calls.questions`) and
the answer comes as a response whose ActionID holds the channel's Uniqueid.
"""

from __future__ import annotations

from itgrix_core.calls.board import Board
from itgrix_core.calls.finding import touch
from itgrix_core.calls.questions import RECORDING_ID, RECORDING_VARIABLE
from itgrix_core.wire.messages import Message
from itgrix_hooks.values import Recording


def on_varset(board: Board, message: Message, at: float) -> None:
    """A channel variable: MIXMONITOR_FILENAME on the channel that runs MixMonitor."""
    if message.get("Variable") == RECORDING_VARIABLE and message.get("Uniqueid") in board.channels:
        found = touch(board, message, at)
        if found:
            record(board, message.get("Uniqueid"), message.get("Value"), at)


def on_answer(board: Board, message: Message, at: float) -> None:
    """The answer to our Getvar; the channel may be gone by now."""
    uniqueid = board.side.id_of(message.get("ActionID").removeprefix(RECORDING_ID))
    if uniqueid in board.channels:
        record(board, uniqueid, message.get("Value"), at)


def record(board: Board, uniqueid: str, path: str, at: float) -> None:
    """Note a file of a live channel's call, once."""
    call = board.channels[uniqueid]
    path = path.replace("//", "/")
    is_new = all((known.path, known.pbx) != (path, board.pbx) for known in call.recordings)
    if path and is_new:
        call.recordings.append(Recording(path, uniqueid, at, board.pbx))
        board.changed[call.key] = None


ANSWERS = {RECORDING_ID: on_answer}
HANDLERS = {"VarSet": on_varset}
