"""What hooks do to the CRM themselves: reading freely, writing once."""

import pytest

from itgrix_core.errors import CrmError
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.hook_crm import HookCrm
from itgrix_core.jobs.remembering import KNOWN, READ, Reads
from itgrix_core.outbox.engine import Done, Later
from itgrix_hooks.answers import RetryLater
from itgrix_hooks.testing import BEGAN, make_call

CALL = make_call()


@pytest.fixture
def crm(office):
    """The `crm` of a new asking of one hook."""
    reads = Reads()
    return lambda key="turn/hook/guest": HookCrm(office.performer, office.account, CALL, key, BEGAN, reads)


def test_a_write_is_an_effect_of_the_call(office, crm):
    """Keyed by hook, plugin and its place among that hook's writes."""
    mine = crm()
    assert mine.write("crm.lead.add", {"fields": {"TITLE": "a"}}) is True
    mine.write("crm.lead.add", {"fields": {"TITLE": "b"}})
    keys = [effect.key for effect in office.effects.of_call(CALL.key)]
    assert keys == ["turn/hook/guest/1", "turn/hook/guest/2"]
    assert [params["fields"]["TITLE"] for params in office.crm.of("write")] == ["a", "b"]


def test_a_retry_gets_the_stored_answers(office, crm, outcomes):
    """In their order; nothing is sent again, in a new process either."""
    office.crm.says("write", outcomes.done(7), outcomes.done(8))
    for _ in range(3):
        mine = crm()
        assert (mine.write("crm.lead.add"), mine.write("crm.lead.add")) == (7, 8)
        office.reopen()
    assert len(office.crm.sent) == 2


def test_another_hook_or_plugin_writes_for_itself(office, crm):
    """Its first write is not the other's."""
    crm("turn/hook/a").write("crm.lead.add")
    crm("turn/hook/b").write("crm.lead.add")
    assert len(office.crm.sent) == 2


def test_a_write_that_cannot_be_made_now_asks_for_patience(crm, office, outcomes):
    """It passes through the hook; then nothing is decided."""
    office.crm.says("write", outcomes.blocked)
    with pytest.raises(RetryLater) as raised:
        crm().write("crm.lead.add")
    assert (raised.value.seconds, str(raised.value)) == (30.0, "the portal is down")


def test_a_write_that_is_refused_says_so(crm, office, outcomes):
    """Each time that it is tried."""
    office.crm.says("write", outcomes.refused("params"))
    for _ in range(2):
        with pytest.raises(CrmError, match="no: params"):
            crm().write("crm.lead.add")
    assert len(office.crm.sent) == 1


def test_reads_go_straight_to_the_account(office, crm):
    """Users and clients too; a number may be text."""
    mine = crm()
    assert mine.read("crm.lead.get") == "answer of crm.lead.get"
    assert mine.user_of_extension("101").id == 11
    assert mine.clients_of("+7 916") == ()
    assert office.crm.asked[-1] == ("clients_of", "+7 916")
    assert office.effects.of_call(CALL.key) == []


def test_the_same_read_again_in_a_turn_costs_no_request(office, crm):
    """Whoever asks; each gets a copy of his own. After a write the CRM is asked again."""
    first, second = crm("turn/hook/a"), crm("turn/other/b")
    read = [each.read("crm.lead.get", {"id": 7}) for each in (first, second, first)]
    assert read == ["answer of crm.lead.get"] * 3
    first.read("crm.lead.get", {"id": 8})
    assert office.crm.asked == [("read", "crm.lead.get")] * 2
    first.write("crm.lead.update", {"id": 7})
    second.read("crm.lead.get", {"id": 7})
    assert len(office.crm.asked) == 3


def test_a_read_that_fails_is_asked_again(office, crm):
    """A portal that was away is no answer."""
    office.crm.broken = CrmError("away")
    with pytest.raises(CrmError):
        crm().read("crm.lead.get")
    office.crm.broken = None
    assert crm().read("crm.lead.get") == "answer of crm.lead.get"


def test_what_hooks_use_is_counted_reads_without_a_request_apart(office, answered):
    """In the trace, which the story of the call and the metrics are made of."""

    def process_registration_params(params, crm, store):
        crm.read("user.get")
        crm.read("user.get")
        store.set("seen", 1)
        return params

    office.hooks(process_registration_params=process_registration_params)
    office.deliver([job_of(event, BEGAN) for event in answered.events])
    told = [each for each in office.looker.of("asked") if each.hook == "process_registration_params"]
    assert dict(told[0].trace[-1].used) == {READ: 1, KNOWN: 1, "store.set": 1}


def test_a_hook_that_writes_while_the_portal_goes_away_makes_one_lead(office, story, outcomes):
    """Through the whole delivery: first its write is blocked, then the registration, then all is well."""

    def process_registration_params(params, crm):
        return {**params, "LEAD": crm.write("crm.lead.add", {"fields": {}})}

    office.hooks(process_registration_params=process_registration_params)
    office.crm.says("write", outcomes.blocked, outcomes.done(5))
    office.crm.says("register", outcomes.blocked)
    jobs = [job_of(event, BEGAN) for event in story().ring("101").events]
    results = [office.reopen().deliver(jobs) for _ in range(3)]
    assert [type(result) for result in results] == [Later, Later, Done]
    assert office.crm.kinds == ["write", "write", "register", "register"]
    assert office.crm.of("register")[-1]["LEAD"] == 5
