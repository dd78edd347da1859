"""Links to recordings in the running service: who makes them, and the page to which they lead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint

from itgrix_core.app.web.recording import recording_pages
from itgrix_core.config.schema import Settings
from itgrix_core.recordings.links import Links
from itgrix_core.recordings.shelf import KEPT, LinkShelf

LINKED = "linked"
"""Below the data folder: copies of what lies on no disk of this machine, or was made here."""


class Linking:
    """One service's; nothing is served where `web.links.address` is empty.

    Args:
        settings: with which it starts.
        now: those that count now: a folder of recordings may be set anew.
    """

    def __init__(self, settings: Settings, now: Callable[[], Settings]) -> None:
        self._now = now
        self._kept = settings.data_folder / LINKED
        address, days = settings.web.links.address, settings.web.links.days
        self._links = Links(settings.data_folder, address, days, lambda: {KEPT: self._kept, **self._roots()})
        self._shelf = LinkShelf(self._links, self._kept, days, self._roots)
        self._is_on = bool(address)

    def link(self, call: str, path: Path) -> str:
        """The address under which a call's file can be heard."""
        return self._shelf.link(call, path)

    def pages(self) -> list[Blueprint]:
        """What is served."""
        return [recording_pages(self._links)] if self._is_on else []

    def _roots(self) -> dict[str, Path]:
        named = self._now().asterisk.items()
        return {name: each.recordings.folder for name, each in named if each.recordings.folder is not None}
