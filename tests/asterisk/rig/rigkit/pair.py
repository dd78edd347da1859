"""Two Asterisks with a trunk between them: a stage on each, one diary, one list of truths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from rigkit import truth
from rigkit.server import SITES
from rigkit.stage import Stage
from rigkit.tap import Tap

if TYPE_CHECKING:
    from rigkit.call import PhoneCall
    from rigkit.server import Asterisk
    from rigkit.truth import Truth

PHONES = ("101", "102", "103")
LINKS = {"main": "to-branch", "branch": "to-main"}
"""The endpoint by which each reaches the other."""
_BORN = re.compile(rb"Event: Newchannel\r\n(?:[^\r\n]+\r\n)*?\r\n")
_HEADER = rb"^%b: ([^\r\n]*)\r$"


class Pair:
    """Used with `async with`: phones are registered at both Asterisks at its beginning, and gone at its end.

    Attributes:
        main, branch: the two stages. Each has phones 101 to 103 and two providers of its own.
        calls: the truths that the scenario states.
    """

    def __init__(self, main: Asterisk, branch: Asterisk) -> None:
        self.main, self.branch = Stage(main, PHONES), Stage(branch, PHONES)
        self.calls: list[Truth] = []
        self.diary = self.main.diary
        for stage in self.stages.values():
            for phone in stage.phones.values():
                phone.diary = self.diary

    @property
    def stages(self) -> dict[str, Stage]:
        """Both, by the names of their sites."""
        return dict(zip(SITES, (self.main, self.branch), strict=True))

    async def __aenter__(self) -> Self:
        await self.main.__aenter__()
        await self.branch.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.branch.__aexit__(*error)
        await self.main.__aexit__(*error)

    async def quiet(self) -> None:
        """Waits until neither has a channel left."""
        for stage in (self.main, self.branch, self.main):
            await stage.quiet()

    def legs(self, *calls: PhoneCall) -> list[Truth]:
        """The legs of these phones' calls, each with its PBX."""
        return [truth.leg(call) | {"pbx": self.site_of(call)} for call in calls]

    def site_of(self, call: PhoneCall) -> str:
        """At which of the two a phone is."""
        sites = (site for site, stage in self.stages.items() if call.phone in stage.phones.values())
        return next(sites)


class LinkTap(Tap):
    """A tap that asks for the Call-ID of each channel of the link, as the service does.

    Args:
        link: the endpoint of the trunk to the other Asterisk.
    """

    def __init__(self, user: str, address: str, link: str) -> None:
        super().__init__(user, address)
        self._link = f"PJSIP/{link}-".encode()
        self._looked = 0

    def _heard(self) -> None:
        for born in _BORN.finditer(self._data, self._looked):
            self._looked = born.end()
            channel, uniqueid = (_value(name, born[0]) for name in (b"Channel", b"Uniqueid"))
            if channel.startswith(self._link):
                question = {"ActionID": f"itgrix-wire-{uniqueid.decode()}", "Channel": channel.decode()}
                self.ask("Getvar", **question, Variable="CHANNEL(pjsip,call-id)")


def _value(name: bytes, block: bytes) -> bytes:
    found = re.search(_HEADER % name, block, re.MULTILINE)
    return found[1] if found else b""
