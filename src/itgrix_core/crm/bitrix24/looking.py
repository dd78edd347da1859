"""Was it executed? What is asked of the portal when the answer to a step was lost.

Every kind has its own witness: the statistics for a finish and a recording, marks of ours for what was added
(`marks`), nothing for what may be repeated without harm. Statistics hold finished calls only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from itgrix_core.crm.adapter import Done, Outcome, Refused, Step
from itgrix_core.crm.bitrix24.answers import number, rows, statistics_answer
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.errors import Failure, is_of_access
from itgrix_core.crm.bitrix24.marks import question_of
from itgrix_core.crm.bitrix24.methods import STATISTICS, Repeat, repeat_of
from itgrix_core.crm.bitrix24.params import method_of
from itgrix_core.filing.commands import AttachRecording, FinishCall, RegisterCall
from itgrix_hooks.values import Filed

DEDUPLICATION_SECONDS = 30 * 60
"""So long the portal answers a repeated registration with the CALL_ID of the first."""


class Looker:
    """Looks steps up in one portal."""

    def __init__(self, client: Client, now: Callable[[], float] = time.time) -> None:
        """`now` gives Unix seconds."""
        self._client = client
        self._now = now

    def look_up(self, step: Step, filed: Filed) -> Outcome | None:
        """As `Adapter.look_up`."""
        match step.command:
            case RegisterCall():
                return self._registered(step.command, filed)
            case FinishCall():
                return self._finished(filed.call_id) if filed.call_id else None
            case AttachRecording():
                return self._attached(filed) if filed.call_id else None
            case _:
                return self.made(step)

    def settle_finish(self, call_id: str, refused: Refused) -> Outcome:
        """What a finish means that was refused with "call is not found" although we registered the call.

        `Done` if the statistics know the call. Where they are closed to us, a call that was there and is no
        longer active counts as finished: then nothing but its activity's id is missing from the answer.
        """
        row = self._statistics({"CALL_ID": call_id})
        if isinstance(row, Mapping):
            return Done(statistics_answer(row))
        if row is None:
            return refused
        return Done({"CALL_ID": call_id}) if is_of_access(row) else row

    def _finished(self, call_id: str) -> Outcome | None:
        """`Done` with an answer like finish's if the statistics know the call.

        `None` too when they are closed to us: a second finish is refused and then settled (`settle_finish`).
        """
        return _done_or_open(self._statistics({"CALL_ID": call_id}))

    def made(self, step: Step) -> Outcome | None:
        """Whether what the step makes is there, found by our mark or by itself.

        A method that neither may be repeated nor leaves a mark (a hook's `write` of any other kind) is
        refused: twice would be worse than a dead letter, which an operator can look at and revive.
        """
        method = method_of(step.command)
        question = question_of(method, step.params, step.key)
        if question is None and repeat_of(method) is not Repeat.NEVER:
            return None
        if question is None:
            text = (
                f"{method}: its answer was lost and nothing shows whether it was executed; see in the portal"
            )
            return Refused("other", f"{text}, then revive it or let it be")
        reply = self._client.call(question.method, question.params)
        if not isinstance(reply, Reply):
            return reply
        answer = question.find(reply.result)
        return None if answer is None else Done(answer)

    def _registered(self, command: RegisterCall, filed: Filed) -> Outcome | None:
        """Repeating is safe while the call is young and unfinished; else it would make a second one."""
        if not filed.is_finished and self._now() - command.started_at < DEDUPLICATION_SECONDS:
            return None
        return _done_or_open(self._statistics({"EXTERNAL_CALL_ID": command.call}))

    def _attached(self, filed: Filed) -> Outcome | None:
        """Whether the call has a record that it had not before; attaching again replaces the former."""
        row = self._statistics({"CALL_ID": filed.call_id})
        if not isinstance(row, Mapping):
            return _done_or_open(row)
        file_id = number(row.get("RECORD_FILE_ID"))
        return Done({"FILE_ID": file_id}) if file_id and file_id != filed.recording_id else None

    def _statistics(self, wanted: Mapping[str, Any]) -> Mapping[str, Any] | Failure | None:
        """The newest row of these, `None` if there is none."""
        reply = self._client.call(STATISTICS, {"FILTER": dict(wanted), "SORT": "ID", "ORDER": "DESC"})
        return next(iter(rows(reply.result)), None) if isinstance(reply, Reply) else reply


def _done_or_open(row: Mapping[str, Any] | Failure | None) -> Outcome | None:
    """A row is proof; no row, or statistics that are closed to us, leave the step to be repeated."""
    if row is None or isinstance(row, Mapping):
        return None if row is None else Done(statistics_answer(row))
    return None if is_of_access(row) else row
