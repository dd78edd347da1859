"""A process that dies before it has committed anything."""

from itgrix_core.ami.recorder import Recorder
from itgrix_core.calls.tracker import Tracker
from itgrix_core.jobs.clock import StreamClock
from itgrix_core.jobs.listening import Listening, catch_up
from itgrix_core.jobs.watching import Watchers
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.sqlite import SqliteShelf
from itgrix_core.wire.frames import join_blocks


def first_start(folder, database):
    """A listening as it is after `itgrix serve` has begun, and its recorder; how many blocks it was fed."""
    recorder = Recorder(folder / "recorded", "main")
    spool = Spool(database, lambda _: None)
    listening = Listening(
        "main", Tracker("main"), recorder, spool, StreamClock(), Watchers(), lambda _action: None
    )
    return catch_up([listening]), recorder


def test_what_was_recorded_before_the_first_commit_is_not_lost(tmp_path, recording_of):
    """Recorded, not yet understood, killed: the next process understands it."""
    blocks = [message.raw for message, _ in recording_of["ast22/inbound_answered"].heard]
    with Database(tmp_path) as database:
        _, recorder = first_start(tmp_path, database)
        recorder.append(join_blocks([b"Asterisk Call Manager/11.0.0", *blocks]), 1.0)
        recorder.close()
        fed, _ = first_start(tmp_path, database)
        assert fed == len(blocks) + 1
        assert SqliteShelf(database).counts()["waiting"] > 0


def test_what_was_recorded_for_another_database_is_not_filed_again(tmp_path, recording_of):
    """The database was moved away: its calls have been filed long ago."""
    blocks = [message.raw for message, _ in recording_of["ast22/inbound_answered"].heard]
    old = Recorder(tmp_path / "recorded", "main")
    old.append(join_blocks([b"Asterisk Call Manager/11.0.0", *blocks]), 1.0)
    old.close()
    with Database(tmp_path) as database:
        assert first_start(tmp_path, database)[0] == 0
        assert first_start(tmp_path, database)[0] == 0
