"""A service without an Asterisk that files one recorded call and dies at its n-th step, as by `kill -9`.

Steps are the moments between which a crash makes a difference: before and after each commit of the database,
before and after each request to the portal.

    python dying.py DATA_FOLDER WEBHOOK HOOK_FOLDER RECORDING STEP

Ends with 0 when the call was filed before that step, with 9 when it has died there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import requests
from pydantic import SecretStr

from itgrix_core.app.replay import PBX, tell
from itgrix_core.app.service import Service
from itgrix_core.calls.events import CallEvent
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import AsteriskSettings, BitrixSettings, HookSettings, Settings
from itgrix_core.jobs.codec import job_of
from itgrix_core.outbox.database import Database
from itgrix_core.sandbox.recordings import load

DIED = 9
FREELY = {"requests_at_once": 100_000, "requests_per_second": 1000.0}


def die_at(last: int) -> None:
    """From now on the process ends at its `last` step."""
    steps, lock = count(1), Lock()

    def step() -> None:
        with lock:
            if next(steps) == last:
                os._exit(DIED)

    commit, post = Database.write, requests.Session.post

    @contextmanager
    def write(self: Database, *, is_durable: bool = True) -> Iterator[Any]:
        step()
        with commit(self, is_durable=is_durable) as connection:
            yield connection
        step()

    def send(*arguments: Any, **more: Any) -> Any:
        step()
        answer = post(*arguments, **more)
        step()
        return answer

    setters: tuple[tuple[type, str, Callable[..., Any]], ...] = (
        (Database, "write", write),
        (requests.Session, "post", send),
    )
    for holder, name, replacement in setters:
        setattr(holder, name, replacement)


def main(data: str, webhook: str, hooks: str, recording: str, last: str) -> None:
    """File the call of a recording."""
    told = tell(load(Path(recording)), Topology())
    jobs = [job_of(event, event.at) for event in told if isinstance(event, CallEvent)]
    settings = Settings(
        data_folder=Path(data),
        asterisk={PBX: AsteriskSettings(port=1)},
        crm={"bitrix": BitrixSettings(webhook=SecretStr(webhook), **FREELY)},
        hooks=HookSettings(folder=Path(hooks)),
        workers=1,
    )
    die_at(int(last))
    with Service(settings) as service:
        service.engine.put(jobs)
        assert service.engine.wait_until_idle(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
