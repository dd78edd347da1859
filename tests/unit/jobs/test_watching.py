"""Who looks on, and what an operator reads."""

import pytest
from structlog.testing import capture_logs

from itgrix_core.calls.events import CallEnded, Oddity
from itgrix_core.crm.adapter import Done, Refused, Step
from itgrix_core.filing.commands import HideCard
from itgrix_core.jobs.watching import LogWatcher, Watchers
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_hooks.trace import Asked, Entry, Outcome, ValueChanged

CALL = make_call()
STEP = Step("k", HideCard(CALL.key, (1,)), {})
TELLS = [
    ("happened", CallEnded(CALL, BEGAN)),
    ("odd", Oddity("unknown channel", "Hangup", BEGAN)),
    ("asked", CALL, Asked("need_registration", True)),
    ("performed", CALL, STEP, Done()),
    ("skipped", CALL, "no"),
    ("closed", CALL),
]


class Keeper:
    """Keeps all that it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *told: self.told.append((name, *told))


class Broken:
    """Fails at everything."""

    def __getattr__(self, name):
        raise RuntimeError("no eyes")


@pytest.mark.parametrize("tell", TELLS, ids=lambda tell: tell[0])
def test_a_failing_watcher_disturbs_nobody(tell):
    """It is named; those before and behind it are told."""
    first, last = Keeper(), Keeper()
    with capture_logs() as logs:
        getattr(Watchers(first, Broken(), last), tell[0])(*tell[1:])
    assert first.told == last.told == [tell]
    assert [entry["event"] for entry in logs] == ["the watcher Broken failed: no eyes"]


@pytest.mark.parametrize("tell", TELLS, ids=lambda tell: tell[0])
def test_the_log_takes_everything(tell):
    """Without a warning where all is well."""
    with capture_logs() as logs:
        getattr(LogWatcher(), tell[0])(*tell[1:])
    assert all(entry["log_level"] in {"debug", "info"} for entry in logs)


def test_a_refusal_is_a_warning_with_the_crms_own_text():
    """The operator must see it."""
    with capture_logs() as logs:
        LogWatcher().performed(CALL, STEP, Refused("params", "no such field"))
    assert logs == [
        {"event": "the CRM refused 'hide': no such field", "call": CALL.key, "log_level": "warning"}
    ]


def test_a_failed_hook_is_a_warning_with_its_reason_and_a_change_is_for_debugging():
    """With the plugin's name."""
    trace = (
        Entry("slow", Outcome.TOO_SLOW, 1.5, "no answer"),
        Entry("good", Outcome.ANSWERED, 0.1, change=ValueChanged(1, 2)),
    )
    with capture_logs() as logs:
        LogWatcher().asked(CALL, Asked("process_final_params", {}, trace=trace))
    assert [entry["log_level"] for entry in logs] == ["warning", "debug"]
    assert "slow" in logs[0]["event"]
    assert "no answer" in logs[0]["event"]
