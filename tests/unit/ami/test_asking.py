"""What is asked when: the PBX first, then its channels."""

from itgrix_core.ami.asking import DETECTION_SECONDS, SETTLING_SECONDS, Asking

DETECTION = ["PJSIPShowEndpoints", "SIPpeers", "QueueStatus"]
RESYNC = 60.0


def asked(asking, now, is_booted=True, reloads=0, is_short=False):
    """The names of the actions that are due."""
    return [action["Action"] for action in asking.due(now, is_booted, reloads, is_short=is_short)]


def begun(at=1000.0):
    """A connection whose first questions have been asked."""
    asking = Asking(RESYNC, is_booted=True)
    assert asked(asking, at) == [*DETECTION, "CoreShowChannels", "Status"]
    return asking


def test_a_connection_begins_with_the_pbx_its_channels_and_their_details():
    """Once; nothing is asked twice at one time."""
    assert asked(begun(), 1001.0) == []


def test_status_asks_for_the_files_of_recordings():
    """Which the list of channels does not tell."""
    assert Asking(RESYNC, is_booted=True).due(1.0, True, 0, is_short=False)[-1] == {
        "Action": "Status",
        "Variables": "MIXMONITOR_FILENAME",
    }


def test_channels_are_listed_again_and_again_and_the_pbx_every_hour():
    """The long Status only where something was missed."""
    asking = begun()
    assert asked(asking, 1000.0 + RESYNC) == ["CoreShowChannels"]
    assert asked(asking, 1001.0 + RESYNC) == []
    assert asked(asking, 1000.0 + DETECTION_SECONDS) == [*DETECTION, "CoreShowChannels"]


def test_events_that_were_shed_are_made_up_for():
    """A MixMonitorStart may have been among them."""
    assert asked(begun(), 1005.0, is_short=True) == ["CoreShowChannels", "Status"]


def test_an_asterisk_that_boots_later_is_asked_all_of_it_again():
    """What it said while it was starting was not whole."""
    asking = Asking(RESYNC, is_booted=False)
    first = asked(asking, 1000.0, is_booted=False)
    assert asked(asking, 1003.0) == first == [*DETECTION, "CoreShowChannels", "Status"]


def test_a_reload_is_asked_about_once_when_all_its_modules_have_said_so():
    """`core reload` says Reload once for each module."""
    asking = begun()
    assert asked(asking, 1010.0, reloads=1) == []
    assert asked(asking, 1010.0 + SETTLING_SECONDS / 2, reloads=20) == []
    assert asked(asking, 1010.5 + SETTLING_SECONDS, reloads=20) == []
    assert asked(asking, 1011.5 + SETTLING_SECONDS, reloads=20) == DETECTION
    assert asked(asking, 1020.0, reloads=20) == []


def test_reloads_before_the_first_question_are_no_news():
    """The first question comes after them anyway."""
    asking = Asking(RESYNC, is_booted=True)
    assert asked(asking, 1000.0, reloads=7)[:3] == DETECTION
    assert asked(asking, 1010.0, reloads=7) == []
