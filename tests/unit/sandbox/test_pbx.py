"""The replayed PBX speaks AMI as Asterisk does, and serves again what was interrupted."""

from __future__ import annotations

import hashlib
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from itgrix_core.errors import AmiError, RecordingError
from itgrix_core.sandbox import recordings
from itgrix_core.sandbox.pbx import SECRET, USERNAME, run_pbx
from itgrix_core.sandbox.recordings import RecordedLog, load
from itgrix_core.wire.messages import Message

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
ANSWERED = RECORDED / "inbound_answered.ami.gz"
MASK = "system,call,agent,reporting,originate"


class _Client:
    """A plain AMI client: sends actions, collects messages."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.raw = b""
        self.banner = self.read_until(b"\r\n")
        self.seen = []

    def read_until(self, mark):
        while mark not in self.raw:
            piece = self.sock.recv(65536)
            if not piece:
                raise EOFError
            self.raw += piece
        head, _, self.raw = self.raw.partition(mark)
        return head

    def message(self):
        message = Message(self.read_until(b"\r\n\r\n"))
        self.seen.append(message)
        return message

    def until(self, fits):
        while True:
            message = self.message()
            if fits(message):
                return message

    def send(self, action, **headers):
        lines = [f"Action: {action}"] + [f"{name}: {value}" for name, value in headers.items()]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())

    def ask(self, action, **headers):
        self.send(action, ActionID="ask", **headers)
        return self.until(lambda m: not m.is_event and m.get("ActionID") == "ask")

    def login(self, events="on", secret=SECRET, **more):
        return self.ask("Login", Username=USERNAME, Secret=secret, Events=events, **more)

    def channels(self):
        self.send("CoreShowChannels", ActionID="list")
        mark = len(self.seen)
        self.until(lambda m: m.name == "CoreShowChannelsComplete")
        return [m for m in self.seen[mark:] if m.name == "CoreShowChannel"]

    def events(self):
        return [m for m in self.seen if m.is_event and "," in m.get("Privilege") and m.name != "FullyBooted"]

    def hear(self, pbx):
        """Everything until the PBX has served all and nothing more lies in the line."""
        self.sock.settimeout(0.05)
        while True:
            is_over = pbx.finished.is_set()
            try:
                self.message()
            except TimeoutError:
                if is_over:
                    return self.events()

    def close(self):
        self.sock.close()


@pytest.fixture
def pbx_of():
    """Starts PBXs that are closed at the end; quick to count a recording as served."""
    running = []

    def start(*logs, **more):
        pbx = run_pbx(logs, **{"settle": 0.05, "grace": 60, **more})
        running.append(pbx)
        return pbx

    yield start
    for pbx in running:
        pbx.close()


@pytest.fixture
def client_of():
    """Connects clients that are closed at the end."""
    clients = []

    def connect(pbx):
        client = _Client(pbx.port)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


def _said(log):
    """Events of a recording by our own reading: what lies between banner and end and has a class."""
    blocks = (Message(raw.strip(b"\r\n")) for raw in log.data.partition(b"\r\n")[2].split(b"\r\n\r\n"))
    return [m for m in blocks if m.get("Privilege").endswith(",all") and m.name not in ("", "FullyBooted")]


def _tiny(name, *blocks):
    """A recording of these blocks, one second apart."""
    data, chunks = b"Asterisk Call Manager/11.0.0\r\n", [(0, 100.0)]
    for number, text in enumerate(blocks, 1):
        chunks.append((len(data), 100.0 + number))
        data += text.replace("\n", "\r\n").encode() + b"\r\n\r\n"
    return RecordedLog(name, data, tuple(chunks))


def _newchannel(uniqueid, name="PJSIP/101-01"):
    return f"Event: Newchannel\nPrivilege: call,all\nChannel: {name}\nUniqueid: {uniqueid}"


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
def test_a_recording_is_served_whole_in_order_with_true_times(pbx_of, client_of):
    """Every event of the recording comes once, in order, stamped with the time of its own piece."""
    log = load(ANSWERED)
    pbx = pbx_of(ANSWERED)
    client = client_of(pbx)
    client.login()
    client.channels()

    events = client.hear(pbx)

    assert [_plain(m) for m in events] == [m.raw for m in _said(log)]
    assert pbx.served == ["inbound_answered"]
    times = [m.timestamp for m in events]
    assert times == sorted(times)
    assert set(times) <= {at for _, at in log.chunks}


def _plain(message):
    """The event without its time stamp, which stands behind the class."""
    assert message.raw.split(b"\r\n")[2].startswith(b"Timestamp: "), message.raw
    return b"\r\n".join(line for line in message.raw.split(b"\r\n") if not line.startswith(b"Timestamp: "))


def test_the_mask_hides_classes_and_nothing_else(pbx_of, client_of):
    """With the class mask the same events come, less VarSet, Newexten and Cdr."""
    pbx = pbx_of(ANSWERED)
    client = client_of(pbx)
    client.login(events=MASK)
    client.channels()

    names = [m.name for m in client.hear(pbx)]

    hidden = {"VarSet", "Newexten", "Cdr"}
    assert names == [m.name for m in _said(load(ANSWERED)) if m.name not in hidden]


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


def test_an_event_stamped_by_its_asterisk_keeps_its_stamp(pbx_of, client_of):
    """Where timestampevents was on, Asterisk's own time is the better one."""
    pbx = pbx_of(_tiny("stamped", "Event: Hangup\nPrivilege: call,all\nTimestamp: 5.250000\nUniqueid: 1.1"))
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


