import socket

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter, check
from itgrix_core.crm.bitrix24.methods import REGISTER, STATISTICS

USERS = [{"ID": "1", "ACTIVE": True, "NAME": "Anna", "UF_PHONE_INNER": "101"}]


@pytest.fixture
def healthy(portal, words):
    """A portal in which everything is as it should be."""
    healthy = {
        "profile": {"ID": "1", "NAME": "Anna", "LAST_NAME": "Ivanova", "ADMIN": True},
        "scope": ["crm", "telephony", "user_brief"],
        REGISTER: words.fails("ERROR_CORE", "USER_ID or USER_PHONE_INNER should be set"),
        STATISTICS: [],
        "user.get": USERS,
        "telephony.externalLine.get": [{"NUMBER": "74950000100", "NAME": "Main"}],
    }

    def script(**changes):
        for method, answer in (healthy | changes).items():
            portal.says(method, answer)

    return script


@pytest.fixture
def findings(portal, clock, make_client):
    """What the doctor says."""

    def run(default_user=1, **settings):
        chosen = BitrixSettings(webhook=portal.url, default_user=default_user, **settings)
        return BitrixAdapter(chosen, "bitrix", make_client(), clock, clock).check()

    return run


def bad(found):
    """The sentences of what is not fine."""
    return [sentence for is_fine, sentence in found if not is_fine]


def test_a_healthy_portal_has_only_good_news(healthy, findings):
    """One sentence per question."""
    healthy()
    found = findings(lines={"+74950000100": "74950000100"})
    assert bad(found) == []
    assert [sentence.split()[1] for _, sentence in found] == [
        "portal",
        "webhook",
        "webhook",
        "call",
        "that",
        "portal",
    ]
    assert all(sentence.endswith(".") for _, sentence in found)


def test_the_probe_registers_nothing(portal, healthy, findings):
    """No user and no number: a portal that may register refuses it, too."""
    healthy()
    findings()
    assert portal.asked(REGISTER) == [{"TYPE": 2}]


def test_a_portal_that_registers_for_applications_only_is_recognised(healthy, findings, words):
    """Bitrix24's documentation announces it; the sentence says what it means."""
    healthy(**{REGISTER: words.fails("WRONG_AUTH_TYPE", "Current authorization type is denied", 403)})
    (sentence,) = bad(findings())
    assert "applications only" in sentence


def test_missing_scopes_are_named(healthy, findings):
    """Any of the user scopes will do."""
    healthy(scope=["crm"])
    assert "telephony, user" in bad(findings())[0]


def test_closed_statistics_are_named_with_the_right_to_give(healthy, findings, words):
    """They are needed after a lost answer."""
    healthy(**{STATISTICS: words.fails("ACCESS_DENIED", "Access denied!", 403)})
    assert "Call statistics" in bad(findings())[0]


@pytest.mark.parametrize(
    ("answer", "what"), [([], "does not exist"), ([{"ID": "8", "ACTIVE": False}], "not active")]
)
def test_a_default_user_who_cannot_take_calls_is_named(portal, healthy, findings, answer, what):
    """Neither an unknown nor a dismissed one."""
    portal.says("user.get", USERS)
    healthy(**{"user.get": answer})
    (sentence,) = bad(findings(default_user=8))
    assert "default_user 8" in sentence
    assert what in sentence


def test_an_extension_of_two_users_is_named_with_the_winner(healthy, findings):
    """And whose its calls are."""
    healthy(**{"user.get": [*USERS, {"ID": "7", "ACTIVE": True, "NAME": "Boris", "UF_PHONE_INNER": "101"}]})
    (sentence,) = bad(findings())
    assert "Extension 101 belongs to Anna (1) and Boris (7)" in sentence
    assert "go to 1" in sentence


def test_a_portal_without_any_extension_is_named(healthy, findings):
    """No call would find its employee."""
    healthy(**{"user.get": [{"ID": "1", "ACTIVE": True, "NAME": "Anna"}]})
    assert "No employee has an extension" in bad(findings())[0]


def test_a_line_that_the_portal_does_not_have_is_named(healthy, findings):
    """It would be created by the first call."""
    healthy()
    (sentence,) = bad(findings(lines={"a": "74950000100", "b": "7495999"}))
    assert "no line 7495999" in sentence


