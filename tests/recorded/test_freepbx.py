"""What FreePBX's dialplan does (docs/facts/freepbx.md) truly shows in the recordings, and each trap has some.

That the calls are understood all the same is what test_truth.py says of every recording.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

FACTS = Path(__file__).parents[2] / "docs" / "facts" / "freepbx.md"
MIXMONITOR_NAME = re.compile(r"\d{8}-\d{6}-\d+\.\d+")
LOSERS = 2
"""Of three members of a queue."""
SHOWS = {}
"""Number of a trap: recording, and what is to be seen in it."""


def trap(number, recording):
    """Makes a look into a recording's messages the evidence of a trap."""

    def known(look):
        SHOWS[number] = recording, look
        return look

    return known


def test_every_trap_has_recordings_and_every_recording_a_trap(all_recordings):
    """The table of the facts names what lies in the folder, no more and no less."""
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", FACTS.read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r"`(freepbx_\w+)`", " ".join(cell for _, cell in rows)))
    assert named == {r.id.partition("/")[2] for r in all_recordings if r.id.startswith("ast22-freepbx/")}
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert all("`" in cell for _, cell in rows)


@pytest.mark.parametrize("number", range(1, 25))
def test_a_trap_shows(number, recording_of):
    """What makes it a trap is in the stream."""
    recording, look = SHOWS[number]
    assert look([message for message, _ in recording_of[recording].messages])


# ---- looking ----------------------------------------------------------------------------------------------
def events(messages, name, **wanted):
    """The events of that name whose headers begin with what is wanted."""
    found = (message for message in messages if message.name == name)
    return [m for m in found if all(m.get(header).startswith(value) for header, value in wanted.items())]


def values(messages, name, header, **wanted):
    """One header of those events, repetitions in a row left out."""
    told = [message.get(header) for message in events(messages, name, **wanted)]
    return [value for value, before in zip(told, [None, *told], strict=False) if value != before]


@trap(1, "ast22-freepbx/freepbx_confirmation_declined")
def _an_answer_that_is_none(messages):
    (answer,) = events(messages, "DialEnd", DestChannel="PJSIP/provider1", DialStatus="ANSWER")
    return events(messages, "BridgeEnter", Channel=answer.get("DestChannel"))


@trap(2, "ast22-freepbx/freepbx_confirmation_accepted")
def _four_pairs_of_which_one_stays(messages):
    born = values(messages, "LocalBridge", "LocalOneChannel")
    gone = [*values(messages, "LocalOptimizationEnd", "LocalOneChannel"), *losers(messages)]
    (stays,) = set(born) - set(gone)
    odd = {sign for name in born for sign in "#*" if sign in name}
    return (len(born), odd) == (4, {"#", "*"}) and stays.startswith("Local/89057654321@")


def losers(messages):
    """Local halves whose Dial was cancelled because another was quicker."""
    return values(messages, "DialEnd", "DestChannel", DestChannel="Local/", DialStatus="CANCEL")


@trap(3, "ast22-freepbx/freepbx_confirmation_accepted")
def _typed_and_sent(messages):
    typed = events(messages, "LocalBridge", LocalOneChannel="Local/89057654321@")
    return typed and events(messages, "DialBegin", DialString="79057654321@provider1")


@trap(4, "ast16-sip/sip_outbound_failover")
def _dialled_by_a_macro(messages):
    return all(m.get("Context").startswith("macro-") for m in events(messages, "DialBegin"))


@trap(5, "ast16-sip/sip_inbound_answered")
def _born_down(messages):
    born = events(messages, "Newchannel")[0]
    states = values(messages, "Newstate", "ChannelStateDesc", Uniqueid=born.get("Uniqueid"))
    return (born.get("ChannelStateDesc"), states[0]) == ("Down", "Ring")


@trap(6, "ast22-freepbx/freepbx_hotdesk_changes")
def _one_device_two_users(messages):
    users = values(messages, "DBGetResponse", "Val", Key="7001/user")
    shown = values(messages, "NewCallerid", "CallerIDNum", Channel="PJSIP/7001")
    return users == ["none", "103", "104"] and shown[0] == "103" and "74950000100" in shown


@trap(7, "ast22-freepbx/freepbx_inbound")
def _the_client_as_a_user(messages):
    users = values(messages, "VarSet", "Value", Variable="AMPUSER", Channel="PJSIP/provider1")
    callers = values(messages, "VarSet", "Value", Variable="__FROMEXTEN", Channel="PJSIP/provider1")
    return users[:2] == ["79168880101", ""] and callers[:2] == ["unknown", "79168880101"]


@trap(8, "ast22-freepbx/freepbx_confirmation_accepted")
def _the_last_of_the_list(messages):
    first = messages.index(events(messages, "DialBegin")[0])
    return values(messages[:first], "VarSet", "Value", Variable="__EXTTOCALL")[-1] == "89057654321#"


@trap(9, "ast22-freepbx/freepbx_confirmation_accepted")
def _a_direction_that_is_none(messages):
    out = values(messages, "DialBegin", "DestChannel", DestChannel="PJSIP/provider1")[0]
    return values(messages, "VarSet", "Value", Variable="__DIRECTION", Channel=out) == ["INBOUND"]


