"""What the client adds to the library: sessions, whole blocks, answers as messages."""

import socket
import threading

import pytest

from itgrix_core.ami.client import EVENT_MASK, AmiClient
from itgrix_core.ami.refusals import LoginRefusedError
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import is_banner, read_blocks


def refused(_asterisk, action):
    """What Asterisk says to a wrong secret."""
    return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: Authentication failed\r\n\r\n"


def test_a_session_asks_for_the_classes_that_matter(asterisk, make_client):
    """The mask spares nine tenths of the traffic."""
    client = make_client(asterisk, is_logged_in=False)
    client.open_session("itgrix", "s3cret")
    login = asterisk.actions[-1]
    assert (login["Username"], login["Events"]) == ("itgrix", EVENT_MASK)
    assert client.ami_version == "11.0.0"
    assert client.booted.wait(3)


def test_a_refused_login_names_the_place_and_the_way_out(make_asterisk, make_client):
    """And never the secret; nothing stays open."""
    client = make_client(make_asterisk(answers={"Login": refused}), is_logged_in=False)
    with pytest.raises(
        LoginRefusedError, match=r"127\.0\.0\.1:\d+ refuses user 'itgrix': .*\[itgrix\]"
    ) as told:
        client.open_session("itgrix", "s3cret")
    assert "s3cret" not in str(told.value)
    assert client._socket.fileno() == -1


def test_a_secret_with_a_line_end_is_refused_and_not_shown(asterisk, make_client):
    """As a file that was read without stripping."""
    with pytest.raises(LoginRefusedError, match="holds a line end") as told:
        make_client(asterisk, is_logged_in=False).open_session("itgrix", "s3cret\n")
    assert "s3cret" not in str(told.value)
    assert asterisk.actions == []


def test_a_login_without_an_answer_is_told(make_asterisk, make_client):
    """Neither refused nor accepted."""
    client = make_client(make_asterisk(answers={"Login": lambda *_: None}), is_logged_in=False, timeout=0.1)
    with pytest.raises(AmiError, match="does not answer the login"):
        client.open_session("itgrix", "s3cret")


def test_a_connection_lost_during_the_login_is_told(make_asterisk, make_client):
    """It is no refusal."""
    asterisk = make_asterisk(answers={"Login": lambda server, _: server.hang_up()})
    with pytest.raises(AmiError, match="closed the connection during the login") as told:
        make_client(asterisk, is_logged_in=False).open_session("itgrix", "s3cret")
    assert not isinstance(told.value, LoginRefusedError)


@pytest.mark.parametrize(
    ("banner", "sentence"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", r"is not AMI: it begins with b'SSH-2\.0"),
        (b"", "says nothing"),
        (None, "closes the connection at once"),
    ],
)
def test_what_is_not_ami_is_told(make_asterisk, make_client, banner, sentence):
    """Another service, a silent one, one that hangs up."""
    client = make_client(make_asterisk(banner=banner), is_logged_in=False, timeout=0.3)
    with pytest.raises(AmiError, match=sentence):
        client.open_session("itgrix", "s3cret")


