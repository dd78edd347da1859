"""Who comes in: the credentials of a request, and what they allow."""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_core.sandbox.bitrix import errors
from itgrix_core.sandbox.bitrix.methods import scopes_of, wants_application
from itgrix_core.sandbox.bitrix.settings import Caller, Params, Settings, Token


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `webhook` is (user id, code), `token` the `auth` parameter; one of them or none."""

    method: str
    params: Params
    webhook: tuple[str, str] | None = None
    token: str = ""
    address: str = "127.0.0.1"


def caller_of(settings: Settings, asked: Asked, now: float) -> Caller:
    """Whose credentials these are; raises the portal's error when they are nobody's or expired."""
    if asked.webhook is not None:
        return _by_webhook(settings, *asked.webhook)
    if not asked.token:
        raise errors.no_auth()
    token = next((one for one in settings.tokens if one.value == asked.token), None)
    if token is None:
        raise errors.invalid_token()
    return _by_token(token, now)


def _by_webhook(settings: Settings, user_id: str, code: str) -> Caller:
    for webhook in settings.webhooks:
        if (str(webhook.user_id), webhook.code) == (user_id, code):
            return Caller(webhook.user_id, webhook.scopes, token=code)
    raise errors.invalid_credentials()


def _by_token(token: Token, now: float) -> Caller:
    if token.expires_at is not None and token.expires_at <= now:
        raise errors.expired_token()
    return Caller(token.user_id, token.scopes, token.app_id, token.app_name, token.value)


def check_upload(settings: Settings, asked: Asked, now: float) -> None:
    """The `auth` of an upload address: a token, or the code of the webhook that asked for the address."""
    if asked.token not in {webhook.code for webhook in settings.webhooks}:
        caller_of(settings, asked, now)


def check_right(settings: Settings, caller: Caller, name: str) -> None:
    """Whether a caller may use a method; raises insufficient_scope or WRONG_AUTH_TYPE."""
    if not has_scope(caller, name):
        raise errors.insufficient_scope()
    if wants_application(name) and caller.app_id is None and not settings.webhook_may_register:
        raise errors.wrong_auth_type()


def has_scope(caller: Caller, name: str) -> bool:
    """Whether a caller has one of the scopes that a method needs, or it needs none."""
    needed = scopes_of(name)
    return not needed or bool(needed & caller.scopes)
