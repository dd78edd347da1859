"""Every setting, its type, its default and one sentence: the only place where they are written down.

`config/itgrix.yaml` is kept equal to this by a test; `load` finds the mistakes, `render` prints what counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from itgrix_core.config.addresses import of_a_machine
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.schema_conditions import RuleSettings
from itgrix_core.config.schema_dialling import ClickSettings
from itgrix_core.config.schema_reconcile import ReconcileSettings
from itgrix_core.config.schema_recordings import LinkSettings
from itgrix_core.config.schema_routing import RoutingSettings
from itgrix_core.config.schema_rules import (
    CardSettings,
    CreationSettings,
    MissedSettings,
    NameList,
    OutboxSettings,
    Template,
)
from itgrix_core.config.section import Port, Seconds, Section


class ApplicationSettings(Section):
    """A local application of the portal; `itgrix connect bitrix24` leads through making one."""

    portal: str = Field(
        default="", description="The portal's address.", examples=["https://example.bitrix24.com"]
    )
    client_id: str = Field(default="", description="Application ID (client_id) from its form in the portal.")
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="Its key (client_secret); or {env: NAME} or {file: PATH}."
    )
    oauth_server: str = Field(
        default="", description="Bitrix24's OAuth server, if it must be one; known ones if left out."
    )


class EventSettings(Section):
    """What the portal tells us: clicks on numbers and the like."""

    names: list[str] = Field(
        default=["OnExternalCallStart", "OnExternalCallBackStart"], description="Which events are asked for."
    )
    handler: str = Field(
        default="",
        description="Public https address of this service's pages; without one events are fetched.",
        examples=["https://pbx.example.com/"],
    )
    application_token: SecretStr = Field(
        default=SecretStr(""), description="Of an outgoing webhook made by hand; an application's is learnt."
    )
    poll_seconds: float = Field(
        default=5.0, ge=3, le=3600, description="How often events are fetched, where no handler is."
    )


class BitrixSettings(Section):
    """One Bitrix24 portal, reached by a local application or over an inbound webhook."""

    kind: Literal["bitrix24"] = Field(default="bitrix24", description="The CRM's kind.")
    application: ApplicationSettings = Field(
        default=ApplicationSettings(), description="By a local application, then `itgrix connect bitrix24`."
    )
    webhook: SecretStr = Field(
        default=SecretStr(""),
        description="Or by an inbound webhook: its address; or {env: NAME} or {file: PATH}.",
    )
    events: EventSettings = Field(default=EventSettings(), description="What the portal tells us.")
    clicks: ClickSettings = Field(
        default=ClickSettings(), description="What a click on a number and a visitor's callback lead to."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates (PEM) of who signed a boxed portal's; the system's if left out.",
    )
    proxy: SecretStr = Field(
        default=SecretStr(""),
        description="The way to the portal, http://HOST:PORT; the environment's if empty.",
    )
    timeout_seconds: Seconds = Field(default=20.0, description="How long one request may take.")
    default_user: int = Field(default=1, ge=1, description="User id who gets calls that nobody else gets.")
    lines: dict[str, str] = Field(
        default={},
        description="Outside number (DID; several spellings with commas) or trunk to LINE_NUMBER.",
        examples=[{"+74950000000, 0000000": "74950000000"}],
    )
    sources: dict[str, str] = Field(
        default={},
        description="Outside number (DID) or trunk to a STATUS_ID of the SOURCE list.",
        examples=[{"+74950000000": "CALL"}],
    )
    campaigns: dict[str, dict[str, Template]] = Field(
        default={},
        description="Outside number (DID) or trunk to fields of what is created there.",
        examples=[{"+74950000001": {"UTM_SOURCE": "yandex", "UTM_CAMPAIGN": "spring"}}],
    )
    create_for: list[Literal["inbound", "outbound"]] = Field(
        default=["inbound"],
        description="Directions in which the portal creates by its own rules, where `creation` is empty.",
    )
    creation: list[CreationSettings] = Field(
        default=[],
        description="What is created for a call, instead of `create_for`; the first rule that fits counts.",
        examples=[[{"create": "lead", "title": "{number} calls {did}"}]],
    )
    entity: Literal["portal", "employee"] = Field(
        default="portal",
        description="Of several clients with the number: the portal's choice, or the employee's own first.",
    )
    search: Literal["portal", "copy"] = Field(
        default="portal",
        description="Who tells hooks the clients of a number: the portal, or the local copy of its numbers, "
        "which knows at once, but no fields, no closed leads, and what is new after `routing.poll_seconds`.",
    )
    bind_deal: bool = Field(
        default=False, description="Whether the call is bound to the client's last open deal as well."
    )
    file_internal: bool = Field(default=False, description="Whether calls between employees are filed.")
    missed_owner: Literal["responsible", "last", "default", "turn", "free"] = Field(
        default="responsible",
        description="Who owns a missed call: the client's responsible, whose phone rang last, the default; "
        "of `missed.members` each in turn, or who has the fewest open.",
    )
    missed: MissedSettings = Field(default=MissedSettings(), description="What follows on a missed call.")
    cards: CardSettings = Field(default=CardSettings(), description="When a call's card comes up.")
    only: NameList = Field(
        default=NameList(), description="White lists: if one has entries, only calls of these are filed."
    )
    never: NameList = Field(default=NameList(), description="Black lists: calls of these are not filed.")
    rules: list[RuleSettings] = Field(
        default=[],
        description="What follows otherwise, under conditions (docs/rules.md); hooks have the last word.",
        examples=[[{"name": "night", "outside": {"begin": "09:00", "end": "18:00"}, "owners": [17, 18]}]],
    )
    transfers: Literal["per_talk", "one_call"] = Field(
        default="per_talk",
        description="After a transfer each employee's talk is a call of its own, or all of it is one call.",
    )
    answered_owner: Literal["last", "first", "longest", "responsible"] = Field(
        default="last",
        description="Who owns an answered call: who talked last, first, longest; the responsible if he did.",
    )
    owner_talk_seconds: float = Field(
        default=0.0, ge=0, description="A shorter talk makes nobody the owner, if there is a longer one."
    )
    card_seconds: Seconds = Field(
        default=60.0, description="After how long a card is no longer worth showing."
    )
    requests_at_once: int = Field(
        default=50, ge=1, description="The portal's bucket: requests that may come at once (Enterprise: 250)."
    )
    requests_per_second: float = Field(
        default=2.0, gt=0, description="How many of them run out of the bucket each second (Enterprise: 5)."
    )
    operating_seconds: float = Field(
        default=480.0,
        gt=0,
        description="How long it executes a method in ten minutes; a boxed portal without limit: 1000000.",
    )

    @property
    def is_clicked(self) -> bool:
        """Whether clicks or callbacks can come at all: they are asked for, and there is a way for them."""
        wanted = any(name.lower().startswith("onexternalcall") for name in self.events.names)
        return wanted and bool(self.application.client_id or self.events.application_token.get_secret_value())

    @property
    def is_creating_outbound(self) -> bool:
        """Whether calls out are left to the portal's own rules; then its lines have to say so as well."""
        if not self.creation:
            return "outbound" in self.create_for
        return any(rule.create == "portal" and "outbound" in rule.directions for rule in self.creation)


