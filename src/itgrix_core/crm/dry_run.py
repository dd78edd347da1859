"""An adapter that sends nothing: it writes down what would be sent, and answers as a CRM would.

For `itgrix replay --hooks`: the same plan, hooks and params as in the service, only the last step is missing.
Everybody exists here: the employee of extension 101 is user 101, and no number is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from itgrix_core.crm.adapter import Done, Outcome, Step
from itgrix_core.filing.commands import AnyCommand, FinishCall, RegisterCall
from itgrix_hooks.tools import CrmKind
from itgrix_hooks.values import Activity, Entity, Filed, PhoneNumber, User


@dataclass(frozen=True, slots=True)
class Question:
    """What a hook asked of the CRM, and the answer that it had to do with here."""

    what: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)
    answer: Any = field(default=None, hash=False)


ParamsOf = Callable[[AnyCommand], dict[str, Any]]
FiledOf = Callable[[Sequence[tuple[str, Mapping[str, Any], Any]]], Filed]


class DryRun:
    """An adapter without a CRM.

    Args:
        params_of: a real CRM's way of putting commands into its fields.
        filed_of: its way of reading back what was done.
        questions: gets what hooks ask (the service's own questions about users and clients are none).
    """

    name = "dry run"
    kind: CrmKind = "bitrix24"
    quota = None

    def __init__(
        self, params_of: ParamsOf, filed_of: FiledOf, questions: list[Question] | None = None
    ) -> None:
        self._params_of = params_of
        self._filed_of = filed_of
        self._questions = [] if questions is None else questions
        self.sent: list[Step] = []

    def params_of(self, command: AnyCommand, filed: Filed) -> dict[str, Any]:  # noqa: ARG002 - the contract's
        """As the real CRM's."""
        return self._params_of(command)

    def perform(self, steps: Sequence[Step], filed: Filed, now: float) -> list[Outcome]:  # noqa: ARG002
        """Write the steps down."""
        self.sent += steps
        return [Done(self._answer(step)) for step in steps]

    def look_up(self, step: Step, filed: Filed) -> Outcome | None:  # noqa: ARG002 - the contract's
        """Nothing was ever sent."""
        return None

    def filed(self, effects: Sequence[tuple[str, Mapping[str, Any], Any]]) -> Filed:
        """As the real CRM's."""
        return self._filed_of(effects)

    def created(self, kind: str, answer: Any) -> Entity | None:  # noqa: ARG002 - the contract's
        """Nothing is created."""
        return None

    def user_of_extension(self, extension: str) -> User | None:
        """User 101 for extension 101."""
        return User(int(extension), f"user of {extension}", extension) if extension.isdecimal() else None

    def user(self, user_id: int) -> User | None:
        """Every user exists."""
        return User(user_id, f"user {user_id}")

    def clients_of(self, number: PhoneNumber) -> Sequence[Entity]:
        """Nobody is known."""
        self._questions.append(Question("clients", {"number": str(number)}, []))
        return ()

    def open_clients(self, number: PhoneNumber) -> Sequence[Entity]:  # noqa: ARG002 - the contract's
        """None: every number is new."""
        return ()

    def open_deal(self, client: Entity) -> Entity | None:  # noqa: ARG002 - the contract's
        """None."""
        return None

    def tied_to(self, activity_id: int) -> Sequence[Entity]:  # noqa: ARG002 - the contract's
        """Nothing."""
        return ()

    def is_employee(self, number: PhoneNumber) -> bool:  # noqa: ARG002 - the contract's
        """Nobody."""
        return False

    def has_leads(self) -> bool:
        """It does."""
        return True

    def call_back_id(self, answer: Any) -> int | None:  # noqa: ARG002 - the contract's
        """Nothing is made."""
        return None

    def is_call_back_open(self, form: str, item_id: int) -> bool:  # noqa: ARG002 - the contract's
        """Nothing is there."""
        return False

    def head_of(self, user_id: int) -> int | None:  # noqa: ARG002 - the contract's
        """Nobody."""
        return None

    def activity(self, activity_id: int) -> Activity | None:
        """An activity without fields."""
        return Activity(activity_id)

    def entity(self, kind: str, entity_id: int) -> Entity | None:  # noqa: ARG002 - the contract's
        """No entity is known."""
        return None

    def read(self, method: str, params: Mapping[str, Any]) -> Any:
        """Every question has an empty answer."""
        self._questions.append(Question(method, dict(params), []))
        return []

    def check(self) -> list[tuple[bool, str]]:
        """Always fine."""
        return [(True, "dry run: nothing is sent")]

    def _answer(self, step: Step) -> Any:
        if isinstance(step.command, RegisterCall):
            return {"CALL_ID": f"dry-run.{step.command.call}"}
        if isinstance(step.command, FinishCall):
            return {"CALL_ID": f"dry-run.{step.command.call}", "CRM_ACTIVITY_ID": 1}
        return True
