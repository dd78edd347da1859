"""The replayed PBX speaks AMI as Asterisk does."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import pytest

from itgrix_core.sandbox import recordings
from itgrix_core.sandbox.pbx import SECRET
from itgrix_core.sandbox.recordings import RecordedLog, load
from itgrix_core.wire.messages import Message

RECORDED = Path(__file__).parents[3] / "recorded" / "ast22"
ANSWERED = RECORDED / "inbound_answered.ami.gz"
MASK = "system,call,agent,reporting,originate"


# ------------------------------------------------------------------ logging in ----
def test_a_login_is_greeted_as_asterisk_does(pbx_of, client_of):
    """Banner, Success with the ActionID, then FullyBooted."""
    client = client_of(pbx_of(ANSWERED))

    answer = client.login()

    assert client.banner == b"Asterisk Call Manager/11.0.0"
    assert (answer.get("Response"), answer.get("Message")) == ("Success", "Authentication accepted")
    assert client.message().name == "FullyBooted"


def test_a_wrong_secret_is_refused_and_the_line_closed(pbx_of, client_of):
    """The refusal has Asterisk's own words; nothing more is said."""
    client = client_of(pbx_of(ANSWERED))
    answer = client.login(secret="wrong")
    assert (answer.get("Response"), answer.get("Message")) == ("Error", "Authentication failed")
    with pytest.raises(EOFError):
        client.message()


def test_nothing_is_answered_before_the_login(pbx_of, client_of):
    """An action without a login is not permitted."""
    client = client_of(pbx_of(ANSWERED))
    assert client.ask("CoreShowChannels").get("Message") == "Permission denied"


def test_a_login_by_challenge_needs_the_right_key(pbx_of, client_of):
    """MD5 of challenge and secret lets in; a made-up key does not."""
    pbx = pbx_of(ANSWERED)
    client, liar = client_of(pbx), client_of(pbx)
    challenge = client.ask("Challenge", AuthType="MD5").get("Challenge")
    key = hashlib.md5((challenge + SECRET).encode()).hexdigest()

    assert client.login(AuthType="MD5", Key=key).get("Response") == "Success"
    assert liar.login(AuthType="MD5", Key=key).get("Response") == "Error"


def test_small_actions_have_answers(pbx_of, client_of):
    """Ping, Events, CoreSettings, ListCommands, Originate, an unknown action, Logoff."""
    client = client_of(pbx_of(ANSWERED))
    client.login(events="off")

    assert client.ask("Ping").get("Ping") == "Pong"
    assert client.ask("Events", EventMask="off").get("Events") == "Off"
    assert client.ask("CoreSettings").get("AsteriskVersion").startswith("22.")
    allowed = {name for name, _ in client.ask("ListCommands").headers()}
    assert allowed >= {"CoreShowChannels", "Getvar", "Originate"}
    assert client.ask("Originate", Channel="PJSIP/101").get("Message") == "Originate failed"
    unknown = client.ask("Frobnicate")
    assert unknown.get("Response") == "Error"
    assert "Frobnicate" in unknown.get("Message")
    assert client.ask("Logoff").get("Response") == "Goodbye"
    with pytest.raises(EOFError):
        client.message()


# --------------------------------------------------------------------- serving ----
def test_a_recording_is_served_whole_in_order_with_true_times(pbx_of, client_of, said, plain):
    """Every event of the recording comes once, in order, stamped with the time of its own piece."""
    log = load(ANSWERED)
    pbx = pbx_of(ANSWERED)
    client = client_of(pbx)
    client.login()
    client.channels()

    events = client.hear(pbx)

    assert [plain(m) for m in events] == [m.raw for m in said(log)]
    assert pbx.served == ["inbound_answered"]
    times = [m.timestamp for m in events]
    assert times == sorted(times)
    assert set(times) <= {at for _, at in log.chunks}


def test_the_mask_hides_classes_and_nothing_else(pbx_of, client_of, said):
    """With the class mask the same events come, less VarSet, Newexten and Cdr."""
    pbx = pbx_of(ANSWERED)
    client = client_of(pbx)
    client.login(events=MASK)
    client.channels()

    names = [m.name for m in client.hear(pbx)]

    hidden = {"VarSet", "Newexten", "Cdr"}
    assert names == [m.name for m in said(load(ANSWERED)) if m.name not in hidden]


