"""The whole loop of a missed call in a sandbox portal, by a simulated clock."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from itgrix_core.errors import CrmError
from itgrix_core.filing.missed import MissedRules
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.overdue import CALL_BACK_DUE, OverdueJobs
from itgrix_core.outbox.engine import Attempt, Done
from itgrix_core.outbox.missed import MissedCalls
from itgrix_core.sandbox.bitrix.records import Department
from itgrix_core.sandbox.bitrix.seed import phones
from itgrix_core.sandbox.bitrix.settings import CrmMode
from itgrix_core.sandbox.bitrix.view import state
from itgrix_hooks import CANCEL
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import Disposition, PhoneNumber, Result

RULES = MissedRules("task", minutes=15, remind_minutes=5, escalate_minutes=30, text="waited {wait} s")
CONTACT = {"NAME": "Eva", "PHONE": phones("+15550100200"), "ASSIGNED_BY_ID": 13}


class Loop:
    """An office whose waiting jobs are kept aside until their time."""

    def __init__(self, office):
        self.office = office
        self.waiting = []
        self._calls = 0

    def reopen(self):
        """A new process."""
        self.office.reopen()
        self.office.engine.put = self._put

    def _put(self, jobs):
        keys = {job.key for job in self.waiting}
        self.waiting += [job for job in jobs if job.key not in keys]
        return len(jobs)

    def call(self, told, at=0.0, **facts):
        """File a call that happens so many seconds after the first; a key of its own."""
        self._calls += 1
        key = f"main/{self._calls}"

        def moved(call):
            moment = {
                name: value + at
                for name in ("started_at", "answered_at", "ended_at")
                if (value := getattr(call, name))
            }
            return replace(call, key=key, **moment, **facts)

        events = [replace(event, at=event.at + at, call=moved(event.call)) for event in told.events]
        self.office.now = max(self.office.now, events[-1].at)
        assert all(isinstance(result, Done) for result in self.office.file(SimpleNamespace(events=events)))
        return key

    def wait(self, minutes):
        """Let time pass, and do what has become due."""
        self.office.now += minutes * 60
        due = [job for job in self.waiting if job.not_before <= self.office.now]
        self.waiting = [job for job in self.waiting if job not in due]
        tools = self.office.wired()
        overdue = OverdueJobs(self.office.accounts, tools, self.office.effects, lambda _pbx: self.office.now)
        results = [overdue([job], Attempt(1, self.office.now)) for job in due]
        assert all(job.kind == CALL_BACK_DUE for job in due)
        assert all(result == Done() for result in results), results

    @property
    def tasks(self):
        """The portal's tasks."""
        with self.office.portal.lock:
            return state(self.office.portal.world)["tasks"]

    @property
    def notices(self):
        """What was told to whom."""
        entries = self.office.portal.ledger.entries("im.notify.personal.add")
        return [(int(entry.params["USER_ID"]), entry.params["MESSAGE"]) for entry in entries]

    @property
    def figures(self):
        """Of the only account."""
        (figures,) = MissedCalls(self.office.database).figures()
        return figures


@pytest.fixture
def loop(portal_office, seed):
    """A portal with Eva, the client of user 13, whose department is headed by user 12."""

    def make(rules=RULES, seed=seed, mode=CrmMode.LEADS, **more):
        users = tuple(replace(user, departments=(2,)) for user in seed.users)
        departments = (Department(1, "Head office", head=1), Department(2, "Sales", parent=1, head=12))
        start = replace(seed, users=users, departments=departments, contacts=(CONTACT,), leads=())
        office = portal_office(mode, seed=start)
        office.rules = Rules(missed=rules, **more)
        made = Loop(office)
        made.reopen()
        return made

    return make


def test_a_missed_call_becomes_a_task_of_the_clients_responsible(loop, missed):
    """With title, text and deadline, tied to the client."""
    stand = loop()
    stand.call(missed)
    (task,) = stand.tasks
    assert (task["TITLE"], task["RESPONSIBLE_ID"]) == ("Call back +15550100200", "13")
    assert task["DESCRIPTION"].startswith("waited 4 s")
    assert task["DEADLINE"] == "2025-10-09T09:08:24+00:00"
    assert task["UF_CRM_TASK"] == ["C_3001"]