class HookLimits(Section):
    """How long a hook may take; a slower one is left out of that call."""

    ringing_seconds: Seconds = Field(default=1.5, description="All hooks together while the phone rings.")
    question_seconds: Seconds = Field(default=1.0, description="Originate and routing.")
    recording_seconds: Seconds = Field(default=10.0, description="process_record_file_path.")
    other_seconds: Seconds = Field(default=5.0, description="Everything else.")


class BreakerSettings(Section):
    """When a plugin that keeps failing is left alone for a while, and for how long."""

    failures: int = Field(default=5, ge=0, description="So many failures in a row; 0 never leaves it alone.")
    pause_seconds: Seconds = Field(default=30.0, description="Then it rests so long, and is tried once.")
    longest_pause_seconds: Seconds = Field(
        default=1800.0, description="Each try in vain doubles the pause, up to this."
    )


class IsolationSettings(Section):
    """How a plugin runs in a process of its own."""

    python: Path | None = Field(
        default=None,
        description="Its interpreter, that of another virtual environment; the service's if left out.",
        examples=["/opt/their_venv/bin/python"],
    )
    memory_mb: int | None = Field(
        default=None, ge=64, description="How much memory it may take; as much as there is if left out."
    )


class HookSettings(Section):
    """The customisation."""

    folder: Path | None = Field(default=None, description="Folder of single-file hook modules.")
    disabled: list[str] = Field(default=[], description="Plugins that are not loaded, by name.")
    order: list[str] = Field(
        default=[], description="Plugins that come first, in this order, among those of their level."
    )
    reload: Literal["signal", "change"] = Field(
        default="signal",
        description="When hooks and settings are read again: at a SIGHUP, or also when their files change.",
    )
    limits: HookLimits = Field(default=HookLimits(), description="Time limits.")
    breaker: BreakerSettings = Field(default=BreakerSettings(), description="Plugins that keep failing.")
    isolate: dict[str, IsolationSettings] = Field(
        default={},
        description="Plugins that run in a process of their own, by name: untrusted or leaking ones.",
        examples=[{"their_plugin": {"memory_mb": 256}}],
    )
    settings: dict[str, dict[str, Any]] = Field(
        default={},
        description="What each plugin gets as `settings`, by plugin name.",
        examples=[{"round_robin": {"users": [1, 7]}}],
    )


