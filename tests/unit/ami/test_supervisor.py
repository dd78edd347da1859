"""How one Asterisk is kept connected."""

import threading
import time

import pytest

from itgrix_core.ami.supervisor import Pauses, Supervisor
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import name_of, read_blocks

QUICK = Pauses(first=0.02, longest=0.1, spread=0.0)
HANGUP = b"Event: Hangup\r\nUniqueid: 1"


class Line:
    """A supervisor and what it told."""

    def __init__(self, asterisk, pauses=QUICK, on_chunk=None, **settings):
        self.data, self.told, self.hold = b"", [], threading.Event()
        self.hold.set()
        self.on_chunk = on_chunk
        options = settings.pop("options", {})
        usual = {"connect_timeout_seconds": 2.0, "ping_seconds": 5.0, "resync_seconds": 5.0}
        self.supervisor = Supervisor(
            "main",
            AsteriskSettings(host="127.0.0.1", port=asterisk.port, **(usual | settings)),
            self.take,
            lambda is_connected, reason: self.told.append((is_connected, reason)),
            pauses=pauses,
            **options,
        )

    def take(self, data, at):
        """What the service does with a chunk."""
        self.hold.wait(10)
        self.data += data
        if self.on_chunk:
            self.on_chunk(self.supervisor, data)

    @property
    def names(self):
        """The names of all events that came."""
        return [name_of(block).decode() for block in read_blocks(self.data) if name_of(block)]

    @property
    def connections(self):
        """What was told of each session that ran."""
        return [reason for is_connected, reason in self.told if is_connected]


@pytest.fixture
def keep(request):
    """Start supervisors; they are stopped at the end."""
    lines = []

    def start(asterisk, **options):
        lines.append(Line(asterisk, **options))
        lines[-1].supervisor.start()
        return lines[-1]

    yield start
    for line in lines:
        line.hold.set()
        assert line.supervisor.stop(5)


def listed(line):
    """How many lists of channels came to their end."""
    return line.names.count("CoreShowChannelsComplete")


def test_a_session_logs_in_waits_for_the_boot_and_lists_the_channels(asterisk, keep, wait):
    """The items of the list come in the same stream as all events."""
    asterisk.channels = ["17.1", "17.2"]
    line = keep(asterisk)
    assert wait(lambda: listed(line) == 1)
    assert line.names == ["FullyBooted", "CoreShowChannel", "CoreShowChannel", "CoreShowChannelsComplete"]
    assert wait(lambda: asterisk.count("Status") == 1)
    assert [action["Action"] for action in asterisk.actions] == [
        "Challenge", "Login", "ListCommands", "Ping",
        "PJSIPShowEndpoints", "SIPpeers", "QueueStatus", "CoreShowChannels", "Status",
    ]  # fmt: skip
    state = line.supervisor.state
    assert (state.is_connected, state.connections, state.events, state.missing_rights) == (True, 1, 4, ())
    assert state.connected_at is not None
    assert line.told == [(True, f"connected to 127.0.0.1:{asterisk.port}, AMI 11.0.0")]


def test_the_channels_are_listed_again_and_again(asterisk, keep, wait):
    """With the class mask a long talk is as silent as a dead one."""
    line = keep(asterisk, resync_seconds=0.05)
    assert wait(lambda: listed(line) >= 3)


def test_an_asterisk_that_boots_later_is_listed_when_it_has_booted(make_asterisk, keep, wait):
    """And until then the missing event is named, as a right or a boot."""
    asterisk = make_asterisk(answers={"Login": lambda server, action: server.response(action, "accepted")})
    line = keep(asterisk, connect_timeout_seconds=0.1)
    assert wait(lambda: listed(line) == 1)
    assert wait(
        lambda: "lacks system, or Asterisk is still starting" in str(line.supervisor.state.missing_rights)
    )
    asterisk.say("Event: FullyBooted\nPrivilege: system,all")
    assert wait(lambda: listed(line) == 2)
    assert wait(lambda: line.supervisor.state.missing_rights == ())


def test_a_silent_wait_for_the_boot_is_no_lost_line(make_asterisk, keep, wait):
    """A user without the right to read `system` hears nothing for that long; a Ping must be in vain first."""
    asterisk = make_asterisk(answers={"Login": lambda server, action: server.response(action, "accepted")})
    line = keep(asterisk, connect_timeout_seconds=0.5, ping_seconds=0.1)
    assert wait(lambda: asterisk.count("Ping") >= 2)
    assert [is_connected for is_connected, _ in line.told] == [True]


