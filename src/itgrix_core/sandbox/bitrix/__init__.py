"""A Bitrix24 portal that runs here: REST methods, the life of a call, a CRM, and trouble on demand.

Nobody can test a connector against a real portal every minute, and no public simulator remembers a call from
register to finish. This one does, answers with the real one's types and errors, and writes down every request
so that "each call once" can be proven instead of believed.

    with run_portal() as running:
        requests.post(running.webhook + "telephony.externalCall.register", json={...})
        assert not problems(running.portal.ledger.entries())
"""

from itgrix_core.sandbox.bitrix.auditing import CallAudit, audit, problems
from itgrix_core.sandbox.bitrix.directory import Category, Status
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind
from itgrix_core.sandbox.bitrix.ledger import Entry, Ledger
from itgrix_core.sandbox.bitrix.portal import Portal
from itgrix_core.sandbox.bitrix.records import Department, User
from itgrix_core.sandbox.bitrix.seed import Seed, default_seed, default_users, phones
from itgrix_core.sandbox.bitrix.server import RunningPortal, run_portal
from itgrix_core.sandbox.bitrix.settings import (
    Application,
    Caller,
    CrmMode,
    Limits,
    OutgoingWebhook,
    Settings,
    Token,
    Webhook,
)

__all__ = [
    "Application",
    "CallAudit",
    "Caller",
    "Category",
    "CrmMode",
    "Department",
    "Entry",
    "Fault",
    "FaultKind",
    "Ledger",
    "Limits",
    "OutgoingWebhook",
    "Portal",
    "RunningPortal",
    "Seed",
    "Settings",
    "Status",
    "Token",
    "User",
    "Webhook",
    "audit",
    "default_seed",
    "default_users",
    "phones",
    "problems",
    "run_portal",
]
