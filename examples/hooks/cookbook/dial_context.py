"""Click-to-call goes through the context (and so the trunk) of the line that was chosen in the CRM.

hooks:
settings:
dial_context:
lines: {"74950000101": from-internal-provider1}     # line to context
caller_ids: {"74950000101": "Sales <74950000101>"}
"""

from itgrix_hooks import OriginateParams, OriginateRequest, Settings, hookimpl


@hookimpl
def process_originate_params(
    params: OriginateParams, request: OriginateRequest, settings: Settings
) -> OriginateParams | None:
    """Without a line, and for one that is not in the table, nothing changes."""
    changed: OriginateParams = {**params}
    if request.line in settings.get("lines", {}):
        changed["context"] = settings["lines"][request.line]
    if request.line in settings.get("caller_ids", {}):
        changed["caller_id"] = settings["caller_ids"][request.line]
    return changed
