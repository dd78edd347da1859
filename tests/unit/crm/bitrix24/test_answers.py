import pytest

from itgrix_core.crm.bitrix24.answers import clients_of, filed_of, number, user_of
from itgrix_hooks.values import Entity, Filed, User

REGISTERED = {
    "CALL_ID": "externalCall.ab.1",
    "CRM_CREATED_LEAD": 123,
    "CRM_CREATED_ENTITIES": [
        {"ENTITY_TYPE": "CONTACT", "ENTITY_ID": 7},
        {"ENTITY_TYPE": "DEAL", "ENTITY_ID": "8"},
    ],
    "CRM_ENTITY_TYPE": "CONTACT",
    "CRM_ENTITY_ID": 7,
}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (7, 7),
        ("7", 7),
        (" 7 ", 7),
        (0, None),
        ("0", None),
        ("", None),
        (None, None),
        (False, None),
        (True, None),
        ("x", None),
        ("-1", None),
        ([], None),
        (7.5, None),
        ("²", None),
    ],
)
def test_ids_come_in_any_type(value, meant):
    """Typed by finish, text by lists, and nothing in many ways."""
    assert number(value) == meant


def test_a_user_without_names_or_extension_is_still_a_user():
    """Empty fields are left out by the portal."""
    full = {"ID": "5", "ACTIVE": True, "NAME": "Anna", "LAST_NAME": "Ivanova", "UF_PHONE_INNER": " 101 "}
    assert user_of(full) == User(5, "Anna Ivanova", "101")
    assert user_of({"ID": "5", "ACTIVE": False, "UF_PHONE_INNER": ""}) == User(5, "", None, is_active=False)
    assert user_of({"NAME": "Nobody"}) is None


def test_clients_come_with_their_responsibles_and_unknown_types_are_left_out():
    """In the portal's order."""
    found = clients_of(
        [
            {"CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 651, "ASSIGNED_BY_ID": 99, "NAME": "Ivan"},
            {"CRM_ENTITY_TYPE": "ORDER", "CRM_ENTITY_ID": 1},
            {"CRM_ENTITY_TYPE": "COMPANY", "CRM_ENTITY_ID": "3", "ASSIGNED_BY_ID": None},
            "nonsense",
        ]
    )
    assert found == (Entity("contact", 651, "Ivan", 99), Entity("company", 3))
    assert clients_of({}) == ()


def test_nothing_done_is_nothing_filed():
    """Before the first effect."""
    assert filed_of([]) == Filed()


def test_a_registration_files_the_call_its_entity_and_what_was_created():
    """USER_ID as it was sent, the rest as it was answered."""
    filed = filed_of([("register", {"USER_ID": 5}, REGISTERED)])
    assert filed == Filed(
        "externalCall.ab.1", 5, Entity("contact", 7), (Entity("contact", 7), Entity("deal", 8))
    )
    assert [entity.kind for entity in filed.entities] == ["contact", "deal"]


@pytest.mark.parametrize("empty", [[], None])
def test_an_older_portal_names_a_created_lead_only(empty):
    """`[]` and `null` both mean no list."""
    answer = REGISTERED | {"CRM_CREATED_ENTITIES": empty, "CRM_ENTITY_TYPE": "", "CRM_ENTITY_ID": None}
    filed = filed_of([("register", {}, answer)])
    assert (filed.entity, filed.created) == (None, (Entity("lead", 123),))


def test_finish_and_recording_add_to_it():
    """`false` for no activity; other kinds change nothing."""
    done = [("register", {"USER_ID": 5}, REGISTERED), ("show", {}, True)]
    filed = filed_of([*done, ("finish", {}, {"CRM_ACTIVITY_ID": 7943}), ("attach", {}, {"FILE_ID": "9079"})])
    assert (filed.is_finished, filed.activity_id, filed.recording_id) == (True, 7943, 9079)
    assert filed.entity == Entity("contact", 7)
    assert filed_of([*done, ("finish", {}, {"CRM_ACTIVITY_ID": False})]).activity_id is None


def test_a_call_finished_for_another_entity_belongs_to_that():
    """The statistics record is the newer word."""
    finish = {"CRM_ACTIVITY_ID": 1, "CRM_ENTITY_TYPE": "COMPANY", "CRM_ENTITY_ID": "4"}
    assert filed_of([("register", {}, REGISTERED), ("finish", {}, finish)]).entity == Entity("company", 4)
