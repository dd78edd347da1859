"""What is read at the moment of a scrape."""

from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry

from itgrix_core.errors import DataFolderError
from itgrix_core.outbox.figures import Depth
from itgrix_core.telemetry.collectors import (
    OddityCollector,
    OutboxCollector,
    PerCallCollector,
    QuotaCollector,
)
from itgrix_core.telemetry.metrics import exposed, make_registry


def shown(collector):
    """The samples of a collector, name and labels to value."""
    registry = CollectorRegistry()
    registry.register(collector)
    text = exposed(registry).decode()
    samples = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


def test_the_outbox_is_told_by_state_and_kind():
    """Whether a job is live is a matter of its age, not of the depth."""
    depths = [
        Depth("CallEnded", "waiting", False, 7, 40.0),
        Depth("CallEnded", "waiting", True, 1, 90.0),
        Depth("CallEnded", "dead", False, 2, 0.0),
    ]
    samples = shown(OutboxCollector(lambda: depths, clock=lambda: 100.0))
    assert samples['itgrix_outbox_jobs{kind="CallEnded",state="waiting"}'] == 8.0
    assert samples['itgrix_outbox_jobs{kind="CallEnded",state="dead"}'] == 2.0
    assert samples["itgrix_outbox_live_seconds"] == 10.0
    assert samples['itgrix_outbox_backlog_seconds{kind="CallEnded"}'] == 60.0


def test_an_empty_outbox_has_no_live_job_and_says_so():
    """0, so that an alarm on it is never blind; a time that lies ahead is no age either."""
    assert shown(OutboxCollector(list)) == {"itgrix_outbox_live_seconds": 0.0}
    ahead = [Depth("CallEnded", "waiting", False, 1, 500.0)]
    samples = shown(OutboxCollector(lambda: ahead, clock=lambda: 100.0))
    assert samples['itgrix_outbox_backlog_seconds{kind="CallEnded"}'] == 0.0


def broken():
    """A database that cannot be read."""
    raise DataFolderError("it is damaged")


def test_a_database_that_fails_leaves_its_figures_out_and_no_others():
    """The rest of the page is there: an operator needs it then most."""
    registry = make_registry(dict, broken)
    registry.register(OutboxCollector(broken))
    text = exposed(registry).decode()
    assert "process_cpu_seconds_total" in text
    assert "itgrix_outbox" not in text
    assert "itgrix_missed" not in text


def test_oddities_are_told_by_asterisk_and_kind():
    """None is none."""
    assert shown(OddityCollector(lambda: {"main": {}})) == {}
    samples = shown(OddityCollector(lambda: {"main": {"unknown channel": 3}}))
    assert samples == {'itgrix_oddities_total{asterisk="main",kind="unknown channel"}': 3.0}


def test_requests_a_call_are_told_by_account():
    """An account without a call has none yet."""
    samples = shown(PerCallCollector(lambda: {"bitrix": 4.5}))
    assert samples == {'itgrix_crm_requests_per_call{crm="bitrix"}': 4.5}


@pytest.mark.parametrize(("breaker", "is_open"), [("closed", 0.0), ("open", 1.0), ("probing", 1.0)])
def test_a_quota_is_told_by_account(breaker, is_open):
    """Whatever has its attributes; operating time by method."""
    method = SimpleNamespace(operating_seconds=12.0, limit_seconds=480.0, closed_seconds=0.0)
    quota = SimpleNamespace(
        requests_left=31.5, backlog_left=21.5, breaker=breaker, why="", methods={"crm.lead.add": method}
    )
    assert shown(QuotaCollector(lambda: {"bitrix": quota})) == {
        'itgrix_crm_requests_left{crm="bitrix"}': 31.5,
        'itgrix_crm_backlog_left{crm="bitrix"}': 21.5,
        'itgrix_crm_breaker_open{crm="bitrix"}': is_open,
        'itgrix_crm_operating_seconds{crm="bitrix",method="crm.lead.add"}': 12.0,
        'itgrix_crm_method_closed_seconds{crm="bitrix",method="crm.lead.add"}': 0.0,
    }
