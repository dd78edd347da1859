"""How missing rights show."""

from itgrix_core.ami.rights import Witness, missing_read_rights, missing_write_rights
from itgrix_core.wire.messages import Message


def listed(*channels):
    """The events of a list answer."""
    items = [f"Event: CoreShowChannel\r\nActionID: 1\r\nUniqueid: {channel}".encode() for channel in channels]
    return [*items, b"Event: CoreShowChannelsComplete\r\nActionID: 1\r\nEventList: Complete"]


def heard(*blocks):
    """A witness of these events."""
    witness = Witness()
    for block in blocks:
        witness.hear(block)
    return witness


def test_an_action_that_is_not_listed_is_refused():
    """ListCommands holds what the user may send, as measured for a user with all rights and one with none."""
    all_of_them = Message(
        b"Response: Success\r\nActionID: 1\r\nCoreShowChannels: x\r\nGetvar: x\r\nOriginate: x"
    )
    assert missing_write_rights("itgrix", all_of_them) == []
    none = missing_write_rights("itgrix", Message(b"Response: Success\r\nActionID: 1"))
    assert len(none) == 3
    assert none[2] == "manager.conf [itgrix]: `write` lacks originate: Originate is refused (click-to-call)"


def test_a_channel_that_appears_without_a_word_means_that_class_call_is_not_read():
    """Those of the first list may have begun before us."""
    assert heard(*listed("1"), *listed("1", "2")).is_call_unread
    assert not heard(*listed("1"), *listed("1"), *listed()).is_call_unread
    assert not heard(*listed("1")).is_call_unread


def test_one_event_of_class_call_settles_it():
    """Whenever it comes."""
    newchannel = b"Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: 2"
    witness = heard(*listed("1"), *listed("2"), newchannel, *listed("3"), *listed("4"))
    assert (witness.has_call_events, witness.is_call_unread) == (True, False)


def test_missing_read_rights_are_sentences():
    """One for each class."""
    silent = heard(*listed(), *listed("1"))
    assert missing_read_rights("itgrix", is_booted=True, witness=Witness()) == []
    sentences = missing_read_rights("itgrix", is_booted=False, witness=silent)
    assert ["lacks system" in sentences[0], "lacks call" in sentences[1]] == [True, True]