def test_answers_and_lists_inside_a_recording_are_not_served(pbx_of, client_of):
    """The recorder's own questions stay its own, and so do the items of their answers."""
    pbx = pbx_of(RECORDED / "snapshot_midcall.ami.gz")
    client = client_of(pbx)
    client.login()
    client.channels()

    client.hear(pbx)

    names = [m.name for m in client.seen]
    assert not {"Status", "BridgeListItem", "QueueParams", "EndpointList"} & set(names)
    assert "Hangup" in names
    assert not [m for m in client.seen if m.get("ActionID").startswith("lab-")]


def test_an_event_stamped_by_its_asterisk_keeps_its_stamp(pbx_of, client_of, tiny):
    """Where timestampevents was on, Asterisk's own time is the better one."""
    pbx = pbx_of(tiny("stamped", "Event: Hangup\nPrivilege: call,all\nTimestamp: 5.250000\nUniqueid: 1.1"))
    client = client_of(pbx)
    client.login()
    client.channels()
    assert [m.timestamp for m in client.hear(pbx)] == [5.25]


def test_nothing_is_served_before_the_client_is_ready(pbx_of, client_of):
    """Until the channels have been asked for, only answers come."""
    pbx = pbx_of(ANSWERED)
    client = client_of(pbx)
    client.login()
    for _ in range(3):
        client.ask("Ping")
    assert client.events() == []
    assert pbx.served == []


def test_a_client_that_never_asks_for_channels_is_served_after_a_grace(pbx_of, client_of, tiny, newchannel):
    """A simple client need not ask."""
    pbx = pbx_of(tiny("one", newchannel("1.1")), grace=0.05)
    client = client_of(pbx)
    client.login()
    assert [m.name for m in client.hear(pbx)] == ["Newchannel"]


def test_recordings_come_one_after_another(pbx_of, client_of, tiny, newchannel):
    """Without overlap the next one begins when the one before is over."""
    logs = [tiny(str(n), newchannel(f"{n}.1"), newchannel(f"{n}.2")) for n in (1, 2)]
    pbx = pbx_of(*logs)
    client = client_of(pbx)
    client.login()
    client.channels()
    assert [m.get("Uniqueid") for m in client.hear(pbx)] == ["1.1", "1.2", "2.1", "2.2"]
    assert pbx.served == ["1", "2"]


def test_recordings_that_overlap_mix_by_their_own_time(pbx_of, client_of, tiny, newchannel):
    """Two at a time: the mix follows the recordings' clock, also at no pace; the third waits for a place."""
    logs = [tiny(str(n), *(newchannel(f"{n}.{k}") for k in range(2))) for n in (1, 2, 3)]
    pbx = pbx_of(*logs, overlap=2)
    client = client_of(pbx)
    client.login()
    client.channels()
    assert [m.get("Uniqueid") for m in client.hear(pbx)] == ["1.0", "2.0", "1.1", "2.1", "3.0", "3.1"]


def test_a_pace_waits_between_events(pbx_of, client_of, tiny, newchannel):
    """At ten times the real pace one second of a recording takes a tenth; the stamps stay true."""
    pbx = pbx_of(tiny("one", *(newchannel(f"1.{n}") for n in range(4))), pace=10)
    client = client_of(pbx)
    client.login()
    began = time.monotonic()
    client.channels()
    times = [m.timestamp for m in client.hear(pbx)]
    assert time.monotonic() - began >= 0.3
    assert times == [101.0, 102.0, 103.0, 104.0]


def test_all_bundled_recordings_are_served(pbx_of, client_of):
    """The demo's whole programme, five at a time, masked: every recording ends, every channel is gone."""
    pbx = pbx_of(*recordings.bundled(), overlap=5)
    client = client_of(pbx)
    client.login(events=MASK)
    client.channels()
    client.hear(pbx)
    client.sock.settimeout(5)
    assert sorted(pbx.served) == [path.name.removesuffix(".ami.gz") for path in recordings.bundled()]
    assert client.channels() == []


