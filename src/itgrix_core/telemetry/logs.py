"""Logs for people (one plain line per entry) or for machines (JSON), without secrets.

structlog and the standard library's loggers (urllib3, waitress, partners' hooks) end in the same handler,
so that redaction cannot be passed by. Entries go to stderr: stdout belongs to what a verb prints.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from enum import Enum
from typing import Any, TextIO

import structlog

from itgrix_core.telemetry.redaction import redact, redact_value

OTHER_LIBRARIES = ("urllib3", "waitress", "werkzeug")
"""Loggers that tell a line per request below WARNING; shown only when we log DEBUG."""


class LogFormat(Enum):
    """How an entry is written."""

    PLAIN = "plain"
    JSON = "json"


def set_up_logs(level: str, form: LogFormat = LogFormat.PLAIN, stream: TextIO | None = None) -> None:
    """Send all logging of the process to `stream` (stderr), from `level` (`debug` … `error`) upwards.

    May be called again; the last call counts. Uncaught exceptions of threads are logged, too.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_formatter(form))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(number)
    for name in OTHER_LIBRARIES:
        logging.getLogger(name).setLevel(number if number <= logging.DEBUG else logging.WARNING)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
    )
    threading.excepthook = _log_thread_death


class _Handler(logging.StreamHandler[TextIO]):
    """Where an entry cannot be written, the standard handler would print its arguments unredacted."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say in one line that an entry was lost; never raises."""
        try:
            reason = type(sys.exception()).__name__
            print(redact(f"a log entry of {record.name} was lost: {reason}"), file=sys.__stderr__)
        except Exception:  # noqa: BLE001, S110 - stderr itself is gone: nobody is left to tell
            pass


class _Redacted(structlog.stdlib.ProcessorFormatter):
    """Redacts the finished line once more: what a renderer put together belongs to no single value."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return redact(super().format(record))


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]


def _formatter(form: LogFormat) -> logging.Formatter:
    return _Redacted(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _redact_entry,
            _as_json if form is LogFormat.JSON else _as_line,
        ],
    )


def _redact_entry(_: Any, __: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: redact_value(value, key) for key, value in entry.items()}


def _as_json(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False)


def _as_line(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:
    """`2026-01-31T12:00:00.000000Z info    ami.client: Connected pbx=main`, then the traceback if any."""
    at, level = entry.pop("timestamp", ""), entry.pop("level", "")
    room = str(entry.pop("logger", "") or "").removeprefix("itgrix_core.")
    details = [str(entry.pop(key)) for key in ("stack", "exception") if entry.get(key)]
    event = str(entry.pop("event", "")).replace("\r", "\\r").replace("\n", "\\n")
    pairs = "".join(f" {key}={_word(value)}" for key, value in entry.items())
    return "\n".join([f"{at} {level:<7} {room}: {event}{pairs}", *details])


def _word(value: Any) -> str:
    """A value as one word; in quotes when it holds spaces, quotes, line ends or nothing."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_plain = isinstance(value, str) and text.isprintable() and not set(text) & set(" \"'=") and text
    return text if is_plain or not isinstance(value, str) else json.dumps(text, ensure_ascii=False)


def _log_thread_death(args: threading.ExceptHookArgs) -> None:
    """What `threading` calls for an uncaught exception; its own way prints past the redaction."""
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    name = args.thread.name if args.thread else "unknown"
    structlog.get_logger(__name__).error("A thread died", thread=name, exc_info=args.exc_value)
