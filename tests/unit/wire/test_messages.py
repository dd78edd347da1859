"""What a block of headers says when asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itgrix_core.wire.messages import Message, make_message


def test_an_event_has_a_name_and_a_response_has_none():
    """`is_event` tells them apart."""
    assert Message(b"Event: Hangup\r\nUniqueid: 1").name == "Hangup"
    assert Message(b"Event: Reload").is_event
    response = Message(b"Response: Success\r\nActionID: 1")
    assert (response.name, response.is_event) == ("", False)
    assert Message(b"Asterisk Call Manager/5.0.4").name == ""


@pytest.mark.parametrize(
    "raw", [b"Event:Hangup\r\nUniqueid: 1", b"event: Hangup", b"EVENT:  Hangup \r\nX: 1"]
)
def test_an_event_written_otherwise_is_an_event_still(raw):
    """Letter case and blanks do not matter."""
    assert Message(raw).name == "Hangup"


def test_headers_are_found_whatever_the_case():
    """Cdr says UniqueID and linkedid, all others Uniqueid and Linkedid."""
    message = Message(b"Event: Cdr\r\nUniqueID: 5\r\nlinkedid: 4")
    assert (message.get("Uniqueid"), message.get("Linkedid")) == ("5", "4")


def test_of_a_repeated_header_the_first_value_counts_and_all_can_be_had():
    """Nothing that comes later in a block can change what was said."""
    message = Message(b"Event: UserEvent\r\nVariable: a=1\r\nVariable: b=2\r\nvariable: c=3")
    assert message.get("Variable") == "a=1"
    assert message.all("Variable") == ["a=1", "b=2", "c=3"]


def test_the_first_value_counts_also_when_it_is_spelt_otherwise():
    """A later header in the usual spelling does not win over an earlier one in another."""
    assert Message(b"Event: X\r\nCHANNEL:PJSIP/101-1\r\nChannel: PJSIP/ceo-1").get("Channel") == "PJSIP/101-1"


def test_a_value_without_a_blank_after_the_colon_is_a_value():
    """Some modules write `Key:value`."""
    message = Message(b"Event: X\r\nAccountCode:\r\nData:abc")
    assert (message.get("AccountCode", "none"), message.get("Data")) == ("", "abc")


def test_only_the_first_blank_belongs_to_the_header():
    """Indented output keeps its indentation; an empty value is empty."""
    message = Message(b"Response: Success\r\nOutput:   Name/username   Host\r\nOutput: 1 peer\r\nExten: ")
    assert message.all("Output") == ["  Name/username   Host", "1 peer"]
    assert message.get("Exten", "none") == ""


def test_a_value_may_hold_colons():
    """The first one ends the name."""
    assert Message(b"Event: X\r\nAppData: sip:101@host:5060").get("AppData") == "sip:101@host:5060"


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\n"])
def test_only_crlf_ends_a_value(mark):
    """A caller called `Bob<U+2028>Channel: PJSIP/ceo-1` forges no channel."""
    name = f"Bob{mark}Channel: PJSIP/ceo-1"
    message = make_message(("Event", "Newchannel"), ("CallerIDName", name), ("Channel", "PJSIP/trunk-1"))
    assert message.get("Channel") == "PJSIP/trunk-1"
    assert message.get("CallerIDName") == name


def test_a_name_in_another_encoding_can_be_had_back():
    """Undecodable bytes are kept by surrogateescape."""
    message = Message(b"Event: X\r\nCallerIDName: " + "Иван".encode("cp1251"))
    assert message.get("CallerIDName").encode("utf-8", "surrogateescape").decode("cp1251") == "Иван"


def test_a_missing_header_has_the_default():
    """The empty string, or what the asker says; a name that ends like another one is another one."""
    message = Message(b"Event: DialBegin\r\nDestUniqueid: 2")
    assert (message.get("Uniqueid"), message.get("Uniqueid", "?")) == ("", "?")


def test_headers_come_in_order_and_a_line_without_a_colon_has_no_name():
    """Nothing of a block is hidden."""
    message = Message(b"Response: Success\r\nPing: Pong\r\n--END COMMAND--")
    assert message.headers() == [("Response", "Success"), ("Ping", "Pong"), ("", "--END COMMAND--")]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("1795380568.294", 1795380568.294), ("", None), ("soon", None), ("nan", None), ("inf", None)],
)
def test_a_time_stamp_is_a_number_or_none(value, seconds):
    """`timestampevents` is off on most PBXes, and a bad time is no time."""
    assert make_message(("Event", "X"), ("Timestamp", value)).timestamp == seconds


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Channel", "channel", "CHANNEL", "Exten", "DestChannel", "X-Channel"]),
            st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12),
        ),
        max_size=8,
    )
)
def test_get_is_the_first_of_all(pairs):
    """Property: the quick way and the full list agree."""
    message = make_message(("Event", "X"), *pairs)
    for name in ("Channel", "cHANNEL", "Exten", "Missing"):
        assert message.get(name, "none") == (message.all(name) or ["none"])[0]
    assert message.headers()[1:] == pairs


def test_a_header_in_eight_bits_becomes_readable_text():
    """Windows-1251 as old phones send it; headers in UTF-8 beside it stay as they are."""
    raw = b"Event: X\r\nCallerIDName: " + "Иван".encode("cp1251") + "\r\nQueue: Продажи".encode()
    message = Message(raw).readable()
    assert (message.name, message.get("CallerIDName"), message.get("Queue")) == ("X", "Иван", "Продажи")


def test_a_message_in_utf8_is_readable_as_it_is():
    """Nothing is copied."""
    for raw in (b"Event: X\r\nA: b", "Event: X\r\nCallerIDName: Пётр".encode()):
        message = Message(raw)
        assert message.readable() is message


def test_bytes_of_no_code_at_all_are_readable_too():
    """Whatever comes can be stored as text."""
    message = Message(b"Event: X\r\nCallerIDName: " + bytes(range(0x80, 0x100))).readable()
    message.get("CallerIDName").encode("utf-8")
