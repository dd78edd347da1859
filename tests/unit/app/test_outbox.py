"""`itgrix outbox`, `backup` and `restore` for operators."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from itgrix_core.calls.events import CallEnded
from itgrix_core.crm.adapter import Step
from itgrix_core.filing.commands import FinishCall, RegisterCall
from itgrix_core.jobs.codec import encode_decision, job_of
from itgrix_core.jobs.turn import DECLINED
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk
from itgrix_core.outbox.effects import Effects, Finished, Starting
from itgrix_core.outbox.engine import Dead, Done, Job, Later
from itgrix_core.outbox.missed import MissedCalls
from itgrix_core.outbox.sqlite import SqliteEngine, SqliteShelf
from itgrix_core.outbox.tables import EffectState
from itgrix_hooks.testing import make_call
from itgrix_hooks.values import Direction, Disposition, PhoneNumber

CONFIG = "data_folder: var\n"
CALL = "main/1795379452.7"


class Outbox:
    """A data folder as a service leaves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = time.time()

    def put(self, key, result=None, *, kind="CallEnded", age=60.0, lane=CALL):
        """A job of a call, settled if a result is given."""
        with Database(self.folder) as database:
            shelf = SqliteShelf(database)
            shelf.put([Job(f"{lane}/{key}", lane, kind, b'{"at": 1}', self.now - age)])
            if result is not None:
                held = shelf.begin(lane, self.now)
                shelf.settle(held[:1], result, self.now, 1)

    def decide(self, key, *steps, lane=CALL):
        """What was decided for a job."""
        with Database(self.folder) as database:
            Effects(database).decide(f"{lane}/{key}/finish", encode_decision(1, steps))

    def sent(self, step, state=None, answer=None):
        """A step that was sent, and answered if a state is given."""
        with Database(self.folder) as database:
            effects = Effects(database)
            effects.start([Starting(step.key, CALL, step.command.kind, step.params)])
            if state:
                effects.finish([Finished(step.key, state, answer)])

    def state(self, key, lane=CALL):
        """State and reason of a job."""
        with Database(self.folder) as database:
            row = next(iter(_find(database, f"{lane}/{key}")))
            return row.state.value, row.reason


def _find(database, key):

    return Desk(database).find(key)


@pytest.fixture
def outbox(tmp_path):
    """In the folder of the configuration."""
    return Outbox(tmp_path / "var")


@pytest.fixture
def run(itgrix):
    """`run("list", "--dead")`: what is said, and that all went well."""

    def _run(*arguments, code=0, **more):
        result = itgrix("outbox", *arguments, config=CONFIG, **more)
        assert result.exit_code == code, result.output
        return result.output

    return _run


REGISTER = Step(
    f"{CALL}/register",
    RegisterCall(CALL, 7, PhoneNumber("+79160000001"), Direction.INBOUND, 0.0),
    {"USER_ID": 7},
)
FINISH = Step(
    f"{CALL}/finish", FinishCall(CALL, 7, Direction.INBOUND, Disposition.ANSWERED, 5.0), {"USER_ID": 7}
)


# ---- list ---------------------------------------------------------------------------------------------
def test_before_the_first_serve_there_is_no_outbox(run, tmp_path):
    """And none is made by looking."""
    assert "There is no outbox in" in run("list", code=1)
    assert not (tmp_path / "var").exists()


def test_a_list_says_why_and_until_when(run, outbox):
    """A line a call, and one for each dead letter."""
    outbox.put("CallEnded", Later(600.0, "portal cannot be reached"), age=7200)
    outbox.put("a", Dead("no: params"), lane="main/8")
    outbox.put("b", lane="main/9")
    said = run("list").splitlines()
    assert said[0].split() == ["state", "key", "kind", "age", "tries", "behind", "next", "try", "reason"]
    assert [line.split()[0] for line in said[1:]] == ["blocked", "waiting", "dead"]
    assert said[1].split(maxsplit=7)[1:] == [
        f"{CALL}/CallEnded", "CallEnded", "2", "h", "1", "in", "10 min  portal cannot be reached",
    ]  # fmt: skip
    assert said[3].endswith("no: params")


def test_a_list_is_narrowed_and_bounded(run, outbox):
    """By age, call, kind of trouble and number; what is left out is counted."""
    outbox.put("old", age=3 * 86_400, lane="main/1")
    outbox.put("new", lane="main/2")
    outbox.put("dead", Dead("no"), lane="main/3")
    assert "main/1/old" in run("list", "--older", "2d")
    assert "main/2" not in run("list", "--older", "2d")
    assert [line.split()[1] for line in run("list", "--lane", "main/2").splitlines()[1:]] == ["main/2/new"]
    assert [line.split()[0] for line in run("list", "--dead").splitlines()[1:]] == ["dead"]
    assert "… and 1 more lanes that wait" in run("list", "--limit", "1")
    assert "'2 weeks' is no age" in run("list", "--older", "2 weeks", code=2)


