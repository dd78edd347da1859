"""Single rules from rows to words; whole calls are compared in tests/recorded/test_history.py."""

from itgrix_core.wire.cel import messages_of
from itgrix_core.wire.rows import CelRow, cdr_row
from itgrix_core.wire.rows import LocalTimes as Times

PHONE, TRUNK = "PJSIP/101-00000001", "PJSIP/provider-00000002"


def row(event, name=PHONE, uniqueid="1", linkedid="1", at=100.0, **more):
    """A row of CEL."""
    return CelRow(event, at, uniqueid, linkedid, name, **more)


def said(rows, cdrs=()):
    """The messages of these rows, by name."""
    return {message.name: message for message, _ in messages_of(rows, cdrs)}


def outgoing(**more):
    """A phone dials out through a trunk."""
    return [
        row("CHAN_START", exten="89165550010"),
        row("APP_START", app="Dial", **more),
        row("CHAN_START", TRUNK, "2"),
    ]


def test_what_a_dial_dials_stands_in_its_data():
    """The part that made this channel."""
    rows = outgoing(appdata="PJSIP/7000@other&PJSIP/79165550010@provider,60,T")
    assert said(rows)["DialBegin"].get("DialString") == "79165550010@provider"
    assert said(rows)["DialBegin"].get("Uniqueid") == "1"


def test_where_cel_does_not_say_it_cdr_does():
    """By the channel that was dialled."""
    columns = {
        "start": "1970-01-01 00:01:40", "channel": PHONE, "dstchannel": TRUNK, "uniqueid": "1",
        "lastapp": "Dial", "lastdata": "PJSIP/79165550010@provider,60",
    }  # fmt: skip
    cdr = cdr_row(columns, Times(None))
    assert said(outgoing(), [cdr])["DialBegin"].get("DialString") == "79165550010@provider"


def test_where_nobody_says_it_the_number_is_what_was_typed():
    """It means the same subscriber."""
    assert said(outgoing())["DialBegin"].get("DialString") == "89165550010@provider"


def test_a_recordings_file_is_that_of_mixmonitor():
    """Below Asterisk's folder where it says no more."""
    rows = [row("CHAN_START"), row("APP_START", app="MixMonitor", appdata="2026/11/22/a.wav,ab")]
    assert said(rows)["VarSet"].get("Value") == "/var/spool/asterisk/monitor/2026/11/22/a.wav"


def test_a_column_cannot_forge_a_header():
    """A caller's name with a line break stays one value."""
    message = said([row("CHAN_START", caller_name="Eve\r\nChannel: PJSIP/999-00000001")])["Newchannel"]
    assert message.get("Channel") == PHONE
    assert message.get("CallerIDName") == "Eve Channel: PJSIP/999-00000001"


def test_an_event_that_nobody_knows_says_nothing():
    """A newer Asterisk may write more."""
    assert said([row("CHAN_START"), row("SOMETHING_NEW")]).keys() == {"Newchannel"}


def test_without_chan_end_a_hangup_is_the_end():
    """Some installations log fewer events."""
    assert "Hangup" in said([row("CHAN_START"), row("HANGUP")])