def test_the_whole_loop(loop, missed, answered):
    """Reminded, handed to the head, and closed by a talk of somebody else; nothing comes after."""
    stand = loop()
    stand.call(missed)
    stand.wait(9)
    assert stand.notices == []
    stand.wait(2)
    assert stand.notices == [(13, "Call back +15550100200: the time is nearly up")]
    stand.wait(36)
    assert stand.tasks[0]["RESPONSIBLE_ID"] == "12"
    assert stand.notices[1][0] == 12
    stand.call(answered, at=3600)
    assert stand.tasks[0]["STATUS"] == "5"
    assert (stand.figures.lost, stand.figures.saved, stand.figures.open) == (1, 1, 0)
    assert stand.waiting == []


def test_a_talk_in_time_leaves_nothing_to_remind_of(loop, missed, answered):
    """Though the jobs still wait."""
    stand = loop()
    stand.call(missed)
    stand.call(answered, at=120)
    stand.wait(120)
    assert stand.notices == []
    assert stand.tasks[0]["STATUS"] == "5"
    assert stand.figures.median_seconds == pytest.approx(118, abs=5)


def test_a_call_back_closes_it_too(loop, missed, story):
    """Whoever dials, however the number is written."""
    stand = loop()
    stand.call(missed)
    back = story("outbound").start().dial().answer("101").stop("101", Result.ANSWERED)
    stand.call(back.end(Disposition.ANSWERED), at=300, client_number=PhoneNumber("8 (555) 010-02-00"))
    assert stand.tasks[0]["STATUS"] == "5"


def test_a_call_back_in_vain_closes_nothing(loop, missed, story):
    """He was not talked with."""
    stand = loop()
    stand.call(missed)
    stand.call(story("outbound").start().dial().end(Disposition.NO_ANSWER), at=300)
    assert stand.tasks[0]["STATUS"] == "2"


def test_who_calls_three_times_has_one_task_and_one_owner(loop, missed):
    """The task says how often; the calls are booked on its owner whoever was rung."""
    stand = loop(missed_owner="turn", rules=replace(RULES, members=(11, 12, 13)))
    for place in range(3):
        stand.call(missed, at=place * 60)
    (task,) = stand.tasks
    assert task["TITLE"] == "Call back +15550100200 (3)"
    owners = [
        int(entry.params["USER_ID"])
        for entry in stand.office.portal.ledger.entries("telephony.externalCall.finish")
    ]
    assert owners == [11, 11, 11]
    stand.call(missed, at=300, client_number=PhoneNumber("+15550100299"))
    assert [task["RESPONSIBLE_ID"] for task in stand.tasks] == ["11", "12"]


def test_a_line_may_have_its_own_owner_and_the_freest_gets_the_next(loop, missed):
    """By DID before any strategy; else who has the fewest open."""
    stand = loop(missed_owner="free", rules=replace(RULES, members=(11, 12), owners={"15550100900": 14}))
    numbers = [PhoneNumber(f"+1555010030{place}") for place in range(4)]
    stand.call(missed, client_number=numbers[0])
    for number in numbers[1:]:
        stand.call(missed, client_number=number, did="+15550100901")
    assert [task["RESPONSIBLE_ID"] for task in stand.tasks] == ["14", "11", "12", "11"]


def test_a_task_that_was_ticked_off_is_not_handed_on(loop, missed):
    """And counts as saved by nobody."""
    stand = loop()
    stand.call(missed)
    with stand.office.portal.lock:
        stand.office.portal.world.tasks.rows()[0]["STATUS"] = "5"
    stand.wait(120)
    assert stand.notices == []
    assert (stand.figures.saved, stand.figures.open) == (0, 0)


def test_a_todo_stands_at_the_client_and_is_ticked_off_by_a_talk(loop, missed, answered):
    """The portal itself reminds of it."""
    stand = loop(replace(RULES, form="todo"))
    stand.call(missed)
    with stand.office.portal.lock:
        rows = state(stand.office.portal.world)["activities"]
    (todo,) = [row for row in rows if row["PROVIDER_ID"] == "CRM_TODO"]
    assert (todo["SUBJECT"], todo["RESPONSIBLE_ID"], todo["OWNER_ID"]) == (
        "Call back +15550100200",
        "13",
        "3001",
    )
    assert todo["SETTINGS"]["PING_OFFSETS"] == [5]
    stand.call(missed, at=60)
    stand.call(answered, at=120)
    with stand.office.portal.lock:
        row = stand.office.portal.world.activities.get(int(todo["ID"]))
    assert (row["SUBJECT"], row["COMPLETED"]) == ("Call back +15550100200 (2)", "Y")


