"""What CRMs tell us goes to whoever wants it, and what nobody wants holds nothing up."""

from structlog.testing import capture_logs

from itgrix_core.crm.bitrix24.clicks import CLICK
from itgrix_core.crm.notice import Notice
from itgrix_core.jobs.notices import NOTICE, UNINSTALLED, NoticeJobs, job_of
from itgrix_core.outbox.engine import Attempt, Done, Later

ATTEMPT = Attempt(1, 1_700_000_000.0)


def notice(event, **data):
    """A notice of an account."""
    return Notice("office", event, data, 1_700_000_000.0)


def handled(jobs, one):
    """What becomes of a notice, after its way through the outbox."""
    job = job_of(one)
    assert job.kind == NOTICE
    return jobs([job], ATTEMPT)


def test_a_consumer_gets_its_events_as_they_were_and_answers_for_them():
    """Its own event before a pattern, the longest pattern before others."""
    got = []

    def consumer(name, result):
        return lambda told, _: got.append((name, told)) or result

    later = Later(3.0)
    jobs = NoticeJobs(
        {
            CLICK: consumer("click", later),
            "ONCRM*": consumer("crm", Done()),
            "ONCRMLEAD*": consumer("lead", Done()),
        }
    )
    click = notice(CLICK, CALL_ID="c1", CRM_CREATED_ENTITIES={"0": {"ENTITY_TYPE": "LEAD"}})
    assert handled(jobs, click) == later
    handled(jobs, notice("ONCRMLEADADD", FIELDS={"ID": "5"}))
    handled(jobs, notice("ONCRMDEALADD", FIELDS={"ID": "6"}))
    assert [name for name, _ in got] == ["click", "lead", "crm"]
    assert got[0][1] == click


def test_what_nobody_consumes_is_done():
    """And an application that was removed is a warning with the way out."""
    with capture_logs() as logs:
        assert handled(NoticeJobs(), notice("ONSOMETHINGNEW")) == Done()
        assert handled(NoticeJobs(), notice(UNINSTALLED, CLEAN="1")) == Done()
    assert [entry["log_level"] for entry in logs] == ["info", "warning"]
    assert "run `itgrix connect bitrix24 office`" in logs[1]["event"]


def test_events_of_one_call_are_in_one_lane_and_others_do_not_wait_for_them():
    """The lane is the subject's."""
    lanes = {job_of(notice(CLICK, CALL_ID=call)).lane for call in ("c1", "c1", "c2")}
    assert lanes == {"notice/office/c1", "notice/office/c2"}
