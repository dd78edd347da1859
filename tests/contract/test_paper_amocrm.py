"""The contract of hooks holds for a CRM unlike Bitrix24: five recorded calls through amoCRM on paper."""

from collections import Counter
from types import SimpleNamespace

import pytest
from paper_amocrm import Paper, Request

from itgrix_hooks import CANCEL, Comment, Create, Entity, User
from itgrix_hooks.accept import NonsenseError
from itgrix_hooks.table import HOOKS
from itgrix_hooks.testing import recorded_moments

USERS = {"101": User(11, "Anna", "101"), "102": User(12, "Boris", "102"), "103": User(13, "Clara", "103")}
ANN = Entity("contact", 31, "Ann", responsible_id=11)
ACME = Entity("company", 41, "Acme South", responsible_id=12)
EVERYBODY = {"79161234567": [ANN], "79164440013": [ANN, ACME], "79163330007": [ANN], "89165550009": [ANN]}
FIVE = (
    "inbound_answered",
    "inbound_no_answer",
    "blind_transfer_refer",
    "queue_abandoned",
    "outbound_answered",
)


@pytest.fixture
def paper():
    """An account whose hooks are those of the test, whose clients are those above."""
    return lambda clients=EVERYBODY, **hooks: Paper(SimpleNamespace(**hooks), USERS, clients)


def sent_for(account, name):
    """The requests of a recorded call."""
    return account.file(recorded_moments(name))


def entry_of(requests):
    """What was logged of the call."""
    (entry,) = [request.body[0] for request in requests if request.path == "/api/v4/calls"]
    return entry


def test_a_known_client_gets_one_entry_with_its_recording(paper):
    """A pop-up while it rings, one entry when all is known, nothing after it."""
    requests = sent_for(paper(), "inbound_answered")
    card = {"type": "phone_call", "phone_number": "79161234567", "users": [11]}
    assert requests[0] == Request("POST", "/api/v2/events", {"add": [card]})
    entry = entry_of(requests)
    assert entry["link"].startswith("https://records.example/in-74950000101-")
    assert (entry["direction"], entry["duration"], entry["call_status"]) == ("inbound", 3, 4)
    assert len(requests) == 2


def test_a_stranger_s_missed_call_waits_among_the_unsorted(paper):
    """`/calls` stores nothing for a number that nobody has; the call back is asked for."""
    card, unsorted, task = sent_for(paper({}), "inbound_no_answer")
    assert card.path == "/api/v2/events"
    assert unsorted.path == "/api/v4/leads/unsorted/sip"
    metadata = unsorted.body[0]["metadata"]
    assert (metadata["phone"], metadata["from"], metadata["duration"]) == ("79161110002", "79161110002", 0)
    assert (task.path, task.body[0]["task_type_id"]) == ("/api/v4/tasks", 1)


def test_a_stranger_who_is_called_becomes_a_contact_first(paper):
    """Else the entry would be lost."""
    paths = [request.path for request in sent_for(paper({}), "outbound_answered")]
    assert paths == ["/api/v2/events", "/api/v4/contacts", "/api/v4/calls"]


def test_after_a_transfer_each_talk_is_an_entry_of_its_own(paper):
    """As in Bitrix24, under keys of their own."""
    requests = sent_for(paper(), "blind_transfer_refer")
    entries = [request.body[0] for request in requests if request.path == "/api/v4/calls"]
    assert [entry["call_responsible"] for entry in entries] == [11, 12]
    assert entries[1]["uniq"].startswith(entries[0]["uniq"] + "/")


def test_a_queue_s_phones_are_told_and_the_abandoned_call_is_logged(paper):
    """Each employee gets his pop-up; nobody has talked."""
    requests = sent_for(paper(), "queue_abandoned")
    rung = [request.body["add"][0]["users"] for request in requests if request.path == "/api/v2/events"]
    assert sorted(rung) == [[11], [12], [13]]
    assert (entry_of(requests)["call_status"], entry_of(requests)["duration"]) == (6, 0)


@pytest.mark.parametrize("name", FIVE)
def test_no_field_is_null(paper, name):
    """AmoCRM refuses them."""
    for request in sent_for(paper(), name):
        assert "None" not in repr(request.body)


def test_every_hook_that_a_call_meets_is_asked(paper):
    """All but click-to-call and routing, with the same names and arguments."""
    asked = Counter()
    for name in FIVE:
        for clients in (EVERYBODY, {}):
            account = paper(clients)
            sent_for(account, name)
            asked.update(each.hook for each in account.asked)
    assert set(HOOKS) - set(asked) == {"process_originate_params", "customize_autodistribution"}


