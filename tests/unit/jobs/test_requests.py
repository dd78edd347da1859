"""How many requests a call costs the portal, by its own ledger: of two a second each one counts."""

import os
from dataclasses import replace

import pytest

from itgrix_core.filing.missed import MissedRules
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.recording import RECORDING_READY
from itgrix_core.outbox.engine import Done
from itgrix_core.sandbox.bitrix import CrmMode, phones, problems
from itgrix_hooks.values import Disposition, Recording, Result

GROUP = ("101", "102", "103", "104", "105")


@pytest.fixture
def requests(portal_office):
    """File a call, one burst of events after the other; the requests that it cost, by their methods' ends."""

    def run(bursts, *, hooks=None, recordings=None, **rules):
        office, put = portal_office(CrmMode.LEADS, **rules), []
        office.recordings = recordings or {}
        if hooks:
            office.hooks(**hooks)
        office.engine.put = lambda jobs: put.extend(jobs) or len(jobs)
        office.crm.user(1)  # the employees are read when the service starts
        before = len(office.portal.ledger.entries())
        for events in bursts:
            jobs = [job_of(event, event.at) for event in events]
            while jobs:
                jobs = jobs[office.deliver(jobs).count :]
        assert all(office.record([job]) == Done() for job in put if job.kind == RECORDING_READY)
        entries = office.portal.ledger.entries()
        assert problems(entries) == []
        return [entry.method.rpartition(".")[2] for entry in entries[before:] if entry.batch is None]

    return run


def bursts(told, *words):
    """What each word adds to a story."""
    parts = []
    for word in words:
        before = len(told.events)
        word(told)
        parts.append(told.events[before:])
    return parts


def rings(*extensions):
    """These phones ring."""
    return lambda told: told.ring(*extensions)


def silent(*extensions):
    """These phones ring no more."""
    return lambda told: [told.stop(extension) for extension in extensions]


def taken(by, *others):
    """One answers, the others fall silent before that is told."""

    def word(told):
        for extension in others:
            told.stop(extension, Result.ANSWERED_ELSEWHERE)
        told.answer(by)

    return word


def over(extension, **facts):
    """The talk ends."""
    return lambda told: told.stop(extension, Result.ANSWERED).end(Disposition.ANSWERED, **facts)


def missed(told):
    """The caller gives up."""
    told.stop("101").end(Disposition.MISSED)


def test_a_direct_call_costs_two(requests, story):
    """One when it rings, with the card, one when it ends."""
    told = story().start()
    assert requests(bursts(told, rings("101"), taken("101"), over("101"))) == ["register", "finish"]


def test_a_group_of_five_costs_three(requests, story):
    """Registered and shown in one, hidden in one."""
    words = rings(*GROUP), taken("103", "101", "102", "104", "105"), over("103")
    assert requests(bursts(story().start(), *words)) == ["batch", "hide", "finish"]


def test_a_queue_that_rings_four_times_costs_no_more(requests, story):
    """Between its rounds the cards stay."""
    three = GROUP[:3]
    words = [rings(*three), silent(*three)] * 3 + [rings(*three), taken("102", "101", "103"), over("102")]
    assert requests(bursts(story().queue().start(), *words)) == ["batch", "hide", "finish"]


def test_a_queue_that_rings_one_after_another_costs_one_for_each(requests, story):
    """A card goes and the next comes with one request."""
    words = rings("101"), silent("101"), rings("102"), taken("102"), over("102")
    assert requests(bursts(story().queue().start(), *words)) == ["register", "batch", "finish"]


def test_a_missed_call_with_a_task_costs_three(requests, story):
    """Hidden, finished and asked for in one; between them it is looked up whose client it is."""
    told = bursts(story().start(), rings("101"), missed)
    assert requests(told, missed=MissedRules("task")) == ["register", "searchCrmEntities", "batch"]


def test_a_missed_call_whose_owner_needs_no_question_costs_two(requests, story):
    """By fair turn, by line, by who rang last."""
    told = bursts(story().start(), rings("101"), missed)
    assert requests(told, missed=MissedRules("task"), missed_owner="last") == ["register", "batch"]


def test_an_answered_call_with_a_recording_costs_three(requests, story, tmp_path):
    """The file goes up by itself."""
    (tmp_path / "call.wav").write_bytes(b"RIFF" + bytes(100))
    os.utime(tmp_path / "call.wav", (0, 0))
    file = Recording("/var/spool/asterisk/monitor/call.wav", "1700000000.1", 0.0)
    told = bursts(story().start(), rings("101"), taken("101"), over("101", recordings=(file,)))
    assert requests(told, recordings={"main": tmp_path}) == ["register", "finish", "attachRecord"]


def test_a_hook_that_changes_activity_and_entity_costs_one_more(requests, story, seed):
    """Both in one request, after the finish has told what there is to change."""
    hooks = {
        "get_updated_activity_fields": lambda: {"DESCRIPTION": "waited"},
        "get_updated_entity_fields": lambda role: {} if role == "none" else {"COMMENTS": "called"},
    }
    told = bursts(story().start(), rings("101"), taken("101"), over("101"))
    known = replace(seed, contacts=({"NAME": "Eva", "PHONE": phones("+15550100200"), "ASSIGNED_BY_ID": 13},))
    assert requests(told, hooks=hooks, seed=known) == ["register", "finish", "batch"]


def test_a_finished_call_has_no_cards_whatever_is_told_of_its_linkedid_again(requests, story):
    """After a restart of the PBX its numbers may come once more."""
    words = rings("101"), taken("101"), over("101"), rings("102"), silent("102")
    assert requests(bursts(story().start(), *words)) == ["register", "finish"]
