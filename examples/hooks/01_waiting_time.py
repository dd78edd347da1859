"""Case 1: how long the client waited and how long they talked, written into the activity's description.

Needs nothing. The wording can be changed in the configuration:

    hooks:
      settings:
        01_waiting_time:
          template: "Waited {wait}, talked {talk}."
"""

from itgrix_hooks import ActivityFields, Call, Settings, hookimpl

TEMPLATE = "Waited {wait}, talked {talk}."


@hookimpl
def get_updated_activity_fields(fields: ActivityFields, call: Call, settings: Settings) -> ActivityFields:
    """Adds one line to the description."""
    template = settings.get("template", TEMPLATE)
    line = template.format(wait=spoken(call.wait_seconds), talk=spoken(call.talk_seconds))
    # An earlier plugin may have written a description: ours goes below it.
    earlier = fields.get("DESCRIPTION", "")
    return {"DESCRIPTION": f"{earlier}\n{line}" if earlier else line}


def spoken(seconds: float) -> str:
    """72 → "1 min 12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
