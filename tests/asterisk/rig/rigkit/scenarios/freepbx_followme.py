"""FreePBX's follow-me and groups that ask a mobile to press 1 before it gets the caller."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigkit import truth
from rigkit.scenarios.freepbx import DID
from rigkit.scenarios.steps import DECLINE, hang_up, legs, one_transfer, recorded, talk

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.stage import Stage
    from rigkit.truth import Truth

MOBILE = "79057654321"
FOLLOWED = {"entry": "follow me"}


@recorded
async def freepbx_confirmation_accepted(stage: Stage) -> None:
    """Follow-me of 105: the mobile picks up, hears the question for 2 s, presses 1; the caller hangs up."""
    caller, desk, mobile = await _follow_me(stage, "79168880401")
    accepted_at = await _accept(mobile)
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    rung = [truth.leg(desk), _mobile(mobile)]
    stage.calls.append(_accepted(caller, rung, mobile, accepted_at, **FOLLOWED))


@recorded
async def freepbx_confirmation_declined(stage: Stage) -> None:
    """Follow-me of 105: the desk phone declines, the mobile picks up and presses 2; the PBX ends the call."""
    caller, desk, mobile = await _follow_me(stage, "79168880402")
    desk.reject(*DECLINE)
    await _pick_up(mobile)
    await mobile.press("2")
    await caller.until_over()
    await stage.quiet()
    rung = [truth.leg(desk), _mobile(mobile, "no answer")]
    stage.calls.append(truth.inbound(caller, rung, "missed", **FOLLOWED))


@recorded
async def freepbx_confirmation_ignored(stage: Stage) -> None:
    """Follow-me of 105: the mobile's voicemail picks up and presses nothing; the PBX ends the call."""
    caller, desk, mobile = await _follow_me(stage, "79168880403")
    await _pick_up(mobile)
    await caller.until_over(40)
    await stage.quiet()
    stage.calls.append(_missed(caller, desk, mobile))


@recorded
async def freepbx_confirmation_hung_up(stage: Stage) -> None:
    """Follow-me of 105: the mobile picks up, hears the question and hangs up; then the caller gives up."""
    caller, desk, mobile = await _follow_me(stage, "79168880404")
    await _pick_up(mobile)
    mobile.hang_up()
    await asyncio.sleep(1.5)
    await hang_up(stage, caller)
    stage.calls.append(_missed(caller, desk, mobile))


@recorded
async def freepbx_confirmation_caller_gives_up(stage: Stage) -> None:
    """Follow-me of 105: the mobile picks up; while it hears the question the caller gives up."""
    caller, desk, mobile = await _follow_me(stage, "79168880405")
    await _pick_up(mobile)
    await hang_up(stage, caller)
    await mobile.until_over()
    stage.calls.append(_missed(caller, desk, mobile))


@recorded
async def freepbx_confirmation_too_late(stage: Stage) -> None:
    """Follow-me of 105: the mobile picks up, but the desk phone answers first; the caller hangs up."""
    caller, desk, mobile = await _follow_me(stage, "79168880406")
    await _pick_up(mobile)
    await desk.answer()
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    rung = [truth.leg(desk), _mobile(mobile, "answered elsewhere")]
    stage.calls.append(truth.inbound(caller, rung, "answered", desk, **FOLLOWED))


@recorded
async def freepbx_followme_desk(stage: Stage) -> None:
    """Follow-me of 105: desk phone and mobile ring, the desk phone answers and hangs up."""
    caller, desk, mobile = await _follow_me(stage, "79168880407")
    await asyncio.sleep(1)
    await desk.answer()
    await asyncio.sleep(1.5)
    await hang_up(stage, desk)
    rung = [truth.leg(desk), _mobile(mobile)]
    stage.calls.append(truth.inbound(caller, rung, "answered", desk, hangup_by="agent", **FOLLOWED))


@recorded
async def freepbx_ringgroup_confirmed(stage: Stage) -> None:
    """Group 620 with confirmation: 102, 104 and a mobile ring; 104 picks up and hangs up."""
    caller, rung, mobile = await _ring_group(stage, "79168880408")
    await rung[1].answer()
    await asyncio.sleep(1.5)
    await hang_up(stage, rung[1])
    more = {"entry": "ring group", "hangup_by": "agent"}
    every = [*legs(*rung), _mobile(mobile)]
    stage.calls.append(truth.inbound(caller, every, "answered", rung[1], **more))


@recorded
async def freepbx_ringgroup_mobile_accepts(stage: Stage) -> None:
    """Group 620 with confirmation: the mobile picks up, presses 1, talks and hangs up."""
    caller, rung, mobile = await _ring_group(stage, "79168880409")
    accepted_at = await _accept(mobile)
    await asyncio.sleep(2)
    await hang_up(stage, mobile)
    every = [*legs(*rung), _mobile(mobile)]
    more = {"entry": "ring group", "hangup_by": "agent"}
    stage.calls.append(_accepted(caller, every, mobile, accepted_at, **more))


@recorded
async def freepbx_queue_confirmation(stage: Stage) -> None:
    """Queue 721: 102 and follow-me 105 ring; the mobile picks up and presses 1; the caller hangs up."""
    caller = await stage.dial_in("79168880410", f"{DID}0721")
    first, desk, mobile = await stage.ring("102", "105", "provider1")
    accepted_at = await _accept(mobile)
    await asyncio.sleep(2)
    await hang_up(stage, caller)
    rung = [*legs(first, desk), _mobile(mobile)]
    stage.calls.append(_accepted(caller, rung, mobile, accepted_at, entry="queue", queue="721"))


