"""What a running `itgrix serve` tells of itself, beside what the portal's ledger says of it."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import requests
import yaml

from itgrix_core.sandbox.bitrix.auditing import audit
from itgrix_core.sandbox.recordings import bundled

CARDS = ("inbound_answered", "ringgroup_sip", "queue_answered", "blind_transfer_refer", "pickup_group")
"""In the order in which they were recorded: a replay that goes back in time makes every card late."""


def rested(stand, port, **pbx):
    """A service that has filed what the PBX plays, and rests: what it tells, and the portal's ledger."""
    portal, replayed = stand.portal(), stand.pbx(**pbx)
    stand.configure(replayed.port, portal.webhook, web={"port": port})
    stand.record()
    stand.serve()
    replayed.says("all served")
    stand.is_done(portal)

    def ask(page):
        return requests.get(f"http://127.0.0.1:{port}/{page}", timeout=20)

    def rests():
        entries, metrics = portal.entries(), ask("metrics").text
        return metrics if len(portal.entries()) == len(entries) else None

    metrics = stand.until(rests, "no request to be under way")
    return SimpleNamespace(
        metrics=metrics, status=ask("status").json(), health=ask("healthz"), entries=portal.entries(),
        webhook=portal.webhook, stand=stand, texts=[metrics, ask("status").text, ask("healthz").text],
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(shared_stand, find_port):
    """Of all bundled calls."""
    return rested(shared_stand, find_port())


def samples(metrics, name):
    """Labels (as text) to value, of one figure."""
    found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", metrics, re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def test_what_it_tells_is_what_the_portal_saw(told):
    """Every request is counted, every call; so the requests of a call are the ledger's own."""
    requested = [entry for entry in told.entries if entry.batch is None]
    calls = audit(told.entries)
    finished = sum(len(call.finishes) for call in calls.values())
    account = told.status["crm"]["portal"]
    assert account["requests"] == len(requested)
    assert account["calls_filed"] == finished == len(calls) >= 20
    assert account["requests_per_call"] == len(requested) / finished
    per_call = samples(told.metrics, "itgrix_crm_requests_per_call")
    assert per_call == {'crm="portal"': pytest.approx(len(requested) / finished)}
    by_method = samples(told.metrics, "itgrix_crm_requests_total")
    assert sum(by_method.values()) == len(requested)
    for method in ("telephony.externalcall.register", "telephony.externalcall.finish"):
        of_method = sum(n for labels, n in by_method.items() if f'method="{method}"' in labels.lower())
        assert of_method == sum(entry.method.lower() == method for entry in requested), method


@pytest.mark.slow
def test_cards_are_told_as_the_portal_showed_them(stand, free_port):
    """Each that came up, in time; those of colleagues that were taken away at the answer.

    At twice the true pace: a machine with other work makes the cards late at a greater one.
    """
    recordings = [path for name in CARDS for path in bundled() if path.name == f"{name}.ami.gz"]
    told = rested(stand, free_port, recordings=recordings, overlap=1, pace=2.0)
    shown = [
        entry
        for entry in told.entries
        if entry.is_executed
        and (entry.method == "telephony.externalCall.show" or str(entry.params.get("SHOW")) == "1")
    ]
    count = samples(told.metrics, "itgrix_card_shown_seconds_count")['crm="portal"']
    assert count == len(shown) >= len(CARDS)
    within = samples(told.metrics, "itgrix_card_shown_seconds_bucket")
    assert within['crm="portal",le="10.0"'] == count
    assert samples(told.metrics, "itgrix_card_hidden_seconds_count")['crm="portal"'] >= 2
    assert samples(told.metrics, "itgrix_cards_late_total") == {}


def test_hooks_lines_and_outbox_are_told(told):
    """Nothing waits, the hooks that were asked are named, the line is there."""
    assert samples(told.metrics, "itgrix_outbox_live_seconds") == {"": 0.0}
    assert samples(told.metrics, "itgrix_outbox_jobs") == {}
    hooks = samples(told.metrics, "itgrix_hook_seconds_count")
    assert any('plugin="02_fair_missed"' in labels for labels in hooks)
    assert samples(told.metrics, "itgrix_calls_not_filed_total")['crm="portal",reason="internal"'] >= 1
    status = told.status
    assert status["is_well"], status["troubles"]
    assert (told.health.status_code, told.health.text) == (200, "ok\n")
    assert status["asterisk"]["lab"]["is_connected"]
    assert status["crm"]["portal"]["is_reachable"]
    quota = status["crm"]["portal"]["quota"]
    assert quota["breaker"] == "closed"
    assert 0 < quota["backlog_left"] < quota["requests_left"]
    assert status["outbox"]["waiting"] == status["outbox"]["dead"] == 0
    fair = next(each for each in status["hooks"]["plugins"] if each["name"] == "02_fair_missed")
    assert fair["outcomes"]
    assert fair["failures"] == 0


def test_no_secret_is_in_any_of_it(told):
    """Neither the webhook's code nor the line's secret."""
    code = told.webhook.rstrip("/").rpartition("/")[2]
    secret = yaml.safe_load(told.stand.config_file.read_text())["asterisk"]["lab"]["secret"]
    for text in told.texts:
        assert code not in text
        assert secret not in text


def test_no_figure_grows_with_the_calls(told):
    """No label holds a call, a number or an extension."""
    names = {
        name for labels in re.findall(r"{(.*)}", told.metrics) for name in re.findall(r'(\w+)="', labels)
    }
    assert names <= {
        "asterisk", "crm", "kind", "state", "method", "outcome", "reason", "how", "hook", "plugin", "le",
        "account", "implementation", "version", "major", "minor", "patchlevel",
    }  # fmt: skip
    assert "lab/" not in told.metrics


def test_the_verb_tells_it_to_people(told):
    """And ends with 0, as nothing is wrong; after the service has gone it says that."""
    code, said = told.stand.ends("status")
    assert code == 0, said
    assert "all is well" in said
    assert "requests a call" in said
