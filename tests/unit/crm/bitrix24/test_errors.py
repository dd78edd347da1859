import pytest

from itgrix_core.crm.adapter import Blocked, Refused, Unknown
from itgrix_core.crm.bitrix24.errors import failure_of, is_not_found, is_of_access
from itgrix_core.crm.bitrix24.methods import FINISH, REGISTER, STATISTICS


def fail(code, text="", status=400, method=REGISTER, now=0.0, **more):
    """What an error of the portal means."""
    return failure_of(method, status, {"error": code, "error_description": text, **more}, now)


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [
        ("ERROR_CORE", "Unsupported phone number format", "number"),
        ("", "Unsupported phone number format", "number"),
        ("error_core", "USER_ID or USER_PHONE_INNER should be set", "user"),
        ("", "User is not found or is not active", "user"),
        ("ERROR_CORE", "Call is not found (call should be registered prior to finishing", "unknown call"),
        ("", "Call is not found in the statistic table. Looks like it is not finished yet.", "unknown call"),
        ("ERROR_CORE", "Unknown TYPE", "params"),
        ("", "CALL_START_DATE should be in the ISO-8601 format", "params"),
        ("INVALID_ARGUMENT", "CALL_ID must be a string", "params"),
        ("100", "Could not find value for parameter {id}", "params"),
        ("SOMETHING_NEW", "never heard of", "other"),
        ("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", "other"),
    ],
)
def test_a_bad_request_is_refused_for_its_reason(code, text, why):
    """Codes may be empty: then the description decides."""
    failure = fail(code, text)
    assert isinstance(failure, Refused)
    assert failure.why == why
    assert text in failure.text


@pytest.mark.parametrize(
    ("code", "status", "why"),
    [
        ("QUERY_LIMIT_EXCEEDED", 503, "quota"),
        ("query_limit_exceeded", 503, "quota"),
        ("OVERLOAD_LIMIT", 503, "quota"),
        ("OPERATION_TIME_LIMIT", 429, "quota"),
        ("expired_token", 401, "credentials"),
        ("NO_AUTH_FOUND", 401, "credentials"),
        ("invalid_token", 401, "credentials"),
        ("METHOD_CONFIRM_WAITING", 401, "credentials"),
        ("something else", 401, "credentials"),
        ("ACCESS_DENIED", 403, "credentials"),
        ("INVALID_CREDENTIALS", 403, "credentials"),
        ("insufficient_scope", 403, "credentials"),
        ("user_access_error", 403, "credentials"),
        ("WRONG_AUTH_TYPE", 403, "configuration"),
        ("ERROR_METHOD_NOT_FOUND", 404, "configuration"),
        ("ERROR_MANIFEST_IS_NOT_AVAILABLE", 404, "configuration"),
        ("PORTAL_DELETED", 500, "configuration"),
    ],
)
def test_what_says_nothing_against_the_step_blocks_it(code, status, why):
    """Quota, credentials and configuration: the same step will do later."""
    failure = fail(code, "text", status)
    assert isinstance(failure, Blocked)
    assert failure.why == why
    assert failure.seconds >= 1


@pytest.mark.parametrize(
    "code", ["insufficient_scope", "ERROR_METHOD_NOT_FOUND", "ACCESS_DENIED", "WRONG_AUTH_TYPE"]
)
def test_a_method_that_only_a_hook_wants_does_not_stop_the_portal(code):
    """A hook that writes into a module without scope is refused; calls go on."""
    failure = fail(code, status=403, method="tasks.task.add")
    assert isinstance(failure, Refused)
    assert is_of_access(failure)


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER", "", "NEW"])
def test_a_500_may_have_been_executed(code):
    """Look before repeating."""
    assert isinstance(fail(code, status=500), Unknown)


def test_a_database_error_of_finish_may_have_been_executed():
    """The portal says it with 400."""
    assert isinstance(fail("ERROR_CORE", "Unexpected database error", method=FINISH), Unknown)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(502, Unknown), (504, Unknown), (200, Unknown), (401, Blocked), (404, Blocked), (410, Blocked)],
)
def test_an_answer_that_is_not_the_portals_is_judged_by_its_status(status, kind):
    """A proxy's page is no envelope."""
    assert isinstance(failure_of(REGISTER, status, None, 0.0), kind)


def test_a_renamed_portal_is_named():
    """A redirect would turn a POST into a GET, so it is told instead of followed."""
    failure = failure_of(REGISTER, 302, None, 0.0, "new.example.com")
    assert isinstance(failure, Blocked)
    assert "new.example.com" in failure.text


def test_the_operating_limit_waits_for_the_portals_own_hour():
    """`operating_reset_at` is Unix seconds; without it a minute."""
    code = "OPERATION_TIME_LIMIT"
    assert fail(code, status=429, now=1000.0, time={"operating_reset_at": 1042}).seconds == 42
    assert fail(code, status=429, now=1000.0, time={"operating_reset_at": 900}).seconds == 1
    assert fail(code, status=429, now=1000.0).seconds == 60


def test_html_in_a_description_does_not_reach_the_operator():
    """Tasks answer in HTML."""
    failure = fail("ERROR_CORE", "Title is empty<br>\n<b>Really</b>", method="tasks.task.add")
    assert "<" not in failure.text
    assert "Title is empty Really" in failure.text


def test_not_found_is_told_from_no_access():
    """Classic methods say it in the description, crm.item in the code."""
    assert is_not_found(fail("", "Not found", method="crm.lead.get"))
    assert is_not_found(fail("NOT_FOUND", "", method="crm.item.get"))
    assert is_not_found(fail("", "Not found", 404, method="crm.lead.get"))
    assert not is_not_found(fail("", "Access denied.", method="crm.lead.get"))
    assert is_of_access(fail("", "Access denied!", 403, method=STATISTICS))
