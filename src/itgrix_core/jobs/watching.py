"""Who looks on while calls are filed: the log, the counters, the demo's table.

Delivery tells a watcher what it does and never waits for it; a watcher's failure is its own.
"""

from __future__ import annotations

from typing import Protocol

import structlog

from itgrix_core.calls.events import CallEvent, Oddity
from itgrix_core.crm.adapter import Done, Outcome, Refused, Step
from itgrix_hooks.trace import Asked
from itgrix_hooks.values import Call

_log = structlog.get_logger(__name__)


class Watcher(Protocol):
    """What can be seen of a call's way. All methods are called from the service's own threads."""

    def happened(self, event: CallEvent) -> None:
        """The tracker told an event; it is stored with the chunk that it came in, and filed after that."""

    def odd(self, oddity: Oddity) -> None:
        """A message did not fit."""

    def asked(self, call: Call, asked: Asked) -> None:
        """A hook was asked."""

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:
        """The CRM answered."""

    def skipped(self, call: Call, why: str) -> None:
        """A call, or a part of its way, is not filed."""

    def closed(self, call: Call) -> None:
        """All of an ended call but its recording is in the CRM."""


class LogWatcher:
    """Writes what an operator wants to read: failures with their reason, and a line per filed step."""

    def happened(self, event: CallEvent) -> None:
        """A line for debugging."""
        _log.debug("call event", kind=event.kind, call=event.call.key)

    def odd(self, oddity: Oddity) -> None:
        """A line for debugging; oddities are counted elsewhere."""
        _log.debug("oddity", what=oddity.what, message=oddity.message, why=oddity.why)

    def asked(self, call: Call, asked: Asked) -> None:
        """Failures as warnings, changes as lines for debugging."""
        for entry in asked.failures:
            _log.warning(
                f"hook {asked.hook} of plugin {entry.plugin} was left out of a call: {entry.reason}",
                call=call.key,
                outcome=entry.outcome.value,
            )
        for entry in asked.trace:
            if entry.change or entry.actions:
                _log.debug("hook", hook=asked.hook, entry=str(entry), call=call.key)

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:
        """A refusal, or what was left out, as a warning; the rest as information."""
        if isinstance(outcome, Refused):
            _log.warning(f"the CRM refused '{step.command.kind}': {outcome.text}", call=call.key)
        elif isinstance(outcome, Done) and outcome.note:
            _log.warning(outcome.note, call=call.key)
        else:
            _log.info(step.command.kind, call=call.key, outcome=type(outcome).__name__.lower())

    def skipped(self, call: Call, why: str) -> None:
        """A line of information."""
        _log.info(f"not filed: {why}", call=call.key)

    def closed(self, call: Call) -> None:
        """A line of information."""
        _log.info("filed", call=call.key, disposition=call.disposition and call.disposition.value)


class Watchers:
    """Several watchers as one; a failing one is named in the log and does not disturb the others."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def happened(self, event: CallEvent) -> None:
        """As `Watcher.happened`."""
        self._tell("happened", event)

    def odd(self, oddity: Oddity) -> None:
        """As `Watcher.odd`."""
        self._tell("odd", oddity)

    def asked(self, call: Call, asked: Asked) -> None:
        """As `Watcher.asked`."""
        self._tell("asked", call, asked)

    def performed(self, call: Call, step: Step, outcome: Outcome) -> None:
        """As `Watcher.performed`."""
        self._tell("performed", call, step, outcome)

    def skipped(self, call: Call, why: str) -> None:
        """As `Watcher.skipped`."""
        self._tell("skipped", call, why)

    def closed(self, call: Call) -> None:
        """As `Watcher.closed`."""
        self._tell("closed", call)

    def _tell(self, what: str, *told: object) -> None:
        for watcher in self._watchers:
            try:
                getattr(watcher, what)(*told)
            except Exception as error:  # noqa: BLE001 - a looker-on must not stop the filing
                _log.warning(f"the watcher {type(watcher).__name__} failed: {error}")
