"""The FastAGI door: what Asterisk says is answered, whatever else is said is cut off and told once."""

import socket
import time
from contextlib import closing
from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from itgrix_core.jobs import agi
from itgrix_core.jobs.agi import MOST_AT_ONCE, AgiServer
from itgrix_hooks.values import PhoneNumber
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

HEAD = {
    "agi_network": "yes",
    "agi_network_script": "main",
    "agi_request": "agi://127.0.0.1:4573/main",
    "agi_channel": "PJSIP/trunk-main-0000000a",
    "agi_callerid": "79160000001",
    "agi_uniqueid": "1700000000.1",
    "agi_arg_1": "74950000001",
}
ANSWER = RouteAnswer("101", "Eva", "responsible of contact 5")
SET = {"ITGRIX_NAME": "Eva", "ITGRIX_WHY": "responsible of contact 5", "ITGRIX_EXTENSION": "101"}


class Door:
    """A server with an answer of its own, and what it was asked."""

    def __init__(self, answer=ANSWER, allowed=()):
        self.asked = []
        self.answer = answer

        def answered(pbx, question, uniqueid):
            self.asked.append((pbx, question, uniqueid))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        self.server = AgiServer(("127.0.0.1", 0), [ip_network(each) for each in allowed], {"main"}, answered)

    def connect(self):
        """A connection as Asterisk makes it."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=30)

    def says(self, **changes):
        """Ask as Asterisk does, with other lines; the variables that it is told to set."""
        lines = {**HEAD, **changes}
        return self.sends("".join(f"{name}: {value}\n" for name, value in lines.items()) + "\n")

    def sends(self, text, response="200 result=1\n"):
        """Send this; the variables that are set."""
        data = text if isinstance(text, bytes) else text.encode()
        told = {}
        with self.connect() as line, line.makefile("rb") as heard:
            try:
                line.sendall(data)
                for command in heard:
                    _, _, name, value = command.decode().rstrip("\n").split(" ", 3)
                    told[name] = value.strip('"')
                    line.sendall(response.encode())
            except ConnectionError:
                pass
        return told


@pytest.fixture
def door():
    """An open one."""
    made = Door()
    yield made
    made.server.stop()


@pytest.fixture
def refused():
    """The warnings."""
    with capture_logs() as logs:
        yield lambda: [log["event"] for log in logs if log["log_level"] == "warning"]


def test_a_question_is_answered_in_channel_variables(door, refused):
    """With the line, the trunk and the Uniqueid; the extension is the last of them, so none is half set."""
    told = door.says()
    assert told == SET
    assert list(told)[-1] == "ITGRIX_EXTENSION"
    question = RouteQuestion(PhoneNumber("79160000001"), "74950000001", "trunk-main")
    assert door.asked == [("main", question, "1700000000.1")]
    assert refused() == []


def test_the_line_is_taken_from_the_dialled_number_where_no_argument_names_it(door):
    """`agi_dnid`."""
    door.says(agi_arg_1="", agi_dnid="+74950000002")
    assert door.asked[0][1].did == "+74950000002"


def test_nobody_s_number_is_a_question_as_well(door):
    """A hook may know what to do."""
    assert door.says(agi_callerid="unknown") == SET
    assert door.asked[0][1].number == PhoneNumber("")


def test_without_an_extension_the_variables_are_empty(door):
    """The dialplan's own would else stay."""
    door.answer = RouteAnswer()
    assert door.says() == dict.fromkeys(SET, "")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ({"agi_callerid": "7916\r\nSet: x"}, "something that is no AGI"),
        ({"agi_callerid": "7916;rm -rf"}, "a caller's number that is none"),
        ({"agi_callerid": "${SHELL(x)}"}, "a caller's number that is none"),
        ({"agi_callerid": "7" * 100}, "a caller's number that is none"),
        ({"agi_network_script": "other"}, "no Asterisk of the configuration"),
        ({"agi_network_script": "../main"}, "no Asterisk of the configuration"),
        ({"agi_channel": "x" * 9000}, "too long"),
    ],
)
def test_what_is_no_question_is_cut_off_and_told_once(door, refused, lines, reason):
    """Three times the same is one line in the log, and nothing of what was sent is in it."""
    for _ in range(3):
        assert door.says(**lines) == {}
    (only,) = refused()
    assert only.startswith("FastAGI: refused: ")
    assert reason in only
    assert "7916" not in only
    assert door.asked == []