def test_a_list_for_machines(run, outbox):
    """A line of JSON each."""
    outbox.put("CallEnded", Dead("no"))
    (told,) = map(json.loads, run("list", "--json").splitlines())
    assert (told["key"], told["state"], told["reason"]) == (f"{CALL}/CallEnded", "dead", "no")
    assert told["payload"] == {"at": 1}


# ---- show, explain ------------------------------------------------------------------------------------
def test_show_has_the_decision_the_request_and_the_answer(run, outbox):
    """And what is not sent yet."""
    outbox.put("CallEnded", Later(600.0, "portal cannot be reached"))
    outbox.decide("CallEnded", REGISTER, FINISH)
    outbox.sent(REGISTER, EffectState.DONE, {"CALL_ID": "externalCall.1"})
    said = run("show", f"{CALL}/CallEnded")
    assert "decided on the end: register, finish" in said
    assert '; the CRM answered {"CALL_ID": "externalCall.1"}' in said
    assert 'finish: not sent yet, {"USER_ID": 7}' in said
    (told,) = map(json.loads, run("show", "--json", CALL).splitlines())
    assert [effect["state"] for effect in told["effects"]] == ["done"]
    assert list(told["decisions"]) == ["finish"]


def test_no_secret_is_shown(run, outbox):
    """In a request, an answer or a reason."""
    outbox.put("CallEnded", Dead("POST https://p.example/rest/1/s3cr3tc0de/x failed, access_token=t0k3n"))
    step = Step(f"{CALL}/finish", FINISH.command, {"auth": "t0k3n", "URL": "https://p/rest/1/s3cr3tc0de/"})
    outbox.decide("CallEnded", step)
    outbox.sent(step, EffectState.DONE, {"refresh_token": "t0k3n"})
    for words in (["list"], ["list", "--json"], ["show", CALL], ["show", "--json", CALL], ["explain", CALL]):
        said = run(*words)
        assert "********" in said
        assert "s3cr3tc0de" not in said
        assert "t0k3n" not in said


def test_an_unknown_key_is_answered_by_the_nearest(run, outbox):
    """Whatever the verb."""
    outbox.put("CallEnded")
    for verb in ("show", "explain", "retry"):
        said = run(verb, "main/1795379453.7", code=1)
        assert f"knows no job and no call 'main/1795379453.7'. Did you mean {CALL}?" in said


def test_a_call_is_explained_in_sentences(run, outbox):
    """By its Linkedid: what happened, was sent and answered, what waits for what and until when."""
    outbox.put("CallStarted", Done(), kind="CallStarted")
    outbox.put("CallEnded", Later(600.0, "no answer in time"))
    outbox.put("x", lane=f"{CALL}/recording", kind="RecordingReady")
    outbox.decide("CallEnded", REGISTER, FINISH)
    outbox.sent(REGISTER, EffectState.REFUSED, {"why": "user", "text": "there is no user 7"})
    outbox.sent(FINISH)
    head, overheard, _, *said = run("explain", "1795379452.7").splitlines()
    assert (head, overheard.split(":")[0]) == (CALL, "What Asterisk said")
    assert "the call began: done 2" in said[0]
    assert "the call ended: waits until 2" in said[1]
    assert said[1].endswith(": no answer in time")
    assert said[2].strip() == "decided on the end: register, finish"
    assert said[3].endswith("the CRM refused: there is no user 7")
    assert said[4].endswith("no answer is known: the CRM is asked about it before anything is sent again")
    assert "its recording is to be attached: waits for a free worker" in said[5]
    assert said[-1] == "2 of 3 wait, 0 were put aside."


def test_a_call_that_is_not_filed_says_why(run, outbox):
    """And a missed one who is to call back."""
    outbox.put("CallEnded", Done())
    with Database(outbox.folder) as database:
        effects = Effects(database)
        effects.start(
            [Starting(f"{CALL}/{DECLINED}", CALL, DECLINED, {"why": "need_registration: p said no"})]
        )
        effects.finish([Finished(f"{CALL}/{DECLINED}", EffectState.DONE)])
        missed = MissedCalls(database)
        missed.open("bitrix", "9160000001", CALL, 11, time.time())
        missed.made(CALL, "task", 71)
    said = run("explain", f"{CALL}/CallEnded")
    assert "Not filed: need_registration: p said no." in said
    assert "1 in vain, user 11 is to call back (task 71 in the CRM): still open." in said
    assert said.splitlines()[-1] == "Nothing waits."


