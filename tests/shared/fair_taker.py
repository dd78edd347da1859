"""A process that asks the fair hook about missed calls: `python fair_taker.py FOLDER ANSWERS CALL…`.

All such processes share the data folder, as several services beside one database would. Each answer is a line
of its own, written in one piece as soon as it is known; whoever starts it may kill it at any moment.
"""

import os
import sys
from pathlib import Path

from itgrix_core.outbox.database import Database
from itgrix_core.outbox.store import PluginStore
from itgrix_hooks.testing import ask, load, make_call

HOOKS = Path(__file__).parents[2] / "examples" / "hooks"
NAME = "02_fair_missed"
USERS = (7, 8, 9, 17, 18, 19, 27)


def owner_of(database: Database, number: str) -> int:
    """On whom the missed call of that number is booked."""
    call = make_call("missed", key=f"main/{number}")
    asked = ask(
        "process_final_params",
        load(HOOKS / f"{NAME}.py"),
        params={"USER_ID": 1, "STATUS_CODE": "304"},
        call=call,
        settings={"users": list(USERS)},
        store=PluginStore(database, NAME, call.key),
        limit_seconds=60.0,  # others may hold the database, on a machine that is busy
    )
    assert not asked.failures, asked.failures
    return int(asked.answer["USER_ID"])


def main(folder: str, answers: str, *numbers: str) -> None:
    """Ask about these calls, one after the other."""
    file = os.open(answers, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    with Database(Path(folder)) as database:
        for number in numbers:
            os.write(file, f"{number} {owner_of(database, number)}\n".encode())
    os.close(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
