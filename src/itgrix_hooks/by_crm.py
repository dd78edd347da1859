"""What a hook's answer becomes in each CRM: the request whose fields its params are.

The CRMs differ in more than fields: Bitrix24 knows a call from its first ring, amoCRM gets one entry at its
end. So the table stands beside the specs from the start, and a spec that fits one of them only is noticed
before it is released. Of amoCRM nothing is built; its column says what will be (docs/facts/bitrix24.md E).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_REQUEST = "no request of its own"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One hook in the CRMs.

    Attributes:
        bitrix24: the REST method, and when it is sent.
        amocrm: likewise, of an adapter that is still to come.
        is_asked: whether today's service asks the hook at all.
    """

    bitrix24: str
    amocrm: str
    is_asked: bool = True


BY_CRM: Mapping[str, Meaning] = {
    "process_phone_number": Meaning(NO_REQUEST, NO_REQUEST),
    "need_registration": Meaning(NO_REQUEST, NO_REQUEST),
    "process_registration_params": Meaning(
        "`telephony.externalCall.register`, while the phone rings; at the end if nobody's did",
        "`POST /api/v2/events`, the card; nothing is stored yet",
    ),
    "process_originate_params": Meaning(
        "Asterisk's Originate, on ONEXTERNALCALLSTART and ONEXTERNALCALLBACKSTART",
        "Asterisk's Originate, at the widget's request",
    ),
    "process_final_params": Meaning(
        "`telephony.externalCall.finish`",
        "`POST /api/v4/calls`, or a call note on the chosen entity; sent once, it cannot be changed",
    ),
    "process_record_file_path": Meaning(
        "`telephony.externalCall.attachRecord`, after the finish; a file or an address",
        "`link` of the entry, so it is asked before that is sent; an address only",
    ),
    "get_updated_activity_fields": Meaning(
        "`crm.activity.update`, after the finish; dropped when the call is bound to nothing",
        "fields of the entry, so it is asked before that is sent; `activity` is `None`",
    ),
    "get_updated_entity_fields": Meaning(
        "`crm.lead.update`, `crm.contact.update`, `crm.company.update`, `crm.deal.update`; actions: "
        "`crm.*.add`, `crm.activity.binding.add`, `crm.timeline.comment.add`",
        "`PATCH /api/v4/leads`, `contacts`, `companies`; actions: `leads/complex`, notes",
    ),
    "process_task_creation_params": Meaning("`tasks.task.add`", "`POST /api/v4/tasks`"),
    "customize_autodistribution": Meaning(NO_REQUEST, NO_REQUEST),
    "post_registration": Meaning(
        "none; after `register` was accepted", "none; after the card was asked for, `filed` is empty"
    ),
}
"""Hook to what it means, in the order of `itgrix_hooks.table.HOOKS`."""
