"""What people do in the portal that a telephone must answer: a click on a number, a callback from a form.

A click registers the call at once, without EXTERNAL_CALL_ID, and its CALL_ID travels in the event; whoever
registers again makes a second call. A callback registers nothing.
"""

from __future__ import annotations

from typing import Any

from itgrix_core.sandbox.bitrix import creation, events
from itgrix_core.sandbox.bitrix.methods import calls
from itgrix_core.sandbox.bitrix.numbers import shown
from itgrix_core.sandbox.bitrix.php import as_text
from itgrix_core.sandbox.bitrix.records import OUTGOING
from itgrix_core.sandbox.bitrix.settings import Caller
from itgrix_core.sandbox.bitrix.world import World


def click(world: World, user_id: int, number: str, line: str = "", call_list: int = 0) -> str:
    """A user clicks a number: the call is registered, his card opens, the application is told.

    `line` is the line that he chose, "" for the application itself; `call_list` the dialling list that the
    click came from.

    Returns:
        The CALL_ID. It exists even when no application is the default number and nobody is told.

    Raises:
        RestError: the number or the user cannot be used.
    """
    application = world.settings.application(world.settings.outgoing_app)
    names = (application.app_id, application.name) if application else ()
    caller = Caller(user_id, frozenset(), *names)
    asked = {"USER_ID": user_id, "PHONE_NUMBER": number, "TYPE": OUTGOING, "LINE_NUMBER": line, "SHOW": 1}
    with world.acting(user_id):
        registered = calls.register(world, caller, asked)
        if application is not None and application.app_id not in world.keys.uninstalled:
            data = _clicked(world, user_id, number, line, call_list, registered)
            events.fire(world, "ONEXTERNALCALLSTART", data, application.app_id)
    return as_text(registered["CALL_ID"])


def _clicked(
    world: World, user_id: int, number: str, line: str, call_list: int, registered: dict[str, Any]
) -> dict[str, Any]:
    return {
        "PHONE_NUMBER": number,
        "PHONE_NUMBER_INTERNATIONAL": shown(world.active[registered["CALL_ID"]].number),
        "EXTENSION": "",
        "USER_ID": user_id,
        "CALL_LIST_ID": call_list,
        "LINE_NUMBER": line,
        "IS_MOBILE": 0,
        **{name: registered[name] for name in ("CALL_ID", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID")},
        **{name: registered[name] for name in ("CRM_CREATED_LEAD", "CRM_CREATED_ENTITIES")},
    }


def call_back(world: World, number: str, text: str = "", line: str = "") -> None:
    """A visitor orders a callback in a form: every application that asked for it is told."""
    kind, entity = creation.find(world, number).primary()
    data = {
        "PHONE_NUMBER": number,
        "TEXT": text,
        "VOICE": "",
        "CRM_ENTITY_TYPE": kind,
        "CRM_ENTITY_ID": entity,
        "LINE_NUMBER": line,
    }
    events.fire(world, "ONEXTERNALCALLBACKSTART", data)
