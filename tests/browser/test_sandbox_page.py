"""The sandbox's page as a person has it, in a Chromium without a window."""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from itgrix_core.sandbox.bitrix import Settings, run_portal

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("ITGRIX_CHROMIUM") or shutil.which("chromium") or ""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium; where there is none the tests say so and end."""
    if not CHROMIUM:
        pytest.skip("there is no chromium here: apt-get install chromium, or set ITGRIX_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def running():
    """A portal."""
    with run_portal(Settings(limits=None)) as portal:
        yield portal


@pytest.fixture
def page(chromium, running):
    """Its page in English; a mistake of its script fails the test."""
    context = chromium.new_context(locale="en-GB")
    opened = context.new_page()
    mistakes = []
    opened.on("pageerror", lambda error: mistakes.append(str(error)))
    opened.goto(running.url)
    yield opened
    context.close()
    assert mistakes == []


def card(page):
    """The one card on the page."""
    return page.locator("#cards .card")


def test_a_click_on_a_number_shows_the_card_to_the_one_who_clicked(page, running):
    """And the call is registered for him."""
    page.locator("form[action$='/click'] select").select_option("12")
    page.locator("form[action$='/click'] input[name=number]").fill("+7 916 000-00-01")
    page.get_by_role("button", name="Click a number").click()
    expect(card(page)).to_contain_text("79160000001")
    expect(card(page).locator(".seer")).to_have_text(["Boris Petrov"])
    (call,) = running.portal.world.active.values()
    assert (call.user_id, call.type) == (12, 1)


def test_a_card_appears_and_goes_by_itself(page, running):
    """The page looks again every two seconds; nobody reloads it."""
    client = _methods(page, running)
    call_id = client("telephony.externalCall.register", USER_ID=11, PHONE_NUMBER="79160000003", TYPE=2)[
        "CALL_ID"
    ]
    client("telephony.externalCall.show", CALL_ID=call_id, USER_ID=[12, 13])
    expect(card(page).locator(".seer")).to_have_text(["Anna Ivanova", "Boris Petrov", "Clara Smirnova"])
    client("telephony.externalCall.hide", CALL_ID=call_id, USER_ID=[11, 13])
    expect(card(page).locator(".seer")).to_have_text(["Boris Petrov"])
    client("telephony.externalCall.finish", CALL_ID=call_id, USER_ID=12, DURATION=0, STATUS_CODE="304")
    expect(card(page)).to_have_count(0)
    expect(page.locator("#activities")).to_contain_text("Incoming call from +79160000003")
    expect(page.locator("main")).to_contain_text("Missed, waiting for a call back: 79160000003")
    expect(page.locator("#requests")).to_contain_text("telephony.externalCall.finish")


def test_a_card_that_nobody_hid_is_shown_as_left_open(page, running):
    """A finish hides the card of its own user only."""
    client = _methods(page, running)
    call_id = client("telephony.externalCall.register", USER_ID=11, PHONE_NUMBER="79160000003", TYPE=2)[
        "CALL_ID"
    ]
    client("telephony.externalCall.finish", CALL_ID=call_id, USER_ID=12)
    expect(page.locator(".left")).to_contain_text(
        "79160000003: the call is over, the card stays open for Anna"
    )


def _methods(page, running):
    """Calls methods as an application beside the browser."""

    def call(method, **params):
        answer = page.request.post(running.webhook + method, data=params)
        assert answer.ok, answer.text()
        return answer.json()["result"]

    return call


def test_a_user_is_dismissed_and_taken_on_again(page, running):
    """By the buttons in his row."""
    row = page.locator("#people tr[data-user='11']")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_contain_text("dismissed")
    assert not running.portal.world.users[11].is_active
    row.get_by_role("button", name="Take on").click()
    expect(row).not_to_contain_text("dismissed")
    assert running.portal.world.users[11].is_active


def test_trouble_is_made_seen_and_taken_away(page, running):
    """The fault is in force for the method that was named."""
    page.locator("select[name=what]").select_option("expired_token")
    page.locator("input[name=method]").fill("crm.*")
    page.get_by_role("button", name="Make trouble").click()
    expect(page.locator("main")).to_contain_text("Faults in force: answer expired_token crm.*")
    answer = page.request.get(running.webhook + "crm.lead.list")
    assert (answer.status, answer.json()["error"]) == (401, "expired_token")
    page.get_by_role("button", name="No more trouble").click()
    expect(page.locator("main")).not_to_contain_text("Faults in force")


def test_tokens_expire_at_the_press_of_a_button(page, running):
    """As after an hour."""
    page.get_by_role("button", name="Expire tokens").click()
    answer = page.request.get(running.url + "rest/profile?auth=sandboxtoken")
    assert answer.json()["error"] == "expired_token"


def test_what_cannot_be_done_is_said_on_the_page(page):
    """A number that is none."""
    page.locator("form[action$='/click'] input[name=number]").fill("nobody")
    page.get_by_role("button", name="Click a number").click()
    expect(page.locator(".told")).to_have_text("Unsupported phone number format")


def test_the_page_speaks_russian(page):
    """Chosen by the link, or by the browser's language; it stays after a button."""
    page.get_by_role("link", name="Русский").click()
    expect(page.get_by_role("heading", name="Текущие звонки")).to_be_visible()
    page.get_by_role("button", name="Просрочить токены").click()
    expect(page.get_by_role("heading", name="Завершённые звонки")).to_be_visible()


def test_names_from_outside_are_text_on_the_page(page, running):
    """A lead's title cannot bring a script along."""
    title = "<script>document.title = 'taken'</script><b id=evil>x</b>"
    _methods(page, running)("crm.lead.add", fields={"TITLE": title})
    expect(page.locator("#leads")).to_contain_text(title)
    expect(page.locator("#evil")).to_have_count(0)
