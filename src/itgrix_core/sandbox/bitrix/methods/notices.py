"""im.notify.system.add and im.notify.personal.add: a notice in a user's chat."""

from __future__ import annotations

from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.php import any_case, as_int, as_text
from itgrix_core.sandbox.bitrix.settings import Caller, Params
from itgrix_core.sandbox.bitrix.world import World


def notify(world: World, caller: Caller, params: Params) -> int:
    """A notice to one user; by webhook a TAG needs a CLIENT_ID."""
    user_id = as_int(any_case(params, "USER_ID"))
    text = as_text(any_case(params, "MESSAGE"))
    if not user_id:
        raise RestError(400, "USER_ID_EMPTY", "User ID can't be empty")
    if not text:
        raise RestError(400, "MESSAGE_EMPTY", "Message can't be empty")
    if caller.app_id is None and any_case(params, "TAG") and not any_case(params, "CLIENT_ID"):
        raise RestError(400, "CLIENT_ID_EMPTY", "CLIENT_ID is required with TAG in webhook mode")
    return world.tell(user_id, text)


METHODS = {"im.notify.system.add": notify, "im.notify.personal.add": notify}
