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

ALL_SCOPES = frozenset({"crm", "telephony", "user", "department", "task", "tasks", "im"})


class CrmMode(Enum):
    """What crm.settings.mode.get answers: with leads, or straight to contact and deal."""

    LEADS = 1
    SIMPLE = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """The leaky bucket per source address: how many it holds, how many leave it each second.

    50 and 2 are those of ordinary plans, 250 and 5 of Enterprise.
    """

    capacity: float = 50
    leaks_per_second: float = 2


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
        latency_seconds: how long every request takes before it is executed.
        timezone: of the portal, in which its dates are written.
        license: what app.info tells of the plan.
    """

    webhook_may_register: bool = True
    crm_mode: CrmMode = CrmMode.LEADS
    is_creating_repeat_leads: bool = True
    is_call_scenario_new: bool = False
    finish_tells_chat: bool = True
    telephony_code: str = "ERROR_CORE"
    limits: Limits | None = field(default_factory=Limits)
    latency_seconds: float = 0.0
    timezone: str = "Europe/Moscow"
    license: str = "en_pro100"
    webhooks: tuple[Webhook, ...] = (Webhook(),)
    tokens: tuple[Token, ...] = (Token(),)


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
