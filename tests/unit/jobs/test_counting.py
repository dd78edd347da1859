"""What is counted of calls, cards and hooks, and how late a card is."""

import pytest
from prometheus_client import CollectorRegistry

from itgrix_core.calls.events import CallEnded, Oddity
from itgrix_core.crm.adapter import Blocked, Done, Refused, Step
from itgrix_core.filing.commands import AttachRecording, FinishCall, HideCard, RegisterCall, ShowCard
from itgrix_core.filing.lists import Lists, Names
from itgrix_core.filing.plan import unfiled
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.counting import CountingWatcher, reason_of
from itgrix_core.telemetry.counters import Counts
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.trace import Asked, Entry, Outcome
from itgrix_hooks.values import Direction, Disposition, PhoneNumber


class Office:
    """A watcher with a clock that stands, and what it has counted."""

    def __init__(self):
        self.registry = CollectorRegistry()
        self.now = BEGAN
        self.watcher = CountingWatcher(Counts(self.registry), lambda call: "bitrix", lambda pbx: self.now)

    def value(self, name, **labels):
        """A sample of the account."""
        return self.registry.get_sample_value(f"itgrix_{name}", {"crm": "bitrix", **labels})

    def seconds(self, name):
        """How often something was measured, and the sum."""
        return self.value(f"{name}_count"), self.value(f"{name}_sum")

    def performed(self, call, command, outcome=None):
        """The CRM answers."""
        self.watcher.performed(call, Step("k", command, {}), outcome or Done())


@pytest.fixture
def office():
    """An `Office`."""
    return Office()


def register(call, *show_to, good_until=None):
    """The registration of a call, with the cards of these users."""
    return RegisterCall(
        call.key, 11, PhoneNumber("555"), Direction.INBOUND, BEGAN, show_to=show_to, good_until=good_until
    )


# ---- cards ------------------------------------------------------------------------------------------------
# In these stories each word takes a second: the call begins at 0, its first phone rings at 1, and so on.
def test_a_card_is_measured_from_its_phones_ring(office, story):
    """Not from the call's beginning: the caller may have listened to music for a minute."""
    begun = story().start()
    begun.at += 60
    call = begun.ring("101").call
    office.now = BEGAN + 61 + 1.5
    office.performed(call, register(call, 11))
    assert office.seconds("card_shown_seconds") == (1, 1.5)


def test_cards_of_a_group_are_measured_from_its_first_ring(office, story):
    """Three phones ring one behind the other, one request shows all three."""
    call = story().start().ring("101", "102", "103").call
    office.now = BEGAN + 3.5
    office.performed(call, register(call, 11, 12, 13))
    assert office.seconds("card_shown_seconds") == (1, 2.5)


def test_a_queues_next_round_counts_from_its_own_ring(office, story):
    """The first round's phones have stopped."""
    call = story().start().ring("101").stop("101").ring("102").call
    office.now = BEGAN + 4.0
    office.performed(call, ShowCard(call.key, (12,)))
    assert office.seconds("card_shown_seconds") == (1, 1.0)


def test_a_first_card_that_comes_behind_the_answer_counts_from_the_ring(office, story):
    """The portal was slow, somebody was quick: the lag is not made better by that."""
    call = story().start().ring("101").answer("101").call
    office.now = BEGAN + 4.0
    office.performed(call, register(call, 11))
    assert office.seconds("card_shown_seconds") == (1, 3.0)


def test_a_card_at_the_answer_counts_from_the_answer(office, story):
    """`crm.*.cards.show: answer`: the registration had none."""
    ringing = story().start().ring("101")
    office.performed(ringing.call, register(ringing.call))
    assert office.value("card_shown_seconds_count") is None
    call = ringing.answer("101").call
    office.now = BEGAN + 3.25
    office.performed(call, ShowCard(call.key, (11,)))
    assert office.seconds("card_shown_seconds") == (1, 0.25)


def test_an_employees_own_call_counts_from_its_beginning(office, story):
    """His phone never rang."""
    call = story("outbound").start().dial().call
    office.now = BEGAN + 0.5
    office.performed(call, register(call, 11))
    assert office.seconds("card_shown_seconds") == (1, 0.5)


def test_a_card_that_was_not_worth_showing_is_late_and_not_slow(office, story):
    """It was left out; an hour in a histogram would say that somebody saw it."""
    call = story().start().ring("101").call
    office.now = BEGAN + 3600.0
    office.performed(call, register(call, 11, good_until=BEGAN + 60))
    assert office.value("cards_late_total") == 1
    assert office.value("card_shown_seconds_count") is None


def test_colleagues_cards_are_measured_from_the_answer(office, story):
    """Until the CRM has taken them away."""
    call = story().start().ring("101", "102").answer("101").call
    office.now = BEGAN + 4.75
    office.performed(call, HideCard(call.key, (12,)))
    assert office.seconds("card_hidden_seconds") == (1, 0.75)


