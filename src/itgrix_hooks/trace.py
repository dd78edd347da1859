"""What came of asking: the answer, and who was asked, for how long, with what outcome and what change.

A customisation that nobody can look into is not trusted, and a wrong field in the CRM must lead to the plugin
that wrote it. So each asking of each implementation leaves an `Entry`; logs, the demo's table, the page and
the metrics are all made from these.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from itgrix_hooks.answers import Action


class Outcome(StrEnum):
    """How one implementation fared."""

    ANSWERED = "answered"
    LEFT_IT = "left it"
    CANCELLED = "cancelled"
    FAILED = "failed"
    TOO_SLOW = "too slow"
    NONSENSE = "nonsense"
    GAVE_UP = "gave up"
    NO_TIME = "no time"
    RESTING = "resting"

    @property
    def is_failure(self) -> bool:
        """Whether the author or the operator has something to mend; giving up is said on purpose.

        Who rests has failed before, and is told of once.
        """
        return self in {Outcome.FAILED, Outcome.TOO_SLOW, Outcome.NONSENSE, Outcome.NO_TIME}


@dataclass(frozen=True, slots=True)
class KeysChanged:
    """What became of a dict: keys added (new value), changed (old, new) and removed (old value)."""

    added: dict[str, Any] = field(default_factory=dict, hash=False)
    changed: dict[str, tuple[Any, Any]] = field(default_factory=dict, hash=False)
    removed: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        parts = [f"+{key}={_short(new)}" for key, new in self.added.items()]
        parts += [f"{key}: {_short(old)} → {_short(new)}" for key, (old, new) in self.changed.items()]
        parts += [f"-{key}" for key in self.removed]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ValueChanged:
    """What became of any other value."""

    old: Any = field(hash=False)
    new: Any = field(hash=False)

    def __str__(self) -> str:
        return f"{_short(self.old)} → {_short(self.new)}"


Change = KeysChanged | ValueChanged


def change(old: Any, new: Any) -> Change | None:
    """The difference of two values, `None` if they are equal."""
    if old == new:
        return None
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return ValueChanged(old, new)
    return KeysChanged(
        added={key: new[key] for key in new if key not in old},
        changed={key: (old[key], new[key]) for key in new if key in old and old[key] != new[key]},
        removed={key: old[key] for key in old if key not in new},
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One implementation's part in one asking.

    Attributes:
        plugin: name of the plugin.
        outcome: how it fared.
        seconds: how long it took, 0 if it was not asked for want of time.
        reason: why, for everything but a plain answer; "" if there is nothing to say.
        change: what it changed, `None` if nothing.
        actions: what it asked to be done besides.
        used: what of `crm` and `store` it used, and how often: `crm.read` and so on; reads that cost no
            request, because another had asked the same, are `crm.read, known`.
    """

    plugin: str
    outcome: Outcome
    seconds: float = 0.0
    reason: str = ""
    change: Change | None = None
    actions: tuple[Action, ...] = ()
    used: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """A line for a log: `fair_missed: answered in 3 ms, USER_ID: 1 → 7`."""
        parts = [f"{self.plugin}: {self.outcome} in {self.seconds * 1000:.0f} ms"]
        parts += [self.reason] * bool(self.reason) + [str(self.change)] * bool(self.change)
        return ", ".join(parts + [type(action).__name__ for action in self.actions])


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking one hook.

    Attributes:
        hook: its name.
        answer: chain: the last value; decide: the answer that counts; `None` when cancelled or to notify.
        is_cancelled: an implementation answered `CANCEL`: the request is not to be sent.
        is_default: no plugin had a part in the answer, only our own built-ins or nobody.
        actions: what `get_updated_entity_fields` is to do besides writing fields.
        trace: who was asked, in order.
        stuck: plugins that hold too many threads which do not come back: let them rest.
    """

    hook: str
    answer: Any = field(hash=False)
    is_cancelled: bool = False
    is_default: bool = True
    actions: tuple[Action, ...] = ()
    trace: tuple[Entry, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The entries that somebody should look at."""
        return tuple(entry for entry in self.trace if entry.outcome.is_failure)


def _short(value: Any) -> str:
    return reprlib.repr(value)
