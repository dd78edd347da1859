"""The contract that every CRM adapter keeps; `tests/contract` runs one text against each.

Two halves: `params_of` is pure and says a command in the CRM's own fields, so that hooks can change them and
the decision can be saved; `perform` and `look_up` talk to the CRM. Nothing here decides what to file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from itgrix_core.crm.quota import QuotaState
from itgrix_core.errors import CrmError
from itgrix_core.filing.commands import AnyCommand
from itgrix_hooks.tools import CrmKind
from itgrix_hooks.values import Activity, Entity, Filed, PhoneNumber, User


@dataclass(frozen=True, slots=True)
class Step:
    """A command ready to be sent.

    Attributes:
        key: of the effect in the journal, unique for ever.
        command: what it says in our words.
        params: what will be sent, in the CRM's own fields, hooks' changes included.
    """

    key: str
    command: AnyCommand
    params: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The CRM did it; `answer` is its own result (JSON data).

    `note` is a sentence for the operator about what it left out, "" if nothing.
    """

    answer: Any = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The CRM said no, and saying it again would not help.

    `why` is one of "number" (unusable), "user" (unknown or inactive), "unknown call", "params", "other".
    """

    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing was executed and nothing can be now: quota, credentials, portal down before sending.

    `why` is "quota", "credentials", "unreachable" or "configuration"; ask again after `seconds`. It is
    "waiting" (0 seconds) for a step that was not sent because one before it in the same `perform` failed.
    """

    why: str
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and no answer is known (time-out, cut, 500): look up before repeating."""

    text: str


Outcome = Done | Refused | Blocked | Unknown


class CrmUnavailable(CrmError):  # noqa: N818 - says a state, not a mistake, as `RetryLater` does
    """The CRM cannot be asked now; ask again after `seconds`. The text is a sentence without secrets.

    `why` is a word of `Blocked.why`, or "unknown" where it was asked and no answer came.
    """

    def __init__(self, seconds: float, text: str, why: str = "unreachable") -> None:
        self.seconds = seconds
        self.why = why
        super().__init__(text)


class Adapter(Protocol):
    """One CRM account.

    The methods that ask the CRM raise `CrmUnavailable` when it cannot be asked now, and plain `CrmError` when
    it refuses a question for good. `perform`, `look_up` and `check` never raise: they answer.
    """

    name: str
    kind: CrmKind

    @property
    def quota(self) -> QuotaState | None:
        """What the CRM still lets us ask of it; `None` where nothing is counted."""

    def params_of(self, command: AnyCommand, filed: Filed) -> dict[str, Any]:
        """The command in the CRM's own fields. Pure: no I/O, no clock."""

    def perform(self, steps: Sequence[Step], filed: Filed, now: float) -> list[Outcome]:
        """Send the steps in order; outcomes of the same length, after a failure the rest `Blocked`.

        A later step may need an earlier one's answer (show after register): the adapter sees to it.
        `now` decides whether a card is still worth showing.
        """

    def look_up(self, step: Step, filed: Filed) -> Outcome | None:
        """Whether a step with an unknown outcome was executed: `Done`, or `None` if it was not.

        `None` also means "safe to repeat". `Refused("other")` says that it can never be known (a hook's write
        that leaves no mark); `Blocked` and `Unknown` say that the looking itself has to be tried again.
        """

    def filed(self, effects: Sequence[tuple[str, Mapping[str, Any], Any]]) -> Filed:
        """What the done effects of one call amount to: (command kind, params, answer) each. Pure."""

    def created(self, kind: str, answer: Any) -> Entity | None:
        """The entity that a done `CreateEntity` or `CreateForCall` has made, from its answer. Pure."""

    def user_of_extension(self, extension: str) -> User | None:
        """The active employee with this extension; `None` if nobody has it."""

    def user(self, user_id: int) -> User | None:
        """The employee of this id; `None` if unknown."""

    def clients_of(self, number: PhoneNumber) -> Sequence[Entity]:
        """All entities with this number, with their responsibles."""

    def open_clients(self, number: PhoneNumber) -> Sequence[Entity]:
        """The same as they are at this moment, without closed leads: asked before one is created."""

    def open_deal(self, client: Entity) -> Entity | None:
        """The last deal of a contact or company that is not closed."""

    def tied_to(self, activity_id: int) -> Sequence[Entity]:
        """The leads, contacts, companies and deals that an activity is tied to; ids and kinds only."""

    def is_employee(self, number: PhoneNumber) -> bool:
        """Whether a number outside is in an employee's profile: nothing is created for such a caller."""

    def has_leads(self) -> bool:
        """Whether the CRM works with leads; else a new client is a contact with a deal at once."""

    def call_back_id(self, answer: Any) -> int | None:
        """The id of what a done `AskToCallBack` has made, from its answer. Pure."""

    def is_call_back_open(self, form: str, item_id: int) -> bool:
        """Whether nobody has ticked off the task or to-do in the CRM itself; one that is gone is not open."""

    def head_of(self, user_id: int) -> int | None:
        """The head of the employee's department, of the next one above if he is that himself."""

    def activity(self, activity_id: int) -> Activity | None:
        """The activity with its fields."""

    def entity(self, kind: str, entity_id: int) -> Entity | None:
        """The entity with its fields."""

    def read(self, method: str, params: Mapping[str, Any]) -> Any:
        """Any reading method of the CRM, for hooks; a writing one raises `ValueError`."""

    def check(self) -> list[tuple[bool, str]]:
        """For `itgrix check`: (fine or not, sentence with the way out) each."""