def test_lines_that_cannot_be_listed_are_no_mistake(healthy, findings, words):
    """Over a webhook many portals do not tell."""
    healthy(**{"telephony.externalLine.get": words.fails("WRONG_AUTH_TYPE", status=403)})
    found = findings(lines={"a": "1"})
    assert bad(found) == []
    assert "could not be compared" in found[-1][1]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((401, {"error": "INVALID_CREDENTIALS", "error_description": "Invalid"}), "new inbound webhook"),
        (
            (
                403,
                {
                    "error": "ACCESS_DENIED",
                    "error_description": "REST API is available only on commercial plans",
                },
            ),
            "plan",
        ),
        ((502, b"<html>"), "502"),
        ((302, b""), "new.example.com"),
    ],
)
def test_a_portal_that_does_not_let_us_in_yields_one_sentence(portal, findings, answer, text):
    """With the way out, and without the other questions."""
    portal.says("profile", answer)
    (sentence,) = bad(findings())
    assert text in sentence
    assert portal.methods == ["profile"]


def test_a_portal_that_is_not_there_yields_one_sentence():
    """Name, proxy, firewall."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        webhook = f"http://127.0.0.1:{taken.getsockname()[1]}/rest/1/s3cr3t/"
        ((is_fine, sentence),) = check(BitrixSettings(webhook=webhook), "office")
    assert not is_fine
    assert "firewall" in sentence
    assert "s3cr3t" not in sentence


@pytest.mark.parametrize("webhook", ["", "acme.example.com/s3cr3t", "http://acme.example.com/rest/1/s3cr3t/"])
def test_a_wrong_address_yields_one_sentence(webhook):
    """Which setting, and the right shape."""
    ((is_fine, sentence),) = check(BitrixSettings(webhook=webhook), "office")
    assert not is_fine
    assert "crm.office.webhook" in sentence
    assert "s3cr3t" not in sentence


def test_the_loop_of_missed_calls_needs_scopes_of_its_own(healthy, findings):
    """A task, a reminder, a head of department."""
    healthy()
    missed = {"ask": "task", "escalate_minutes": 30}
    assert "lacks department, im, task" in bad(findings(missed=missed))[0]


def test_without_reminder_and_escalation_the_loop_needs_tasks_only(healthy, findings):
    """A to-do that finds no client becomes one."""
    healthy(scope=["crm", "telephony", "user", "task"])
    assert bad(findings(missed={"ask": "todo", "remind_minutes": 0})) == []


def test_users_that_the_loop_names_are_compared_with_the_portal(healthy, findings):
    """Also those who would get their turn."""
    healthy()
    told = bad(findings(missed={"owners": {"a": 77}, "members": [1, 78]}))
    assert [sentence.partition(":")[0] for sentence in told] == ["missed.owners.a", "missed.members[1]"]


def test_a_line_that_creates_by_itself_is_named(healthy, findings):
    """Besides our own rules it would make a second lead."""
    line = {"NUMBER": "74950000100", "NAME": "Main", "CRM_AUTO_CREATE": "Y"}
    healthy(**{"telephony.externalLine.get": [line], "crm.settings.mode.get": 1})
    settings = {"lines": {"+74950000100": "74950000100"}}
    (sentence,) = bad(findings(creation=[{"create": "lead"}], **settings))
    assert sentence.startswith("Line 74950000100 creates for calls out by itself")
    assert bad(findings(**settings)) == []


def test_employees_without_an_extension_are_named_where_clicks_can_come(healthy, findings):
    """Not all of a large company."""
    others = [{"ID": str(n), "ACTIVE": True, "NAME": f"User{n}"} for n in range(2, 10)]
    healthy(**{"user.get": [*USERS, *others]})
    events = {"application_token": "token", "handler": "https://pbx.example.com"}
    told = [sentence for _, sentence in findings(events=events) if "clicks are not dialled" in sentence]
    named = "User2 (2), User3 (3), User4 (4), User5 (5), User6 (6) and 3 more"
    assert told == [f"Without an extension, so that their clicks are not dialled: {named}."]
    assert not any("clicks" in sentence for _, sentence in findings())
