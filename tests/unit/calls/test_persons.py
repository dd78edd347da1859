"""Several phones of one employee that ring together are one conversation."""

from __future__ import annotations

import pytest

from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Tracker
from itgrix_hooks.values import Disposition, Result

DESK, TWIN, OTHER = "PJSIP/101-00000002", "PJSIP/99101-00000003", "PJSIP/102-00000004"


@pytest.fixture
def pbx(pbx):
    """A PBX where 99101 is a second phone of 101."""
    pbx.tracker = Tracker("lab", Topology(devices={"99101": "101"}))
    pbx.call_in()
    return pbx


def end(pbx, *uniqueids, cause="16"):
    """These channels are gone, the caller's last; returns the ended call."""
    for uniqueid in uniqueids:
        pbx.hang_up(uniqueid, cause)
    return pbx.hang_up("1.0")[-1].call


def ring_both(pbx):
    """Desk phone and twin ring."""
    pbx.ring(uniqueid="1.1", channel=DESK)
    pbx.ring(uniqueid="1.2", channel=TWIN)


def test_both_ring_once(pbx):
    """One request to the employee, whose key is the first phone's channel."""
    ring_both(pbx)
    assert pbx.kinds == ["CallStarted", "ConversationRequested"]
    assert pbx.told[-1].conversation == "1.1"


@pytest.mark.parametrize(("answering", "silent"), [("1.1", "1.2"), ("1.2", "1.1")])
def test_whichever_phone_answers_the_employee_has(pbx, answering, silent):
    """The other phone's end is no news, and nobody was missed."""
    ring_both(pbx)
    pbx.bridge("1.0", answering)
    assert pbx.hang_up(silent, "26") == []
    (ended,) = pbx.hang_up(answering)
    assert (ended.kind, ended.conversation) == ("ConversationEnded", "1.1")
    (conversation,) = end(pbx).conversations
    assert (conversation.result, conversation.extension) == (Result.ANSWERED, "101")
    assert conversation.ended_at == ended.at


def test_one_refuses_and_the_other_rings_on(pbx):
    """He is not through with it before both are silent; that he declined counts more than the silence."""
    ring_both(pbx)
    assert pbx.hang_up("1.1", "21") == []
    call = end(pbx, "1.2", cause="0")
    assert [c.result for c in call.conversations] == [Result.DECLINED]
    assert call.disposition is Disposition.DECLINED


def test_a_phone_that_is_off_does_not_count(pbx):
    """The softphone replied to nothing, the desk phone rang."""
    pbx.say(
        "DialBegin",
        Uniqueid="1.0",
        DestUniqueid="1.2",
        DestLinkedid="1.0",
        DestChannel=TWIN,
        DialString="99101",
    )
    pbx.ring(uniqueid="1.1", channel=DESK)
    (conversation,) = end(pbx, "1.2", "1.1", cause="0").conversations
    assert (conversation.key, conversation.result) == ("1.2", Result.NO_ANSWER)
    assert conversation.rang_at is not None


def test_a_colleague_is_somebody_else(pbx):
    """Two people, three phones."""
    ring_both(pbx)
    pbx.ring(uniqueid="1.3", channel=OTHER)
    assert pbx.kinds.count("ConversationRequested") == 2
    pbx.bridge("1.0", "1.3")
    for uniqueid in ("1.1", "1.2"):
        pbx.hang_up(uniqueid, "26")
    call = end(pbx, "1.3")
    wanted = [("101", Result.ANSWERED_ELSEWHERE), ("102", Result.ANSWERED)]
    assert [(c.extension, c.result) for c in call.conversations] == wanted


def test_the_next_round_of_a_queue_is_a_new_conversation(pbx):
    """Also if the end of the first round's phones was not heard."""
    ring_both(pbx)
    for uniqueid in ("1.1", "1.2"):
        pbx.hang_up(uniqueid, "0")
    pbx.ring(uniqueid="1.4", channel=DESK)
    pbx.ring(uniqueid="1.5", channel=TWIN)
    assert pbx.kinds.count("ConversationRequested") == 2
    pbx.ring(uniqueid="1.6", channel=DESK)
    assert pbx.kinds.count("ConversationRequested") == 3


def test_a_phone_that_is_told_again_is_not_folded_with_the_next_round(pbx):
    """A log that is served twice, from the middle of a later round."""
    pbx.ring(uniqueid="1.1", channel=DESK)
    pbx.hang_up("1.1", "0")
    pbx.ring(uniqueid="1.2", channel=TWIN)
    pbx.ring(uniqueid="1.1", channel=DESK)
    call = end(pbx, "1.1", "1.2", cause="0")
    assert [c.key for c in call.conversations] == ["1.1", "1.2"]
