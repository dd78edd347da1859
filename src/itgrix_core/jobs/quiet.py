"""Warnings about what comes in great numbers, strangers' above all: each sentence once in ten minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

QUIET_SECONDS = 600.0
_log = structlog.get_logger(__name__)


class Quiet:
    """Remembers what was said lately; safe to share between threads.

    Args:
        clock: seconds from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def warn(self, sentence: str, more: str = "") -> None:
        """Log the sentence unless it was said lately; `more` is said with it and does not tell two apart.

        The sentence is ours, with nothing in it that was sent: whoever sends could else make it ever new.
        """
        now = self._clock()
        with self._lock:
            self._told = {kept: at for kept, at in self._told.items() if now - at < QUIET_SECONDS}
            is_new = sentence not in self._told
            self._told.setdefault(sentence, now)
        if is_new:
            _log.warning(f"{sentence} {more}".rstrip())
