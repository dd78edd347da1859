"""`itgrix reconcile`, as an operator meets it."""

import json
import time
from pathlib import Path

import pytest
from made_calls import inbound

from itgrix_core.crm.bitrix24.methods import STATISTICS
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.sqlite import SqliteEngine
from itgrix_core.outbox.tables import JobState
from itgrix_core.outbox.tables import job as jobs
from itgrix_core.sandbox.bitrix import Fault, FaultKind, Settings, run_portal

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
HISTORY = """
asterisk: {{main: {{timezone: Europe/Moscow, history: {{cel: {{file: "{cel}"}}, cdr: {{file: "{cdr}"}}}}}}}}
"""
CONFIG = """
data_folder: {folder}
crm: {{portal: {{webhook: "{webhook}"}}}}
"""


@pytest.fixture
def portal():
    """An empty one."""
    with run_portal(Settings(limits=None)) as running:
        yield running


@pytest.fixture
def reconcile(itgrix, tmp_path, portal):
    """`reconcile("--day", …)` on an outbox that is there."""
    with Database(tmp_path / "var") as database:
        SqliteEngine(database).put([Job("a/1", "a", "CrmNotice", b"{}", 1.0)])

    def run(*arguments):
        return itgrix("reconcile", *arguments, config=CONFIG.format(folder="var", webhook=portal.webhook))

    return run


def lost(folder, began):
    """A call whose end was put aside."""
    events = inbound("main/1.1", "+79161234567", "101", began, is_answered=True)
    with Database(folder) as database:
        SqliteEngine(database).put([job_of(events[-1], began)])
        with database.write() as connection:
            over = {"state": JobState.DEAD, "reason": "it was full", "ended_at": began}
            connection.execute(jobs.update().where(jobs.c.lane == "main/1.1").values(**over))


def test_a_period_without_calls_is_clean(reconcile):
    """Nothing compared, nothing wrong."""
    result = reconcile("--day", "2026-11-22")
    assert (result.exit_code, result.output) == (0, "portal: 0 calls compared, 0 lost or wrong\n")


def test_a_lost_call_is_named_with_the_way_out_and_tried_again(reconcile, tmp_path):
    """1 as long as it is not repaired; then it waits to be filed."""
    lost(tmp_path / "var", time.time() - 60)
    since = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 3600))
    told = reconcile("--since", since)
    assert told.exit_code == 1
    assert "1 call compared, 1 lost or wrong" in told.output
    assert "put aside: it was full" in " ".join(told.output.split())
    (finding,) = json.loads(reconcile("--since", since, "--json").output)["portal"]["findings"]
    assert (finding["fault"], finding["call"], finding["remedy"]) == ("absent", "main/1.1", "repairable")
    asked = reconcile("--since", since, "--repair")
    assert asked.exit_code == 1
    assert "1 repairs asked for: `itgrix serve` does them" in asked.output
    after = reconcile("--since", since)
    assert (after.exit_code, after.output) == (
        0,
        "portal: 0 calls compared, 0 lost or wrong; 1 still being filed\n",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--day", "yesterday"), "'yesterday' is no time. Write 2026-11-22"),
        (("--day", "2026-11-22", "--since", "2026-11-22"), "Give either --day or --since and --until"),
        (("--until", "2026-11-22"), "--until needs --since"),
        (("--since", "2026-11-22", "--until", "2026-11-21"), "--since is not before --until"),
        (("--day", "2126-11-22"), "has not begun yet"),
    ],
)
def test_a_period_that_cannot_be_meant_is_answered_with_the_way_out(reconcile, arguments, words):
    """And 2, as the command line's own mistakes."""
    result = reconcile(*arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_without_the_right_to_see_statistics_the_right_is_named(reconcile, portal):
    """4, and no traceback."""
    denied = Fault(
        FaultKind.ANSWER, STATISTICS, times=0, status=403, code="ACCESS_DENIED", text="Access denied!"
    )
    portal.portal.faults.add(denied)
    result = reconcile("--day", "2026-11-22")
    assert result.exit_code == 4
    assert "the right to view them" in result.output


def test_a_portal_that_is_away_is_a_sentence(reconcile, portal):
    """Nothing is said of the calls."""
    portal.portal.faults.add(Fault(FaultKind.CUT, STATISTICS, times=0))
    result = reconcile("--day", "2026-11-22")
    assert result.exit_code == 4
    assert "compared" not in result.output


def test_a_call_that_only_cel_tells_of_is_absent_and_filed_as_by_a_backfill(itgrix, tmp_path, portal):
    """Once the outbox has it, it waits to be filed."""
    with Database(tmp_path / "var") as database:
        SqliteEngine(database).put([Job("a/1", "a", "CrmNotice", b"{}", 1.0)])
    config = CONFIG.format(folder="var", webhook=portal.webhook) + HISTORY.format(
        cel=RECORDED / "inbound_answered.cel.csv", cdr=RECORDED / "inbound_answered.cdr.csv"
    )
    told = itgrix("reconcile", "--day", "2026-11-22", "--json", "--repair", config=config)
    assert told.exit_code == 1, told.output
    text = told.output
    (finding,) = json.loads(text)["portal"]["findings"]
    assert (finding["fault"], finding["remedy"]) == ("absent", "asked")
    assert "CDR or CEL tell of it" in finding["in_crm"]
    after = itgrix("reconcile", "--day", "2026-11-22", config=config)
    assert (after.exit_code, "1 still being filed" in after.output) == (0, True)


def test_before_the_first_serve_there_is_nothing_to_compare(itgrix):
    """And no folder is made."""
    result = itgrix("reconcile", config="data_folder: none-yet\n")
    assert result.exit_code == 1
    assert "There is no outbox in" in result.output