# ---- retry, drop --------------------------------------------------------------------------------------
def test_retry_brings_a_call_back_whole(run, outbox):
    """Also the dead of its lane that were not named; and says when."""
    outbox.put("a", Dead("no"))
    outbox.put("b", Dead("never registered"))
    outbox.put("c", Dead("no"), lane="main/2")
    assert "2 will be tried again when `itgrix serve` runs." in run("retry", f"{CALL}/a")
    assert [outbox.state("a"), outbox.state("b")] == [("waiting", "")] * 2
    assert "1 will be tried again" in run("retry", "--all")
    assert "Nothing of that was put aside." in run("retry", "--all")
    assert "Name jobs or calls, or say --all." in run("retry", code=2)


def test_retry_is_heard_by_a_service_that_runs(run, outbox):
    """It is told within ten seconds."""
    outbox.put("a", Dead("no"))
    with Database(outbox.folder) as database:
        database.lock()
        assert "will be tried again within ten seconds" in run("retry", CALL)


def test_drop_says_what_follows_and_keeps_the_reason(run, outbox):
    """After a yes."""
    outbox.put("CallEnded", Dead("no: params"))
    said = run("drop", CALL, "--reason", "a test call", "--yes")
    assert "the call stays unfinished in the CRM" in said
    assert "1 dropped." in said
    assert outbox.state("CallEnded") == ("dropped", "dropped: a test call (was: no: params)")
    assert "dropped: a test call" in run("explain", CALL)
    assert "Nothing of that waits or was put aside." in run("drop", CALL, "--reason", "x", "--yes")
    assert "1 will be tried again" in run("retry", CALL)


def test_drop_asks_first(itgrix, outbox):
    """For the reason, and whether it is meant."""
    outbox.put("CallEnded", Dead("no"))
    result = itgrix("outbox", "drop", CALL, "--reason", "x", config=CONFIG)
    assert result.exit_code == 1
    assert outbox.state("CallEnded") == ("dead", "no")


# ---- backup, restore ----------------------------------------------------------------------------------
def test_a_copy_is_made_and_put_back(itgrix, outbox, tmp_path):
    """With what there is to know."""
    outbox.put("CallEnded")
    copy = tmp_path / "copy.db"
    made = itgrix("backup", str(copy), config=CONFIG)
    assert made.exit_code == 0
    assert "checked, it is whole. Jobs that wait in it: 1." in made.output
    assert "Not in it: tokens" in made.output
    outbox.put("b", lane="main/2")
    back = itgrix("restore", str(copy), "--yes", config=CONFIG)
    assert back.exit_code == 0
    assert re.search(r"is now the copy \(\d s old\)\. Jobs that wait in it: 1\.", back.output)
    assert "The one before lies in" in back.output
    assert "may be there twice" in back.output
    with Database(outbox.folder) as database:
        assert SqliteEngine(database).counts()["waiting"] == 1


def test_a_copy_is_not_put_back_under_a_running_service(itgrix, outbox, tmp_path):
    """Exit code of the data folder."""
    outbox.put("CallEnded")
    itgrix("backup", str(tmp_path / "copy.db"), config=CONFIG)
    with Database(outbox.folder) as database:
        database.lock()
        result = itgrix("restore", str(tmp_path / "copy.db"), "--yes", config=CONFIG)
    assert result.exit_code == 5
    assert f"(process {os.getpid()})" in result.output


@pytest.mark.parametrize("words", [["outbox", "list"], ["backup", "copy.db"]])
def test_a_damaged_database_is_a_sentence_for_these_verbs_too(itgrix, tmp_path, words):
    """With the way out."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "itgrix.db").write_bytes(b"certainly not SQLite" * 500)
    result = itgrix(*words, config=CONFIG)
    assert result.exit_code == 5
    assert "is damaged or not a database of Itgrix" in result.output


def test_a_real_event_can_be_shown(run, outbox):
    """Its payload is the call."""
    with Database(outbox.folder) as database:
        call = make_call(key=CALL)
        SqliteShelf(database).put([job_of(CallEnded(call, 1_790_000_000.0), time.time())])
    (told,) = map(json.loads, run("show", "--json", CALL).splitlines())
    assert told["payload"]["call"]["key"] == CALL
