"""Every error that an operator can meet, one tree.

An error's text names the place, the fact and the way out, and is printed as it is: `app/cli` shows it
without a traceback. What a *hook* may raise on purpose lives in `itgrix_hooks.answers`.
"""

from __future__ import annotations


class ItgrixError(Exception):
    """Anything that we can explain; the message is a sentence for the operator."""

    exit_code = 1


class ConfigError(ItgrixError):
    """The configuration cannot be used; `problems` holds every mistake found, not just the first."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class AmiError(ItgrixError):
    """Asterisk cannot be reached, refuses the login, or withholds a right that we need."""

    exit_code = 3


class CrmError(ItgrixError):
    """The CRM cannot be reached or refuses our credentials."""

    exit_code = 4


class DataFolderError(ItgrixError):
    """The data folder cannot be used: locked by another `serve`, damaged, full or not writable."""

    exit_code = 5


class RecordingError(ItgrixError):
    """A recorded log or a recording cannot be read."""

    exit_code = 6


class HistoryError(ItgrixError):
    """CDR or CEL cannot be read: no such file or table, a column that is missing, a database that is away."""

    exit_code = 7
