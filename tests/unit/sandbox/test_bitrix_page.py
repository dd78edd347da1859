"""The page for people, without a browser: whole, in two languages, and pressed by its own buttons only."""

import re

import pytest
import yaml

from itgrix_core.sandbox.bitrix.deeds import DEEDS
from itgrix_core.sandbox.bitrix.pages import TEMPLATES


@pytest.fixture
def busy(start, do):
    """A portal in which there is one of everything."""
    client = start(token="sandboxtoken")
    client.result("event.bind", event="ONEXTERNALCALLSTART", handler="http://127.0.0.1:9/")
    client.result("event.bind", event="ONCRMLEADUPDATE", event_type="offline")
    client.result("crm.lead.update", id=1001, fields={"TITLE": "Changed"})
    client.result("crm.deal.add", fields={"TITLE": "Deal"})
    client.result("tasks.task.add", fields={"TITLE": "Task", "RESPONSIBLE_ID": 11})
    client.finish(client.register(EXTERNAL_CALL_ID="1", CRM_CREATE=1)["CALL_ID"], STATUS_CODE="304")
    do(client, "click", user_id=11, number="79160000001")
    client.session.post(
        client.running.url + "sandbox/faults", json={"kind": "html", "method": "no.such"}, timeout=10
    )
    return client


def page(client, **query):
    """The page's text."""
    answer = client.session.get(client.running.url, params=query, timeout=10)
    assert answer.status_code == 200
    return answer.text


def press(client, deed, headers=None, **form):
    """Press a button; the answer, not followed."""
    address = f"{client.running.url}sandbox/press/{deed}"
    return client.session.post(address, data=form, headers=headers, timeout=10, allow_redirects=False)


def test_the_page_shows_one_of_everything(busy):
    """Entities, calls with cards, activities, tasks, events, requests, faults."""
    text = page(busy)
    for part in (
        "Changed",
        "Deal",
        "Task",
        "79160000001",
        "Incoming call from",
        "ONCRMLEADUPDATE",
        "html",
        "no.such",
    ):
        assert part in text
    assert "crm.deal.add" in text
    assert "sandboxtoken" not in text


def test_every_word_of_the_page_is_translated(busy):
    """What the template gives to t() is in the Russian list, and nothing else is."""
    template = (TEMPLATES / "portal.html").read_text(encoding="utf-8")
    words = set(re.findall(r"t\([\"']([^\"']+)[\"']\)", template))
    words |= set(re.findall(r"button\(\"\w+\", \"([^\"]+)\"", template)) | {"Take on"}
    words |= set(re.findall(r"\(\"(\w+)\", state\.", template))
    words |= {"incoming", "outgoing", "redirected", "callback", "informational"}
    russian = yaml.safe_load((TEMPLATES / "russian.yaml").read_text(encoding="utf-8"))
    assert words == set(russian)
    assert "Текущие звонки" in page(busy, lang="ru")


def test_the_browser_s_language_counts_unless_one_is_chosen(client):
    """Accept-Language, then ?lang=."""
    answer = client.session.get(client.running.url, headers={"Accept-Language": "ru-RU,ru;q=0.9"}, timeout=10)
    assert '<html lang="ru">' in answer.text
    assert '<html lang="en">' in page(client, lang="en")


def test_every_button_of_the_page_does_something(busy):
    """Its deed exists."""
    deeds = set(re.findall(r'action="/sandbox/press/(\w+)"', page(busy)))
    assert deeds - {"fault", "no_faults"} <= set(DEEDS)
    assert press(busy, "click", user_id="11", number="5", lang="ru").headers["Location"] == "/?lang=ru"


@pytest.mark.parametrize(("deed", "form"), [("fly", {}), ("click", {}), ("fault", {"what": "flood"})])
def test_a_button_that_is_none_is_named(client, deed, form):
    """Status 400, and nothing is done."""
    assert press(client, deed, **form).status_code == 400
    assert client.portal.faults.rules() == []


def test_another_site_presses_no_button(client):
    """A page from elsewhere in the same browser may not dismiss anybody."""
    answer = press(client, "set_active", {"Origin": "https://example.com"}, user_id="11", is_active="0")
    assert answer.status_code == 403
    assert client.portal.world.users[11].is_active
    own = press(client, "set_active", {"Origin": client.running.url.rstrip("/")}, user_id="11", is_active="0")
    assert own.status_code == 302
    assert not client.portal.world.users[11].is_active
