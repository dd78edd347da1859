"""The stage of a scenario: phones that are registered, two providers, and room for what truly happened."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

from rigkit.phone import Diary, Phone
from rigkit.tap import Tap

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.server import Asterisk
    from rigkit.truth import Truth

EXTENSIONS = ("101", "102", "103", "104", "105", "107")
PROVIDERS = {"provider1": 5160, "provider2": 5161}


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
        self.phones = {
            name: Phone(name, 5000 + int(name), self.diary, address=asterisk.address) for name in extensions
        }
        for name, port in PROVIDERS.items():
            self.phones[name] = Phone(name, port, self.diary, (("X-Rig-Trunk", name),), asterisk.address)

    async def __aenter__(self) -> Self:
        try:
            for phone in self.phones.values():
                await phone.open()
                if phone.name not in PROVIDERS:
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
