"""After a transfer: each employee's talk as a call of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itgrix_core.filing.rules import Rules
from itgrix_core.filing.talks import parts_of, recordings_of
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.values import Conversation, Recording, Result, Transfer, TransferKind, User

USERS = {"101": User(11), "102": User(12)}


def talk(extension, start, end, **more):
    """An employee who rang a second before, and talked."""
    return Conversation(
        f"c{extension}", extension, was_rung=True, rang_at=BEGAN + start - 1, answered_at=BEGAN + start,
        ended_at=BEGAN + end, result=Result.ANSWERED, **more,
    )  # fmt: skip


@pytest.fixture
def transferred():
    """A client who talked with 101 for 5 s and with 102 for 20 s; 103's phone rang in vain."""
    silent = Conversation("c103", "103", was_rung=True, rang_at=BEGAN + 2, result=Result.ANSWERED_ELSEWHERE)
    return make_call(
        "answered",
        conversations=(silent, talk("101", 5, 10), talk("102", 12, 32)),
        answered_at=BEGAN + 5,
        ended_at=BEGAN + 32,
        transfers=(Transfer(TransferKind.BLIND, "REFER", "101", "102", BEGAN + 10, is_done=True),),
        recordings=(Recording("/in.wav", "1.0", BEGAN), Recording("/102.wav", "c102", BEGAN + 12)),
    )


def parts(call, users=USERS, **rules):
    """What this call is filed as."""
    return parts_of(call, users, Rules(**rules))


def test_each_talk_has_its_employee_and_its_length(transferred):
    """The first under the call's own key, with all who were rung; the others under keys below it."""
    first, second = parts(transferred)
    assert (first.key, second.key) == (transferred.key, f"{transferred.key}/c102")
    assert (first.part_of, second.part_of) == ("", transferred.key)
    assert ([first.answered_by], [second.answered_by]) == (["101"], ["102"])
    assert (first.talk_seconds, second.talk_seconds) == (5.0, 20.0)
    assert first.rung == ("103", "101")
    assert (first.started_at, second.started_at) == (BEGAN, BEGAN + 11)
    assert first.transfers == transferred.transfers
    assert second.transfers == ()


def test_each_talk_has_its_recordings(transferred):
    """The client's channel's file stays with the first."""
    first, second = parts(transferred)
    assert [r.path for r in first.recordings] == ["/in.wav"]
    assert [r.path for r in second.recordings] == ["/102.wav"]


def test_the_clients_file_is_every_talks_and_tells_when_each_was(transferred):
    """Asterisk goes on with it over transfers; an employee's own file comes after it."""
    client, own = Recording("/in.wav", transferred.linkedid, BEGAN), Recording("/102.wav", "c102", BEGAN + 12)
    first, second = parts(replace(transferred, recordings=(own, client)))
    times = ((BEGAN + 5, BEGAN + 10), (BEGAN + 12, BEGAN + 32))
    assert [(r.path, r.talks) for r in recordings_of(first)] == [("/in.wav", times)]
    assert [(r.path, r.talks) for r in recordings_of(second)] == [("/in.wav", times), ("/102.wav", ())]


def test_a_file_of_who_dialled_is_of_his_talk_alone(transferred):
    """Of an outgoing call the first channel is an employee's, not the client's."""
    outbound = make_call("outbound")
    talks = (talk("101", 5, 10), replace(talk("102", 12, 32)))
    talks = (replace(talks[0], key=outbound.linkedid), talks[1])
    files = (Recording("/out.wav", outbound.linkedid, BEGAN),)
    first, second = parts(replace(outbound, conversations=talks, recordings=files))
    assert [(r.path, r.talks) for r in recordings_of(first)] == [("/out.wav", ())]
    assert recordings_of(second) == []


def test_a_consultations_file_stands_for_no_talk(transferred):
    """It is of a channel on which nobody talked with the client."""
    client = Recording("/in.wav", transferred.linkedid, BEGAN)
    other = Recording("/consultation.wav", "2.7", BEGAN + 8)
    assert recordings_of(replace(transferred, recordings=(client, other))) == [client]


def test_as_one_call_nothing_is_parted(transferred):
    """By setting."""
    assert parts(transferred, is_per_talk=False) == (transferred,)


@pytest.mark.parametrize("known", [{"101": User(11)}, {"102": User(12)}, {}])
def test_talks_of_whom_the_crm_does_not_know_make_no_call(transferred, known):
    """An operator without a user, a number outside."""
    assert parts(transferred, known) == (transferred,)


def test_calls_with_one_talk_or_none_stay_as_they_are(transferred):
    """And a part is not parted again."""
    for shape in ("answered", "missed", "outbound", "internal"):
        call = make_call(shape)
        assert parts(call) == (call,)
    _, second = parts(transferred)
    assert parts(second) == (second,)


def test_a_client_who_was_called_and_sent_on_is_the_second_employees_call(transferred):
    """Who dialled has the first talk, who took over the second."""
    first, second = parts(replace(make_call("outbound"), conversations=transferred.conversations))
    assert (first.extension, second.extension) == ("101", "102")


def test_three_talks_are_three_calls_in_their_order(transferred):
    """Also if one employee talks twice."""
    again = replace(talk("101", 40, 60), key="c101-2")
    call = replace(transferred, conversations=(*transferred.conversations, again), ended_at=BEGAN + 60)
    assert [part.talk_seconds for part in parts(call)] == [5.0, 20.0, 20.0]
    assert len({part.key for part in parts(call)}) == 3
