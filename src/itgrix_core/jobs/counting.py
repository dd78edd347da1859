"""Looks on while calls are filed, and counts: calls, cards and how late they are, hooks.

How late a card is, is told from the call as it was known when the card was decided, so nothing is remembered
between two events, and a call that is filed after a restart counts like any other.
"""

from __future__ import annotations

from collections.abc import Callable

from itgrix_core.calls.events import CallEvent, Oddity
from itgrix_core.crm.adapter import Done, Outcome, Step
from itgrix_core.filing.commands import AttachRecording, HideCard, RegisterCall, ShowCard
from itgrix_core.telemetry.counters import Counts
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call, Conversation

WITHOUT_RECORDING = "it is filed without"
"""How `jobs.recording` ends its sentence about a call that is filed, but for its recording."""

_REASONS = (
    ("need_registration", "hook"),
    ("cancelled by a hook", "hook"),
    ("the CRM refused", "refused"),
    ("a call between employees", "internal"),
    ("a caller without a number", "no number"),
    ("blacklist", "blacklist"),
    (" list of the configuration", "list"),
    ("by the lists of the configuration", "list"),
)
"""What a sentence of `Watcher.skipped` holds, and the class in which it is counted; the first one counts."""


class CountingWatcher:
    """A `Watcher`.

    Args:
        counts: where it counts.
        account_of: the name of the account that gets a call.
        now: the stream's time of a PBX, by its name.
    """

    def __init__(
        self, counts: Counts, account_of: Callable[[Call], str], now: Callable[[str], float]
    ) -> None:
        self._counts = counts
        self._account_of = account_of
        self._now = now

    def happened(self, event: CallEvent) -> None:
        """The outbox tells how many wait."""

    def odd(self, oddity: Oddity) -> None:
        """Listening counts them."""

    def asked(self, call: Call, asked: Asked) -> None:  # noqa: ARG002 - the contract's
        """Count what each plugin did, and for how long."""
        for entry in asked.trace:
            self._counts.hook_seconds.labels(asked.hook, entry.plugin).observe(entry.seconds)
            self._counts.hook_outcomes.labels(asked.hook, entry.plugin, entry.outcome.value).inc()
            for what, count in entry.used.items():
                self._counts.hook_uses.labels(entry.plugin, what).inc(count)

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:
        """Measure cards that the CRM has shown or taken away, count recordings that it has got."""
        command = step.command
        if not isinstance(outcome, Done):
            return
        if isinstance(command, AttachRecording):
            how = "link" if command.url else "file"
            self._counts.recordings.labels(self._account_of(call), how).inc()
        elif isinstance(command, RegisterCall | ShowCard):
            self._card(call, command)
        elif isinstance(command, HideCard):
            answered_at = _answered_at(call)
            if answered_at is not None:
                late = max(0.0, self._now(call.pbx) - answered_at)
                self._counts.card_hidden.labels(self._account_of(call)).observe(late)

    def _card(self, call: Call, command: RegisterCall | ShowCard) -> None:
        users = command.show_to if isinstance(command, RegisterCall) else command.users
        if not users:
            return
        account, now = self._account_of(call), self._now(call.pbx)
        if command.good_until is not None and now > command.good_until:
            self._counts.late_cards.labels(account).inc()
            return
        wanted_at = _wanted_at(call, len(users), is_first=isinstance(command, RegisterCall))
        if wanted_at is not None:
            self._counts.card_shown.labels(account).observe(max(0.0, now - wanted_at))

    def skipped(self, call: Call, why: str) -> None:
        """Count the call by the class of its reason."""
        account = self._account_of(call)
        if why.endswith(WITHOUT_RECORDING):
            self._counts.without_recording.labels(account).inc()
        else:
            self._counts.not_filed.labels(account, reason_of(why)).inc()

    def closed(self, call: Call) -> None:
        """Count it."""
        self._counts.filed.labels(self._account_of(call)).inc()


def reason_of(why: str) -> str:
    """The class of a sentence that says why a call is not filed; one word or two."""
    return next((reason for text, reason in _REASONS if text in why), "other")


def _wanted_at(call: Call, cards: int, *, is_first: bool) -> float | None:
    """Since when this many cards are wanted: the first of the newest rings; `None` if nobody rings or talks.

    Where the phone has been picked up since, the first card counts from its ring all the same; a later one
    comes at the answer (`crm.*.cards`, or a call that was fetched) and counts from there.
    """
    on = [conversation for conversation in call.conversations if conversation.ended_at is None]
    rings = sorted(_rang_at(call, each) for each in on if each.answered_at is None)
    if rings:
        return rings[-min(cards, len(rings))]
    talks = [(each.answered_at, each) for each in on if each.answered_at is not None]
    if not talks:
        return None
    answered_at, talk = max(talks, key=lambda each: each[0])
    return _rang_at(call, talk) if is_first else answered_at


def _rang_at(call: Call, conversation: Conversation) -> float:
    """When a phone began to ring; the employee's own, when he dialled."""
    return conversation.rang_at or conversation.answered_at or call.started_at


def _answered_at(call: Call) -> float | None:
    """When the talk that is on was answered; without one a card is taken away for another reason."""
    talks = [each.answered_at for each in call.conversations if each.answered_at and each.ended_at is None]
    return max(talks, default=None) if call.ended_at is None else None
