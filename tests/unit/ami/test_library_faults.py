"""The faults of asterisk-ami 0.1.7 that its subclass cures, one test for each.

The number in a test's name is the fault's in the list that was measured against the stock library. Numbers 3
and 4 are the supervisor's and stand in test_supervisor.py, 5, 25 to 28 and 33 in test_library_use.py.
"""

import socket
import sys
import threading
import time
import warnings

import pytest
from asterisk.ami import Action, SimpleAction


def names(client):
    """The names of the events that a client's listener has seen."""
    return [event.name for event in client.seen if event.name != "FullyBooted"]


def test_01_a_quiet_line_stays_connected(asterisk, make_client, wait):
    """Silence beyond the time-out ends nothing: that is for connecting and for answers."""
    client = make_client(asterisk, timeout=0.2)
    time.sleep(0.5)
    assert client._thread.is_alive()
    assert client.send_action(SimpleAction("Ping")).response.status == "Success"
    asterisk.say("Event: Hangup\nUniqueid: 1")
    assert wait(lambda: names(client) == ["Hangup"])
    assert client.ends == []


def test_02_after_the_line_was_lost_a_login_connects_again(asterisk, make_client, wait):
    """The end of a connection is known to everybody."""
    client = make_client(asterisk)
    asterisk.hang_up()
    assert wait(lambda: len(client.ends) == 1)
    assert client.finished.is_set()
    assert client.login("itgrix", "secret").response.status == "Success"
    assert len(asterisk.connections) == 2


def test_06_a_connection_that_is_closed_before_the_banner_is_told_as_ended(make_asterisk, make_client, wait):
    """No exception leaves the reader."""
    client = make_client(make_asterisk(banner=None), is_logged_in=False)
    client.connect()
    assert wait(lambda: len(client.ends) == 1)
    assert isinstance(client.ends[0], ConnectionError)


def test_07_an_exception_in_an_event_callback_harms_nobody_else(asterisk, make_client, wait):
    """The next event is delivered, to the same callbacks."""
    client = make_client(asterisk)
    client.add_event_listener(lambda event, source: 1 / 0)
    client.add_listener(on_event=lambda source, event: 1 / 0)
    asterisk.say("Event: A\nUniqueid: 1")
    asterisk.say("Event: B\nUniqueid: 2")
    assert wait(lambda: names(client) == ["A", "B"])
    assert wait(lambda: client.callback_errors >= 4)
    assert not client.finished.is_set()


def test_08_an_exception_in_an_action_callback_harms_nobody_else(asterisk, make_client, wait):
    """Neither the waiting thread nor the reader."""
    client = make_client(asterisk)
    assert client.send_action(SimpleAction("Ping"), lambda response: 1 / 0).response.status == "Success"
    asterisk.say("Event: B\nUniqueid: 2")
    assert wait(lambda: names(client) == ["B"])
    assert client.callback_errors == 1


def test_09_nothing_deprecated_is_called(asterisk, make_client):
    """The library's notifyAll would be an error under -W error."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        make_client(asterisk).send_action(SimpleAction("Ping")).response  # noqa: B018 - waits
    assert [str(each.message) for each in told if issubclass(each.category, DeprecationWarning)] == []


@pytest.mark.parametrize(
    "poison", ["x\r\n\r\nAction: Command\r\nCommand: core stop now", "x\ny", "x\ry", "x\0y"]
)
def test_10_a_line_end_in_a_header_is_refused(asterisk, make_client, poison):
    """In values, names, variables and the action's name; nothing of it is sent."""
    client = make_client(asterisk)
    bad_variable = Action("Originate", {"Channel": "PJSIP/201"}, {"CALLER": poison})
    bad = [
        SimpleAction("Originate", CallerID=poison),
        Action("Originate", {poison: "x"}),
        bad_variable,
        SimpleAction(poison),
    ]
    for action in bad:
        with pytest.raises(ValueError, match="not sent"):
            client.send_action(action)
    with pytest.raises(ValueError, match="not sent"):
        client.ask({"Action": "Originate", "CallerID": poison})
    assert client.send_action(SimpleAction("Ping")).response.status == "Success"
    assert [action["Action"] for action in asterisk.actions] == ["Login", "Ping"]


