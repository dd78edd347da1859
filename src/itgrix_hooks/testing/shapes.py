"""Calls made by hand, in every shape that the tracker knows; each function says what differs from another.

Times are seconds after `BEGAN`. That each looks like what the tracker makes of a real recording of its kind
is proved by a test (tests/unit/hooks/test_shapes.py), so a shape may be trusted and need not be recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

from itgrix_hooks.values import (
    Call,
    Conversation,
    Direction,
    Disposition,
    PhoneNumber,
    Recording,
    Result,
    Transfer,
    TransferKind,
)

Shape = Literal[
    "answered",
    "missed",
    "ringing",
    "busy",
    "declined",
    "unavailable",
    "anonymous",
    "voicemail",
    "menu",
    "menu_dropped",
    "queue",
    "queue_abandoned",
    "queue_missed",
    "ring_group",
    "ring_group_missed",
    "blind_transfer",
    "blind_transfer_missed",
    "attended_transfer",
    "blonde_transfer",
    "transfer_outside",
    "pickup",
    "parked",
    "mobile",
    "two_pbxes",
    "blacklisted",
    "outbound",
    "outbound_no_answer",
    "outbound_busy",
    "second_trunk",
    "click_to_call",
    "click_to_call_agent_missed",
    "click_to_call_client_missed",
    "internal",
    "internal_missed",
]

BEGAN = 1_760_000_000.0
"""When made calls start: 9 October 2025, 08:53:20 UTC."""

CLIENT = PhoneNumber("+15550100200")
MOBILE = "+15550100777"
"""An employee's mobile."""

_ID = f"{BEGAN:.0f}"
_CLIENTS_CHANNEL = f"{_ID}.1"


def make_call(shape: Shape = "answered", **changes: Any) -> Call:
    """A whole call.

    Args:
        shape: one of `Shape`; `SHAPES[shape].__doc__` tells what it is.
        changes: any fields of `Call`, in place of those of the shape.

    Raises:
        ValueError: there is no such shape; those that there are are named.
    """
    if shape not in SHAPES:
        raise ValueError(f"there is no shape {shape!r}; there are: {', '.join(SHAPES)}")
    return replace(SHAPES[shape](), **changes)


def _rung(extension: str, rang: float | None, ended: float, result: Result, **fields: Any) -> Conversation:
    """A phone that was rung: since `rang` (`None`: it never rang) until `ended`."""
    return Conversation(
        key=fields.pop("key", f"{_ID}.{extension}"),
        extension=extension,
        rang_at=_at(rang),
        ended_at=_at(ended),
        result=result,
        was_rung=fields.pop("was_rung", True),
        pbx=fields.pop("pbx", "main"),
        **fields,
    )


def _talked(extension: str, rang: float | None, answered: float, ended: float, **fields: Any) -> Conversation:
    """A phone that was rung and answered."""
    picked_up = fields.pop("picked_up", answered)
    times = {"picked_up_at": _at(picked_up), "answered_at": _at(answered)}
    return _rung(extension, rang, ended, Result.ANSWERED, **times, **fields)


def _at(seconds: float | None) -> float | None:
    return None if seconds is None else BEGAN + seconds


def _transfer(kind: TransferKind, at: float, target: str = "102", *, is_done: bool = True) -> Transfer:
    """101 sends the client on by the phone's own key."""
    return Transfer(kind, "REFER", "101", target, BEGAN + at, is_done)


def _call(direction: Direction, **fields: Any) -> Call:
    recording = Recording(f"/monitor/{_CLIENTS_CHANNEL}.wav", _CLIENTS_CHANNEL, BEGAN, "main")
    key = f"main/{_CLIENTS_CHANNEL}"
    return Call(key, "main", _CLIENTS_CHANNEL, direction, BEGAN, recordings=(recording,), **fields)


