"""What is counted while it happens."""

from prometheus_client import CollectorRegistry

from itgrix_core.telemetry.counters import MOST_METHODS, Contact, Counts, Traffic, totals


def value(registry, name, **labels):
    """A sample, `None` where there is none."""
    return registry.get_sample_value(name, labels)


def test_requests_are_counted_by_account_method_and_outcome():
    """With how long they took; another account's are its own."""
    registry = CollectorRegistry()
    traffic = Traffic(registry)
    observe = traffic.observer("bitrix")
    observe("crm.lead.add", "ok", 0.4)
    observe("crm.lead.add", "ok", 0.6)
    observe("crm.lead.add", "limit", 0.1)
    traffic.observer("other")("profile", "ok", 0.1)
    name = "itgrix_crm_requests_total"
    assert value(registry, name, crm="bitrix", method="crm.lead.add", outcome="ok") == 2
    assert value(registry, name, crm="bitrix", method="crm.lead.add", outcome="limit") == 1
    seconds = {"crm": "bitrix", "method": "crm.lead.add"}
    assert value(registry, "itgrix_crm_request_seconds_count", **seconds) == 3
    assert value(registry, "itgrix_crm_request_seconds_bucket", le="0.5", **seconds) == 2
    assert traffic.contact("bitrix").requests == 3
    assert traffic.contact("other").requests == 1


def test_what_was_not_sent_is_no_request():
    """It is counted as an outcome, costs nothing, and has no duration."""
    registry = CollectorRegistry()
    traffic = Traffic(registry, clock=lambda: 50.0)
    traffic.observer("bitrix")("profile", "not sent", 5.0)
    assert (
        value(registry, "itgrix_crm_requests_total", crm="bitrix", method="profile", outcome="not sent") == 1
    )
    assert value(registry, "itgrix_crm_request_seconds_count", crm="bitrix", method="profile") is None
    assert traffic.contact("bitrix") == Contact(False, None, 50.0, "not sent", 0)


def test_an_account_is_reachable_as_its_last_request_was():
    """Before the first nobody knows; a refusal is an answer; what failed before is remembered."""
    now = [100.0]
    traffic = Traffic(CollectorRegistry(), clock=lambda: now[0])
    assert traffic.contact("bitrix").is_reachable is None
    observe = traffic.observer("bitrix")
    observe("profile", "cut", 20.0)
    now[0] = 130.0
    observe("profile", "refused", 0.1)
    assert traffic.contact("bitrix") == Contact(True, 130.0, 100.0, "cut", 2)


def test_methods_that_hooks_make_up_do_not_grow_for_ever():
    """Beyond a number they are counted together, and none is lost."""
    registry = CollectorRegistry()
    observe = Traffic(registry).observer("bitrix")
    for number in range(MOST_METHODS + 30):
        observe(f"made.up.{number}", "refused", 0.1)
    other = {"crm": "bitrix", "method": "other", "outcome": "refused"}
    assert value(registry, "itgrix_crm_requests_total", **other) == 30


def test_totals_are_what_a_counter_says():
    """By the values of its labels, in their order."""
    counts = Counts(CollectorRegistry())
    assert totals(counts.filed) == {}
    counts.not_filed.labels("bitrix", "internal").inc()
    counts.not_filed.labels("bitrix", "internal").inc()
    assert totals(counts.not_filed) == {("bitrix", "internal"): 2}
