"""Case 2: missed calls from outside go to these users in turn, evenly, whoever else would have got them.

Settings of this plugin in itgrix.yaml:

    hooks:
      settings:
        02_fair_missed:
          users: [7, 8, 9]      # ids of CRM users
"""

from itgrix_hooks import Call, FinalParams, Settings, Store, hookimpl


@hookimpl
def process_final_params(
    params: FinalParams, call: Call, settings: Settings, store: Store
) -> FinalParams | None:
    """Books a missed call on the user whose turn it is."""
    users = settings.get("users", [])
    if not users or not call.is_missed:
        return None
    # `turn` is on disk and taken once per call: neither a restart nor a repeated request skips anybody.
    user = store.turn("missed", [str(user) for user in users])
    return {**params, "USER_ID": int(user)}
