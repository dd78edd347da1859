"""What a newcomer sees first."""

import re
import signal

import pytest


@pytest.fixture(scope="module")
def shown():
    """Where the output of the one run is kept."""
    return {}


@pytest.mark.slow
def test_the_demo_files_twenty_calls_and_more_through_every_example_hook(stand):
    """Piped: plain lines, one per call; exit code 0."""
    code, said = stand.ends("demo", "--once", is_configured=False)
    assert code == 0, said
    understood, registered, parts, finished, skipped = map(
        int,
        re.search(
            r"(\d+) calls understood, (\d+) registered \((\d+) of them .*\), (\d+) finished, (\d+) not filed",
            said,
        ).groups(),
    )
    assert registered == finished == understood - skipped + parts >= 20
    assert parts >= 2  # two transfers are among the recordings
    for hook in ("01_waiting_time", "02_fair_missed", "03_holding"):
        assert re.search(rf"hook {hook} changed [1-9]\d* requests", said)
        assert any(f"{hook}: " in line for line in said.splitlines() if " register · " in line), hook
    assert "\x1b" not in said
    assert " show " in said
    assert all(len(line) < 250 for line in said.splitlines())


def test_ctrl_c_ends_the_demo_with_a_summary(stand):
    """Which otherwise never ends by itself; without a traceback."""
    demo = stand.itgrix("demo", is_configured=False)
    demo.says("register")
    demo.signal(signal.SIGINT)
    assert demo.ends(60) == 0
    assert "Traceback" not in demo.log
    assert "stopped" in demo.output
    assert "calls understood" in demo.output