@recorded
async def freepbx_queue_confirmation_declined(stage: Stage) -> None:
    """Queue 721: the mobile of a member picks up and presses 2; 102 goes on ringing and answers."""
    caller = await stage.dial_in("79168880411", f"{DID}0721")
    first, desk, mobile = await stage.ring("102", "105", "provider1")
    await _pick_up(mobile)
    await mobile.press("2")
    await asyncio.sleep(1.5)
    await first.answer()
    await asyncio.sleep(1.5)
    await hang_up(stage, caller)
    rung = [truth.leg(first), truth.leg(desk), _mobile(mobile, "no answer")]
    stage.calls.append(truth.inbound(caller, rung, "answered", first, entry="queue", queue="721"))


@recorded
async def freepbx_confirmation_stops_desk(stage: Stage) -> None:
    """Follow-me of 104 in one Dial: the mobile picks up, so 104 stops ringing; then it presses 2."""
    caller, desk, mobile = await _one_dial(stage, "79168880414")
    await _pick_up(mobile)
    await mobile.press("2")
    await caller.until_over()
    await stage.quiet()
    stage.calls.append(_missed(caller, desk, mobile))


@recorded
async def freepbx_confirmation_stops_desk_accepted(stage: Stage) -> None:
    """Follow-me of 104 in one Dial: the mobile picks up, so 104 stops ringing; then it presses 1."""
    caller, desk, mobile = await _one_dial(stage, "79168880415")
    accepted_at = await _accept(mobile)
    await asyncio.sleep(2)
    await hang_up(stage, mobile)
    rung = [truth.leg(desk), _mobile(mobile)]
    stage.calls.append(_accepted(caller, rung, mobile, accepted_at, hangup_by="agent", **FOLLOWED))


async def _one_dial(stage: Stage, number: str) -> list[PhoneCall]:
    caller = await stage.dial_in(number, f"{DID}0204")
    desk, mobile = await stage.ring("104", "provider1")
    await asyncio.sleep(1)
    return [caller, desk, mobile]


@recorded
async def freepbx_transfer_to_confirmation(stage: Stage) -> None:
    """102 sends the caller to follow-me 105 (REFER): its mobile picks up, presses 1, talks and hangs up."""
    caller, agent, desk, mobile = await _send_on(stage, "79168880412")
    await _accept(mobile)
    await asyncio.sleep(2)
    await hang_up(stage, mobile, agent)
    more = one_transfer("blind", "REFER", "205", done=True, source="102")
    more |= {"last_agent": MOBILE, "hangup_by": "agent"}
    rung = [*legs(agent, desk), _mobile(mobile)]
    stage.calls.append(truth.inbound(caller, rung, "answered", agent, **more))


@recorded
async def freepbx_transfer_to_confirmation_ignored(stage: Stage) -> None:
    """102 sends the caller to follow-me 105 (REFER): its mobile picks up, but takes nothing; he gives up."""
    caller, agent, desk, mobile = await _send_on(stage, "79168880413")
    await _pick_up(mobile)
    await hang_up(stage, caller, agent)
    more = one_transfer("blind", "REFER", "205", done=False, source="102")
    rung = [*legs(agent), truth.leg(desk, "no answer"), _mobile(mobile, "no answer")]
    stage.calls.append(truth.inbound(caller, rung, "answered", agent, last_agent="102", **more))


async def _send_on(stage: Stage, number: str) -> list[PhoneCall]:
    """102 talks with a caller and sends him to follow-me 105, where desk phone and mobile ring."""
    caller, agent = await talk(stage, number, f"{DID}0102", "102")
    agent.transfer("205")
    desk, mobile = await stage.ring("105", "provider1")
    await asyncio.sleep(1)
    return [caller, agent, desk, mobile]


async def _follow_me(stage: Stage, number: str) -> list[PhoneCall]:
    caller = await stage.dial_in(number, f"{DID}0205")
    desk, mobile = await stage.ring("105", "provider1")
    await asyncio.sleep(1)
    return [caller, desk, mobile]


async def _ring_group(stage: Stage, number: str) -> tuple[PhoneCall, list[PhoneCall], PhoneCall]:
    caller = await stage.dial_in(number, f"{DID}0620")
    first, second, mobile = await stage.ring("102", "104", "provider1")
    await asyncio.sleep(1)
    return caller, [first, second], mobile


async def _pick_up(mobile: PhoneCall) -> None:
    """Picks up and hears the question for a while."""
    await mobile.answer()
    await asyncio.sleep(2)


async def _accept(mobile: PhoneCall) -> float:
    """Picks up and, after a while, presses 1; returns when."""
    await _pick_up(mobile)
    await mobile.press("1")
    return mobile.phone.diary.items[-1]["t"]


def _mobile(mobile: PhoneCall, result: str = "") -> Truth:
    """The mobile's leg. Who picked up without taking the call has not answered it."""
    told = truth.leg(mobile, result, MOBILE)
    return told if told["result"] == "answered" else told | {"answered_at": None}


def _missed(caller: PhoneCall, desk: PhoneCall, mobile: PhoneCall) -> Truth:
    """The truth of a call that neither took, though the mobile, picked up, may have stopped the other."""
    rung = [truth.leg(desk, "no answer"), _mobile(mobile, "no answer")]
    return truth.inbound(caller, rung, "missed", **FOLLOWED)


def _accepted(
    caller: PhoneCall, rung: list[Truth], mobile: PhoneCall, accepted_at: float, **more: str
) -> Truth:
    """The truth of a call that the mobile took at that time, later than it was picked up."""
    told = truth.inbound(caller, rung, "answered", mobile, answered_number=MOBILE, **more)
    return told | {
        "answered_at": truth.stamp(accepted_at),
        "wait_s": round(accepted_at - caller.began_at, 3),
        "talk_s": round(caller.ended_at - accepted_at, 3),
    }