def test_nobody_there_is_told():
    """A port without a listener, a host without an address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(AmiError, match=f"127.0.0.1:{port}: nobody listens"):
        AmiClient("127.0.0.1", port).open_session("itgrix", "s3cret")
    with pytest.raises(AmiError, match=r"asterisk\.\*\.host"):
        AmiClient("no such host.invalid", 5038).open_session("itgrix", "s3cret")


def test_a_banner_that_comes_in_pieces_is_a_banner(make_asterisk, make_client, wait):
    """TCP cuts where it likes."""
    asterisk = make_asterisk(banner=b"Aster")
    client = make_client(asterisk, is_logged_in=False)
    client.connect()
    assert wait(lambda: client.last_read_at and asterisk.connections)
    asterisk.say_bytes(b"isk Call Manager/5.0.4\r\n")
    assert wait(lambda: client.ami_version == "5.0.4")


def test_chunks_hold_whole_blocks_with_their_time_and_begin_with_the_banner(asterisk, make_client, wait):
    """Half an event waits in the reader for its rest; so every chunk's end is a place to resume from."""
    chunks = []
    make_client(asterisk, on_chunk=lambda data, at: chunks.append((data, at)), clock=lambda: 12.5)
    assert wait(lambda: b"FullyBooted" in b"".join(data for data, _ in chunks))
    before = len(chunks)
    asterisk.say_bytes(b"Event: Hangup\r\nUniqueid: 1\r\n\r\nEvent: Dial")
    assert wait(lambda: len(chunks) == before + 1)
    asterisk.say_bytes(b"Begin\r\nDestUniqueid: 2\r\n\r\n")
    assert wait(lambda: len(chunks) == before + 2)
    assert chunks[-2:] == [
        (b"Event: Hangup\r\nUniqueid: 1\r\n\r\n", 12.5),
        (b"Event: DialBegin\r\nDestUniqueid: 2\r\n\r\n", 12.5),
    ]
    assert is_banner(read_blocks(chunks[0][0])[0])


def test_what_was_read_is_delivered_before_the_end_is_told(asterisk, make_client, wait):
    """A consumer that is behind misses nothing, and half an event never arrives."""
    order, may_go_on = [], threading.Event()

    def slow(data, _at):
        may_go_on.wait(5)
        order.extend(read_blocks(data))

    client = make_client(asterisk, on_chunk=slow)
    client.add_listener(on_disconnect=lambda source, error: order.append(error))
    asterisk.say_bytes(b"Event: Hangup\r\nUniqueid: 1\r\n\r\nEvent: Half\r\nUniq")
    assert wait(lambda: client.events == 2)
    asterisk.hang_up()
    assert wait(client.finished.is_set)
    assert order == []
    may_go_on.set()
    assert client.join(5)
    assert order[-2] == b"Event: Hangup\r\nUniqueid: 1"
    assert isinstance(order[-1], ConnectionError)


def test_asking_gives_the_response_as_a_message(asterisk, make_client):
    """From any thread; the caller's ActionID is kept."""
    answer = make_client(asterisk).ask([("Action", "Getvar"), ("ActionID", "var-1"), ("Variable", "A")])
    assert (answer.get("Response"), answer.get("ActionID")) == ("Success", "var-1")


def test_asking_in_vain_is_an_error_that_names_the_action(make_asterisk, make_client, wait):
    """Out of time, or out of line."""
    asterisk = make_asterisk(answers={"Status": lambda *_: None})
    client = make_client(asterisk)
    with pytest.raises(AmiError, match="Status got no answer: no response in time"):
        client.ask({"Action": "Status"}, timeout=0.02)
    threading.Timer(0.05, asterisk.hang_up).start()
    with pytest.raises(AmiError, match="Status got no answer: the connection was lost"):
        client.ask({"Action": "Status"})
    assert wait(client.finished.is_set)
    with pytest.raises(AmiError, match="Status could not be sent"):
        client.ask({"Action": "Status"})


def test_headers_may_repeat_and_must_name_an_action(asterisk, make_client, wait):
    """Originate with two variables."""
    client = make_client(asterisk)
    client.send(b"Action: Wait\r\n\r\n")
    action_id = client.post([("Action", "Originate"), ("Variable", "A=1"), ("Variable", "B=2")])
    assert wait(lambda: asterisk.count("Originate") == 1)
    assert asterisk.actions[-1]["ActionID"] == action_id
    with pytest.raises(ValueError, match="name no Action"):
        client.post({"Channel": "PJSIP/101"})


def test_the_wait_for_an_answer_to_come_leaves_responses_to_others_alone(make_asterisk, make_client):
    """A response without or with an unknown ActionID belongs to nobody."""
    odd = {"Odd": lambda server, action: "Response: Success\r\nActionID: 99\r\n\r\n" + server.usual(action)}
    client = make_client(make_asterisk(answers=odd))
    assert client.ask({"Action": "Odd", "ActionID": "odd-1"}).get("ActionID") == "odd-1"


