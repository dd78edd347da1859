"""The same stream through every reader, in turn, several times: CPU per event, and ratios."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbx import Pbx
from streams import Stream

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".venv-bench"
SECONDS = 180
"""A reader that is not through by then is called stuck."""


@dataclass(frozen=True)
class Reader:
    """A function of `readers`, what it stands for, and what it needs beside our own environment."""

    name: str
    title: str
    needs: str = ""


READERS = (
    Reader("limit", "lower limit: frames, name filter"),
    Reader("splitter", "bare splitter, a dict per event"),
    Reader("itgrix", "**Itgrix: wire + tracker**"),
    Reader("itgrix_client", "Itgrix: AmiClient, backlog, tracker"),
    Reader("itgrix_service", "Itgrix: all of it, stored on disk"),
    Reader("asterisk_ami", "asterisk-ami as shipped, only reads", "asterisk-ami==0.1.7"),
    Reader("basicami", "basicami, only reads", "basicami==0.1.0"),
    Reader("panoramisk", "panoramisk, only reads", "panoramisk==1.4"),
    Reader("cacofonisk", "cacofonisk's runner, tracks", "cacofonisk==0.7.10"),
)


Runs = dict[str, list[dict[str, Any]]]
"""For each reader's name what its runs reported."""


def install(reader: Reader) -> str:
    """Put what a reader needs into a folder of its own (two of them claim the package `asterisk`).

    Returns:
        Why it cannot be had, "" if it is there.
    """
    folder = PEERS / reader.name
    if not reader.needs or (folder / ".complete").exists():
        return ""
    command = f"-m pip install --quiet --disable-pip-version-check --upgrade --target {folder} {reader.needs}"
    run = subprocess.run([sys.executable, *command.split()], capture_output=True, text=True, check=False)
    if run.returncode:
        return run.stderr.strip().splitlines()[-1]
    (folder / ".complete").touch()
    return ""


def run_once(reader: Reader, stream: Stream, cpu: int) -> dict[str, Any]:
    """One reader, one stream, a process of its own pinned to `cpu`."""
    path = os.pathsep.join([str(HERE), *([str(PEERS / reader.name)] if reader.needs else [])])
    with Pbx(stream.data) as pbx:
        command = [
            "taskset",
            "-c",
            str(cpu),
            sys.executable,
            str(HERE / "readers.py"),
            reader.name,
            str(pbx.port),
        ]
        try:
            run = subprocess.run(
                command,
                env=os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"not through in {SECONDS} s"}
    line = run.stdout.strip().splitlines()
    return json.loads(line[-1]) if line else {"error": (run.stderr.strip().splitlines() or ["no word"])[-1]}


def measure(streams: dict[str, Stream], repetitions: int, chosen: set[str], cpu: int) -> None:
    """Print medians of CPU microseconds per event for each stream; the runs of all readers take turns."""
    readers = []
    for reader in READERS:
        if chosen and reader.name not in chosen:
            continue
        why = install(reader)
        if why:
            print(f"SKIPPED {reader.name}: {reader.needs} cannot be installed: {why}", flush=True)
        else:
            readers.append(reader)
    for title, stream in streams.items():
        print(f"\n{title}: {stream.events} events, {len(stream.data) / stream.events:.0f} bytes each\n")
        runs: Runs = {reader.name: [] for reader in readers}
        for _ in range(repetitions):
            for reader in readers:
                runs[reader.name].append(run_once(reader, stream, cpu))
        _print_table(readers, runs, stream.events)


def _print_table(readers: list[Reader], runs: Runs, events: int) -> None:
    costs = {
        name: sorted(run["cpu"] / events * 1e6 for run in done if "cpu" in run) for name, done in runs.items()
    }
    medians = {name: statistics.median(cost) for name, cost in costs.items() if cost}
    print("| reader | µs CPU per event (least to most) | × Itgrix | × limit | remarks |")
    print("|---|---|---|---|---|")
    for reader in readers:
        cost, last = costs[reader.name], runs[reader.name][-1]
        if not cost:
            print(f"| {reader.title} | – | – | – | FAILED: {last['error']} |")
            continue
        median = medians[reader.name]
        ratios = [f"{median / medians[base]:.2f}" if base in medians else "–" for base in ("itgrix", "limit")]
        remark = f"raised {last['raised']} times: {last['why']}" if last["raised"] else ""
        spread = f"{median:.2f} ({cost[0]:.2f} to {cost[-1]:.2f})"
        print(f"| {reader.title} | {spread} | {' | '.join(ratios)} | {remark} |", flush=True)