@trap(10, "ast22-freepbx/freepbx_failover")
def _a_trunk_is_a_number(messages):
    shown = values(messages, "NewCallerid", "CallerIDNum", Channel="PJSIP/102")
    back_and_forth = ["102", "74950000100", "102", "78120000300"]
    return (
        values(messages, "VarSet", "Value", Variable="DIAL_TRUNK") == ["1", "2"] and shown == back_and_forth
    )


@trap(11, "ast22-freepbx/freepbx_queue_answered")
def _a_member_at_the_queues_number(messages):
    lost = Counter(m.get("DestChannel") for m in events(messages, "DialEnd", DialStatus="CANCEL"))
    twice = [channel for channel, count in lost.items() if channel.endswith(";1") and count == 2]
    one = events(messages, "Hangup", Channel=twice[0])[0]
    return len(twice) == LOSERS and (one.get("Exten"), one.get("CallerIDNum")) == ("720", "74950010720")


@trap(12, "ast22-freepbx/freepbx_queue_blind_transfer")
def _a_half_is_sent_on(messages):
    (sent,) = events(messages, "BlindTransfer")
    (complete,) = events(messages, "AgentComplete")
    last_answer = events(messages, "DialEnd", DestChannel="PJSIP/103", DialStatus="ANSWER")[0]
    return sent.get("TransfereeChannel").endswith(";2") and (
        messages.index(complete) > messages.index(last_answer)
        and complete.get("DestChannel").startswith("Local/102@")
    )


@trap(13, "ast22-freepbx/freepbx_attended_transfer_appends")
def _one_file_two_channels(messages):
    file = values(messages, "VarSet", "Value", Variable="MIXMONITOR_FILENAME")[0]
    into = events(messages, "VarSet", Variable="MIXMONITOR_FILENAME", Value=file)
    return {m.get("Channel").partition("-")[0] for m in into} == {"PJSIP/102", "PJSIP/provider1"}


@trap(14, "ast22-freepbx/freepbx_inbound")
def _a_variable_named_by_time(messages):
    return [m for m in events(messages, "VarSet") if MIXMONITOR_NAME.fullmatch(m.get("Variable"))]


@trap(15, "ast22-freepbx/freepbx_confirmation_accepted")
def _a_did_on_its_way_out(messages):
    out = values(messages, "DialBegin", "DestChannel", DestChannel="PJSIP/provider1")[0]
    inherited = {m.get("Variable") for m in events(messages, "VarSet", Channel=out)}
    return {"__FROM_DID", "__CALLFILENAME"} <= inherited


@trap(16, "ast22-freepbx/freepbx_ringgroup_confirmed")
def _devices_by_local_channels(messages):
    return events(messages, "DialBegin", DestChannel="Local/LC-102@", Channel="PJSIP/provider1")


@trap(17, "ast22-freepbx/freepbx_declined_without_voicemail")
def _declined_is_unavailable(messages):
    ends = events(messages, "DialEnd", DestChannel="PJSIP/102", DialStatus="NOANSWER")
    return ends and events(messages, "Newexten", Extension="s-CHANUNAVAIL")


@trap(18, "ast22-freepbx/freepbx_transfer_context")
def _contexts_of_their_own(messages):
    return values(messages, "BlindTransfer", "Context") == ["from-internal-xfer-17"]


@trap(19, "ast22-freepbx/freepbx_queue_forced_recording")
def _many_events_for_one_call(messages):
    begin = messages.index(events(messages, "Newchannel")[0])
    return 700 < len(messages) - begin < 2300


@trap(20, "ast22-freepbx/freepbx_caller_may_not_transfer")
def _keys_without_an_effect(messages):
    keys = "".join(m.get("Digit") for m in events(messages, "DTMFEnd", Direction="Received"))
    return "##104" in keys and not events(messages, "BlindTransfer")


@trap(21, "ast22-freepbx/freepbx_failover_unanswered")
def _the_first_trunks_cause(messages):
    (request,) = events(messages, "HangupRequest", Channel="PJSIP/102")
    return request.get("Cause") == "34"


@trap(22, "ast22-freepbx/freepbx_confirmation_caller_gives_up")
def _a_question_that_outlives_the_caller(messages):
    caller, mobile = values(messages, "Newchannel", "Channel", Channel="PJSIP/provider1")
    gone = values(messages, "Hangup", "Channel")
    return events(messages, "DialEnd", DialStatus="ABORT") and gone.index(caller) < gone.index(mobile)


@trap(23, "ast22-freepbx/freepbx_confirmation_stops_desk")
def _answered_elsewhere_by_nobody(messages):
    (stopped,) = events(messages, "Hangup", Channel="PJSIP/104")
    (refused,) = events(messages, "DialEnd", DialStatus="ABORT")
    return stopped.get("Cause") == "26" and messages.index(stopped) < messages.index(refused)


@trap(24, "ast22-freepbx/freepbx_blacklisted")
def _the_entry_and_a_call_like_others(messages):
    (entry,) = events(messages, "DBGetResponse", Family="blacklist")
    (client,) = events(messages, "Newchannel")
    is_his = entry.get("ActionID").endswith(client.get("Uniqueid"))
    return is_his and entry.get("Key") == client.get("CallerIDNum")
