"""The offices of `extensions_macro.conf`, and what scenarios there are made of.

A scenario there is an async function of a `Desk`: the stage seen from one office. `played_in` makes it known
to `record` for each office: as `sip_NAME` on chan_sip, `macro_NAME` on PJSIP.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from rigkit import truth
from rigkit.scenarios import steps
from rigkit.server import RigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rigkit.call import PhoneCall
    from rigkit.stage import Stage

    Played = Callable[["Desk"], Awaitable[None]]


@dataclass(frozen=True)
class Office:
    """Phones and trunks of one technology.

    Attributes:
        prefix: the first word of its scenarios' names.
        digit: the first digit of all its numbers.
        technology: of its channels.
        trunk, second_trunk: its providers; the second is used when the first fails.
    """

    prefix: str
    digit: str
    technology: str
    trunk: str
    second_trunk: str = "operator2"


SIP = Office("sip", "3", "SIP", "operator1")
PJSIP = Office("macro", "4", "PJSIP", "operator3")


@dataclass(frozen=True)
class Desk:
    """One office on a stage; `first` to `fourth` are its phones' numbers."""

    stage: Stage
    office: Office

    def number(self, last: str) -> str:
        """An inside number of this office, by its last digits."""
        return self.office.digit + last

    @property
    def first(self) -> str:
        """The number of the first phone."""
        return self.number("01")

    @property
    def second(self) -> str:
        """The number of the second phone."""
        return self.number("02")

    @property
    def third(self) -> str:
        """The number of the third phone."""
        return self.number("03")

    @property
    def fourth(self) -> str:
        """The number of the fourth phone."""
        return self.number("04")

    @property
    def members(self) -> tuple[str, str, str]:
        """The phones of its groups and queues."""
        return self.first, self.second, self.third

    async def call(self, inside: str, number: str) -> PhoneCall:
        """One of its phones dials a number."""
        return await self.stage.phones[inside].call(number)

    async def get(self, name: str) -> PhoneCall:
        """The next call of a phone or provider; it does not ring yet."""
        return await self.stage.phones[name].next_call()

    async def dial_in(self, number: str, last: str = "01") -> PhoneCall:
        """A caller from outside dials the outside number that leads to an inside number."""
        did = f"7499000{self.number(last):0>4}"
        return await self.stage.dial_in(number, did, provider=self.office.trunk)

    async def talk(self, number: str) -> tuple[PhoneCall, PhoneCall]:
        """A caller from outside and the first phone, talking: their two calls."""
        did = f"74990000{self.first}"
        return await steps.talk(self.stage, number, did, self.first, provider=self.office.trunk)

    async def dial_out(self, number: str) -> tuple[PhoneCall, PhoneCall]:
        """The first phone and a client whom it called, talking: their two calls."""
        return await steps.dial_out(self.stage, number, extension=self.first, provider=self.office.trunk)

    async def consult(self) -> tuple[PhoneCall, PhoneCall]:
        """The first phone calls the second on its second line; it rings there: both sides."""
        return await steps.consult(self.stage, self.second, source=self.first)

    def talked(self, client: PhoneCall, rung: list[PhoneCall], **more: Any) -> None:
        """States the truth of a caller from outside who first talked with the first of these phones."""
        self.stage.calls.append(truth.inbound(client, steps.legs(*rung), "answered", rung[0], **more))


def played_in(*offices: Office) -> Callable[[Played], Played]:
    """Makes a scenario known to `record`, once for each office."""

    def known(scenario: Played) -> Played:
        for office in offices:
            steps.RECORDED[f"{office.prefix}_{scenario.__name__}"] = _in(office, scenario)
        return scenario

    return known


def _in(office: Office, scenario: Played) -> Callable[[Stage], Awaitable[None]]:
    @wraps(scenario)
    async def on_stage(stage: Stage) -> None:
        desk = Desk(stage, office)
        if desk.first not in stage.phones:
            raise RigError(
                f"Asterisk {stage.asterisk.version} has no Macro; this scenario needs --version 16."
            )
        await scenario(desk)

    return on_stage


async def answer(call: PhoneCall, after: float = 1, talk: float = 1) -> None:
    """A phone that rings is answered, and some seconds are talked."""
    await asyncio.sleep(after)
    await call.answer()
    await asyncio.sleep(talk)
