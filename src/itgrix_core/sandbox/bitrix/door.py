"""Who comes in: the credentials of a request, and what they allow."""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_core.sandbox.bitrix import errors
from itgrix_core.sandbox.bitrix.methods import scopes_of, wants_application, wants_application_always
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Settings
from itgrix_core.sandbox.bitrix.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `webhook` is (user id, code), `token` the `auth` parameter; one of them or none.

    `address` is where it came from, `host` and `path` how the portal was called.
    """

    method: str
    params: Params
    webhook: tuple[str, str] | None = None
    token: str = ""
    address: str = "127.0.0.1"
    host: str = ""
    path: str = ""


def caller_of(world: World, asked: Asked) -> Caller:
    """Whose credentials these are; raises the portal's error when they are nobody's or expired."""
    if not world.settings.is_rest_included:
        raise errors.plan_without_rest()
    if asked.webhook is not None:
        return _by_webhook(world.settings, *asked.webhook)
    if not asked.token:
        raise errors.no_auth()
    return _by_token(world, asked.token)


def _by_webhook(settings: Settings, user_id: str, code: str) -> Caller:
    for webhook in settings.webhooks:
        if (str(webhook.user_id), webhook.code) == (user_id, code):
            return Caller(webhook.user_id, webhook.scopes, token=code)
    raise errors.invalid_credentials()


def _by_token(world: World, value: str) -> Caller:
    caller, until = _given(world, value) or _set(world, value) or (None, None)
    if caller is None:
        raise errors.invalid_token()
    if caller.app_id in world.keys.uninstalled:
        raise errors.not_installed()
    if until is not None and until <= world.clock():
        raise errors.expired_token()
    return caller


def _given(world: World, value: str) -> tuple[Caller, float | None] | None:
    """The caller of a token that the OAuth server has given out, and its end."""
    pair = world.keys.by_access(value)
    application = world.settings.application(pair.app_id) if pair else None
    if pair is None or application is None:
        return None
    who = (pair.user_id, application.scopes, application.app_id, application.name, value)
    return Caller(*who), pair.access_until


def _set(world: World, value: str) -> tuple[Caller, float | None] | None:
    """The caller of a token that was there from the start, and its end."""
    for token in world.settings.tokens:
        if token.value == value:
            until = 0.0 if value in world.keys.expired else token.expires_at
            return Caller(token.user_id, token.scopes, token.app_id, token.app_name, value), until
    return None


def check_upload(world: World, asked: Asked) -> None:
    """The `auth` of an upload address: a token, or the code of the webhook that asked for the address."""
    if asked.token not in {webhook.code for webhook in world.settings.webhooks}:
        caller_of(world, asked)


def check_right(settings: Settings, caller: Caller, name: str) -> None:
    """Whether a caller may use a method; raises what keeps him from it."""
    if not settings.has_telephony and "telephony" in scopes_of(name):
        raise errors.method_not_found()
    if not has_scope(caller, name):
        raise errors.insufficient_scope()
    if wants_application(name) and caller.app_id is None and not settings.webhook_may_register:
        raise errors.wrong_auth_type()
    if wants_application_always(name) and caller.app_id is None:
        raise errors.wrong_auth_type()


def has_scope(caller: Caller, name: str) -> bool:
    """Whether a caller has one of the scopes that a method needs, or it needs none."""
    needed = scopes_of(name)
    return not needed or bool(needed & caller.scopes)
