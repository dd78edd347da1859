"""What the listenings of linked PBXes have in common, as their calls are common.

A change that one PBX's words made to a call may be stored by the other's chunk, so what waits to be stored
waits in one place; and while a chunk is understood and stored, the other PBX's waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from itgrix_core.jobs.gathering import Gathering
from itgrix_core.outbox.engine import Job
from itgrix_core.outbox.spool import Spool


@dataclass(slots=True)
class Shared:
    """One board's share of the listening; a PBX without links has its own.

    Attributes:
        name: the PBX under whose name the calls are saved.
        lock: held from a chunk's first word to its commit.
        gathering: how long their events wait.
        jobs, rows, places: what is not stored yet: events, changed calls, how far each PBX's log was fed.
    """

    name: str
    lock: Lock = field(default_factory=Lock)
    gathering: Gathering = field(default_factory=Gathering)
    jobs: list[Job] = field(default_factory=list)
    rows: dict[str, bytes | None] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def store(self, spool: Spool) -> None:
        """Store what waits, if it is more than places; it goes on waiting when that fails.

        Raises:
            DataFolderError: nothing was stored.
        """
        if not self.jobs and not self.rows:
            return
        others = {pbx: place for pbx, place in self.places.items() if pbx != self.name}
        spool.commit(self.name, self.jobs, self.rows, self.places.get(self.name), others)
        self.jobs, self.rows, self.places = [], {}, {}


def linked(pbxes: dict[str, Sequence[str]]) -> list[list[str]]:
    """PBXes in groups that are linked with each other, directly or by others; in the order given.

    `pbxes`: each one's name with the names of those that it is linked to.
    """
    groups: list[list[str]] = []
    for pbx, others in pbxes.items():
        near = {pbx, *others}
        joined = [
            group for group in groups if near & {name for each in group for name in (each, *pbxes[each])}
        ]
        groups = [group for group in groups if group not in joined]
        groups.append([*(name for group in joined for name in group), pbx])
    return groups