def test_missing_rights_are_named(make_asterisk, keep, wait):
    """Without `write` ListCommands is empty; without `call` channels appear that nobody spoke of."""
    nothing = {"ListCommands": lambda server, action: server.response(action, "")}
    asterisk = make_asterisk(answers=nothing)
    line = keep(asterisk, resync_seconds=0.05)
    assert wait(lambda: listed(line) >= 1)
    asterisk.channels = ["17.1"]
    assert wait(lambda: len(line.supervisor.state.missing_rights) == 5)
    assert "write` lacks reporting" in line.supervisor.state.missing_rights[0]
    assert "read` lacks call" in line.supervisor.state.missing_rights[4]


def test_a_refused_login_is_told_and_tried_again_after_the_longest_pause(make_asterisk, keep, wait):
    """Quick repeats would only wake fail2ban."""
    refused = {"Login": lambda server, action: server.response(action, "Authentication failed", "Error")}
    asterisk = make_asterisk(answers=refused)
    line = keep(asterisk, pauses=Pauses(first=0.01, longest=0.3))
    assert wait(lambda: line.told)
    assert line.told[0][0] is False
    assert "refuses user 'itgrix': Authentication failed" in line.told[0][1]
    assert line.supervisor.state.last_error == line.told[0][1]
    assert asterisk.count("Login") == 1
    asterisk.answers = {}
    assert wait(lambda: line.connections)


def test_03_a_restarted_asterisk_is_connected_and_listed_again(make_asterisk, keep, wait):
    """Fault 3 of the library's list: here without AutoReconnect."""
    first = make_asterisk()
    line = keep(first)
    assert wait(lambda: listed(line) == 1)
    first.stop()
    assert wait(lambda: "nobody listens" in line.supervisor.state.last_error)
    assert not line.supervisor.state.is_connected
    second = make_asterisk(port=first.port)
    assert wait(lambda: listed(line) == 2)
    second.say_bytes(HANGUP + b"\r\n\r\n")
    assert wait(lambda: line.names[-1] == "Hangup")
    assert line.supervisor.state.connections == 2


def test_a_line_says_since_when_it_is_lost(asterisk, keep, wait):
    """From the start until the first session, and from its end on, however often it is tried since."""
    times = iter(range(1000, 900_000, 100))
    line = keep(asterisk, options={"clock": lambda: float(next(times))})
    wait(lambda: line.supervisor.state.is_connected)
    assert line.supervisor.state.lost_at is None
    asterisk.stop()
    wait(lambda: not line.supervisor.state.is_connected)
    lost_at = line.supervisor.state.lost_at
    assert lost_at > 1000.0
    tries = len(line.told)
    wait(lambda: len(line.told) > tries + 2)
    assert line.supervisor.state.lost_at == lost_at


def test_04_a_peer_that_falls_silent_is_pinged_then_left_and_found_again(make_asterisk, keep, wait):
    """Fault 4: a frozen machine, a firewall that forgot us; nobody closes anything."""
    asterisk = make_asterisk()
    line = keep(asterisk, ping_seconds=0.15, connect_timeout_seconds=0.3)
    assert wait(lambda: asterisk.count("Ping") >= 2)
    assert line.told[1:] == []
    asterisk.answers = dict.fromkeys(("Ping", "Login"), lambda *_: None)
    assert wait(lambda: len(line.told) >= 2)
    assert "gave no sign of life for 0." in line.told[1][1]
    asterisk.answers = {}
    assert wait(lambda: len(line.connections) == 2)
    asterisk.say_bytes(HANGUP + b"\r\n\r\n")
    assert wait(lambda: "Hangup" in line.names)


def test_a_connection_cut_before_the_banner_is_tried_again(make_asterisk, keep, wait):
    """With its reason."""
    asterisk = make_asterisk(banner=None)
    line = keep(asterisk)
    assert wait(lambda: len(line.told) >= 2)
    assert "closes the connection at once" in line.told[0][1]
    asterisk.banner = b"Asterisk Call Manager/5.0.4\r\n"
    assert wait(lambda: line.connections)
    assert line.supervisor.state.ami_version == "5.0.4"


