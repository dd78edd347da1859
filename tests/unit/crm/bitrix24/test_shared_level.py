import fcntl
import json
import stat
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.shared_level import SharedLevel, level_file

WORKER = """
import json, sys
from pathlib import Path
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.shared_level import SharedLevel
from itgrix_core.crm.urgency import Urgency
bucket = Bucket(1000, 0.001, shelf=SharedLevel(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
work = Urgency(is_live=sys.argv[2] == "live")
print(sum(bucket.take(work) == 0.0 for _ in range(400)))
"""
PROCESSES = 5


@pytest.fixture
def logged():
    """What was said in the log so far."""
    with capture_logs() as logs:
        yield lambda: [entry["event"] for entry in logs]


@pytest.fixture
def file(tmp_path):
    """A portal's file, in a folder that is not there yet."""
    return level_file(tmp_path / "state", "example.bitrix24.com")


def test_two_buckets_on_one_file_are_one(file, clock):
    """As two processes would use it."""
    one, other = (Bucket(3, 2.0, clock, SharedLevel(file)) for _ in range(2))
    assert [one.take(), other.take(), one.take(), other.take()] == [0.0, 0.0, 0.0, 0.5]
    assert one.is_shared


@pytest.mark.parametrize(("urgency", "allowed"), [("live", 1000), ("backlog", 800)])
def test_processes_on_one_file_get_no_more_together_than_is_allowed(file, urgency, allowed):
    """Each asks for more than its share at the same time; next to nothing runs out meanwhile."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(file), urgency],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    assert {worker.stdout.readline() for worker in workers} == {"ready\n"}
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    passed = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sum(passed) == allowed


def test_nobody_else_may_read_it_and_it_names_nobody(file):
    """The file's name is a hash, what it holds are three times."""
    Bucket(shelf=SharedLevel(file)).take()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "example" not in file.name
    assert set(json.loads(file.read_text())) == {"empty_at", "live_at", "backlog_at"}


def test_each_portal_and_source_address_has_a_file_of_its_own(tmp_path):
    """A proxy is another address to the portal."""
    files = {
        level_file(tmp_path, portal, proxy)
        for portal in ("one.example.com", "two.example.com")
        for proxy in ("", "proxy.example.com:3128")
    }
    assert len(files) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"empty_at": "x"}', b"\xff" * 5000])
def test_a_damaged_file_is_begun_anew(file, clock, content):
    """The portal has the last word anyway."""
    file.parent.mkdir()
    file.write_bytes(content)
    bucket = Bucket(2, 2.0, clock, SharedLevel(file))
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.5]


def test_a_file_that_was_deleted_is_made_again(file, clock):
    """And then shared as before."""
    one, other = (Bucket(2, 2.0, clock, SharedLevel(file)) for _ in range(2))
    one.take()
    file.unlink()
    assert [one.take(), other.take(), one.take()] == [0.0, 0.0, 0.5]


def test_where_it_cannot_be_used_the_process_counts_alone_and_says_so_once(tmp_path, clock, logged):
    """The sentence names the file, the reason and the way out; once it works again it is shared again."""
    (tmp_path / "state").write_text("in the way")
    bucket = Bucket(2, 2.0, clock, SharedLevel(tmp_path / "state" / "quota-1.json"))
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.5]
    assert not bucket.is_shared
    (told,) = logged()
    assert "state_folder" in told
    assert "quota-1.json cannot be used (Not a directory)" in told
    (tmp_path / "state").unlink()
    bucket.take()
    assert bucket.is_shared


def test_a_process_that_was_stopped_with_the_lock_does_not_stop_the_others(file, clock, logged):
    """They count on with what they knew, and say nothing: it is over in a moment."""
    waits = []
    bucket = Bucket(2, 2.0, clock, SharedLevel(file, waits.append))
    bucket.take()
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert [bucket.take(), bucket.take()] == [0.0, 0.5]
    assert sum(waits) < 0.5
    assert logged() == []
