"""How missing rights show."""

from itgrix_core.ami.rights import NEEDED, Witness, allowed_actions, missing_read_rights, missing_write_rights
from itgrix_core.wire.messages import Message


def listed(*channels):
    """The events of a list answer."""
    items = [
        f"Event: CoreShowChannel\r\nActionID: 1\r\nUniqueid: {channel}\r\nApplication: {application}".encode()
        for channel, _, application in (channel.partition(" ") for channel in channels)
    ]
    return [*items, b"Event: CoreShowChannelsComplete\r\nActionID: 1\r\nEventList: Complete"]


def allowing(*actions):
    """An answer to ListCommands."""
    return Message("\r\n".join(["Response: Success", "ActionID: 1", *(f"{a}: x" for a in actions)]).encode())


def heard(*blocks):
    """A witness of these events."""
    witness = Witness()
    for block in blocks:
        witness.hear(block)
    return witness


def test_an_action_that_is_not_listed_is_refused():
    """ListCommands holds what the user may send, as measured for a user with all rights and one with none."""
    assert missing_write_rights("itgrix", allowing(*NEEDED)) == []
    assert allowed_actions(allowing("getvar", "Ping")) == ["Getvar"]
    sentences = missing_write_rights("itgrix", allowing())
    assert len(sentences) == len({need.right for need in NEEDED.values()})
    assert (
        "manager.conf [itgrix]: `write` lacks originate, which allows Originate (click-to-call)" in sentences
    )


def test_an_action_of_a_module_that_is_not_loaded_is_no_missing_right():
    """The same class allows an action of the core: that one tells."""
    core = [action for action, need in NEEDED.items() if not need.shown_by]
    assert missing_write_rights("itgrix", allowing(*core, "Filter")) == []
    (sentence,) = missing_write_rights("itgrix", allowing(*core))
    assert "lacks system, which allows PJSIPShowEndpoints" in sentence
    (sentence,) = missing_write_rights("itgrix", allowing(*(set(core) - {"DBGet"}), "Filter"))
    assert "lacks reporting, which allows DBGet (who uses which phone, the blacklist), SIPpeers" in sentence


def test_a_channel_that_appears_without_a_word_means_that_class_call_is_not_read():
    """Those of the first list may have begun before us."""
    assert heard(*listed("1"), *listed("1", "2")).unread == {"call"}
    assert heard(*listed("1"), *listed("1"), *listed()).unread == set()
    assert heard(*listed("1")).unread == set()


def test_a_caller_who_appears_in_a_queue_without_a_word_means_that_class_agent_is_not_read():
    """As long as nothing of that class was ever heard."""
    newchannel = b"Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: 2"
    queue = b"Event: QueueCallerJoin\r\nPrivilege: agent,all\r\nUniqueid: 2"
    assert heard(newchannel, *listed(), *listed("2 Queue")).unread == {"agent"}
    assert heard(newchannel, *listed(), *listed("2 Queue"), queue).unread == set()
    assert heard(newchannel, *listed(), queue, *listed("2 Queue")).is_satisfied


def test_one_event_of_class_call_settles_it():
    """Whenever it comes."""
    newchannel = b"Event: Newchannel\r\nPrivilege: call,all\r\nUniqueid: 2"
    witness = heard(*listed("1"), *listed("2"), newchannel, *listed("3"), *listed("4"))
    assert (witness.heard, witness.unread) == ({"call"}, set())


def test_missing_read_rights_are_sentences():
    """One for each class."""
    silent = heard(*listed(), *listed("1"))
    assert missing_read_rights("itgrix", is_booted=True, witness=Witness()) == []
    sentences = missing_read_rights("itgrix", is_booted=False, witness=silent)
    assert ["lacks system" in sentences[0], "lacks call" in sentences[1]] == [True, True]
