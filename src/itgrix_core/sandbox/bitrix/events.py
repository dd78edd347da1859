"""Events: who has asked for which, what is posted to whom, and the queue of those who come to fetch.

A real portal posts once and never again; who has no public address asks for offline events and empties a
queue in which one object's changes fall together. The posts themselves are made by `posting.py`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from itgrix_core.sandbox.bitrix import oauth
from itgrix_core.sandbox.bitrix.settings import Application
from itgrix_core.sandbox.bitrix.subscriptions import Handler, Post, Queued
from itgrix_core.sandbox.bitrix.world import World

OFFLINE_NUDGE = "ONOFFLINEEVENT"
_POSTS_KEPT = 1000
NAMES = frozenset(
    {
        f"ONCRM{kind}{what}"
        for kind in ("LEAD", "CONTACT", "COMPANY", "DEAL")
        for what in ("ADD", "UPDATE", "DELETE")
    }
    | {f"ONCRMACTIVITY{what}" for what in ("ADD", "UPDATE", "DELETE")}
    | {"ONEXTERNALCALLSTART", "ONEXTERNALCALLBACKSTART", "ONVOXIMPLANTCALLEND"}
    | {"ONTASKADD", "ONTASKUPDATE", "ONAPPINSTALL", "ONAPPUNINSTALL", OFFLINE_NUDGE}
)
"""The events that this portal sends."""


def fire(world: World, event: str, data: dict[str, Any], app_id: str | None = None) -> None:
    """Tell everybody who has asked for an event, or one application only."""
    for handler in list(world.handlers):
        if handler.event != event or app_id not in (None, handler.app_id):
            continue
        application = world.settings.application(handler.app_id)
        if application is None:
            continue
        if not handler.is_offline:
            _send(world, handler, application, data)
        elif not handler.connector or handler.connector != world.connector:
            _queue(world, handler, application, data)
    for outgoing in world.settings.outgoing:
        if event in outgoing.events:
            auth = {**_portal(world), "application_token": outgoing.application_token}
            post(world, event, outgoing.handler, data, auth)


def install(world: World, application: Application) -> None:
    """The application was installed: ONAPPINSTALL with a full pair goes to its install callback, if any."""
    world.keys.uninstalled.discard(application.app_id)
    if application.install_handler:
        region = world.settings.license.partition("_")[0]
        data = {"VERSION": "1", "ACTIVE": "Y", "INSTALLED": "Y", "LANGUAGE_ID": region}
        pair = oauth.give(world, application.app_id, world.settings.signed_in_user)
        auth = {**_auth(world, application, 0), **oauth.granted(world, application, pair)}
        post(world, "ONAPPINSTALL", application.install_handler, data, {**auth, "domain": world.domain})


def uninstall(world: World, application: Application, *, clean: bool = True) -> None:
    """The application was removed: it is told, and its lines, handlers and tokens go."""
    auth = {**_portal(world), "application_token": application.application_token}
    for handler in [one for one in world.handlers if one.app_id == application.app_id]:
        if handler.event == "ONAPPUNINSTALL" and not handler.is_offline:
            post(world, handler.event, handler.address, {"CLEAN": str(int(clean)), "LANGUAGE_ID": "en"}, auth)
        world.handlers.remove(handler)
    world.lines = [line for line in world.lines if line.app_id != application.app_id]
    world.queue = [one for one in world.queue if one.app_id != application.app_id]
    world.keys.forget(application.app_id)


def _send(world: World, handler: Handler, application: Application, data: dict[str, Any]) -> None:
    auth = _auth(world, application, handler.user_id or world.actor)
    post(world, handler.event, handler.address, data, auth, handler.id)


def post(
    world: World, event: str, address: str, data: dict[str, Any], auth: dict[str, Any], handler_id: int = 0
) -> None:
    """Put an event on its way; `posting.py` takes it from there."""
    payload: dict[str, Any] = {"event": event}
    if handler_id:
        payload["event_handler_id"] = handler_id
    payload |= {"data": data, "ts": int(world.clock()), "auth": auth}
    one = Post(world.next_id(), world.clock(), event, address, payload)
    world.posts = [*world.posts[1 - _POSTS_KEPT :], one]
    world.mail.put(one)


def _portal(world: World) -> dict[str, Any]:
    """What every event says about the portal."""
    return {
        "domain": world.domain,
        "client_endpoint": world.endpoint,
        "server_endpoint": world.endpoint,
        "member_id": world.settings.member_id,
    }


def _auth(world: World, application: Application, user_id: int) -> dict[str, Any]:
    """An application's event: with an access token when somebody stands behind the action."""
    auth: dict[str, Any] = {}
    if user_id:
        pair = oauth.give(world, application.app_id, user_id, is_refreshable=False)
        seconds = int(world.settings.token_seconds)
        auth = {"access_token": pair.access, "expires": int(pair.access_until), "expires_in": seconds}
        auth["user_id"] = user_id
    scope = ",".join(sorted(application.scopes))
    return {
        **auth,
        "scope": scope,
        "status": "L",
        **_portal(world),
        "application_token": application.application_token,
    }


def _queue(world: World, handler: Handler, application: Application, data: dict[str, Any]) -> None:
    """One object's changes fall together as long as nobody has reserved them: the last state counts."""
    key = json.dumps([handler.app_id, handler.connector, handler.event, _object(data)], default=str)
    message_id = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    for one in world.queue:
        if one.message_id == message_id and not one.process_id:
            one.at, one.data = world.clock(), data
            break
    else:
        place = (world.next_id(), handler.app_id, handler.connector, world.clock())
        world.queue.append(Queued(*place, handler.event, data, message_id, world.actor))
    for nudged in world.handlers:
        if nudged.event == OFFLINE_NUDGE and nudged.app_id == handler.app_id:
            _send(world, nudged, application, {})


def _object(data: dict[str, Any]) -> Any:
    """What an event is about: the changed object's id, the call, or else all it says."""
    fields = data.get("FIELDS") or data.get("FIELDS_AFTER")
    return fields or data.get("CALL_ID") or data
