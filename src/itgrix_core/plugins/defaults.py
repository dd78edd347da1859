"""Our own behaviour as hooks: what happens when nobody else says anything.

If a hook is too weak for us it is too weak for partners, and there is no second path in the service. These
run on the asking thread without a time limit, since they are ours. More move here as the service grows.
"""

from __future__ import annotations

from itgrix_hooks import PhoneNumber, hookimpl
from itgrix_hooks.numbers import as_dialled, in_e164
from itgrix_hooks.tools import Pbx
from itgrix_hooks.values import NumberUse, Party


@hookimpl
def process_phone_number(number: PhoneNumber, party: Party, use: NumberUse, pbx: Pbx) -> PhoneNumber:
    """A client's number is international for the CRM and as the trunk wants it for dialling.

    Of an Asterisk without a `region`, and of employees, numbers are used as they came.
    """
    if party == "user":
        return number
    if use == "dial":
        return as_dialled(number, pbx.region, pbx.dial_style, pbx.dial_prefix)
    return in_e164(number, pbx.region)


@hookimpl(trylast=True)
def need_registration() -> bool:
    """Every call that the configuration files is filed; the very last word, after the rules."""
    return True
