"""The stage of a scenario: phones that are registered, two providers, and room for what truly happened."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

from rigkit.phone import Diary, Phone
from rigkit.server import CHAN_SIP_PORT, SIP_PORT
from rigkit.tap import Tap

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.server import Asterisk
    from rigkit.truth import Truth

EXTENSIONS = ("101", "102", "103", "104", "105", "107")
DEVICES = {"99101": 5191, "7001": 5192}
PROVIDERS = {"provider1": 5160, "provider2": 5161, "provider3": 5162}
OFFICES = ("301", "302", "303", "304", "305", "401", "402", "403", "404")
OPERATORS = {"operator1": 5165, "operator2": 5166, "operator3": 5167}
"""Phones and providers of `extensions_macro.conf`, which only Asterisk 16 can play."""
BY_CHAN_SIP = ("3", "operator1", "operator2")
"""How the names of those begin that speak with chan_sip; the others speak with PJSIP."""


class Stage:
    """Used with `async with`: phones are registered at its beginning, and gone at its end.

    Attributes:
        phones: by name, extensions and providers.
        diary: what they did.
        calls: the truths that the scenario states.
        tap: the AMI connection that records, for scenarios that ask Asterisk for something.
    """

    def __init__(self, asterisk: Asterisk, extensions: tuple[str, ...] = EXTENSIONS) -> None:
        self.asterisk = asterisk
        self.diary = Diary()
        self.calls: list[Truth] = []
        self.tap = Tap(address=asterisk.address)
        self.phones: dict[str, Phone] = {}
        cast = {name: 5000 + int(name) for name in extensions} | DEVICES | PROVIDERS
        if asterisk.version == "16":
            cast |= {name: 5000 + int(name) for name in OFFICES} | OPERATORS
        for name, port in cast.items():
            headers = () if name.isdigit() else (("X-Rig-Trunk", name),)
            pbx_port = CHAN_SIP_PORT if name.startswith(BY_CHAN_SIP) else SIP_PORT
            self.phones[name] = Phone(name, port, self.diary, headers, pbx_port, asterisk.address)

    async def __aenter__(self) -> Self:
        try:
            for phone in self.phones.values():
                await phone.open()
                if phone.name.isdigit():
                    await phone.register()
            await self.quiet(settle=0)
        except BaseException:  # or the ports stay taken
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for phone in self.phones.values():
            phone.close()

    async def dial_in(self, number: str, did: str, name: str = "", provider: str = "provider1") -> PhoneCall:
        """A caller from outside dials one of our numbers."""
        return await self.phones[provider].call(did, caller=number, caller_name=name)

    async def ring(self, *extensions: str, within: float = 20) -> list[PhoneCall]:
        """The calls that these phones get, ringing."""
        return list(await asyncio.gather(*(self.phones[name].next_ring(within) for name in extensions)))

    async def log_in_anew(self) -> None:
        """Lets the tap log in now, in the middle of calls, and ask for the channels; it begins anew."""
        self.tap.close()
        self.tap = await Tap(self.tap.user, self.asterisk.address).open()
        self.tap.ask("CoreShowChannels")
        await asyncio.sleep(0.3)
        self.tap.ask("Status", Variables="MIXMONITOR_FILENAME")
        await asyncio.sleep(0.3)

    async def quiet(self, within: float = 40, settle: float = 0.5) -> None:
        """Waits until Asterisk has no channel left, and its last events have been said (`settle` seconds).

        Raises:
            TimeoutError: a channel is still there.
        """
        end = time.monotonic() + within
        while "0 active channels" not in await asyncio.to_thread(
            self.asterisk.cli, "core show channels count"
        ):
            if time.monotonic() > end:
                raise TimeoutError("Asterisk still has channels; the scenario left a call open.")
            await asyncio.sleep(0.2)
        await asyncio.sleep(settle)
