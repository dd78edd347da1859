"""Calls of these extensions are not filed, or only those of these.

    hooks:
      settings:
        extension_lists:
          never: ["199"]            # black list
          only: ["101", "102"]      # white list; left out: all

(`crm.*.never` and `crm.*.only` of the configuration do the same without code.)
"""

from itgrix_hooks import Call, Conversation, Settings, hookimpl


@hookimpl
def need_registration(call: Call, conversation: Conversation | None, settings: Settings) -> bool | None:
    """Who is called (incoming) or calls (outgoing); without either the list has no say."""
    extension = call.extension or (conversation.extension if conversation else call.answered_by)
    if extension is None:
        return None
    is_listed = extension in settings.get("never", [])
    is_left_out = "only" in settings and extension not in settings["only"]
    return False if is_listed or is_left_out else None