def test_listeners_hear_of_responses_actions_and_blocks_of_no_known_kind(asterisk, make_client, wait):
    """The library's surface stays."""
    client, heard = make_client(asterisk), []
    client.add_listener(
        on_action=lambda source, action: heard.append(action.name),
        on_response=lambda source, response: heard.append(response.status),
        on_unknown=lambda source, pack: heard.append(pack),
    )
    client.ask({"Action": "Ping"})
    asterisk.say("Something: else")
    assert wait(lambda: "Something: else" in heard)
    client.logoff()
    assert wait(lambda: heard[-4:] == ["Success", "Something: else", "Logoff", "Goodbye"])


# ---- how the secret is shown -----------------------------------------------------------------------------
NO_CHALLENGE = {"Challenge": lambda server, action: server.response(action, "Unknown command", "Error")}


def test_the_secret_is_shown_by_md5(asterisk, make_client):
    """It is not in what was sent; Asterisk can compare it all the same."""
    client = make_client(asterisk, is_logged_in=False)
    client.open_session("itgrix", "s3cret")
    assert [action["Action"] for action in asterisk.actions] == ["Challenge", "Login"]
    assert "s3cret" not in str(asterisk.actions)
    assert asterisk.proves(asterisk.actions[-1], "s3cret")


def test_plain_text_is_sent_when_asked_for(asterisk, make_client):
    """`asterisk.*.auth: plain`."""
    make_client(asterisk, is_logged_in=False).open_session("itgrix", "s3cret", auth="plain")
    assert [(action["Action"], action.get("Secret")) for action in asterisk.actions] == [("Login", "s3cret")]


def test_without_a_challenge_the_secret_stays_within_the_machine(make_asterisk, make_client, monkeypatch):
    """Loopback may see it; a network may not, unless asked for."""
    asterisk = make_asterisk(answers=NO_CHALLENGE)
    make_client(asterisk, is_logged_in=False).open_session("itgrix", "s3cret")
    assert asterisk.actions[-1]["Secret"] == "s3cret"
    asterisk.actions.clear()
    far = make_client(asterisk, is_logged_in=False)
    monkeypatch.setattr(AmiClient, "_is_private", False)
    with pytest.raises(AmiError, match=r"not sent in the clear over a network.*asterisk\.\*\.tls"):
        far.open_session("itgrix", "s3cret")
    assert "Login" not in {action["Action"] for action in asterisk.actions}
    make_client(asterisk, is_logged_in=False).open_session("itgrix", "s3cret", auth="plain")


def test_md5_alone_never_falls_back(make_asterisk, make_client):
    """`asterisk.*.auth: md5`, on whatever line."""
    asterisk = make_asterisk(answers=NO_CHALLENGE)
    with pytest.raises(AmiError, match=r"gives no challenge for an MD5 login: Unknown command"):
        make_client(asterisk, is_logged_in=False).open_session("itgrix", "s3cret", auth="md5")
    assert "s3cret" not in str(asterisk.actions)


@pytest.mark.parametrize(
    ("peer", "is_private"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.0.0.5", False),
        ("2001:db8::1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_private_is_what_stays_on_this_machine(asterisk, make_client, monkeypatch, peer, is_private):
    """Judged by the address that was reached, not by a name that may mean anything."""
    client = make_client(asterisk, is_logged_in=False)
    client.connect()

    class Peer:
        def getpeername(self):
            return (peer, 5038)

    with monkeypatch.context() as patch:
        patch.setattr(client, "_socket", Peer())
        assert client._is_private is is_private


def test_an_address_of_ipv6_needs_no_brackets(make_asterisk):
    """Sentences show it with them."""
    asterisk = make_asterisk(host="::1")
    client = AmiClient("::1", asterisk.port)
    client.open_session("itgrix", "s3cret")
    assert client.where == f"[::1]:{asterisk.port}"
    client.disconnect()
