"""Every setting, its type, its default and one sentence: the only place where they are written down.

`config/itgrix.yaml` is kept equal to this by a test; `load` finds the mistakes, `render` prints what counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Section(BaseModel):
    """Base of all sections: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class ExtensionRules(Section):
    """What an employee's inside number looks like on this PBX."""

    min_length: int = Field(2, ge=1, le=10, description="Shortest inside number.")
    max_length: int = Field(5, ge=1, le=10, description="Longest inside number; longer numbers are outside.")
    trunks: list[str] = Field([], description="Endpoints that are trunks although their names look inside.")
    internal: list[str] = Field([], description="Endpoints that are phones although their names do not.")


class AsteriskSettings(Section):
    """One Asterisk, reached over AMI."""

    host: str = Field("127.0.0.1", description="Where AMI listens (manager.conf: bindaddr).")
    port: Port = Field(5038, description="AMI's port.")
    username: str = Field("itgrix", description="Name of the section in manager.conf.")
    secret: SecretStr = Field(SecretStr(""), description="Its secret; or {env: NAME} or {file: PATH}.")
    connect_timeout_seconds: Seconds = Field(5.0, description="How long connecting and login may take.")
    ping_seconds: Seconds = Field(15.0, description="Silence after which Asterisk is pinged; as long again is a lost line.")
    resync_seconds: Seconds = Field(60.0, description="How often the list of channels is compared with ours.")
    timezone: str = Field("UTC", description="IANA name of the zone of this PBX.")
    extensions: ExtensionRules = Field(ExtensionRules(), description="What an inside number looks like.")
    recordings: Path | None = Field(None, description="Folder in which this PBX's recordings can be read here.")
    crm: str | None = Field(None, description="Which entry of `crm` gets its calls; the only one if left out.")


class BitrixSettings(Section):
    """One Bitrix24 portal, reached over an inbound webhook."""

    kind: Literal["bitrix24"] = Field("bitrix24", description="The CRM's kind.")
    webhook: SecretStr = Field(SecretStr(""), description="Inbound webhook's address; or {env: NAME} or {file: PATH}.")
    timeout_seconds: Seconds = Field(20.0, description="How long one request may take.")
    default_user: int = Field(1, ge=1, description="User id who gets calls that nobody else gets.")
    lines: dict[str, str] = Field({}, description="Outside number (DID) or trunk to the portal's LINE_NUMBER.")
    sources: dict[str, str] = Field({}, description="Outside number (DID) or trunk to a STATUS_ID of the SOURCE list.")
    create_for: list[Literal["inbound", "outbound"]] = Field(
        ["inbound"], description="Directions in which an unknown number makes a lead or contact."
    )
    file_internal: bool = Field(False, description="Whether calls between employees are filed.")
    missed_owner: Literal["responsible", "last", "default"] = Field(
        "responsible", description="Who owns a missed call: the client's responsible, whose phone rang last, the default."
    )
    card_seconds: Seconds = Field(60.0, description="After how long a card is no longer worth showing.")


class HookLimits(Section):
    """How long a hook may take; a slower one is left out of that call."""

    ringing_seconds: Seconds = Field(1.5, description="All hooks together while the phone rings.")
    question_seconds: Seconds = Field(1.0, description="Originate and routing.")
    recording_seconds: Seconds = Field(10.0, description="process_record_file_path.")
    other_seconds: Seconds = Field(5.0, description="Everything else.")


class HookSettings(Section):
    """The customisation."""

    folder: Path | None = Field(None, description="Folder of single-file hook modules.")
    disabled: list[str] = Field([], description="Plugins that are not loaded, by name.")
    order: list[str] = Field([], description="Plugins that come first, in this order, among those of their level.")
    limits: HookLimits = Field(HookLimits(), description="Time limits.")
    settings: dict[str, dict[str, Any]] = Field({}, description="What each plugin gets as `settings`, by plugin name.")


class Settings(Section):
    """The whole configuration."""

    data_folder: Path = Field(Path("var"), description="Where the outbox and the recorded logs live.")
    asterisk: dict[str, AsteriskSettings] = Field(
        {"main": AsteriskSettings()}, description="The Asterisks, by a name of yours.", min_length=1
    )
    crm: dict[str, BitrixSettings] = Field(
        {"bitrix": BitrixSettings()}, description="The CRM accounts, by a name of yours.", min_length=1
    )
    routes: dict[str, str] = Field({}, description="Trunk or DID to an entry of `crm`, before the Asterisk's own.")
    hooks: HookSettings = Field(HookSettings(), description="The customisation.")
    workers: int = Field(4, ge=1, le=64, description="Calls that are filed at the same time.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")