def test_a_client_that_never_asks_for_channels_is_served_after_a_grace(pbx_of, client_of):
    """A simple client need not ask."""
    pbx = pbx_of(_tiny("one", _newchannel("1.1")), grace=0.05)
    client = client_of(pbx)
    client.login()
    assert [m.name for m in client.hear(pbx)] == ["Newchannel"]


def test_recordings_come_one_after_another(pbx_of, client_of):
    """Without overlap the next one begins when the one before is over."""
    logs = [_tiny(str(n), _newchannel(f"{n}.1"), _newchannel(f"{n}.2")) for n in (1, 2)]
    pbx = pbx_of(*logs)
    client = client_of(pbx)
    client.login()
    client.channels()
    assert [m.get("Uniqueid") for m in client.hear(pbx)] == ["1.1", "1.2", "2.1", "2.2"]
    assert pbx.served == ["1", "2"]


def test_recordings_that_overlap_mix_by_their_own_time(pbx_of, client_of):
    """Two at a time: the mix follows the recordings' clock, also at no pace; the third waits for a place."""
    logs = [_tiny(str(n), *(_newchannel(f"{n}.{k}") for k in range(2))) for n in (1, 2, 3)]
    pbx = pbx_of(*logs, overlap=2)
    client = client_of(pbx)
    client.login()
    client.channels()
    assert [m.get("Uniqueid") for m in client.hear(pbx)] == ["1.0", "2.0", "1.1", "2.1", "3.0", "3.1"]


def test_a_pace_waits_between_events(pbx_of, client_of):
    """At ten times the real pace one second of a recording takes a tenth; the stamps stay true."""
    pbx = pbx_of(_tiny("one", *(_newchannel(f"1.{n}") for n in range(4))), pace=10)
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


# ------------------------------------------------------------------- breaking ----
def _served_twice(pbx, client_of, until):
    """Two clients one after the other; the first leaves the PBX when `until` says so."""
    first = client_of(pbx)
    first.login()
    first.channels()
    until(first)
    second = client_of(pbx)
    second.login()
    listed = second.channels()
    return first, second, listed


def test_a_client_that_dies_is_served_the_interrupted_recording_again(pbx_of, client_of):
    """The second client hears the whole recording; its channel list knows nothing of what it will hear."""
    pbx = pbx_of(_tiny("one", _newchannel("1.1"), *["Event: Hold\nPrivilege: call,all"] * 9), pace=20)

    def die(client):
        client.until(lambda m: m.name == "Newchannel")
        client.close()
        _wait(lambda: not pbx._sessions)

    _, second, listed = _served_twice(pbx, client_of, die)

    assert listed == []
    assert [m.name for m in second.hear(pbx)] == ["Newchannel"] + ["Hold"] * 9


def test_what_was_served_completely_is_not_served_again(pbx_of, client_of):
    """Only the interrupted recording comes again."""
    logs = [_tiny(str(n), *(_newchannel(f"{n}.{k}") for k in range(9))) for n in (1, 2)]
    pbx = pbx_of(*logs, pace=50)

    def die(client):
        client.until(lambda m: m.get("Uniqueid") == "2.3")
        client.close()
        _wait(lambda: not pbx._sessions)

    _, second, _ = _served_twice(pbx, client_of, die)

    assert [m.get("Uniqueid") for m in second.hear(pbx)] == [f"2.{k}" for k in range(9)]
    assert pbx.served == ["1", "2"]


