"""Settings of routing: callers who are put through to their own manager."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from itgrix_core.config.addresses import of_a_machine
from itgrix_core.config.schema_rules import HoursSettings
from itgrix_core.config.section import Port, Seconds, Section


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("must be an address or a network: 10.0.0.5, 192.168.1.0/24") from None
    return text


Network = Annotated[str, AfterValidator(_network)]
Extension = Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$")]


class RoutingSettings(Section):
    """Who gets a caller; off where neither agi_port nor token is set. `itgrix dialplan` prints who asks."""

    agi_host: Annotated[str, AfterValidator(of_a_machine)] = Field(
        default="127.0.0.1", description="Where FastAGI is served."
    )
    agi_port: Port | None = Field(
        default=None, description="Its port; none is opened if left out.", examples=[4573]
    )
    allowed: list[Network] = Field(
        default=[],
        description="Addresses that may ask by FastAGI, besides this machine.",
        examples=[["192.168.1.10"]],
    )
    token: SecretStr = Field(
        default=SecretStr(""),
        description="What proves who asks at /route on `web.port`, for CURL(); none is answered if left out.",
    )
    portal_seconds: float = Field(
        default=0.6,
        ge=0,
        le=10,
        description="How long the portal is asked about a caller while the index of numbers is being built.",
    )
    poll_seconds: Seconds = Field(
        default=60.0, description="How often the portal is asked what has changed among its clients."
    )
    all_day: bool = Field(
        default=True, description="Whether callers are put through at all times, or only in `hours`."
    )
    hours: HoursSettings = Field(default=HoursSettings(), description="Working time.")
    skip_busy: bool = Field(
        default=True, description="Whether somebody who talks is passed over; else his phone rings as well."
    )
    open_day: bool = Field(
        default=False, description="Whether his working day must be open in the CRM (scope `timeman`)."
    )
    stand_ins: dict[int, Extension] = Field(
        default={},
        description="User id to the extension that is rung where he cannot be.",
        examples=[{11: "102"}],
    )
    fallback: list[Extension] = Field(
        default=[], description="Extensions that are tried for any client after that, in order."
    )

    @property
    def is_on(self) -> bool:
        """Whether anybody may ask."""
        return self.agi_port is not None or bool(self.token.get_secret_value())
