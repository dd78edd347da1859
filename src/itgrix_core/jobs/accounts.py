"""Which CRM account gets a call: a rule for its trunk or DID, else the one of its Asterisk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from itgrix_core.crm.adapter import Adapter
from itgrix_core.errors import CrmError
from itgrix_core.filing.plan import mapped
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.copied import Copied
from itgrix_hooks.values import Call, Entity, PhoneNumber


@dataclass(frozen=True, slots=True)
class Account:
    """One CRM account: how to talk to it, and the rules of filing there.

    Attributes:
        copied: its clients out of the local index, where the settings say so.
    """

    name: str
    adapter: Adapter
    rules: Rules
    copied: Copied | None = None

    def clients_of(self, number: PhoneNumber) -> Sequence[Entity]:
        """As `Adapter.clients_of`; without a request for somebody who is copied."""
        return (self.copied and self.copied.clients_of(number)) or self.adapter.clients_of(number)


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts.

    Attributes:
        by_name: as configured.
        of_pbx: Asterisk's name to account's name.
        routes: trunk or DID to account's name; comes first.
    """

    by_name: Mapping[str, Account]
    of_pbx: Mapping[str, str]
    routes: Mapping[str, str]

    def of(self, call: Call) -> Account:
        """The account that gets this call.

        Raises:
            CrmError: the configuration no longer knows its Asterisk, or its account, by that name.
        """
        name = mapped(self.routes, call) or self.of_pbx.get(call.pbx, "")
        if name not in self.by_name:
            raise CrmError(
                f"Call {call.key} waits for a CRM account: the configuration has none for the Asterisk "
                f"'{call.pbx}'. Name it again under `asterisk`, with its `crm`."
            )
        return self.by_name[name]
