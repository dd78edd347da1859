"""Click-to-call dials a prefix and the last ten digits, however the number stands in the CRM.

hooks:
settings:
dial_last_ten:
prefix: "8"
"""

from itgrix_hooks import OriginateParams, PhoneNumber, Settings, hookimpl


@hookimpl
def process_originate_params(params: OriginateParams, settings: Settings) -> OriginateParams | None:
    """Shorter numbers, as extensions and short codes, are dialled as they are."""
    digits = PhoneNumber(params.get("extension", "")).digits
    if len(digits) < 10:
        return None
    return {**params, "extension": settings.get("prefix", "8") + digits[-10:]}