# ------------------------------------------------------------- what it knows ----
def test_masked_variables_can_be_asked_for(pbx_of, client_of):
    """Getvar answers from VarSets that the mask hid, without the underscores, also after the end."""
    pbx = pbx_of(ANSWERED)
    client = client_of(pbx)
    client.login(events=MASK)
    client.channels()
    client.hear(pbx)
    client.sock.settimeout(5)

    did = client.ask("Getvar", Channel="PJSIP/provider1-00000002", Variable="FROM_DID")
    file = client.ask("Getvar", Channel="PJSIP/provider1-00000002", Variable="MIXMONITOR_FILENAME")
    unset = client.ask("Getvar", Channel="PJSIP/provider1-00000002", Variable="NOTHING")
    nobody = client.ask("Getvar", Channel="PJSIP/999-0000", Variable="FROM_DID")

    assert did.get("Value") == "74950000101"
    assert file.get("Value").endswith(".wav")
    assert (unset.get("Response"), unset.get("Value")) == ("Success", "")
    assert (nobody.get("Response"), nobody.get("Message")) == ("Error", "No such channel")


def test_astdb_holds_what_the_recordings_were_told_of_it(pbx_of, client_of):
    """In the very blocks of the recording; what nobody asked for then is not there."""
    log = load(RECORDED.parent / "ast22-freepbx" / "freepbx_blacklisted.ami.gz")
    client = client_of(pbx_of(log))
    client.login()
    (recorded,) = re.findall(rb"Event: DBGetResponse\r\nFamily: blacklist\r\n(?:.+\r\n)+", log.data)
    wanted = Message(recorded.rstrip())
    ident = wanted.get("ActionID")
    client.send("DBGet", Family="blacklist", Key="79168880198", ActionID=ident)
    assert client.until(lambda m: m.name == "DBGetResponse").raw == wanted.raw
    assert client.message().get("ListItems") == "1"
    assert client.ask("DBGet", Family="blacklist", Key="1").get("Message") == "Database entry not found"


def _until(name, log):
    """The recording up to and including its first event of this name."""
    end = log.data.index(b"\r\n\r\n", log.data.index(f"Event: {name}\r\n".encode())) + 4
    return RecordedLog(log.name, log.data[:end], tuple(c for c in log.chunks if c[0] < end))


def test_the_channel_list_tells_who_talks_with_whom(pbx_of, client_of):
    """In the middle of a talk both channels are listed, in one bridge, with Asterisk's headers."""
    pbx = pbx_of(_until("HangupRequest", load(ANSWERED)))
    client = client_of(pbx)
    client.login()
    client.channels()
    client.hear(pbx)
    client.sock.settimeout(5)

    items = client.channels()

    assert [m.get("Channel") for m in items] == ["PJSIP/provider1-00000002", "PJSIP/101-00000003"]
    assert len({m.get("BridgeId") for m in items} - {""}) == 1
    assert {m.get("Linkedid") for m in items} == {"1795379452.4"}
    assert {m.get("ChannelStateDesc") for m in items} == {"Up"}
    assert [m.get("Application") for m in items] == ["Dial", "AppDial"]
    assert [m.get("Duration") for m in items] == ["00:00:05", "00:00:05"]
    assert client.seen[-1].get("ListItems") == "2"
    assert client.seen[-1].get("EventList") == "Complete"


def test_a_single_status_shows_the_variables_asked_for(pbx_of, client_of):
    """Status of one channel with two variables; of an unknown channel an error."""
    pbx = pbx_of(_until("HangupRequest", load(ANSWERED)))
    client = client_of(pbx)
    client.login()
    client.channels()
    client.hear(pbx)
    client.sock.settimeout(5)

    client.send("Status", Channel="PJSIP/provider1-00000002", Variables="FROM_DID,NOTHING")
    item = client.until(lambda m: m.name == "Status")

    assert item.all("Variable") == ["FROM_DID=74950000101", "NOTHING="]
    assert client.ask("Status", Channel="PJSIP/none").get("Message") == "No such channel"
