"""What is known of each plugin: a record with a status and a reason, whatever became of it.

A plugin that silently does nothing costs a support call. Whoever was found has a record, is counted in the
summary, and if it is out the reason says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from itgrix_hooks.reading import Fault


class Level(IntEnum):
    """How local a plugin is; a chain asks upwards, a decision downwards."""

    BUILT_IN = 0
    PACKAGE = 1
    SITE = 2

    def __str__(self) -> str:
        return ("built-in", "package", "site")[self.value]


class Status(StrEnum):
    """What became of a plugin."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    REFUSED = "refused"
    LOAD_ERROR = "load error"
    RESTING = "resting"


@dataclass(frozen=True, slots=True)
class Record:
    """One plugin.

    Attributes:
        name: under which it has settings, can be ordered and disabled.
        level: built-in, package or site.
        origin: where it came from, as the operator finds it: a file, or a package with its version.
        status: what became of it.
        reason: why, and the way out; "" when it is enabled.
        hooks: the hooks that it answers.
        faults: the sentences of the reason one by one, each with its file and line.
        process: in which process it runs, where that is not ours; "" if it is.
    """

    name: str
    level: Level
    origin: str
    status: Status
    reason: str = ""
    hooks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    process: str = ""

    @property
    def is_out(self) -> bool:
        """Whether a plugin is not asked although nobody switched it off in the settings."""
        return self.status not in {Status.ENABLED, Status.DISABLED}

    def complaints(self) -> Iterator[str]:
        """`FILE:LINE: sentence` for each fault, so that an editor can go there."""
        for fault in self.faults:
            line = f":{fault.line}" if fault.line else ""
            yield f"{fault.file or self.origin}{line}: {fault}"
        if not self.faults:
            yield f"{self.origin}: {self.reason}"

    def __str__(self) -> str:
        """A line: `fair (site, /etc/itgrix/hooks/fair.py): refused: 'need_registation' is no hook: …`."""
        about = self.reason or ", ".join(self.hooks)
        where = f", in {self.process}" if self.process else ""
        return f"{self.name} ({self.level}, {self.origin}{where}): {self.status}: {about}"