def test_a_todo_for_nobody_is_a_task(loop, missed):
    """A number that belongs to no client has no place for it."""
    stand = loop(replace(RULES, form="todo"))
    stand.call(missed, client_number=PhoneNumber("+15550100299"))
    assert len(stand.tasks) == 1
    assert "UF_CRM_TASK" in stand.tasks[0]


def test_hooks_change_the_task_or_take_it_away(loop, missed):
    """They are told on whom the call was booked, and by which rule."""
    stand, told = loop(), []

    def process_task_creation_params(params, owner):
        told.append((owner.user_id, owner.why))
        return {**params, "TITLE": "Hurry"} if len(told) == 1 else CANCEL

    stand.office.hooks(process_task_creation_params=process_task_creation_params)
    stand.call(missed)
    stand.call(missed, client_number=PhoneNumber("+15550100299"))
    assert [task["TITLE"] for task in stand.tasks] == ["Hurry"]
    assert told == [(13, "responsible"), (11, "rang last")]


def test_after_an_outage_old_calls_ask_nobody(loop, missed):
    """Nor is anybody asked whose client was talked with meanwhile."""
    stand = loop()
    stand.office.now = BEGAN + 5 * 3600
    stand.call(missed)
    assert stand.tasks == []


def test_a_call_that_was_made_up_for_before_it_is_filed_asks_nobody(loop, missed, answered):
    """Lanes are parallel: the talk may be filed first."""
    stand = loop()
    stand.call(answered, at=60)
    stand.call(missed)
    assert stand.tasks == []


def test_a_restart_loses_no_reminder_and_doubles_none(loop, missed):
    """A job is done once, whatever is repeated."""
    stand = loop()
    stand.call(missed)
    stand.reopen()
    jobs = list(stand.waiting)
    stand.wait(11)
    stand.waiting = jobs
    stand.reopen()
    stand.wait(0)
    assert len(stand.notices) == 1
    assert len(stand.tasks) == 1


def test_without_a_wish_nothing_is_asked_and_nothing_counted(loop, missed):
    """As it comes."""
    stand = loop(MissedRules())
    stand.call(missed)
    assert stand.tasks == []
    assert MissedCalls(stand.office.database).figures() == []


def test_a_talk_while_the_task_is_on_its_way_closes_it_when_it_is_there(loop, missed, answered):
    """The task's answer was lost for a while; meanwhile the client got through."""
    stand = loop()
    call = "main/1"
    entries = MissedCalls(stand.office.database)
    opened = entries.open("fake", "5550100200", call, 13, BEGAN + 5)
    entries.close(opened.seq, BEGAN + 60, "main/9")
    stand.call(missed)
    assert next(job.key for job in stand.waiting) == f"{call}/missed/close"
    stand.wait(0)
    assert stand.tasks[0]["STATUS"] == "5"
    stand.wait(120)
    assert stand.notices == []


def test_where_the_head_cannot_be_learnt_the_default_user_gets_it(loop, missed, monkeypatch):
    """A missing scope keeps nobody's call back from being handed on."""
    stand = loop()
    stand.call(missed)

    def refuse(_user_id):
        raise CrmError("department.get: the scope is missing")

    monkeypatch.setattr(stand.office.crm, "head_of", refuse)
    stand.wait(50)
    assert stand.tasks[0]["RESPONSIBLE_ID"] == "1"


@pytest.mark.parametrize(("user", "head"), [(13, 12), (12, 1), (1, None), (99, None)])
def test_the_head_is_found_up_the_departments(loop, user, head):
    """The head of a department has the head above; whoever is on top has nobody."""
    stand = loop()
    with stand.office.portal.lock:
        users = stand.office.portal.world.users
        users[1] = replace(users[1], departments=(1,))
    assert stand.office.crm.head_of(user) == head
