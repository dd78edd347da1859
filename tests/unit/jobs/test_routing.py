"""The dialplan's question: answered from what is here, inside a deadline, whatever fails."""

import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from itgrix_core.calls.presence import Presence
from itgrix_core.calls.topology import Topology
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.directory.numbers import NumberIndex, Progress
from itgrix_core.filing.routing import Employee, RoutingRules
from itgrix_core.jobs.routing import MOST_SEARCHES, Ground, Router
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.values import Entity, PhoneNumber, User
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

EVA = Entity("contact", 5, "Eva", 11)
CALLER = RouteQuestion(PhoneNumber("79160000001"), "74950000001", "trunk")
WHOLE = Progress(is_whole=True, is_building=False)
KINDS = ("contact", "company", "lead")
FOUND = RouteAnswer("101", "Eva", "responsible of contact 5")


class Asked:
    """A router of the office's CRM and hooks, over an index of its own."""

    def __init__(self, office, folder, portal_seconds=30.0):
        self.index = NumberIndex(folder)
        self.index.keep_staff("fake", [Employee(User(11, "Ann", "101"), "OPENED")])
        self.office = office
        self.ground = Ground(
            self.index, {"main": Presence(Topology)}, {"main": "UTC"}, RoutingRules(), KINDS, portal_seconds
        )
        self.counted = []

    def knows(self, *clients, is_whole=True):
        """Put clients with the caller's number into the index."""
        progress = WHOLE if is_whole else Progress()
        for kind in KINDS:
            listed = [(each, [CALLER.number]) for each in clients if each.kind == kind]
            self.index.put("fake", kind, listed, [], progress)
        return self

    @property
    def router(self):
        """As it is now."""
        office = self.office
        return Router(self.ground, office.wired(), office.accounts, lambda *told: self.counted.append(told))

    def answer(self, question=CALLER):
        """Of a new router."""
        return self.router.answer("main", question, "1700000000.1")


@pytest.fixture
def asked(office, tmp_path):
    """With an index in which nothing is known."""
    made = Asked(office, tmp_path)
    with closing(made.index):
        yield made


def test_a_known_client_is_answered_without_a_request(asked):
    """And counted with its time."""
    assert asked.knows(EVA).answer() == FOUND
    assert asked.office.crm.asked == []
    ((pbx, outcome, seconds),) = asked.counted
    assert (pbx, outcome) == ("main", "put through")
    assert 0 <= seconds < 30


def test_a_stranger_costs_no_request_where_the_index_is_whole(asked):
    """He goes the usual way."""
    assert asked.knows().answer().extension is None
    assert asked.office.crm.asked == []
    assert asked.counted[0][1] == "usual way"


def test_a_number_that_the_index_may_not_know_yet_is_asked_of_the_crm(asked):
    """Once: then it is known."""
    asked.office.crm.clients = (EVA,)
    assert asked.answer() == FOUND
    until = time.monotonic() + 30
    while not asked.index.clients_of("fake", CALLER.number):
        assert time.monotonic() < until
        time.sleep(0.001)
    assert asked.answer() == FOUND
    assert [what for what, _ in asked.office.crm.asked] == ["open_clients"]


def test_a_caller_without_a_number_is_not_asked_about(asked):
    """Nobody's number is nobody's."""
    assert asked.answer(replace(CALLER, number=PhoneNumber(""))).extension is None
    assert asked.office.crm.asked == []


def test_a_crm_that_is_away_costs_the_name_only(asked):
    """No exception, no warning for each caller."""
    asked.office.crm.broken = CrmUnavailable(30, "the portal is down")
    with capture_logs() as logs:
        assert asked.answer().extension is None
    assert [log for log in logs if log["log_level"] == "warning"] == []
    assert asked.knows(EVA, is_whole=False).answer() == FOUND


