"""A few rounds of chaos in every CI run; `make chaos` does as many as one likes."""

import pytest
from rounds import Audit, replay
from stand import Stand, run_undisturbed

from itgrix_core.sandbox.bitrix import Entry
from itgrix_core.sandbox.bitrix.auditing import disorder

KILLS = 10


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What a run holds that nobody disturbs."""
    return run_undisturbed(Stand(tmp_path_factory.mktemp("undisturbed")))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_each_call_is_filed_once_and_in_its_order(expected, tmp_path, seed):
    """By a webhook, and by an application whose tokens expire."""
    audit = Audit()
    replay(seed, KILLS, expected, tmp_path, audit)
    assert audit.calls > 20
    assert audit.is_clean, str(audit)


def entry(number, method, call_id="c1"):
    """An executed request about a call."""
    name = f"telephony.externalCall.{method}"
    if method == "register":
        return Entry(number, 0.0, name, {}, 200, {"result": {"CALL_ID": call_id}}, is_executed=True)
    return Entry(number, 0.0, name, {"CALL_ID": call_id}, 200, {"result": True}, is_executed=True)


def told(*methods):
    """What the audit says of requests in this order."""
    return disorder(entry(number, method) for number, method in enumerate(methods))


def test_the_audit_sees_what_comes_after_a_calls_end():
    """A card, a registration, a finish behind the record; a registration that was repeated is none of it."""
    assert told("register", "show", "register", "hide", "finish", "attachRecord") == []
    assert told("register", "finish", "show")[0].endswith("show (request 2) came too late for c1")
    assert told("register", "finish", "register")
    assert told("register", "attachRecord", "finish")
