"""Calls by these trunks are not filed, or only those by these.

    hooks:
      settings:
        trunk_lists:
          never: [doorphone]
          only: [provider1]         # left out: all

(`crm.*.never` and `crm.*.only` of the configuration do the same without code.)
"""

from itgrix_hooks import Call, Settings, hookimpl


@hookimpl
def need_registration(call: Call, settings: Settings) -> bool | None:
    """An internal call has no trunk, so the lists have no say in it."""
    if call.trunk is None:
        return None
    is_left_out = "only" in settings and call.trunk not in settings["only"]
    return False if call.trunk in settings.get("never", []) or is_left_out else None
