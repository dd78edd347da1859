"""Durable delivery side by side: our lanes on SQLite, and a plain Huey on SQLite.

`python engines.py NAME` runs one engine in a process of its own and prints a JSON line; `measure` runs all.
Each job is a call of its own. Jobs carry how long they take; what they do is to note when they began.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from side_by_side import HERE, PEERS, Reader, install

WORKERS = 4
JOB_SECONDS = 0.02
IDLE_SECONDS = 5.0
SECONDS = 300

ENGINES = (
    Reader("itgrix", "**Itgrix: lanes on SQLite**"),
    Reader("huey", "Huey on SQLite, as shipped (no fsync)", "huey==2.5.3"),
    Reader("huey_fsync", "Huey on SQLite with fsync", "huey==2.5.3"),
)


class Contestant(Protocol):
    """An engine at work."""

    def put(self, name: str, seconds: float, *, is_live: bool = False) -> None:
        """Store a job that takes so long."""


Started = dict[str, float]
"""When each job began, by its name."""


# ---- the contestants ---------------------------------------------------------------------------------------
@contextmanager
def itgrix(folder: Path, started: Started) -> Any:
    """Our own, as `serve` has it."""
    from itgrix_core.outbox.database import Database
    from itgrix_core.outbox.engine import Attempt, Done, Job
    from itgrix_core.outbox.sqlite import SqliteEngine

    def handle(jobs: Any, _: Attempt) -> Done:
        started[jobs[0].key] = time.perf_counter()
        time.sleep(float(jobs[0].payload))
        return Done()

    class Lanes:
        def put(self, name: str, seconds: float, *, is_live: bool = False) -> None:
            born_at = time.time() - (0 if is_live else 3600)
            engine.put([Job(name, name, "job", str(seconds).encode(), born_at)])

    with Database(folder) as database:
        engine, stopping = SqliteEngine(database), threading.Event()
        worker = threading.Thread(target=engine.run, args=(handle, stopping), kwargs={"workers": WORKERS})
        worker.start()
        try:
            yield Lanes()
        finally:
            stopping.set()
            engine.wake()
            worker.join()


@contextmanager
def huey(folder: Path, started: Started, *, fsync: bool = False) -> Any:
    """Its SQLite storage and its consumer's threads, with priorities."""
    from huey import SqliteHuey
    from huey.consumer import Consumer

    logging.disable(logging.CRITICAL)
    queue = SqliteHuey(filename=str(folder / "huey.db"), fsync=fsync, results=False)

    @queue.task()
    def job(name: str, seconds: float) -> None:
        started[name] = time.perf_counter()
        time.sleep(seconds)

    class Queue:
        def put(self, name: str, seconds: float, *, is_live: bool = False) -> None:
            queue.enqueue(job.s(name, seconds, priority=10 if is_live else 0))

    consumer = Consumer(queue, workers=WORKERS, worker_type="thread", periodic=False)
    consumer.start()
    try:
        yield Queue()
    finally:
        consumer.stop(graceful=True)


def huey_fsync(folder: Path, started: Started) -> AbstractContextManager[Contestant]:
    """The same, durable as ours."""
    return huey(folder, started, fsync=True)


# ---- what is measured --------------------------------------------------------------------------------------
def run(name: str, is_quick: bool) -> dict[str, float]:
    """All figures of one engine, in this process: seconds, per cent, megabytes."""
    before = (time.process_time(), _resident_mb())
    _import(name)
    imported = (time.process_time() - before[0], _resident_mb() - before[1])
    started: Started = {}
    open_engine: Callable[..., Any] = globals()[name]
    with tempfile.TemporaryDirectory() as folder, open_engine(Path(folder), started) as engine:
        idle_cpu = _idle(IDLE_SECONDS / (5 if is_quick else 1))
        idle = _latencies(engine, started, "idle", 30 if is_quick else 150, pause=1 / 30)
        rate = _drain(engine, started, 200 if is_quick else 1000)
        backlog = 200 if is_quick else 2000
        for number in range(backlog):
            engine.put(f"old/{number}", JOB_SECONDS)
        live = _latencies(engine, started, "live", 10 if is_quick else 40, pause=0.05, is_live=True)
        _wait(started, lambda: sum(key.startswith("old/") for key in started) == backlog)
    return {
        "import_ms": imported[0] * 1000,
        "import_mb": imported[1],
        "idle_cpu": idle_cpu * 100,
        "idle_p50": statistics.median(idle) * 1000,
        "idle_p99": _p99(idle) * 1000,
        "live_p50": statistics.median(live) * 1000,
        "live_p99": _p99(live) * 1000,
        "rate": rate,
    }


