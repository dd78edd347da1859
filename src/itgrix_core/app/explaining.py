"""All that is known of one call: what Asterisk said, and the story that the outbox keeps."""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_core.app.from_settings import topology_of
from itgrix_core.app.overheard import Overheard, overhear
from itgrix_core.app.replay import tell
from itgrix_core.calls.events import CallEvent, Oddity
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import Settings
from itgrix_core.jobs.codec import event_of
from itgrix_core.jobs.story import Archive, Story, job_of_kept
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk
from itgrix_hooks.values import Call


@dataclass(frozen=True, slots=True)
class Explained:
    """A call.

    Attributes:
        events: as they were filed, as far as they are kept.
        oddities: what of Asterisk's words did not fit, in sentences.
    """

    story: Story
    events: list[CallEvent]
    overheard: Overheard
    topology: Topology
    oddities: list[str]

    @property
    def call(self) -> Call | None:
        """As it was last known; `None` when only its jobs are left."""
        own = [event.call for event in self.events if event.call.key == self.story.call]
        return own[-1] if own else None


def events_of(database: Database, key: str) -> list[CallEvent]:
    """The events of a call as they were filed, in order, as far as they are kept."""
    found = []
    for job in Desk(database).find(key):
        try:
            found.append(event_of(job_of_kept(job)))
        except ValueError:  # another kind of job, emptied, or of another version
            continue
    return found


def explained(database: Database, settings: Settings, key: str, now: float) -> Explained:
    """All about the call of this key; `now` is in Unix seconds."""
    story = Archive(database, now).story(Desk(database).find(key))
    events = events_of(database, key)
    own = [event.call for event in events if event.call.key == key]
    asterisk = settings.asterisk.get(key.partition("/")[0])
    topology = topology_of(asterisk) if asterisk else Topology()
    if not own:
        overheard = Overheard(None, "its events are not kept any more (outbox.keep_story_days)")
    else:
        overheard = overhear(settings.data_folder / "recorded", own[-1], topology)
    log = overheard.log
    told = tell(log, topology) if log else ()
    odd = [f"{each.what}: {each.message} {each.why}" for each in told if isinstance(each, Oddity)]
    return Explained(story, events, overheard, topology, odd)
