"""Missed calls go to the employee who is responsible for the trunk by which they came.

hooks:
settings:
responsible_of_trunk:
users: {provider1: 7, provider2: 8}     # trunk to user id
"""

from itgrix_hooks import Call, FinalParams, Settings, hookimpl

MISSED = "304"


@hookimpl
def process_final_params(params: FinalParams, call: Call, settings: Settings) -> FinalParams | None:
    """Books a missed call on the trunk's employee; all others stay."""
    user = settings.get("users", {}).get(call.trunk)
    if user is None or params.get("STATUS_CODE") != MISSED:
        return None
    return {**params, "USER_ID": user}
