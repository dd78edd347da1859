"""Events and steps as they lie in the outbox."""

import subprocess
import sys

import pytest

from itgrix_core.calls.events import BY_KIND, CallEnded, CallMerged
from itgrix_core.crm.adapter import Step
from itgrix_core.filing import commands
from itgrix_core.jobs import codec
from itgrix_hooks.testing import BEGAN, CLIENT, make_call
from itgrix_hooks.values import Direction, Disposition, Entity

CALL = make_call(timezone="Europe/Moscow", client_name="Иван")
LEAD = Entity("lead", 5, "A lead", 11)
EVERY = [
    commands.RegisterCall(
        "k", 11, CLIENT, Direction.INBOUND, BEGAN, "UTC", "900", "CALL", True, (11,), BEGAN
    ),
    commands.ShowCard("k", (11, 12), None),
    commands.HideCard("k", (11,)),
    commands.FinishCall("k", 11, Direction.OUTBOUND, Disposition.BUSY, 0.0, "busy"),
    commands.AttachRecording("k", path="/a/b.wav"),
    commands.UpdateActivity("k", 77, {"SUBJECT": "é", "n": [1, None, {"x": 1.5}]}),
    commands.UpdateEntity("k", LEAD, {"TITLE": ""}),
    commands.CreateEntity("k", "deal", {"TITLE": "x"}),
    commands.CreateForCall("k", "lead", "x", CLIENT, 11, client=LEAD, fields={"UTM_SOURCE": "y"}),
    commands.AssignEntity("k", LEAD, 12),
    commands.BindEntity("k", 77, LEAD),
    commands.UnbindEntity("k", 77, LEAD),
    commands.AddComment("k", LEAD, "called"),
    commands.AskToCallBack("k", "task", 11, "Call", "text", BEGAN, "UTC", LEAD, 5.0),
    commands.ChangeCallBack("k", "todo", 7, "Call (2)", 12),
    commands.CloseCallBack("k", "task", 7),
    commands.Notify("k", 11, "late"),
    commands.Write("k", "crm.lead.add", {"fields": {}}),
]


def test_every_kind_of_command_is_tried_here():
    """A new one must be able to come back."""
    assert {type(command) for command in EVERY} == set(codec.COMMANDS.values())


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.kind)
def test_a_step_comes_back_as_it_was(command):
    """Type, fields, params and key."""
    step = Step("key", command, {"A": 1, "B": [None, {"c": "д"}]})
    count, steps = codec.decode_decision(codec.encode_decision(3, [step]))
    assert (count, steps) == (3, [step])
    assert type(steps[0].command) is type(command)
    assert getattr(steps[0].command, "fields", None) == getattr(command, "fields", None)


def test_a_decision_to_send_nothing_is_a_decision():
    """And comes back as one."""
    assert codec.decode_decision(codec.encode_decision(2, [])) == (2, [])


@pytest.mark.parametrize("kind", BY_KIND.values(), ids=BY_KIND)
def test_an_event_comes_back_as_it_was(kind):
    """With its whole call."""
    more = {"conversation": CALL.conversations[0].key} if "Conversation" in kind.kind else {}
    event = kind(CALL, BEGAN, **more)
    job = codec.job_of(event, BEGAN + 1)
    assert (job.lane, job.kind, job.born_at) == (CALL.key, event.kind, BEGAN + 1)
    assert codec.event_of(job) == event


@pytest.mark.parametrize("kind", BY_KIND.values(), ids=BY_KIND)
def test_a_jobs_key_is_the_events_id(kind):
    """But a merging has the end's: it takes the place of a provisional end that still waits."""
    event = kind(CALL, BEGAN)
    expected = f"{CALL.key}/CallEnded" if kind is CallMerged else event.id
    assert codec.job_of(event, BEGAN).key == expected


def test_what_is_special_about_ends_comes_back():
    """Provisional, merged into."""
    lost = codec.job_of(CallEnded(CALL, BEGAN, is_provisional=True), BEGAN, is_provisional=True)
    assert codec.event_of(lost).is_provisional
    assert lost.is_provisional
    merged = codec.job_of(CallMerged(CALL, BEGAN, into="main/0"), BEGAN)
    assert codec.event_of(merged).into == "main/0"


def test_a_job_is_due_at_once_or_after_its_delay():
    """By our own clock."""
    event = CallEnded(CALL, BEGAN)
    assert codec.job_of(event, BEGAN).not_before == 0.0
    assert codec.job_of(event, BEGAN, delay_seconds=0.1).not_before == BEGAN + 0.1


MANY_THREADS = """
import sys, threading
from itgrix_core.jobs import codec
from itgrix_core.outbox.engine import Job
from itgrix_hooks.testing import BEGAN, make_call
from itgrix_core.calls.events import BY_KIND

sys.setswitchinterval(1e-6)
jobs = [codec.job_of(kind(make_call(), BEGAN), BEGAN) for kind in BY_KIND.values() if "Conv" not in kind.kind]
together = threading.Barrier(8)

def read(first):
    together.wait()
    for job in jobs[first:] + jobs[:first]:
        codec.event_of(job)

threads = [threading.Thread(target=read, args=(number % len(jobs),)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("attempt", range(4))
def test_many_threads_may_read_their_first_event_at_once(attempt):
    """A service that restarts with a backlog: msgspec crashed there, in a process that had read nothing."""
    run = subprocess.run([sys.executable, "-c", MANY_THREADS], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
