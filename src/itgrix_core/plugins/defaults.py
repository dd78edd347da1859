"""Our own behaviour as hooks: what happens when nobody else says anything.

If a hook is too weak for us it is too weak for partners, and there is no second path in the service. These
run on the asking thread without a time limit, since they are ours. More move here as the service grows.
"""

from __future__ import annotations

from itgrix_hooks import PhoneNumber, hookimpl


@hookimpl
def process_phone_number(number: PhoneNumber) -> PhoneNumber:
    """A number is used as Asterisk or the CRM gave it."""
    return number


@hookimpl
def need_registration() -> bool:
    """Every call that the configuration files is filed."""
    return True
