"""The process that test_kill.py kills: it commits jobs and works them, and writes down both."""

import os
import sys
from pathlib import Path
from threading import Event, Thread

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.engine import Done, Job, Later
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteEngine

LANES = 12


def ledger(path):
    """Appends lines that survive the process."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return lambda line: os.write(handle, f"{line}\n".encode())


def main(folder, total):
    """Commit what is missing of `total` jobs, work all, end when nothing is open."""
    database = Database(folder / "var")
    database.lock()
    engine = SqliteEngine(database)
    spool = Spool(database, engine.wake)
    note_commit, note_done = ledger(folder / "committed"), ledger(folder / "done")

    def handler(jobs, attempt):
        if attempt.number == 1 and hash(jobs[0].payload) % 5 == 0:
            return Later(0.005, "at times")
        for job in jobs[:2]:
            note_done(job.key)
        return Done(len(jobs[:2]))

    stop = Event()
    worker = Thread(target=engine.run, args=(handler, stop))
    worker.start()
    for number in range(int(spool.position("main") or 0), total):
        lane = f"call{number % LANES}"
        key = f"{lane}/{number // LANES}"
        job = Job(key, lane, "CallEnded", key.encode(), 0.0)
        spool.commit("main", [job], {lane: str(number).encode()}, str(number + 1))
        note_commit(key)
    engine.wait_until_drained(20.0)
    stop.set()
    worker.join()
    database.close()


main(Path(sys.argv[1]), int(sys.argv[2]))
