"""Which call somebody means: by its key, its Linkedid, a number, or what the CRM calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import func, select

from itgrix_core.calls.events import CallEnded, CallStarted
from itgrix_core.filing.commands import RegisterCall
from itgrix_core.jobs.codec import event_of
from itgrix_core.jobs.story import call_of, job_of_kept
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import SEARCHED, Desk
from itgrix_core.outbox.tables import effect
from itgrix_hooks.values import Call, PhoneNumber

FEW_DIGITS: Final = 3
"""Fewer are no number."""


class Finder:
    """Finds calls in the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._desk = Desk(database)

    def find(self, word: str, at: float | None = None) -> list[str]:
        """The keys of the calls that may be meant, the likeliest first.

        Args:
            word: a call's key (or one of its jobs'), its Linkedid, the CRM's id of it, or a number that took
                part in it, in any spelling.
            at: about when (Unix seconds): the nearest comes first; without it the newest.
        """
        jobs = self._desk.find(word)
        return [call_of(jobs[0])] if jobs else self._of_crm(word) or self._of_number(word, at)

    def between(self, since: float, until: float) -> list[str]:
        """The keys of the calls that began between these times (Unix seconds), in that order."""
        begins = {call.key: call.started_at for call in self._calls()}
        keys = sorted(begins, key=begins.__getitem__)
        return [key for key in keys if since <= begins[key] <= until]

    def nearest(self, word: str) -> list[str]:
        """Keys that look like it."""
        return self._desk.nearest(word)

    def _of_crm(self, word: str) -> list[str]:
        quoted = msgspec.json.encode(word)
        is_named = (effect.c.kind == RegisterCall.kind) & (func.instr(effect.c.answer, quoted) > 0)
        with self._database.read() as connection:
            return list(connection.execute(select(effect.c.call).where(is_named).limit(1)).scalars())

    def _of_number(self, word: str, at: float | None) -> list[str]:
        number = PhoneNumber(word)
        if len(number.digits) < FEW_DIGITS:
            return []
        found = {call.key: call.started_at for call in self._calls() if _took_part(call, number)}
        near = found.values() if at is None else [-abs(each - at) for each in found.values()]
        order = dict(zip(found, near, strict=True))
        return sorted(order, key=order.__getitem__, reverse=True)

    def _calls(self) -> Iterator[Call]:
        """Each call's begin and end as far as they are kept, newest first."""
        for job in self._desk.newest((CallStarted.kind, CallEnded.kind), 2 * SEARCHED):
            try:
                call = event_of(job_of_kept(job)).call
            except ValueError:
                continue
            if not call.part_of:
                yield call


def _took_part(call: Call, number: PhoneNumber) -> bool:
    inside = (call.extension, *(each.extension for each in call.conversations))
    outside = (call.client_number, PhoneNumber(call.dialled or ""))
    return number.raw in inside or any(each is not None and each.same_as(number) for each in outside)
