"""Phones' states are learnt on the stream's way to listening, and asked for after each login and reload."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from itgrix_core.calls.presence import PhoneState, Presence
from itgrix_core.calls.topology import Topology
from itgrix_core.errors import AmiError
from itgrix_core.jobs.presence import heard

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
AWAY = b"Event: DeviceStateChange\r\nDevice: PJSIP/101\r\nState: UNAVAILABLE\r\n\r\n"
OTHER = b"Event: Newchannel\r\nChannel: PJSIP/101-00000001\r\n\r\n"


@pytest.fixture
def stream():
    """`feed(data)`; what listening got, what was sent, and the phones."""
    made = SimpleNamespace(presence=Presence(Topology), got=[], sent=[])
    made.feed = heard(
        made.presence, lambda *chunk: made.got.append(chunk), lambda action: made.sent.append(dict(action))
    )
    return made


def test_states_are_learnt_and_everything_is_handed_on(stream):
    """As it came, and when."""
    for data in (OTHER + AWAY + OTHER, OTHER):
        stream.feed(data, 7.0)
    assert stream.got == [(OTHER + AWAY + OTHER, 7.0), (OTHER, 7.0)]
    assert stream.presence.state_of("101") is PhoneState.AWAY
    assert stream.sent == []


@pytest.mark.parametrize("what", [b"EndpointListComplete", b"PeerlistComplete", b"QueueStatusComplete"])
def test_after_each_login_and_reload_all_states_are_asked_for(stream, what):
    """A PBX answers at least one of the questions what it is made of."""
    stream.feed(AWAY, 1.0)
    stream.feed(BANNER + OTHER, 2.0)
    assert stream.presence.state_of("101") is PhoneState.UNKNOWN
    stream.feed(b"Event: " + what + b"\r\nEventList: Complete\r\n\r\n", 3.0)
    assert stream.sent == [{"Action": "DeviceStateList"}]


def test_a_line_that_is_lost_just_then_is_no_trouble(stream):
    """It is asked again after the next login."""

    def lost(_action):
        raise AmiError("not connected")

    feed = heard(stream.presence, lambda *_: None, lost)
    with capture_logs() as logs:
        feed(b"Event: QueueStatusComplete\r\n\r\n", 1.0)
    assert [log["log_level"] for log in logs] == ["debug"]
