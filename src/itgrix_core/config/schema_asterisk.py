"""Settings of an Asterisk: how it is reached, how its numbers look, where its history lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from itgrix_core.config.schema_dialling import DialSettings
from itgrix_core.config.schema_recordings import Recordings, RecordingSettings
from itgrix_core.config.section import Port, Seconds, Section


def _without_brackets(host: str) -> str:
    if host.startswith("["):
        raise ValueError("an IPv6 address is written without brackets here, and its port in `port`")
    return host


Host = Annotated[str, AfterValidator(_without_brackets)]


class ExtensionRules(Section):
    """What an employee's inside number looks like on this PBX."""

    min_length: int = Field(default=2, ge=1, le=10, description="Shortest inside number.")
    max_length: int = Field(
        default=5, ge=1, le=10, description="Longest inside number; longer numbers are outside."
    )
    trunks: list[str] = Field(
        default=[], description="Endpoints that are trunks although their names look inside."
    )
    internal: list[str] = Field(
        default=[], description="Endpoints that are phones although their names do not."
    )
    devices: dict[str, str] = Field(
        default={},
        description="Device (endpoint) to its user's inside number, where the PBX does not tell it.",
        examples=[{"99101": "101"}],
    )
    mobiles: dict[str, str] = Field(
        default={},
        description="Employees' mobiles: outside number to inside number; they count as their phones.",
        examples=[{"+79031234567": "101"}],
    )


class NumberRules(Section):
    """How numbers outside are written."""

    region: str = Field(
        default="",
        description="Country of this PBX, two letters (RU); the CRM then gets numbers as +79161234567.",
        pattern="^([A-Z]{2})?$",
    )
    dial_style: Literal["as given", "national", "international", "e164"] = Field(
        default="as given", description="How Asterisk wants a number outside: 8495…, 7495…, +7495…."
    )
    dial_prefix: str = Field(
        default="", description="What is dialled before a number outside.", pattern=r"^[\d*#]{0,5}$"
    )


class HistoryTable(Section):
    """Where CEL or CDR can be read: a file, or a table of a database."""

    file: Path | None = Field(default=None, description="CSV file that Asterisk writes.")
    url: SecretStr = Field(
        default=SecretStr(""),
        description="Or SQLAlchemy's address of a database (mysql+pymysql://USER:PASSWORD@HOST/NAME); "
        "or {env: NAME} or {file: PATH}.",
    )
    table: str | None = Field(default=None, description="Its table; cel or cdr if left out.")
    columns: list[str] = Field(
        default=[], description="A file's columns in order; left out: its header line, else Asterisk's order."
    )
    aliases: dict[str, str] = Field(
        default={},
        description="Columns that are called otherwise there.",
        examples=[{"cid_num": "caller_number"}],
    )

    @property
    def is_set(self) -> bool:
        """Whether there is anything to read."""
        return self.file is not None or bool(self.url.get_secret_value())


class HistorySettings(Section):
    """What Asterisk itself writes about calls, for those that were not watched."""

    cel: HistoryTable = Field(default=HistoryTable(), description="Channel event logging.")
    cdr: HistoryTable = Field(default=HistoryTable(), description="Call detail records.")

    @property
    def is_set(self) -> bool:
        """Whether there is anything to read."""
        return self.cel.is_set or self.cdr.is_set


class TlsSettings(Section):
    """AMI inside TLS. A certificate is always checked; one that signed itself is its own `ca_file`."""

    enabled: bool = Field(
        default=False, description="Whether AMI is spoken inside TLS (manager.conf: tlsenable, port 5039)."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) of whoever signed Asterisk's; the system's if left out."
    )
    check_hostname: bool = Field(
        default=True, description="Whether the certificate must be for the host that we connect to."
    )
    server_name: str | None = Field(
        default=None, description="Name in the certificate, where it is not asterisk.*.host."
    )
    certificate_file: Path | None = Field(
        default=None, description="Our own certificate (PEM), where manager.conf has tlsverifyclient."
    )
    key_file: Path | None = Field(
        default=None, description="Its private key, unless it is in certificate_file."
    )


class AsteriskSettings(Section):
    """One Asterisk, reached over AMI."""

    host: Host = Field(
        default="127.0.0.1",
        description="Where AMI listens (manager.conf: bindaddr); name, IPv4, or IPv6 without brackets.",
    )
    port: Port = Field(default=5038, description="AMI's port; with TLS usually 5039.")
    tls: TlsSettings = Field(default=TlsSettings(), description="Encryption.")
    username: str = Field(default="itgrix", description="Name of the section in manager.conf.")
    secret: SecretStr = Field(
        default=SecretStr(""), description="Its secret; or {env: NAME} or {file: PATH}."
    )
    auth: Literal["auto", "md5", "plain"] = Field(
        default="auto",
        description="How the secret is shown; auto: by MD5, in the clear only inside TLS or this machine.",
    )
    connect_timeout_seconds: Seconds = Field(
        default=5.0, description="How long connecting and login may take."
    )
    ping_seconds: Seconds = Field(
        default=15.0, description="How often Asterisk is pinged; as long again without a word is a lost line."
    )
    resync_seconds: Seconds = Field(
        default=60.0, description="How often the list of channels is compared with ours."
    )
    lag_seconds: Seconds = Field(
        default=5.0, description="Age of events beyond which the log says that we, or Asterisk, lag behind."
    )
    timezone: str = Field(default="UTC", description="IANA name of the zone of this PBX.")
    extensions: ExtensionRules = Field(
        default=ExtensionRules(), description="What an inside number looks like."
    )
    numbers: NumberRules = Field(default=NumberRules(), description="How numbers outside are written.")
    dial: DialSettings = Field(
        default=DialSettings(), description="How it dials at the CRM's request (click-to-call, callback)."
    )
    links: dict[str, str] = Field(
        default={},
        description="Endpoint of a trunk to another entry of `asterisk`, and its name; named on both sides.",
        examples=[{"to-branch": "branch"}],
    )
    link_header: str = Field(
        default="",
        description="SIP header with an id of calls over links, where something between changes Call-IDs.",
        pattern=r"^[A-Za-z0-9-]*$",
    )
    recordings: Recordings = Field(
        default=RecordingSettings(), description="Where its recordings lie; a path alone is the folder."
    )
    history: HistorySettings = Field(
        default=HistorySettings(), description="CEL and CDR, for calls that were not watched."
    )
    crm: str | None = Field(
        default=None, description="Which entry of `crm` gets its calls; the only one if left out."
    )