def test_params_are_the_crms_own_and_a_plugin_knows_whose(paper):
    """One plugin for both: it looks at `crm.kind`."""

    def process_final_params(params, crm):
        field = {"bitrix24": "USER_ID", "amocrm": "responsible_user_id"}[crm.kind]
        return {**params, field: 13}

    entry = entry_of(sent_for(paper(process_final_params=process_final_params), "inbound_answered"))
    assert entry["responsible_user_id"] == 13


def test_a_field_of_the_wrong_type_is_nonsense_in_either_crm(paper):
    """AmoCRM's fields have types, too."""

    def process_final_params(params):
        return {**params, "duration": "long"}

    with pytest.raises(AssertionError, match="duration"):
        sent_for(paper(process_final_params=process_final_params), "inbound_answered")
    with pytest.raises(NonsenseError, match="duration"):
        HOOKS["process_final_params"].accept({"duration": "long"}, {})


def test_the_company_of_the_employees_division_is_chosen_at_the_end(paper):
    """Case 4: nothing is stored while the phone rings, so `clients` is at hand for the entry as well."""

    def process_final_params(params, owner, clients):
        for client in clients:
            if client.kind == "company" and client.responsible_id == owner.user_id:
                return {**params, "entity_type": client.kind, "entity_id": client.id}
        return None

    requests = sent_for(paper(process_final_params=process_final_params), "blind_transfer_refer")
    (note,) = [request for request in requests if request.path == "/api/v4/companies/notes"]
    assert (note.body[0]["entity_id"], note.body[0]["note_type"]) == (41, "call_in")
    assert note.body[0]["params"]["phone"] == "79164440013"
    assert "entity_type" not in note.body[0]


def test_what_describes_the_call_is_asked_before_its_entry(paper):
    """Because it cannot be changed: the activity is `None`, the fields are those of the entry."""

    def get_updated_activity_fields(activity, call):
        assert activity is None
        return {"call_result": f"waited {call.wait_seconds:.0f} s"}

    hooks = {"get_updated_activity_fields": get_updated_activity_fields}
    assert entry_of(sent_for(paper(**hooks), "inbound_answered"))["call_result"] == "waited 2 s"


def test_a_lead_for_a_stranger_is_made_before_the_entry(paper):
    """Asked once without an entity, as everywhere; the entry then finds the contact."""

    def get_updated_entity_fields(entity, call):
        return None if entity else Create("lead", {"name": f"Call {call.client_number}", "pipeline_id": 7})

    hooks = {"get_updated_entity_fields": get_updated_entity_fields}
    _, made, entry, _ = sent_for(paper({}, **hooks), "inbound_no_answer")
    assert (made.path, made.body[0]["pipeline_id"]) == ("/api/v4/leads/complex", 7)
    assert entry.path == "/api/v4/calls"


def test_fields_and_comments_go_to_the_entity_of_the_call(paper):
    """PATCH and a note."""

    def get_updated_entity_fields(entity):
        return [{"responsible_user_id": 12}, Comment(entity, "taken over")] if entity else None

    hooks = {"get_updated_entity_fields": get_updated_entity_fields}
    *_, patch, note = sent_for(paper(**hooks), "inbound_answered")
    assert patch == Request("PATCH", "/api/v4/contacts/31", {"responsible_user_id": 12})
    assert note.body == [{"note_type": "common", "params": {"text": "taken over"}}]


@pytest.mark.parametrize(
    ("hook", "lost"),
    [
        ("process_registration_params", "/api/v2/events"),
        ("process_record_file_path", None),
        ("process_final_params", "/api/v4/calls"),
        ("process_task_creation_params", "/api/v4/tasks"),
    ],
)
def test_what_is_cancelled_is_not_sent(paper, hook, lost):
    """The rest is."""
    name = "inbound_no_answer" if "task" in hook else "inbound_answered"
    whole = [request.path for request in sent_for(paper(), name)]
    rest = [request.path for request in sent_for(paper(**{hook: lambda: CANCEL}), name)]
    gone = Counter(whole) - Counter(rest)
    assert gone == (Counter([lost]) if lost in whole else Counter())


def test_a_call_that_need_not_be_registered_sends_nothing(paper):
    """Not even the pop-up."""
    assert sent_for(paper(need_registration=lambda: False), "inbound_answered") == []