def _import(name: str) -> None:
    if name == "itgrix":
        import itgrix_core.outbox.sqlite  # noqa: F401
    else:
        import huey.consumer  # noqa: F401


def _latencies(
    engine: Contestant, started: Started, name: str, count: int, *, pause: float, is_live: bool = False
) -> list[float]:
    """Seconds from the end of each put until the job began."""
    put: dict[str, float] = {}
    for number in range(count):
        key = f"{name}/{number}"
        put[key] = time.perf_counter()
        engine.put(key, 0.0, is_live=is_live)
        time.sleep(pause)
    _wait(started, lambda: put.keys() <= started.keys())
    return [started[key] - at for key, at in put.items()]


def _drain(engine: Contestant, started: Started, count: int) -> float:
    """Empty jobs in a second, put and done."""
    began = time.perf_counter()
    for number in range(count):
        engine.put(f"empty/{number}", 0.0)
    _wait(started, lambda: sum(key.startswith("empty/") for key in started) == count)
    return count / (time.perf_counter() - began)


def _idle(seconds: float) -> float:
    """Share of a CPU that nothing to do costs."""
    began = time.process_time()
    time.sleep(seconds)
    return (time.process_time() - began) / seconds


def _wait(_: Started, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("it is not through")
        time.sleep(0.005)


def _p99(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.99) - 1)]


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# ---- side by side ------------------------------------------------------------------------------------------
def measure(is_quick: bool, repetitions: int) -> None:
    """Print a table: medians of the runs, in which the engines take turns."""
    runs: dict[str, list[dict[str, float]]] = {}
    known = []
    for engine in ENGINES:
        if why := install(engine):
            print(f"SKIPPED {engine.name}: {engine.needs} cannot be installed: {why}", flush=True)
        else:
            known.append(engine)
    for _ in range(repetitions):
        for engine in known:
            runs.setdefault(engine.name, []).append(_run_apart(engine, is_quick))
    print("| engine | put to start, idle, p50 / p99 ms | over a backlog | jobs/s | idle CPU % | import |")
    print("|---|---|---|---|---|---|")
    for engine in known:
        done = [each for each in runs[engine.name] if each]
        if not done:
            print(f"| {engine.title} | FAILED | | | | |", flush=True)
            continue
        middle = {key: statistics.median(each[key] for each in done) for key in done[0]}
        print(
            f"| {engine.title} | {middle['idle_p50']:.0f} / {middle['idle_p99']:.0f} "
            f"| {middle['live_p50']:.0f} / {middle['live_p99']:.0f} | {middle['rate']:.0f} "
            f"| {middle['idle_cpu']:.1f} | {middle['import_ms']:.0f} ms CPU, {middle['import_mb']:.0f} MB |",
            flush=True,
        )


def _run_apart(engine: Reader, is_quick: bool) -> dict[str, float]:
    path = os.pathsep.join([str(HERE), *([str(PEERS / engine.name)] if engine.needs else [])])
    command = [sys.executable, str(HERE / "engines.py"), engine.name, "quick" if is_quick else "whole"]
    environment = os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = run.stdout.strip().splitlines()
    if not lines:
        print((run.stderr.strip().splitlines() or ["no word"])[-1], flush=True)
        return {}
    figures: dict[str, float] = json.loads(lines[-1])
    return figures


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2] == "quick")))
