"""A hundred thousand rows: told how far it is, and in the memory of a handful of calls."""

import resource
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itgrix_core.wire.rows import LocalTimes

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[1] / "recorded" / "ast22"
UTC = ZoneInfo("UTC")
CALLS = 5900
"""Of 17 rows each: 100 300 rows of CEL."""
AT_ONCE = 50
BEGAN, EVERY_SECONDS = 1795379452.0, 4.0
CEILING_BYTES = 24 * 1024 * 1024
"""What it may take more than for a minute's calls; all rows at once would be some 200 MB."""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A configuration with the CEL and CDR of a recorded call that was made many times, fifty at once."""
    folder = tmp_path_factory.mktemp("many")
    for log in ("cel", "cdr"):
        lines = (RECORDED / f"inbound_answered.{log}.csv").read_text(encoding="utf-8").splitlines()
        with (folder / f"{log}.csv").open("w", encoding="utf-8") as file:
            for crowd in range(0, CALLS, AT_ONCE):
                texts = [_again(lines, number, crowd // AT_ONCE) for number in range(crowd, crowd + AT_ONCE)]
                for row in zip(*texts, strict=True):
                    file.write("\n".join(row) + "\n")
    config = folder / "template.yaml"
    history = f"{{cel: {{file: {folder}/cel.csv}}, cdr: {{file: {folder}/cdr.csv}}}}"
    config.write_text(f"data_folder: DATA\nasterisk: {{main: {{history: {history}}}}}\n", encoding="utf-8")
    return config


def _again(lines, number, crowd):
    """The same call with channels, bridge and times of its own."""
    times, shift = LocalTimes(UTC), EVERY_SECONDS * 5 * crowd
    text = "\n".join(lines).replace("1795379452.", f"9{number:07}.").replace("35f6307c", f"{number:08}")
    text = text.replace("-00000002", f"-{2 * number:08x}").replace("-00000003", f"-{2 * number + 1:08x}")
    for second in range(20):
        text = text.replace(times.text(BEGAN + second), f"@{second}@")
    for second in range(20):
        text = text.replace(f"@{second}@", times.text(BEGAN + second + shift))
    return text.split("\n")


def test_a_hundred_thousand_rows_take_no_more_memory_than_the_calls_that_are_on(many, tmp_path):
    """All are filed, the second time none; it is told how far it is, and memory does not grow with rows."""
    small, _ = _backfill(many, tmp_path / "small", "2026-11-22 20:31:20")
    large, run = _backfill(many, tmp_path / "large", "2026-11-23 23:00:00")
    assert f"{CALLS} calls in them.\n{CALLS} filed now, 0 corrected, 0 known" in run.stdout
    assert [line.split(", ")[1] for line in run.stderr.splitlines()] == [
        f"{calls} calls read" for calls in range(1000, CALLS, 1000)
    ]
    assert large - small < CEILING_BYTES
    _, again = _backfill(many, tmp_path / "large", "2026-11-23 23:00:00")
    assert f"0 filed now, 0 corrected, {CALLS} known" in again.stdout


def _backfill(config, folder, until):
    """The most memory (bytes) that any run so far took, and this run."""
    text = config.read_text(encoding="utf-8").replace("DATA", str(folder))
    file = config.with_name("itgrix.yaml")
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "itgrix_core.app.cli", "-c", str(file), "backfill"]
    command += ["--since", "2026-11-22", "--until", until]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, run