def test_bytes_just_sent_are_not_taken_for_read(pbx_of, client_of):
    """A client that dies before the recording has settled gets it again."""
    pbx = pbx_of(_tiny("one", _newchannel("1.1")), settle=60)

    def die(client):
        client.until(lambda m: m.name == "Newchannel")
        client.close()
        _wait(lambda: not pbx._sessions)

    _, second, _ = _served_twice(pbx, client_of, die)
    assert second.until(lambda m: m.name == "Newchannel").get("Uniqueid") == "1.1"


def test_a_cut_breaks_the_line_in_the_middle_of_an_event(pbx_of, client_of):
    """The first client is left with half an event; the second hears everything."""
    log = load(ANSWERED)
    pbx = pbx_of(ANSWERED, pace=30)

    def cut(client):
        client.until(lambda m: m.name == "DialBegin")
        pbx.cut()
        with pytest.raises(EOFError):
            client.until(lambda _: False)

    first, second, _ = _served_twice(pbx, client_of, cut)

    assert first.raw.startswith(b"Event: ")
    assert [_plain(m) for m in second.hear(pbx)] == [m.raw for m in _said(log)]


def test_a_restart_hangs_up_says_farewell_and_forgets(pbx_of, client_of):
    """Hangup of each live channel, Shutdown, end of line; then the same port again, without channels."""
    pbx = pbx_of(_tiny("one", _newchannel("1.1"), *["Event: Hold\nPrivilege: call,all"] * 50), pace=10)

    def restart(client):
        client.until(lambda m: m.name == "Newchannel")
        pbx.restart(down=0.01)
        with pytest.raises(EOFError):
            client.until(lambda _: False)

    first, second, listed = _served_twice(pbx, client_of, restart)

    hangup, shutdown = first.seen[-2:]
    assert (hangup.name, hangup.get("Uniqueid"), hangup.get("Cause")) == ("Hangup", "1.1", "0")
    assert (shutdown.name, shutdown.get("Restart")) == ("Shutdown", "True")
    assert listed == []
    assert second.until(lambda m: m.is_event and m.name == "Newchannel").get("Uniqueid") == "1.1"


def test_a_second_client_does_not_disturb_the_first(pbx_of, client_of):
    """A client that looks in and leaves (a check) interrupts nothing."""
    pbx = pbx_of(_tiny("one", *(_newchannel(f"1.{n}") for n in range(9))), pace=50)
    client, guest = client_of(pbx), client_of(pbx)
    client.login()
    client.channels()
    guest.login(events="off")
    guest.ask("Logoff")
    assert [m.get("Uniqueid") for m in client.hear(pbx)] == [f"1.{n}" for n in range(9)]


# --------------------------------------------------------------- bad beginnings ----
def test_an_unreadable_recording_is_a_sentence(tmp_path):
    """The PBX does not start with a recording that it cannot read."""
    with pytest.raises(RecordingError, match="no such file"):
        run_pbx([tmp_path / "none.ami"])


def test_a_taken_port_is_a_sentence(pbx_of):
    """Two PBXs cannot share a port, and the second says so."""
    pbx = pbx_of(ANSWERED)
    with pytest.raises(AmiError, match=str(pbx.port)):
        run_pbx([ANSWERED], port=pbx.port)


# ------------------------------------------------------------------- a process ----
def test_as_a_process_it_can_be_cut_restarted_and_ended(client_of):
    """It tells its port, obeys SIGUSR1, SIGUSR2 and SIGTERM, and ends without a word of complaint."""
    command = [sys.executable, "-m", "itgrix_core.sandbox.pbx", "--pace", "1", str(ANSWERED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline().rpartition(":")[2])
            for number in (signal.SIGUSR1, signal.SIGUSR2):
                client = _connect(port)
                client.login()
                process.send_signal(number)
                with pytest.raises(EOFError):
                    client.until(lambda _: False)
                client.close()
            process.terminate()
            assert process.communicate(timeout=10) == ("", "")
            assert process.returncode == 0
        finally:
            process.kill()


def test_as_a_process_it_says_what_is_wrong_with_a_recording():
    """A sentence and an exit code, no traceback."""
    command = [sys.executable, "-m", "itgrix_core.sandbox.pbx", "no-such.ami"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == RecordingError.exit_code
    assert done.stderr.startswith("no-such.ami: there is no such file")


def _connect(port):
    """A connection as soon as the PBX is back."""
    end = time.monotonic() + 5
    while True:
        try:
            return _Client(port)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _wait(fits):
    end = time.monotonic() + 5
    while not fits():
        assert time.monotonic() < end
        time.sleep(0.005)
