"""What a running service keeps in order in a portal: its lines are made, and what is wrong is told once."""

import threading
import time

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from itgrix_core.app import keeping
from itgrix_core.app.keeping import Keeping
from itgrix_core.app.portals import portals_of
from itgrix_core.config.schema import BitrixSettings, Settings
from itgrix_core.sandbox.bitrix import Fault, FaultKind, run_portal

PATIENCE_SECONDS = 5.0
LIST = "telephony.externalLine.get"


@pytest.fixture
def portal():
    """A portal with a line 74950000001."""
    with run_portal() as running:
        yield running


@pytest.fixture
def keep(portal, tmp_path):
    """Begin to keep this line in the portal; stopped at the end."""
    stopping, begun = threading.Event(), []

    def begin(line):
        crm = BitrixSettings(webhook=SecretStr(portal.webhook), lines={"trunk": line})
        portals = portals_of(Settings(data_folder=tmp_path, crm={"office": crm}))
        adapters = {name: each.adapter() for name, each in portals.items()}
        begun.append((Keeping(portals, adapters), adapters))
        begun[-1][0].start(stopping)

    yield begin
    stopping.set()
    for each, adapters in begun:
        each.stop(PATIENCE_SECONDS)
        for adapter in adapters.values():
            adapter.close()


def looks(portal):
    """How often the lines were listed."""
    return len(portal.portal.ledger.entries(LIST))


def until(condition):
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_line_that_is_missing_is_made_when_the_service_starts(keep, portal):
    """And the employees have been read."""
    keep("74950000009")
    until(lambda: "74950000009" in [line.number for line in portal.portal.world.lines])
    assert portal.portal.ledger.entries("user.get")


def test_what_is_wrong_is_told_once_however_often_it_is_looked_at(keep, portal, monkeypatch):
    """And looked at again sooner than what was well."""
    monkeypatch.setattr(keeping, "HOUR_SECONDS", 0.01)
    portal.portal.faults.add(Fault(FaultKind.HTML, LIST, times=3))
    with capture_logs() as log:
        keep("74950000001")
        until(lambda: looks(portal) >= 4)
    (warning,) = [entry["event"] for entry in log if "lines" in entry["event"]]
    assert warning.startswith("crm.office: The portal's lines cannot be read (")
    time.sleep(0.05)
    assert looks(portal) == 4