def test_a_card_that_goes_without_an_answer_is_not_measured(office, story):
    """A queue's round is over, or the call: nobody sits before a card of somebody else's call."""
    ringing = story().start().ring("101", "102").stop("101").call
    office.performed(ringing, HideCard(ringing.key, (11,)))
    over = make_call()
    office.performed(over, HideCard(over.key, (11,)))
    assert office.value("card_hidden_seconds_count") is None


@pytest.mark.parametrize("outcome", [Refused("user", "no"), Blocked("quota", "later", 1.0)])
def test_only_what_the_crm_did_is_measured(office, story, outcome):
    """A refused registration shows nothing; a blocked one is sent again."""
    call = story().start().ring("101").call
    office.performed(call, register(call, 11), outcome)
    assert office.value("card_shown_seconds_count") is None


def test_a_finish_is_no_card(office, story):
    """Other steps are counted at the wire."""
    call = story().start().ring("101").call
    office.performed(call, FinishCall(call.key, 11, Direction.INBOUND, Disposition.MISSED, 0.0))
    assert office.value("card_shown_seconds_count") is None


@pytest.mark.parametrize(("where", "how"), [({"path": "/a.wav"}, "file"), ({"url": "https://x/a"}, "link")])
def test_recordings_are_counted_when_the_crm_has_them(office, where, how):
    """Not before."""
    call = make_call()
    command = AttachRecording(call.key, **where)
    office.performed(call, command, Blocked("quota", "later", 1.0))
    assert office.value("recordings_attached_total", how=how) is None
    office.performed(call, command)
    assert office.value("recordings_attached_total", how=how) == 1


# ---- calls and hooks --------------------------------------------------------------------------------------
def test_calls_are_counted_by_what_became_of_them(office):
    """A recording that never came keeps no call from being filed."""
    call = make_call()
    office.watcher.closed(call)
    office.watcher.closed(call)
    office.watcher.skipped(call, "a call between employees")
    office.watcher.skipped(call, "the recording was not found, after 8 looks; it is filed without")
    assert office.value("calls_filed_total") == 2
    assert office.value("calls_not_filed_total", reason="internal") == 1
    assert office.value("calls_without_recording_total") == 1


def test_what_others_count_is_not_counted_twice(office):
    """Events are in the outbox, oddities with the line."""
    office.watcher.happened(CallEnded(make_call(), BEGAN))
    office.watcher.odd(Oddity("unknown channel", "Hangup", BEGAN))
    assert not [
        sample for metric in office.registry.collect() for sample in metric.samples if sample.value == 1
    ]


def test_hooks_are_counted_by_plugin_and_outcome(office):
    """With their times, those of failures as well."""
    entries = (Entry("fair", Outcome.ANSWERED, 0.25), Entry("slow", Outcome.TOO_SLOW, 1.5))
    office.watcher.asked(make_call(), Asked("process_final_params", {}, trace=entries))
    one = {"hook": "process_final_params", "plugin": "slow"}
    get = office.registry.get_sample_value
    assert get("itgrix_hook_outcomes_total", {**one, "outcome": "too slow"}) == 1
    assert get("itgrix_hook_seconds_sum", one) == 1.5
    assert get("itgrix_hook_seconds_sum", {**one, "plugin": "fair"}) == 0.25


# ---- why a call is not filed ------------------------------------------------------------------------------
LISTS = [
    Lists(never=Names(trunks=("*",))),
    Lists(only=Names(extensions=("999",))),
    Lists(never=Names(numbers=("*",))),
    Lists(only=Names(numbers=("12345",))),
]


@pytest.mark.parametrize("lists", LISTS)
def test_lists_of_the_configuration_are_one_reason(lists):
    """Whichever it was; the log names it."""
    why = unfiled(make_call(trunk="trunk-main"), Rules(lists=lists))
    assert why
    assert reason_of(why) == "list"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (make_call("internal"), "internal"),
        (make_call(client_number=PhoneNumber("")), "no number"),
        (make_call(is_blacklisted=True), "blacklist"),
    ],
)
def test_the_plans_own_reasons_have_classes(call, reason):
    """None of them is "other": the sentences are the plan's, as they are."""
    assert reason_of(unfiled(call, Rules())) == reason


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("need_registration: blacklist said no at conversation_requested", "hook"),
        ("its registration was cancelled by a hook", "hook"),
        ("the CRM refused its registration: blacklist", "refused"),
        ("a new reason", "other"),
    ],
)
def test_reasons_of_hooks_and_the_crm_have_classes(why, reason):
    """Whatever a plugin is called, and whatever the CRM says."""
    assert reason_of(why) == reason
