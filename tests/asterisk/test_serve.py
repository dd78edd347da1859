"""`itgrix serve` against a real Asterisk and the sandbox portal: what the phones did is what is filed."""

from __future__ import annotations

import pytest
from commanded import serve
from rigkit.scenarios import crossing

from itgrix_core.sandbox.bitrix.auditing import audit, problems

pytestmark = pytest.mark.asterisk


@pytest.fixture
def serving(asterisk, tmp_path):
    """The service as an operator starts it: a YAML file and a command."""
    with serve({"rig": asterisk}, tmp_path) as started:
        yield started


@pytest.fixture
def serving_pair(asterisk, branch, tmp_path):
    """The same with two Asterisks and the trunk between them."""
    links = {"main": {"to-branch": "branch"}, "branch": {"to-main": "main"}}
    with serve({"main": asterisk, "branch": branch}, tmp_path, links=links) as started:
        yield started


def _finish_of(serving):
    """Parameters of the one finish; what went out in a batch is text."""
    (finish,) = serving.wait_for("telephony.externalCall.finish")
    return finish.params | {name: int(finish.params[name]) for name in ("USER_ID", "DURATION")}


def test_an_answered_call_is_filed_with_its_employee_and_recording(serving, phones):
    """Registered on who rang, finished with the talk's length on who talked, the audio attached."""
    truth = phones.inbound_answered(number="79165551001", extension="101", ring=1, talk=2)
    (register,) = serving.wait_for("telephony.externalCall.register")
    assert (register.params["USER_ID"], register.params["TYPE"], register.params["SHOW"]) == (11, 2, 1)
    assert register.params["PHONE_NUMBER"] == truth["external_number"]
    assert register.params["LINE_NUMBER"] == "74950000001"
    finish = _finish_of(serving)
    assert (finish["USER_ID"], finish["STATUS_CODE"]) == (11, "200")
    assert finish["DURATION"] == pytest.approx(truth["talk_s"], abs=1)
    serving.wait_for("telephony.externalCall.attachRecord")
    late = register.at - truth["legs"][0]["rang_at"]
    print(f"the card was asked for {late * 1000:.0f} ms after the phone rang")  # noqa: T201 - shown by -s
    assert late > 0


def test_a_missed_call_has_no_duration_and_code_304(serving, phones):
    """It belongs to the one whose phone rang last, as nobody is responsible for a new client."""
    phones.inbound_missed(number="79165551002", extension="102", ring=1)
    finish = _finish_of(serving)
    assert (finish["DURATION"], finish["STATUS_CODE"], finish["FAILED_REASON"]) == (0, "304", "missed")
    (call,) = audit(serving.portal.portal.ledger.entries()).values()
    assert call.problems() == []


def test_an_outgoing_call_belongs_to_its_caller(serving, phones):
    """Type 1, the number as it went out, finished on the employee who dialled."""
    truth = phones.outbound_answered(number="79165551003", extension="101", ring=1, talk=2)
    (register,) = serving.wait_for("telephony.externalCall.register")
    assert (register.params["TYPE"], register.params["USER_ID"]) == (1, 11)
    assert register.params["PHONE_NUMBER"] == truth["external_number"]
    finish = _finish_of(serving)
    assert (finish["USER_ID"], finish["STATUS_CODE"]) == (11, "200")
    assert finish["DURATION"] == pytest.approx(truth["talk_s"], abs=1)
    assert problems(serving.portal.portal.ledger.entries()) == []


def test_a_call_over_the_trunk_between_two_asterisks_is_filed_once(serving_pair, play_pair):
    """On the employee of the branch who talked, with main's number and the client's recording."""
    (truth,) = play_pair(crossing.inbound_answered)
    (register,) = serving_pair.wait_for("telephony.externalCall.register")
    assert (register.params["USER_ID"], register.params["TYPE"]) == (11, 2)
    assert register.params["PHONE_NUMBER"] == truth["external_number"]
    finish = _finish_of(serving_pair)
    assert (finish["USER_ID"], finish["STATUS_CODE"]) == (11, "200")
    assert finish["DURATION"] == pytest.approx(truth["talk_s"], abs=1)
    serving_pair.wait_for("telephony.externalCall.attachRecord")
    assert len(serving_pair.entries("telephony.externalCall.register")) == 1
    assert problems(serving_pair.portal.portal.ledger.entries()) == []


def test_a_call_out_by_the_other_asterisks_trunk_is_its_callers(serving_pair, play_pair):
    """Type 1, registered once, on the employee of the branch who dialled."""
    (truth,) = play_pair(crossing.outbound_by_main)
    finish = _finish_of(serving_pair)
    (register,) = serving_pair.entries("telephony.externalCall.register")
    assert (register.params["TYPE"], register.params["USER_ID"]) == (1, 11)
    assert register.params["PHONE_NUMBER"] == truth["external_number"]
    assert (finish["USER_ID"], finish["STATUS_CODE"]) == (11, "200")


def test_a_call_between_colleagues_at_two_asterisks_is_not_filed(serving_pair, play_pair):
    """It is an internal one, at either of them; the client who calls afterwards is."""
    play_pair(crossing.internal_answered)
    play_pair(crossing.inbound_missed)
    _finish_of(serving_pair)
    (register,) = serving_pair.entries("telephony.externalCall.register")
    assert register.params["TYPE"] == 2