def test_11_a_large_action_is_sent_whole_to_a_slow_reader(make_asterisk, make_client, wait):
    """The stock client sends what the socket's buffer takes, and says nothing."""
    asterisk = make_asterisk(receive_buffer=4096)
    client = make_client(asterisk)
    client._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    asterisk.may_read.clear()
    body = "y" * 2_000_000
    sender = threading.Thread(target=client.send_action, args=(Action("UserEvent", {"Big": body}),))
    sender.start()
    time.sleep(0.1)
    asterisk.may_read.set()
    sender.join(8)
    assert wait(lambda: asterisk.count("UserEvent") == 1)
    assert asterisk.actions[-1]["Big"] == body


def test_12_action_ids_of_many_threads_are_never_the_same(make_client, asterisk):
    """Threads are switched as often as Python can."""
    client, taken, usual = make_client(asterisk, is_logged_in=False), [], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda: taken.extend([client.next_action_id() for _ in range(2000)]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    assert len(taken) == len(set(taken)) == 16_000


def test_13_a_number_as_action_id_gets_its_response(asterisk, make_client):
    """Ids are compared as text."""
    assert (
        make_client(asterisk).send_action(SimpleAction("Ping", ActionID=77)).response.keys["ActionID"] == "77"
    )


def test_14_an_answer_that_never_comes_is_forgotten(make_asterisk, make_client):
    """After its time is over."""
    client = make_client(make_asterisk(answers={"Ping": lambda *_: None}))
    client._timeout = 0.002
    for _ in range(20):
        assert client.send_action(SimpleAction("Ping")).response is None
    assert client._futures == {}


def test_15_waiting_for_a_response_ends_when_the_line_is_lost(make_asterisk, make_client):
    """At once, with an error."""
    asterisk = make_asterisk(answers={"Ping": lambda *_: None})
    client = make_client(asterisk, timeout=60)
    answer = client.send_action(SimpleAction("Ping"))
    asterisk.hang_up()
    assert answer.response.is_error()
    assert "lost" in answer.response.keys["Message"]


def test_16_a_callback_may_wait_for_a_response(asterisk, make_client, wait):
    """The reader goes on meanwhile."""
    client, statuses = make_client(asterisk), []
    client.add_event_listener(
        lambda event, source: (
            event.name == "A" and statuses.append(source.send_action(SimpleAction("Ping")).response.status)
        )
    )
    asterisk.say("Event: A\nUniqueid: 1")
    asterisk.say("Event: B\nUniqueid: 2")
    assert wait(lambda: names(client) == ["A", "B"])
    assert statuses == ["Success"]


def test_17_a_slow_callback_does_not_stop_the_reading(asterisk, make_client, wait):
    """Asterisk can write all the time, though nobody listens: it would drop us after 100 ms otherwise."""
    client, may_go_on = make_client(asterisk), threading.Event()
    client.add_event_listener(lambda event, source: may_go_on.wait(10))
    connection = asterisk.connections[-1]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    event = b"Event: Newstate\r\nUniqueid: 1\r\nValue: " + b"v" * 500 + b"\r\n\r\n"
    for _ in range(20):
        connection.sendall(event * 100)
    assert wait(lambda: client.events == 2_001)
    assert len(client.seen) < 2_000
    may_go_on.set()
    assert wait(lambda: len(client.seen) == 2_001)


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"])
def test_18_no_character_of_a_name_forges_a_header(asterisk, make_client, wait, mark):
    """str.splitlines would end the line there."""
    client = make_client(asterisk)
    asterisk.say(f"Event: Newchannel\nChannel: PJSIP/trunk-1\nCallerIDName: Bob{mark}Channel: PJSIP/ceo-1")
    assert wait(lambda: names(client))
    assert client.seen[-1].keys["Channel"] == "PJSIP/trunk-1"
    assert client.seen[-1].keys["CallerIDName"] == f"Bob{mark}Channel: PJSIP/ceo-1"


def test_19_of_a_repeated_header_the_first_value_counts(asterisk, make_client, wait):
    """And all channel variables are there."""
    client = make_client(asterisk)
    asterisk.say("Event: X\nVariable: a=1\nVariable: b=2\nChanVariable: c=3\nChanVariable: d=4=5")
    assert wait(lambda: names(client))
    assert client.seen[-1].keys["Variable"] == "a=1"
    assert client.seen[-1].keys["ChanVariable"] == {"c": "3", "d": "4=5"}


def test_20_a_header_without_a_blank_after_the_colon_is_a_header(asterisk, make_client, wait):
    """`Data:abc`."""
    client = make_client(asterisk)
    asterisk.say("Event: X\nAccountCode:\nData:abc")
    assert wait(lambda: names(client))
    assert (client.seen[-1].keys["Data"], client.seen[-1].keys["AccountCode"]) == ("abc", "")


def test_21_a_header_is_found_whatever_the_case_of_its_name(asterisk, make_client, wait):
    """Cdr says UniqueID; what is not there is not found."""
    client = make_client(asterisk)
    asterisk.say("Event: Cdr\nUniqueID: 5")
    assert wait(lambda: names(client))
    keys = client.seen[-1].keys
    assert (keys.get("Uniqueid"), keys["uniqueid"], keys.get("Channel")) == ("5", "5", None)


def test_22_a_name_in_another_encoding_can_be_had_back(asterisk, make_client, wait):
    """No byte is replaced."""
    client = make_client(asterisk)
    asterisk.say_bytes(b"Event: X\r\nCallerIDName: " + "Иван".encode("cp1251") + b"\r\n\r\n")
    assert wait(lambda: names(client))
    name = client.seen[-1].keys["CallerIDName"]
    assert name.encode("utf-8", "surrogateescape").decode("cp1251") == "Иван"


def test_23_a_bad_byte_ends_nothing(asterisk, make_client, wait):
    """Neither the event nor the reader."""
    client = make_client(asterisk)
    asterisk.say_bytes(b"Event: \xff\r\nCallerIDName\xfe: \xff\r\n\r\n")
    asterisk.say("Event: B\nUniqueid: 2")
    assert wait(lambda: names(client)[1:] == ["B"])


def test_24_lines_of_output_keep_their_indentation(make_asterisk, make_client):
    """And their order."""
    output = "Response: Success\r\nActionID: {}\r\nOutput:   Name/username   Host\r\nOutput: 1 peer\r\n\r\n"
    asterisk = make_asterisk(answers={"Show": lambda _, action: output.format(action["ActionID"])})
    response = make_client(asterisk).send_action(SimpleAction("Show")).response
    assert response.keys["Output"] == "  Name/username   Host\n1 peer"


def test_29_the_socket_is_closed_after_a_logoff(asterisk, make_client, wait):
    """And the end is no error."""
    client = make_client(asterisk)
    assert client.logoff().response.status == "Goodbye"
    assert wait(lambda: client._socket.fileno() == -1)
    assert wait(lambda: client.ends == [None])
    assert wait(lambda: not client._thread.is_alive())


def test_30_an_ipv6_address_is_an_address(make_asterisk):
    """As a host name is that has only one."""
    from itgrix_core.ami.client import AmiClient

    try:
        asterisk = make_asterisk(host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine's loopback")
    client = AmiClient("::1", asterisk.port)
    assert client.login("itgrix", "secret").response.status == "Success"
    client.disconnect()


def test_31_one_large_message_is_read_in_one_go(make_asterisk, make_client):
    """8 MB: the stock client's cost grows with the square of it (10 s for 4 MB)."""
    body = ("Output: " + "x" * 120 + "\r\n") * (8 * 8192)
    large = {"Show": lambda _, action: f"Response: Success\r\nActionID: {action['ActionID']}\r\n{body}\r\n"}
    client = make_client(make_asterisk(answers=large), timeout=30)
    assert client.send_action(SimpleAction("Show")).response.keys["Output"].count("\n") == 8 * 8192 - 1


def test_32_a_packet_that_ends_in_crlf_lf_does_not_swallow_the_next(asterisk, make_client, wait):
    """CoreShowChannelMapComplete of 18.19-20.8."""
    client = make_client(asterisk)
    asterisk.say_bytes(
        b"Event: CoreShowChannelMapComplete\r\nActionID: 9\r\n\nEvent: B\r\nUniqueid: 2\r\n\r\n"
    )
    assert wait(lambda: names(client) == ["CoreShowChannelMapComplete", "B"])