def test_an_event_that_is_cut_in_the_middle_never_arrives(asterisk, keep, wait):
    """And the stream of the next session is whole."""
    line = keep(asterisk)
    assert wait(lambda: listed(line) == 1)
    asterisk.say_bytes(HANGUP + b"\r\n\r\nEvent: Newchannel\r\nChan")
    asterisk.hang_up()
    assert wait(lambda: listed(line) == 2)
    assert line.names.count("Hangup") == 1
    assert "Newchannel" not in line.names
    assert line.data.count(b"Asterisk Call Manager/") == 2


def test_chunks_of_a_slow_consumer_keep_their_order_over_sessions(asterisk, keep, wait):
    """The next session waits until the last one's chunks are taken."""
    line = keep(asterisk)
    assert wait(lambda: listed(line) == 1)
    line.hold.clear()
    asterisk.say("Event: First\nX: 1")
    asterisk.say("Event: Second\nX: 1")
    assert wait(lambda: line.supervisor.state.events == 4)
    asterisk.hang_up()
    line.hold.set()
    assert wait(lambda: listed(line) == 2)
    assert line.names[2:5] == ["First", "Second", "FullyBooted"]


def test_what_was_shed_is_counted_and_put_right_by_a_list(asterisk, keep, wait):
    """As soon as there is room again."""
    line = keep(asterisk, options={"backlog_limit": 2000})
    assert wait(lambda: listed(line) == 1)
    line.hold.clear()
    for _ in range(100):
        asterisk.say_bytes((HANGUP + b"\r\nPadding: " + b"x" * 300 + b"\r\n\r\n") * 10)
    assert wait(lambda: line.supervisor.state.events == 1002)
    assert line.supervisor.state.shed > 100
    line.hold.set()
    assert wait(lambda: listed(line) == 2)
    assert len(line.names) == 1003 - line.supervisor.state.shed


def test_the_pause_grows_to_its_limit_with_a_random_share_taken_off():
    """Doubling from the first."""
    pauses = Pauses(first=0.5, longest=30.0, spread=0.3)
    assert [pauses.before(attempt, 0.0) for attempt in (1, 2, 3, 6, 7, 5000)] == [
        0.5,
        1.0,
        2.0,
        16.0,
        30.0,
        30.0,
    ]
    assert pauses.before(7, 1.0) == pytest.approx(21.0)


def test_the_back_off_grows_from_failure_to_failure_and_begins_anew_after_a_session(
    make_asterisk, keep, wait
):
    """The pauses that were waited for are noted."""
    waited = []

    class Noting(Pauses):
        def before(self, attempt, share):
            if share:
                waited.append(attempt)
            return 0.01

    asterisk = make_asterisk()
    asterisk.stop()
    line = keep(asterisk, pauses=Noting(), options={"dice": lambda: 1.0})
    assert wait(lambda: len(waited) >= 4)
    assert waited[:4] == [1, 2, 3, 4]
    again = make_asterisk(port=asterisk.port)
    assert wait(lambda: listed(line) == 1)
    before = len(waited)
    time.sleep(0.05)  # a session shorter than the pause before it would count as one more failure
    again.hang_up()
    assert wait(lambda: len(waited) > before)
    assert waited[before] == 1


def test_actions_are_sent_and_asked_from_the_consumer_too(asterisk, keep, wait):
    """As for the file name of a recording at MixMonitorStart."""
    answers = []

    def ask_back(supervisor, data):
        if b"Event: MixMonitorStart" in data:
            answers.append(supervisor.ask([("Action", "Getvar"), ("ActionID", "getvar/17.1")], timeout=5))

    line = keep(asterisk, on_chunk=ask_back)
    assert wait(lambda: listed(line) == 1)
    asterisk.say("Event: MixMonitorStart\nUniqueid: 17.1")
    assert wait(lambda: answers)
    assert answers[0].get("ActionID") == "getvar/17.1"
    assert wait(lambda: b"ActionID: getvar/17.1" in line.data)
    line.supervisor.send({"Action": "Getvar", "ActionID": "getvar/17.2"})
    assert wait(lambda: b"ActionID: getvar/17.2" in line.data)


def test_actions_without_a_connection_are_refused_with_a_sentence(make_asterisk):
    """Nothing is kept for later: a click-to-call that is dialled late is harm."""
    line = Line(make_asterisk())
    with pytest.raises(AmiError, match="'main' is not connected"):
        line.supervisor.send({"Action": "Ping"})
    with pytest.raises(AmiError, match="not connected"):
        line.supervisor.ask({"Action": "Ping"})
    assert line.supervisor.stop()