@pytest.mark.parametrize("text", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00\n", b"\xff\xfe\x00\n\n"])
def test_other_protocols_are_cut_off(door, refused, text):
    """Browsers, TLS, noise."""
    assert door.sends(text) == {}
    assert len(refused()) == 1


def test_a_strange_uniqueid_or_trunk_is_left_out(door):
    """The question counts all the same."""
    assert door.says(agi_uniqueid="1;2", agi_channel="PJSIP/a b") == SET
    _, question, uniqueid = door.asked[0]
    assert (question.trunk, uniqueid) == (None, "")


def test_a_slow_client_is_cut_off(door, refused, monkeypatch):
    """However little he says at a time."""
    monkeypatch.setattr(agi, "REQUEST_SECONDS", 0.2)
    with door.connect() as line:
        line.sendall(b"agi_network: yes\n")
        assert line.recv(1) == b""
    assert "took longer than" in refused()[0]


def test_a_caller_who_hangs_up_is_no_trouble(door, refused):
    """Before his question, in the middle of it, and while he is answered."""
    door.connect().close()
    with door.connect() as line:
        line.sendall(b"agi_network: yes\nagi_req")
    assert door.sends("".join(f"{n}: {v}\n" for n, v in HEAD.items()) + "\n", "HANGUP\n") != SET
    assert door.says() == SET
    assert refused() == []


def test_an_asterisk_that_refuses_a_variable_is_told_of(door, refused):
    """510 or 520 means that our words are not understood."""
    door.sends("".join(f"{n}: {v}\n" for n, v in HEAD.items()) + "\n", "510 Invalid or unknown command\n")
    assert "Asterisk would have nothing" in refused()[0]


def test_a_fault_of_ours_cuts_off_and_serves_on(door, refused):
    """A sentence, no traceback."""
    door.answer = ValueError("oh")
    assert door.says() == {}
    door.answer = ANSWER
    assert door.says() == SET
    assert refused() == ["FastAGI: refused: a question failed: ValueError('oh') (from 127.0.0.1)"]


def test_more_at_once_than_there_is_room_for_are_turned_away(door, refused, monkeypatch):
    """At once, not after their time; when the others have gone there is room again."""
    waiting = [door.connect() for _ in range(MOST_AT_ONCE)]
    try:
        with door.connect() as one_more:
            assert one_more.recv(1) == b""
    finally:
        for each in waiting:
            each.close()
    assert "questions at once" in refused()[0]
    until = time.monotonic() + 30
    while door.says() != SET:
        assert time.monotonic() < until


@pytest.mark.parametrize(
    ("allowed", "address", "is_let_in"),
    [
        ([], "127.0.0.1", True),
        ([], "::1", True),
        ([], "10.0.0.5", False),
        (["10.0.0.0/24"], "10.0.0.5", True),
        (["10.0.0.0/24"], "::ffff:10.0.0.5", True),
        (["10.0.0.0/24"], "10.0.1.5", False),
        (["fd00::/8"], "fd00::1", True),
        (["fd00::/8"], "fe80::1%eth0", False),
    ],
)
def test_this_machine_may_ask_and_whoever_the_settings_name(refused, allowed, address, is_let_in):
    """By address alone: FastAGI knows no password."""
    made = Door(allowed=allowed)
    with closing(made.connect()):
        assert made.server.verify_request(None, (address, 1)) is is_let_in
    made.server.stop()
    assert len(refused()) == (not is_let_in)


def test_a_stopped_door_is_closed(door):
    """Asterisk then goes on at once."""
    door.server.stop()
    with pytest.raises(ConnectionRefusedError):
        door.connect()
    door.server = Door().server
