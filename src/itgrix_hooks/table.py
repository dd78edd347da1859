"""What the specs say in words, once more as data: how answers are composed, and which are acceptable.

The asking, the manager and the manual all read this table, so a hook's rules stand in one place. An answer
comes from a stranger's code and will be saved and sent, so it is checked here, with a sentence for its
author: the type, that it is plain JSON data, and the types of those CRM fields that it changed (fields that
it took over as they were are ours, not the author's fault).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import Any

from itgrix_hooks import accept, amocrm, more, specs
from itgrix_hooks.accept import Accept
from itgrix_hooks.params import (
    ActivityFields,
    EntityFields,
    FinalParams,
    OriginateParams,
    RegistrationParams,
    TaskParams,
)

EXTRAS = ("settings", "pbx", "store", "crm")
"""The arguments that every hook may name besides its own."""


class Kind(StrEnum):
    """How the answers of several plugins become one."""

    CHAIN = "chain"
    """Each gets what the one before left; most general first."""
    DECIDE = "decide"
    """The first answer that is not `None` counts; most local first."""
    NOTIFY = "notify"
    """All are told, nobody answers."""


class Limit(StrEnum):
    """Which time limit holds (`hooks.limits` of the configuration)."""

    RINGING = "ringing"
    QUESTION = "question"
    RECORDING = "recording"
    OTHER = "other"

    @property
    def is_shared(self) -> bool:
        """Whether all implementations share one deadline (somebody waits), or each has its own limit."""
        return self in {Limit.RINGING, Limit.QUESTION}


@dataclass(frozen=True, slots=True)
class Hook:
    """One row.

    Attributes:
        name: of the hook.
        kind: how answers are composed.
        limit: which time limit holds.
        accept: (answer, value before) to what is kept; `NonsenseError` for what is no answer.
        value: the argument that goes through the chain, "" for the other kinds.
        is_cancellable: whether `CANCEL` is an answer.
        default: what holds when nobody answered (decide).
    """

    name: str
    kind: Kind
    limit: Limit
    accept: Accept
    value: str = ""
    is_cancellable: bool = False
    default: Any = None

    @property
    def home(self) -> ModuleType:
        """The module that holds the spec."""
        return specs if hasattr(specs, self.name) else more

    @property
    def spec(self) -> Callable[..., Any]:
        """The spec: signature and docstring."""
        function: Callable[..., Any] = getattr(self.home, self.name)
        return function

    @property
    def arguments(self) -> tuple[str, ...]:
        """All arguments that an implementation may name, the four extra ones last."""
        return _arguments(self.spec)


@cache
def _arguments(spec: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(spec).parameters)


def _chain(name: str, limit: Limit, value: str, accepts: Accept, *, is_cancellable: bool = True) -> Hook:
    return Hook(name, Kind.CHAIN, limit, accepts, value, is_cancellable)


_ROWS = (
    _chain("process_phone_number", Limit.RINGING, "number", accept.number, is_cancellable=False),
    Hook("need_registration", Kind.DECIDE, Limit.RINGING, accept.yes_or_no, default=True),
    _chain(
        "process_registration_params",
        Limit.RINGING,
        "params",
        accept.params(RegistrationParams, amocrm.CardParams),
    ),
    _chain("process_originate_params", Limit.QUESTION, "params", accept.params(OriginateParams)),
    _chain("process_final_params", Limit.OTHER, "params", accept.params(FinalParams, amocrm.CallParams)),
    _chain("process_record_file_path", Limit.RECORDING, "path", accept.path),
    _chain(
        "get_updated_activity_fields", Limit.OTHER, "fields", accept.merged(ActivityFields, amocrm.CallParams)
    ),
    _chain(
        "get_updated_entity_fields", Limit.OTHER, "fields", accept.changes(EntityFields, amocrm.EntityFields)
    ),
    _chain(
        "process_task_creation_params", Limit.OTHER, "params", accept.params(TaskParams, amocrm.TaskParams)
    ),
    _chain("customize_autodistribution", Limit.QUESTION, "answer", accept.route, is_cancellable=False),
    Hook("post_registration", Kind.NOTIFY, Limit.OTHER, accept.nothing),
)

HOOKS: Mapping[str, Hook] = {row.name: row for row in _ROWS}
"""Every hook by name, in the order in which a call meets them; the nine first."""
