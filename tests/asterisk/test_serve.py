"""`itgrix serve` against a real Asterisk and the sandbox portal: what the phones did is what is filed."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
import yaml
from serving import PATIENCE_SECONDS, settings_of

from itgrix_core.sandbox.bitrix import Settings, default_seed, run_portal
from itgrix_core.sandbox.bitrix.auditing import audit, problems

pytestmark = pytest.mark.asterisk

USERS = {"101": 11, "102": 12, "103": 13}


class Serving:
    """A running `itgrix serve` with its portal."""

    def __init__(self, portal, log):
        self.portal = portal
        self.log = log

    def entries(self, method):
        """The executed requests of a method so far."""
        return [entry for entry in self.portal.portal.ledger.entries(method) if entry.is_executed]

    def wait_for(self, method, count=1):
        """The first `count` executed requests of a method; fails with the service's log."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(self.entries(method)) < count:
            assert time.monotonic() < until, f"no {method}: {self.log.read_text()}"
            time.sleep(0.02)
        return self.entries(method)[:count]


@pytest.fixture
def serving(asterisk, tmp_path):
    """The service as an operator starts it: a YAML file and a command."""
    with run_portal(Settings(limits=None), default_seed()) as portal:
        config = tmp_path / "itgrix.yaml"
        config.write_text(yaml.safe_dump(settings_of(asterisk, portal.webhook) | {"log_level": "debug"}))
        log = tmp_path / "serve.log"
        command = [sys.executable, "-m", "itgrix_core.app.cli", "-c", str(config), "serve"]
        with log.open("wb") as sink, subprocess.Popen(command, stderr=sink, env={**os.environ}) as process:
            try:
                _wait_connected(log)
                yield Serving(portal, log)
            finally:
                process.terminate()
                assert process.wait(15) == 0


def _wait_connected(log):
    until = time.monotonic() + PATIENCE_SECONDS
    while "connected" not in log.read_text():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def _finish_of(serving):
    """Parameters of the one finish."""
    (finish,) = serving.wait_for("telephony.externalCall.finish")
    return finish.params


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
