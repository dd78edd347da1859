"""How the phones of an extension are, from what the PBX says of its devices."""

import pytest

from itgrix_core.calls.learnt import Learnt
from itgrix_core.calls.presence import PhoneState, Presence
from itgrix_core.calls.topology import Topology
from itgrix_core.wire.messages import make_message


def heard(presence, **devices):
    """Tell of devices: PJSIP_101="INUSE"."""
    for name, state in devices.items():
        device = name.replace("_", "/", 1).replace("Custom/", "Custom:")
        presence.hear(make_message(("Event", "DeviceStateChange"), ("Device", device), ("State", state)))
    return presence


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("NOT_INUSE", PhoneState.FREE),
        ("INUSE", PhoneState.BUSY),
        ("RINGING", PhoneState.BUSY),
        ("ONHOLD", PhoneState.BUSY),
        ("UNAVAILABLE", PhoneState.AWAY),
        ("INVALID", PhoneState.AWAY),
        ("UNKNOWN", PhoneState.UNKNOWN),
        ("something new", PhoneState.UNKNOWN),
    ],
)
def test_a_device_tells_how_the_phone_is(told, state):
    """Of either technology; and of nobody else's."""
    for technology in ("PJSIP", "SIP"):
        presence = heard(Presence(Topology), **{f"{technology}_101": told})
        assert presence.state_of("101") is state
        assert presence.state_of("102") is PhoneState.UNKNOWN


def test_do_not_disturb_counts_until_it_is_taken_back():
    """FreePBX's own device says so, whatever the phone does meanwhile."""
    presence = heard(Presence(Topology), PJSIP_101="NOT_INUSE", Custom_DND101="BUSY")
    assert presence.state_of("101") is PhoneState.DND
    heard(presence, PJSIP_101="INUSE", Custom_DND101="NOT_INUSE")
    assert presence.state_of("101") is PhoneState.BUSY


def test_of_several_phones_of_one_person_a_busy_one_counts_and_then_a_free_one():
    """A browser twin, a desk at which he is logged in, a device of the settings."""
    learnt = Learnt(devices={"99101": "101", "7001": "101"})
    presence = Presence(lambda: Topology(devices={"boris": "101"}, learnt=learnt))
    heard(presence, PJSIP_101="UNAVAILABLE", PJSIP_99101="NOT_INUSE", PJSIP_boris="UNAVAILABLE")
    assert presence.state_of("101") is PhoneState.FREE
    assert heard(presence, PJSIP_7001="INUSE").state_of("101") is PhoneState.BUSY


def test_a_device_named_like_an_extension_is_its_users_phone():
    """Where 102 has logged in at device 101, 101 has no phone."""
    presence = Presence(lambda: Topology(learnt=Learnt(devices={"101": "102"})))
    heard(presence, PJSIP_101="NOT_INUSE")
    assert presence.state_of("101") is PhoneState.UNKNOWN
    assert presence.state_of("102") is PhoneState.FREE


def test_a_new_connection_knows_nothing_of_the_old_one():
    """Phones may have gone while nobody listened."""
    presence = heard(Presence(Topology), PJSIP_101="UNAVAILABLE", Custom_DND102="BUSY")
    presence.forget()
    assert {presence.state_of("101"), presence.state_of("102")} == {PhoneState.UNKNOWN}


def test_what_is_no_phone_is_passed_over():
    """Queues and parking lots are devices, too."""
    presence = heard(Presence(Topology), Queue_101="INUSE", Local_101="INUSE")
    assert presence.state_of("101") is PhoneState.UNKNOWN
