"""The OAuth server: codes for the browser's way, pairs of tokens, and refresh tokens that rotate.

Errors are those of the real server as the official SDKs know them: an unknown client is answered with
status 200 and `wrong_client`, a wrong secret with 400 `invalid_client`, a dead code or token with 400
`invalid_grant`, a removed application with 401 `NOT_INSTALLED`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.keys import Code, Pair, fresh
from itgrix_core.sandbox.bitrix.php import as_text
from itgrix_core.sandbox.bitrix.settings import Application, Params
from itgrix_core.sandbox.bitrix.world import World

_OK = 200
_REMEMBERED_SECONDS = 86400.0
"""How long after its end the token of an event is still known as expired."""


def authorize(world: World, client_id: str, state: str) -> str:
    """Where the browser goes after the signed-in user has allowed the application: its handler with a code.

    Raises:
        RestError: there is no such application, or its form names no handler; the browser shows it.
    """
    application = _registered(world, client_id)
    if not application.handler:
        raise RestError(400, "invalid_request", "The application has no handler address")
    until = world.clock() + world.settings.code_seconds
    code = Code(fresh(), application.app_id, world.settings.signed_in_user, until)
    world.keys.codes[code.value] = code
    query = {
        "code": code.value,
        "state": state,
        "domain": world.domain,
        "member_id": world.settings.member_id,
        "scope": ",".join(sorted(application.scopes)),
        "server_domain": world.domain,
    }
    joint = "&" if urlsplit(application.handler).query else "?"
    return f"{application.handler}{joint}{urlencode(query)}"


def token(world: World, params: Params) -> dict[str, Any]:
    """`/oauth/token/`: a pair for a code or for a refresh token; raises `RestError`."""
    application = _registered(world, as_text(params.get("client_id")))
    if as_text(params.get("client_secret")) != application.client_secret:
        raise RestError(400, "invalid_client", "")
    if application.app_id in world.keys.uninstalled:
        raise RestError(401, "NOT_INSTALLED", "Application not installed")
    grant = as_text(params.get("grant_type"))
    if grant == "authorization_code":
        return _for_code(world, application, as_text(params.get("code")))
    if grant == "refresh_token":
        return _for_refresh_token(world, application, as_text(params.get("refresh_token")))
    raise RestError(400, "invalid_request", "Unknown grant_type")


def _registered(world: World, client_id: str) -> Application:
    for application in world.settings.applications:
        if application.client_id == client_id:
            return application
    raise RestError(_OK, "wrong_client", "")


def _for_code(world: World, application: Application, value: str) -> dict[str, Any]:
    code = world.keys.codes.pop(value, None)
    if code is None or code.app_id != application.app_id or code.until <= world.clock():
        raise RestError(400, "invalid_grant", "")
    return granted(world, application, give(world, application.app_id, code.user_id))


def _for_refresh_token(world: World, application: Application, value: str) -> dict[str, Any]:
    if not value:
        raise RestError(400, "invalid_request", 'No "refresh_token" parameter found')
    pair = world.keys.by_refresh(value)
    is_dead = pair is None or pair.app_id != application.app_id or pair.refresh_until <= world.clock()
    if pair is None or is_dead or (pair.is_spent and world.settings.is_refresh_strict):
        raise RestError(400, "invalid_grant", "")
    pair.is_spent = True
    return granted(world, application, give(world, application.app_id, pair.user_id))


def give(world: World, app_id: str, user_id: int, *, is_refreshable: bool = True) -> Pair:
    """A new access token of an application's user, with a refresh token unless told otherwise."""
    now, settings = world.clock(), world.settings
    refresh = fresh() if is_refreshable else ""
    until = (now + settings.token_seconds, now + settings.refresh_seconds)
    pair = Pair(fresh(), refresh, app_id, user_id, *until)
    kept = [one for one in world.keys.pairs if one.refresh or one.access_until + _REMEMBERED_SECONDS > now]
    world.keys.pairs = [*kept, pair]
    return pair


def granted(world: World, application: Application, pair: Pair) -> dict[str, Any]:
    """The answer of the OAuth server."""
    return {
        "access_token": pair.access,
        "expires": int(pair.access_until),
        "expires_in": int(world.settings.token_seconds),
        "scope": ",".join(sorted(application.scopes)),
        "domain": world.domain,
        "server_endpoint": world.endpoint,
        "status": "L",
        "client_endpoint": world.endpoint,
        "member_id": world.settings.member_id,
        "user_id": pair.user_id,
        "refresh_token": pair.refresh,
    }


def expire_all(world: World) -> None:
    """Every access token given out so far is past its hour; refresh tokens stay good."""
    world.keys.expired |= {one.value for one in world.settings.tokens}
    for pair in world.keys.pairs:
        pair.access_until = min(pair.access_until, world.clock())