def test_a_crm_that_is_slow_is_not_waited_for_and_only_by_few(office, tmp_path):
    """Its late answer is there for the next caller."""
    gate, began = threading.Event(), []

    def slow(_number):
        began.append(1)
        gate.wait(30)
        return (EVA,)

    office.crm.open_clients = slow
    asked = Asked(office, tmp_path, portal_seconds=0.01)
    with closing(asked.index):
        router = asked.router
        for _ in range(MOST_SEARCHES + 3):
            assert router.answer("main", CALLER).extension is None
        assert len(began) == MOST_SEARCHES
        gate.set()
        until = time.monotonic() + 30
        while router.answer("main", CALLER) != FOUND:
            assert time.monotonic() < until
            time.sleep(0.001)


def test_a_hook_has_the_last_word_and_is_told_what_was_found(asked):
    """Answer, question, clients; it may send a caller anywhere, and back to the usual way."""
    told = {}

    def customize_autodistribution(answer, question, clients):
        told.update(answer=answer, question=question, clients=tuple(clients))
        return RouteAnswer("102", answer.name, "the hook")

    asked.office.hooks(customize_autodistribution=customize_autodistribution)
    assert asked.knows(EVA).answer() == RouteAnswer("102", "Eva", "the hook")
    assert told == {"answer": FOUND, "question": CALLER, "clients": (EVA,)}
    (trace,) = [each for each in asked.office.looker.of("asked") if each.hook == "customize_autodistribution"]
    assert trace.answer.extension == "102"


def test_a_hook_gets_the_clients_of_the_crm_where_the_index_knows_none(asked):
    """Asked when it looks."""
    asked.office.crm.clients = (EVA,)
    asked.office.hooks(customize_autodistribution=lambda clients: RouteAnswer("102", clients[0].name))
    assert asked.knows().answer() == RouteAnswer("102", "Eva")


def test_a_number_is_changed_by_its_hook_before_it_is_looked_for(asked):
    """With the use `route` and no call."""
    uses = []

    def process_phone_number(number, use, call):
        uses.append((use, call))
        return PhoneNumber(str(number).removeprefix("00"))

    asked.office.hooks(process_phone_number=process_phone_number)
    asked.knows(EVA)
    assert asked.answer(replace(CALLER, number=PhoneNumber("0079160000001"))) == FOUND
    assert uses == [("route", None)]


@pytest.mark.parametrize("failing", ["raises", "nonsense", "later", "dangerous"])
def test_a_hook_that_fails_costs_nobody_his_manager(asked, failing):
    """A dangerous extension is no extension."""

    def customize_autodistribution():
        if failing == "raises":
            raise ValueError("oh")
        if failing == "later":
            raise RetryLater(30, "not now")
        return "101" if failing == "nonsense" else RouteAnswer("101&Local/1@x", "Eva")

    asked.office.hooks(customize_autodistribution=customize_autodistribution)
    with capture_logs():
        answer = asked.knows(EVA).answer()
    assert answer == FOUND if failing != "dangerous" else answer.extension is None


def test_a_hook_writes_once_for_the_call_that_is_asked_about(asked):
    """However often the dialplan asks."""

    def customize_autodistribution(crm):
        crm.write("crm.lead.add", {"fields": {"TITLE": "a"}})

    asked.office.hooks(customize_autodistribution=customize_autodistribution)
    asked.knows(EVA)
    assert [asked.answer(), asked.answer()] == [FOUND, FOUND]
    assert asked.office.crm.kinds == ["write"]


def test_an_index_that_fails_is_told_once_and_everybody_goes_the_usual_way(asked):
    """A full or broken disk."""
    asked.knows(EVA)
    router = asked.router
    asked.index.close()
    with capture_logs() as logs:
        answers = [router.answer("main", CALLER) for _ in range(3)]
    assert answers == [RouteAnswer(why="failed")] * 3
    assert len([log for log in logs if log["log_level"] == "warning"]) == 1
    assert {outcome for _, outcome, _ in asked.counted} == {"failed"}
