"""Numbers are written as the CRM has them: +7 and ten digits, whatever the provider sends.

    hooks:
      settings:
        number_format:
          region: RU            # left out: that of the PBX (asterisk.*.numbers)

(`asterisk.*.numbers` of the configuration does the same without code.)
"""

from itgrix_hooks import NumberUse, Party, Pbx, PhoneNumber, Settings, hookimpl
from itgrix_hooks.numbers import in_e164


@hookimpl
def process_phone_number(
    number: PhoneNumber, party: Party, use: NumberUse, pbx: Pbx, settings: Settings
) -> PhoneNumber | None:
    """For the CRM; what is dialled, and an employee's extension, stay as they are."""
    if party != "client" or use not in {"search", "file"}:
        return None
    return in_e164(number, settings.get("region", pbx.region))