class WebSettings(Section):
    """The pages of the running service."""

    host: Annotated[str, AfterValidator(of_a_machine)] = Field(
        default="127.0.0.1",
        description="Where they are served; /metrics and /status to this machine only, the others to all.",
    )
    port: Port | None = Field(
        default=None, description="Their port; none is opened if left out.", examples=[15038]
    )
    links: LinkSettings = Field(default=LinkSettings(), description="Links to recordings, served here.")


class Settings(Section):
    """The whole configuration."""

    data_folder: Path = Field(default=Path("var"), description="Where the outbox and the recorded logs live.")
    state_folder: Path | None = Field(
        default=None,
        description="Where all services of this machine count a portal's requests together.",
        examples=["/var/lib/itgrix"],
    )
    asterisk: dict[str, AsteriskSettings] = Field(
        default={"main": AsteriskSettings()}, description="The Asterisks, by a name of yours.", min_length=1
    )
    crm: dict[str, BitrixSettings] = Field(
        default={"bitrix": BitrixSettings()},
        description="The CRM accounts, by a name of yours.",
        min_length=1,
    )
    routes: dict[str, str] = Field(
        default={},
        description="Trunk or DID to an entry of `crm`, before the Asterisk's own.",
        examples=[{"trunk-main": "bitrix"}],
    )
    hooks: HookSettings = Field(default=HookSettings(), description="The customisation.")
    web: WebSettings = Field(
        default=WebSettings(),
        description="Pages: /metrics, /healthz, /status, /bitrix24 (connecting, events), /route, /recording.",
    )
    routing: RoutingSettings = Field(
        default=RoutingSettings(), description="Callers who are put through to their own manager."
    )
    reconcile: ReconcileSettings = Field(
        default=ReconcileSettings(), description="The comparison with the CRM's own list of calls."
    )
    outbox: OutboxSettings = Field(default=OutboxSettings(), description="What waits to be filed.")
    workers: int = Field(default=4, ge=1, le=64, description="Calls that are filed at the same time.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged."
    )

    @property
    def is_copying(self) -> bool:
        """Whether the clients' numbers are copied: for routing, or for hooks."""
        return self.routing.is_on or any(crm.search == "copy" for crm in self.crm.values())