def answered() -> Call:
    """A client waits 12 s, 101 answers, they talk 60 s, the client hangs up."""
    return _call(
        Direction.INBOUND,
        client_number=CLIENT,
        did="+15550100900",
        trunk="trunk",
        rang_at=BEGAN + 1,
        heard_at=BEGAN + 12,
        answered_at=BEGAN + 12,
        ended_at=BEGAN + 72,
        conversations=(_talked("101", 1, 12, 72),),
        disposition=Disposition.ANSWERED,
        hangup_by="external",
    )


def missed() -> Call:
    """As `answered`, but nobody answers 101's phone, and the client gives up after 25 s."""
    return replace(
        answered(),
        heard_at=None,
        answered_at=None,
        ended_at=BEGAN + 25,
        conversations=(_rung("101", 1, 25, Result.NO_ANSWER),),
        disposition=Disposition.MISSED,
    )


def ringing() -> Call:
    """As `missed`, at the moment at which 101 begins to ring: nothing has ended, nobody has answered."""
    rings = replace(_rung("101", 1, 1, Result.NO_ANSWER), ended_at=None, result=None)
    return replace(missed(), ended_at=None, conversations=(rings,), disposition=None, hangup_by=None)


def busy() -> Call:
    """101 is busy: his phone never rings, and the PBX ends the call."""
    engaged = _rung("101", None, 1, Result.BUSY)
    return _turned_away(rang_at=None, ended_at=BEGAN + 1, conversations=(engaged,))


def declined() -> Call:
    """101 presses the red key after 4 s of ringing."""
    refused = _rung("101", 1, 5, Result.DECLINED)
    return _turned_away(disposition=Disposition.DECLINED, ended_at=BEGAN + 5, conversations=(refused,))


def unavailable() -> Call:
    """101's phone is not registered: there is no conversation at all."""
    return _turned_away(
        disposition=Disposition.UNAVAILABLE, rang_at=None, ended_at=BEGAN + 1, conversations=()
    )


def _turned_away(**fields: Any) -> Call:
    return replace(missed(), hangup_by="pbx", **{"disposition": Disposition.BUSY, **fields})


def anonymous() -> Call:
    """As `missed`, by a caller who shows no number."""
    return replace(missed(), client_number=None)


def voicemail() -> Call:
    """As `missed`, but a machine (a voicemail, an announcement) takes the caller after 20 s (`heard_at`)."""
    rang = _rung("101", 1, 20, Result.NO_ANSWER)
    return replace(missed(), heard_at=BEGAN + 20, ended_at=BEGAN + 45, conversations=(rang,), hangup_by="pbx")


def menu() -> Call:
    """As `answered`, through a voice menu: the client hears it at once, 101 rings after 9 s."""
    return replace(answered(), heard_at=BEGAN, rang_at=BEGAN + 9, conversations=(_talked("101", 9, 12, 72),))


def menu_dropped() -> Call:
    """The client hangs up in the menu: no phone was rung."""
    return replace(missed(), rang_at=None, heard_at=BEGAN, conversations=(), is_in_menu=True)


def queue() -> Call:
    """As `answered`, out of queue 700, whose three phones ring together: 102 answers."""
    return replace(
        answered(),
        queue="700",
        heard_at=BEGAN + 1,
        conversations=_one_of_three(Result.ANSWERED_ELSEWHERE, 12),
    )


def _one_of_three(result: Result, until: float) -> tuple[Conversation, ...]:
    """102 answers after `until` seconds, 101 and 103 ring so long with this result."""
    return (
        _rung("101", 1, until, result),
        _talked("102", 1, until, 72),
        _rung("103", 1, until, result),
    )


def queue_abandoned() -> Call:
    """The client leaves queue 700 after 40 s, before anybody answers."""
    return _three_rang(40, queue="700", heard_at=BEGAN + 1, disposition=Disposition.ABANDONED)


