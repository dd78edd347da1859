"""A few rounds of chaos in every CI run; `make chaos` does as many as one likes."""

import pytest
from rounds import Audit, replay, undisturbed

from itgrix_core.sandbox.bitrix import Entry
from itgrix_core.sandbox.bitrix.auditing import disorder

KILLS = 10


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What a run holds that nobody disturbs."""
    return undisturbed(tmp_path_factory.mktemp("chaos") / "undisturbed")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happens_each_call_is_filed_once_and_in_its_order(expected, tmp_path, seed):
    """By an application whose tokens expire, by a webhook, and under a PBX that restarts."""
    audit = Audit()
    replay(seed, KILLS, expected, tmp_path, audit)
    assert audit.calls > 20
    assert audit.is_clean, str(audit)


def entry(number, word):
    """An executed request about a call: a method, and whom it names."""
    method, _, user = word.partition(" ")
    params, result = {"CALL_ID": "c1", "USER_ID": user}, {"CALL_ID": "c1"}
    name = f"telephony.externalCall.{method}"
    return Entry(number, 0.0, name, params, 200, {"result": result}, is_executed=True)


def told(*methods):
    """What the audit says of requests in this order."""
    return disorder(entry(number, method) for number, method in enumerate(methods))


def test_the_audit_sees_what_comes_after_a_calls_end():
    """A card, a finish behind the record."""
    assert told("register 5", "show 6", "hide 5", "finish 6", "attachRecord") == []
    assert told("register 5", "finish 5", "show 6")[0].endswith("show (request 2) came too late for c1")
    assert told("register 5", "finish 5", "attachRecord", "finish 6")


def test_what_is_said_once_more_is_no_disorder():
    """Its first answer was lost."""
    assert told("register 5", "show 6", "register 5", "finish 5") == []
    assert told("register 5", "hide 6", "finish 5", "hide 6") == []
