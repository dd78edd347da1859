"""What kind of portal this is: every switch in which real portals differ.

A connector must work on all of them, so a test says which one it means by a `Settings` of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Clock = Callable[[], float]
"""Says the time in Unix seconds."""

Params = dict[str, Any]
"""Parameters of a method after JSON or PHP brackets were read."""

ALL_SCOPES = frozenset({"crm", "telephony", "user", "department", "task", "tasks", "im", "timeman"})


class CrmMode(Enum):
    """What crm.settings.mode.get answers: with leads, or straight to contact and deal."""

    LEADS = 1
    SIMPLE = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """The leaky bucket per source address, and the time that a method may be executed in ten minutes.

    50 requests of which 2 leave each second are those of ordinary plans, 250 and 5 of Enterprise.
    `operating_seconds` counts per method and application or webhook; `None` for no such limit.
    """

    capacity: float = 50
    leaks_per_second: float = 2
    operating_seconds: float | None = 480


@dataclass(frozen=True, slots=True)
class Webhook:
    """An inbound webhook: `/rest/<user_id>/<code>/<method>`."""

    user_id: int = 1
    code: str = "sandboxcode"
    scopes: frozenset[str] = ALL_SCOPES


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of a local application; `expires_at` in Unix seconds, `None` for never."""

    value: str = "sandboxtoken"
    user_id: int = 1
    app_id: str = "3"
    app_name: str = "Itgrix"
    scopes: frozenset[str] = ALL_SCOPES
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """A local application: what its form in the portal holds.

    Attributes:
        handler: where the browser comes back to with a code (the form's address of the application).
        install_handler: where ONAPPINSTALL is posted, "" for nowhere.
        application_token: what events of the portal prove themselves with.
    """

    client_id: str = "local.sandbox.1"
    client_secret: str = "sandboxsecret"  # noqa: S105 - it opens a sandbox
    app_id: str = "3"
    name: str = "Itgrix"
    scopes: frozenset[str] = ALL_SCOPES
    handler: str = ""
    install_handler: str = ""
    application_token: str = "sandboxapplicationtoken"  # noqa: S105


@dataclass(frozen=True, slots=True)
class OutgoingWebhook:
    """An outgoing webhook: events go to `handler` without any token of access."""

    handler: str
    events: frozenset[str] = frozenset({"ONEXTERNALCALLSTART", "ONEXTERNALCALLBACKSTART"})
    application_token: str = "sandboxoutgoingtoken"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Settings:
    """The portal's switches.

    Attributes:
        webhook_may_register: whether register, finish and the lines work by webhook. Documentation says no,
            working connectors say yes, so both worlds are played.
        crm_mode: with leads or without.
        is_creating_repeat_leads: the portal setting "create repeat leads automatically".
        is_call_scenario_new: in the newer scenario answered incoming calls stay open (COMPLETED N).
        finish_tells_chat: what an absent ADD_TO_CHAT of finish means; documentation says yes.
        telephony_code: error code of the telephony methods; real portals were seen to send "" instead.
        limits: the bucket, `None` for none (self-hosted portals).
        latency_seconds: how long every request takes before it is executed; `None` takes the documented time
            of each method.
        timezone: of the portal, in which its dates are written.
        license: what app.info tells of the plan; `is_rest_included`: whether the plan has REST at all.
        has_telephony: whether the telephony module is installed.
        features: what feature.get answers Y to.
        member_id: the portal's own name, which survives a new address.
        applications: the local applications that somebody has registered here.
        outgoing: outgoing webhooks.
        outgoing_app: the application (by id) that is everybody's default number for outgoing calls; "" for
            none, then a click on a number reaches nobody.
        signed_in_user: who allows an application's authorisation in the browser.
        token_seconds, refresh_seconds, code_seconds: how long these live.
        is_refresh_strict: whether a refresh token that was used is dead at once.
        moved_status: HTTP status of the redirect to the new address after the portal was renamed.
    """

    webhook_may_register: bool = True
    crm_mode: CrmMode = CrmMode.LEADS
    is_creating_repeat_leads: bool = True
    is_call_scenario_new: bool = False
    finish_tells_chat: bool = True
    telephony_code: str = "ERROR_CORE"
    limits: Limits | None = field(default_factory=Limits)
    latency_seconds: float | None = 0.0
    timezone: str = "Europe/Moscow"
    license: str = "en_pro100"
    is_rest_included: bool = True
    has_telephony: bool = True
    features: frozenset[str] = frozenset({"rest_offline_extended", "rest_auth_connector"})
    member_id: str = "5a4db0c8e1f94a0c8d2b6f1e7c3a9b50"
    webhooks: tuple[Webhook, ...] = (Webhook(),)
    tokens: tuple[Token, ...] = (Token(),)
    applications: tuple[Application, ...] = (Application(),)
    outgoing: tuple[OutgoingWebhook, ...] = ()
    outgoing_app: str = "3"
    signed_in_user: int = 1
    token_seconds: float = 3600.0
    refresh_seconds: float = 180 * 86400.0
    code_seconds: float = 30.0
    is_refresh_strict: bool = True
    moved_status: int = 302

    def application(self, app_id: str | None) -> Application | None:
        """The registered application of this id."""
        return next((one for one in self.applications if one.app_id == app_id), None)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the user behind the webhook or token, and the application if there is one."""

    user_id: int
    scopes: frozenset[str]
    app_id: str | None = None
    app_name: str | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a method answers; `total` and `next` stand beside the result in answers of lists."""

    result: Any
    total: int | None = None
    next: int | None = None