def queue_missed() -> Call:
    """As `queue_abandoned`, but it is the queue whose time runs out: missed, and the PBX hangs up."""
    return _three_rang(40, queue="700", heard_at=BEGAN + 1, hangup_by="pbx")


def ring_group() -> Call:
    """As `queue`, by a ring group: there is no queue, and the client hears 102 first."""
    return replace(queue(), queue=None, heard_at=BEGAN + 12)


def ring_group_missed() -> Call:
    """101, 102 and 103 ring together 20 s, then the PBX gives up."""
    return _three_rang(20, hangup_by="pbx")


def _three_rang(ended: float, **fields: Any) -> Call:
    rang = tuple(_rung(extension, 1, ended, Result.NO_ANSWER) for extension in ("101", "102", "103"))
    return replace(missed(), ended_at=BEGAN + ended, conversations=rang, **fields)


def blind_transfer() -> Call:
    """As `answered`, but after 20 s of talk 101 sends the client to 102, who answers 5 s later."""
    return _handed_on(TransferKind.BLIND, _talked("102", 32, 37, 72), left=32, at=32)


def blind_transfer_missed() -> Call:
    """As `blind_transfer`, but nobody answers at 102: not done, and 101 remains the last agent."""
    call = _handed_on(TransferKind.BLIND, _rung("102", 32, 72, Result.NO_ANSWER), left=32, at=32)
    return replace(call, transfers=(replace(call.transfers[0], is_done=False),))


def attended_transfer() -> Call:
    """As `blind_transfer`, but 101 asks 102 first, and connects the client at 42 s: answered then for 102."""
    return _handed_on(TransferKind.ATTENDED, _talked("102", 32, 42, 72, picked_up=37), left=42, at=42)


def blonde_transfer() -> Call:
    """As `attended_transfer`, but 101 hangs up at 35 s while 102 still rings."""
    return _handed_on(TransferKind.BLONDE, _talked("102", 32, 37, 72), left=35, at=35)


def transfer_outside() -> Call:
    """As `blind_transfer`, to a mobile: its number is the extension, and the conversation has a trunk."""
    call = _handed_on(TransferKind.BLIND, _talked(MOBILE, 32, 37, 72, trunk="trunk"), left=32, at=32)
    return replace(call, transfers=(_transfer(TransferKind.BLIND, 32, MOBILE),))


def _handed_on(kind: TransferKind, taker: Conversation, left: float, at: float) -> Call:
    """101 talked from 12 s until `left`, the transfer was at `at`."""
    first = _talked("101", 1, 12, left)
    return replace(answered(), conversations=(first, taker), transfers=(_transfer(kind, at),))


def pickup() -> Call:
    """101 rings, 104 fetches the call to his own phone, which never rang."""
    rang = _rung("101", 1, 12, Result.PICKED_UP, picked_up_by="104")
    return replace(answered(), conversations=(rang, _talked("104", None, 12, 72, was_rung=False)))


def parked() -> Call:
    """101 parks the client at 32 s, 102 fetches him at 40 s: no transfer, and 102 was not rung."""
    fetched = _talked("102", None, 40, 72, was_rung=False)
    return replace(answered(), conversations=(_talked("101", 1, 12, 32), fetched))


def mobile() -> Call:
    """As `answered`, on an employee's mobile that the PBX rings through a trunk (FMC)."""
    return replace(
        answered(), conversations=(_talked(MOBILE, 1, 12, 72, trunk="trunk-2"),), hangup_by="agent"
    )


def two_pbxes() -> Call:
    """As `answered`, by a phone of the linked PBX `branch`: keys of channels name their PBX."""
    there = _talked("101", 1, 12, 72, key=f"branch/{_ID}.101", pbx="branch")
    recording = Recording(f"/monitor/{_CLIENTS_CHANNEL}.wav", f"main/{_CLIENTS_CHANNEL}", BEGAN, "main")
    return replace(answered(), conversations=(there,), recordings=(recording,))