def test_callbacks_that_raise_end_nothing(asterisk, keep, wait):
    """They are counted, and the line runs on."""
    line = keep(asterisk, on_chunk=lambda *_: 1 / 0)
    line.supervisor._on_state = lambda *_: 1 / 0
    assert wait(lambda: listed(line) == 1)
    asterisk.hang_up()
    assert wait(lambda: listed(line) == 2)
    assert line.supervisor.state.callback_errors >= 4


def test_a_fault_of_ours_in_a_session_ends_only_that_session(asterisk, keep, wait, monkeypatch):
    """A line that nobody keeps any more would be the worst way to fail."""
    monkeypatch.setattr("itgrix_core.ami.supervisor.missing_write_rights", lambda *_: 1 / 0)
    line = keep(asterisk)
    assert wait(lambda: "ZeroDivisionError" in line.supervisor.state.last_error)
    monkeypatch.undo()
    assert wait(lambda: line.connections)


def test_stopping_ends_the_line_at_once(asterisk, keep, wait):
    """What was read is delivered before."""
    line = keep(asterisk)
    assert wait(lambda: listed(line) == 1)
    assert line.supervisor.stop(5)
    assert line.told[-1] == (False, "stopped")
    assert not line.supervisor.state.is_connected


def test_a_lag_is_told_once_and_its_end_once(asterisk, keep, wait, caplog):
    """Whose it is, how long, and what waits."""
    line = keep(asterisk, lag_seconds=0.1, ping_seconds=0.05)
    assert wait(lambda: listed(line) == 1)
    line.hold.clear()
    asterisk.say_bytes(HANGUP + b"\r\n\r\n")
    with caplog.at_level("INFO"):
        assert wait(lambda: " behind; " in caplog.text)
        assert line.supervisor.state.lag_seconds > 0.1
        line.hold.set()
        assert wait(lambda: "no longer behind" in caplog.text)
    assert caplog.text.count(" behind; ") == 1
    assert "Asterisk main: we are 0." in caplog.text


def test_asterisks_own_lag_shows_by_its_pongs(make_asterisk, keep, wait):
    """They carry its time; the best of the connection counts as none."""
    late = iter([0.0, 0.0, *[7.0] * 1000])

    def pong(_server, action):
        at = time.time() - next(late)
        answer = f"Response: Success\r\nActionID: {action['ActionID']}\r\nPing: Pong\r\n"
        return f"{answer}Timestamp: {at:.6f}\r\n\r\n"

    line = keep(make_asterisk(answers={"Ping": pong}), ping_seconds=0.05)
    assert wait(lambda: line.supervisor.state.asterisk_lag_seconds > 6.5)


def test_a_line_tells_how_much_comes(asterisk, keep, wait):
    """Totals, and their pace."""
    line = keep(asterisk, ping_seconds=0.05)
    assert wait(lambda: listed(line) == 1)
    asterisk.say_bytes((HANGUP + b"\r\n\r\n") * 100)
    assert wait(lambda: line.supervisor.state.events == 102)
    assert wait(lambda: line.supervisor.state.events_per_second > 1)
    state = line.supervisor.state
    assert state.bytes > 100 * len(HANGUP)
    assert state.bytes_per_second > state.events_per_second
    assert state.reconnects == 0


def test_a_reload_makes_the_pbx_be_asked_again(asterisk, keep, wait, monkeypatch):
    """Endpoints and queues may be others now; the channels are the same."""
    monkeypatch.setattr("itgrix_core.ami.asking.SETTLING_SECONDS", 0.01)
    line = keep(asterisk, ping_seconds=0.05)
    assert wait(lambda: listed(line) == 1)
    asterisk.say("Event: Reload\nPrivilege: system,all\nModule: res_pjsip.so\nStatus: 0")
    assert wait(lambda: asterisk.count("PJSIPShowEndpoints") == 2 and asterisk.count("QueueStatus") == 2)
    assert asterisk.count("Status") == 1


def test_refused_questions_are_no_trouble(make_asterisk, keep, wait, caplog):
    """No such module, no right: the rights are named, nothing else is said."""
    refused = dict.fromkeys(
        ("PJSIPShowEndpoints", "SIPpeers", "QueueStatus", "Status"),
        lambda server, action: server.response(action, "Permission denied", "Error"),
    )
    line = keep(make_asterisk(answers=refused))
    assert wait(lambda: listed(line) == 1)
    assert "denied" not in caplog.text
