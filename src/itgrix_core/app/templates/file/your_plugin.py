"""The description of an answered call says who talked, and for how long."""

from __future__ import annotations

from itgrix_hooks import ActivityFields, Call, hookimpl


@hookimpl
def get_updated_activity_fields(call: Call) -> ActivityFields | None:
    """Name the arguments that you want: `itgrix hooks show get_updated_activity_fields` lists them all."""
    if not call.is_answered:
        return None  # the fields stay as the others left them
    return {"DESCRIPTION": f"{call.answered_by or call.extension} talked for {call.talk_seconds:.0f} s."}