def blacklisted() -> Call:
    """The caller is on FreePBX's own blacklist; such a call is not filed, so no hook meets it."""
    return replace(menu_dropped(), hangup_by="pbx", is_blacklisted=True, recordings=())


def outbound() -> Call:
    """101 dials a client, who answers after 8 s; they talk 60 s, 101 hangs up."""
    return _call(
        Direction.OUTBOUND,
        client_number=CLIENT,
        trunk="trunk",
        tried_trunks=("trunk",),
        extension="101",
        dialled="915550100200",
        rang_at=BEGAN + 2,
        answered_at=BEGAN + 8,
        ended_at=BEGAN + 68,
        conversations=(_talked("101", None, 8, 68, is_caller=True, was_rung=False, key=_CLIENTS_CHANNEL),),
        disposition=Disposition.ANSWERED,
        hangup_by="agent",
    )


def outbound_no_answer() -> Call:
    """As `outbound`, but the client does not answer, and 101 gives up after 30 s."""
    return _in_vain(outbound(), 30, Result.FAILED, disposition=Disposition.NO_ANSWER)


def outbound_busy() -> Call:
    """As `outbound`, but the client is busy: no phone rings."""
    return _in_vain(
        outbound(), 3, Result.BUSY, disposition=Disposition.BUSY, rang_at=None, hangup_by="external"
    )


def _in_vain(call: Call, ended: float, result: Result, **fields: Any) -> Call:
    """The same, but nobody talked."""
    until: dict[str, Any] = {"answered_at": None, "ended_at": BEGAN + ended}
    caller = replace(call.conversations[0], picked_up_at=None, result=result, **until)
    return replace(call, conversations=(caller,), **until, **fields)


def second_trunk() -> Call:
    """As `outbound`, but the first trunk refused: `tried_trunks` has both, `trunk` the other one."""
    return replace(outbound(), trunk="trunk-2", tried_trunks=("trunk", "trunk-2"))


def click_to_call() -> Call:
    """As `outbound`, by a click in the CRM: the PBX rings 101, who picks up at 4 s, then the client."""
    agent = _talked("101", 1, 8, 68, picked_up=4, is_caller=True)
    return replace(
        outbound(),
        rang_at=BEGAN + 4,
        conversations=(agent,),
        is_click_to_call=True,
        action_id="click-1",
    )


def click_to_call_agent_missed() -> Call:
    """As `click_to_call`, but 101 does not pick up: no trunk was dialled."""
    call = _in_vain(
        click_to_call(), 15, Result.NO_ANSWER, disposition=Disposition.AGENT_NO_ANSWER, hangup_by="pbx"
    )
    return replace(call, rang_at=None, trunk=None, tried_trunks=(), action_id=None)


def click_to_call_client_missed() -> Call:
    """As `click_to_call`, but the client does not answer: 101 has picked up and talked with nobody."""
    call = _in_vain(click_to_call(), 30, Result.NO_ANSWER, disposition=Disposition.NO_ANSWER)
    return replace(call, conversations=(replace(call.conversations[0], picked_up_at=BEGAN + 4),))


def internal() -> Call:
    """101 talks 30 s with 102, who is the only conversation; there is no client. Such calls are not filed."""
    return _call(
        Direction.INTERNAL,
        extension="101",
        dialled="102",
        rang_at=BEGAN + 1,
        answered_at=BEGAN + 5,
        ended_at=BEGAN + 35,
        conversations=(_talked("102", 1, 5, 35),),
        disposition=Disposition.ANSWERED,
        hangup_by="101",
    )


def internal_missed() -> Call:
    """As `internal`, but 102 does not answer."""
    return _in_vain(internal(), 20, Result.NO_ANSWER, disposition=Disposition.NO_ANSWER)


SHAPES: Mapping[str, Callable[[], Call]] = {name: globals()[name] for name in get_args(Shape)}
"""Every shape by name."""
