"""Plugins in processes of their own: as asked as any other, and gone when they must be."""

import os
import sys
import sysconfig
import venv
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from stand import until
from structlog.testing import capture_logs

import itgrix_hooks
from itgrix_core.config.schema import HookLimits
from itgrix_core.plugins import processes
from itgrix_core.plugins.records import Status
from itgrix_hooks import Bind, Comment, Create, Entity, Link, PhoneNumber, RetryLater
from itgrix_hooks.lazy import LazySequence
from itgrix_hooks.testing import FakeCrm, FakePbx, MemoryStore, make_call
from itgrix_hooks.trace import Outcome

PAIR = {"call": None, "user": None, "owner": None, "filed": None, "clients": ()}
FINAL = {"params": {"A": 1}, **PAIR}
FIELDS = {"fields": {}, "entity": None, "kind": None, "role": "client", "call": None, "filed": None}
MISSING = "ModuleNotFoundError: No module named 'a_module_that_nobody_has'"
CLIENT = Entity("contact", 7, "Anna", 11)


@pytest.fixture
def alone(site, plugins):
    """The plugin of this source, in a process of its own; `isolation` as in the settings."""

    def load(source, isolation=None, **settings):
        site("guest", source)
        return plugins(isolate={"guest": isolation or {}}, **settings)

    return load


def final(body, names="params"):
    """A plugin whose `process_final_params` does this."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return f"import os, sys, time\n\n@hookimpl\ndef process_final_params({names}):\n{lines}\n"


def entry_of(asked):
    """The guest's part in an asking."""
    (entry,) = (each for each in asked.trace if each.plugin == "guest")
    return entry


def is_alive(pid):
    """Whether there is such a process, a dead one that nobody has buried not counted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ---- asked as any other -----------------------------------------------------------------------------------
def test_it_is_asked_like_any_other_and_is_not_in_our_process(alone):
    """What its module remembers stays from asking to asking."""
    loaded = alone("seen = []\n" + final("seen.append(1)\nreturn {'PID': os.getpid(), 'N': len(seen)}"))
    answers = [loaded.ask("process_final_params", FINAL).answer for _ in range(3)]
    assert [answer["N"] for answer in answers] == [1, 2, 3]
    (pid,) = {answer["PID"] for answer in answers}
    assert pid != os.getpid()
    assert "itgrix_site.guest" not in sys.modules
    (record,) = (each for each in loaded.records if each.name == "guest")
    assert (record.status, record.process) == (Status.ENABLED, "a process of its own")
    assert record.hooks == ("process_final_params",)


def test_values_arrive_as_what_they_are(alone):
    """Those of a call, of the CRM and of the settings, with their own methods."""
    body = (
        "assert call.talks and call.direction is Direction.INBOUND, call\n"
        "assert clients == [Entity('contact', 7, 'Anna', 11)], clients\n"
        "assert (pbx.name, pbx.timezone) == ('main', 'UTC'), pbx\n"
        "return {**params, 'SET': settings['users'], 'DAY': settings['day'].isoformat()}"
    )
    loaded = alone(
        "from itgrix_hooks.values import Direction, Entity\n"
        + final(body, "params, call, clients, pbx, settings"),
        settings={"guest": {"users": [1, 7], "day": date(2026, 5, 1)}},
    )
    arguments = {**FINAL, "call": make_call(), "clients": [CLIENT]}
    asked = loaded.ask("process_final_params", arguments, pbx=FakePbx("main", "UTC"))
    assert asked.answer == {"A": 1, "SET": [1, 7], "DAY": "2026-05-01"}, asked.trace


@pytest.mark.parametrize(
    ("hook", "arguments", "said", "answer"),
    [
        (
            "process_phone_number",
            {"number": PhoneNumber("1"), "party": "client", "use": "file", "call": None},
            "PhoneNumber('2')",
            PhoneNumber("2"),
        ),
        ("need_registration", {"call": None, "conversation": None, "stage": "call_ended"}, "False", False),
        (
            "process_record_file_path",
            {"path": None, "recording": None, "call": None},
            "Link('https://a.example/1')",
            Link("https://a.example/1"),
        ),
        (
            "process_record_file_path",
            {"path": None, "recording": None, "call": None},
            "pathlib.Path('/tmp/a')",
            "/tmp/a",
        ),
    ],
)
def test_answers_arrive_as_what_they_are(alone, hook, arguments, said, answer):
    """Also those that are no JSON data."""
    loaded = alone(
        f"import pathlib\nfrom itgrix_hooks import *\n\n@hookimpl\ndef {hook}():\n    return {said}\n"
    )
    assert loaded.ask(hook, arguments).answer == answer


def test_actions_and_cancelling_arrive_too(alone):
    """In their order, beside fields."""
    loaded = alone(
        "from itgrix_hooks import *\n"
        "@hookimpl\ndef get_updated_entity_fields(entity):\n"
        "    return [{'TITLE': 'x'}, Create('lead', {'A': [1]}), Bind(entity), Comment(entity, 'hello')]\n"
        "@hookimpl\ndef process_final_params():\n    return CANCEL\n"
    )
    asked = loaded.ask("get_updated_entity_fields", {**FIELDS, "entity": CLIENT})
    assert asked.answer == {"TITLE": "x"}
    assert asked.actions == (Create("lead", {"A": [1]}), Bind(CLIENT), Comment(CLIENT, "hello"))
    assert loaded.ask("process_final_params", FINAL).is_cancelled


def test_it_acts_through_the_line(alone):
    """`store`, `crm` and lazy arguments are used here, and what was used is counted."""
    loaded = alone(
        final(
            "store.set('a', 1)\n"
            "known = crm.read('crm.lead.get', params={'id': 7})\n"
            "return {'TURN': store.turn('t', ['x', 'y']), 'A': store.get('a'), 'B': store.get('b', 2),\n"
            "        'KIND': crm.kind, 'LEAD': known, 'N': len(clients), 'FIRST': clients[0].id}",
            "params, store, crm, clients",
        )
    )
    crm, store = FakeCrm(answers={"crm.lead.get": {"TITLE": "a"}}), MemoryStore()
    fetched = []
    clients = LazySequence(lambda: fetched.append(1) or (CLIENT,))
    asked = loaded.ask(
        "process_final_params", {**FINAL, "clients": clients}, store=lambda _: store, crm=lambda _: crm
    )
    entry = entry_of(asked)
    assert entry.outcome is Outcome.ANSWERED, entry
    got = {"TURN": "x", "A": 1, "B": 2, "KIND": "bitrix24", "LEAD": {"TITLE": "a"}, "N": 1, "FIRST": 7}
    assert asked.answer == got
    assert fetched == [1]
    assert entry.used == {"store.set": 1, "crm.read": 1, "store.turn": 1, "store.get": 2}


def test_several_threads_ask_at_once(alone):
    """Each gets its own answer; none waits for another."""
    loaded = alone(
        "import threading\nmeet = threading.Barrier(4)\n"
        + final("meet.wait(20)\nreturn {**params, 'CLIENT': clients[0].id}", "params, clients")
    )

    def ask(number):
        entity = Entity("contact", number, "", 1)
        return loaded.ask("process_final_params", {**FINAL, "clients": LazySequence(lambda: [entity])}).answer

    with ThreadPoolExecutor(4) as pool:
        assert [answer["CLIENT"] for answer in pool.map(ask, range(4))] == [0, 1, 2, 3]


# ---- failures ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ("raise ValueError('no price list')", Outcome.FAILED, "ValueError: no price list (guest.py, line 6)"),
        ("return 42", Outcome.NONSENSE, "answered int 42; a dict was expected"),
        ("return {'A': {1}}", Outcome.NONSENSE, "answered A as <set {1}>; give text, a number"),
        ("return {'A': 2 ** 99}", Outcome.FAILED, "its answer cannot be sent"),
        ("params['B'] = 1", Outcome.LEFT_IT, "it changed its copy of 'params' but returned None"),
        ("from itgrix_hooks import GiveUp\nraise GiveUp('never')", Outcome.GAVE_UP, "never"),
        ("os._exit(3)", Outcome.FAILED, "its process ended: by itself with code 3"),
        (
            "os.kill(os.getpid(), 11)\ntime.sleep(60)",
            Outcome.FAILED,
            "its process ended: by the signal SIGSEGV",
        ),
        ("sys.exit()", Outcome.FAILED, "SystemExit"),
        ("crm.read('crm.lead.add')", Outcome.FAILED, "LookupError: 'crm' cannot be had here"),
    ],
)
def test_it_fails_alone_with_a_reason(alone, trail, body, outcome, reason):
    """The others' answers stay; whoever died is there again at the next asking."""
    trail("zulu", "z")
    names = "params, crm" if body.startswith("crm.") else "params"
    loaded = alone(final(body, names))
    for _ in range(2):
        asked = loaded.ask("process_final_params", FINAL)
        assert entry_of(asked).outcome is outcome, asked.trace
        assert reason in entry_of(asked).reason
        assert asked.answer == {"A": 1, "TRAIL": "z"}


def test_retry_later_passes_through(alone):
    """With its time, its reason, and who asked for it."""
    loaded = alone("from itgrix_hooks import RetryLater\n" + final("raise RetryLater(7, 'the shop is away')"))
    with pytest.raises(RetryLater, match="the shop is away") as raised:
        loaded.ask("process_final_params", FINAL)
    assert raised.value.seconds == 7
    assert "'guest'" in raised.value.__notes__[0]


@pytest.mark.parametrize("busy", ["time.sleep(3600)", "import re; re.match('(a+)+$', 'a' * 64 + 'b')"])
def test_one_that_hangs_is_ended_and_started_again(alone, trail, busy):
    """Also where it holds Python's own lock: nothing else would help there."""
    trail("zulu", "z")
    loaded = alone(
        final(f"if settings['hang'].pop():\n    {busy}\nreturn params", "params, settings"),
        limits=HookLimits(other_seconds=0.5),
        settings={"guest": {"hang": [True]}},
    )
    (before,) = loaded.processes
    asked = loaded.ask("process_final_params", FINAL)
    assert entry_of(asked).outcome is Outcome.TOO_SLOW
    assert asked.answer == {"A": 1, "TRAIL": "z"}
    loaded._settings.settings["guest"]["hang"] = [False]
    until(lambda: loaded.processes[0].memory_bytes, "a new process")
    assert loaded.ask("process_final_params", FINAL).answer["TRAIL"] == "z"
    assert (before.starts, loaded.processes[0].starts) == (1, 2)


def test_a_memory_hog_is_ended_by_its_own_limit(alone, trail):
    """The service and the others do not notice."""
    trail("zulu", "z")
    loaded = alone(final("return {'A': len(bytearray(10 ** 9))}"), {"memory_mb": 128})
    for _ in range(2):
        asked = loaded.ask("process_final_params", FINAL)
        assert entry_of(asked).reason == (
            "MemoryError (guest.py, line 6): more than its 128 MB; it was ended"
        )
        assert asked.answer == {"A": 1, "TRAIL": "z"}
    assert loaded.records[-2].process == "a process of its own, at most 128 MB"


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        (
            "import a_module_that_nobody_has\n",
            Status.LOAD_ERROR,
            f"{MISSING} (line 2); install what it needs and start again",
        ),
        ("raise SystemExit\n", Status.LOAD_ERROR, "SystemExit:  (line 2); mend it and start again"),
        ("import os\nos._exit(9)\n", Status.LOAD_ERROR, "its process ended, by itself with code 9"),
        (
            "@hookimpl\ndef proces_final_params(params):\n    return params\n",
            Status.REFUSED,
            "'proces_final_params' is no hook: did you mean 'process_final_params'?",
        ),
    ],
)
def test_what_cannot_be_loaded_is_out_with_the_usual_sentences(alone, source, status, reason):
    """As if it were imported here."""
    (record,) = (each for each in alone(source).records if each.name == "guest")
    assert (record.status, record.reason) == (status, reason)


def test_an_import_that_never_returns_is_ended(alone, monkeypatch):
    """After half a minute; here sooner."""
    monkeypatch.setattr(processes, "START_SECONDS", 0.3)
    (record,) = (each for each in alone("import time\ntime.sleep(3600)\n").records if each.name == "guest")
    assert record.reason == "its process ended, its import took more than 0.3 s"


def test_an_interpreter_that_is_none_is_named(alone, tmp_path):
    """With what is wrong with it."""
    loaded = alone(final("return params"), {"python": str(tmp_path / "python")})
    (record,) = (each for each in loaded.records if each.name == "guest")
    assert record.reason == (
        f"its process ended, it cannot be started: {tmp_path / 'python'}: No such file or directory"
    )


def test_a_name_that_nobody_has_is_told(plugins):
    """As for the other settings that name plugins."""
    (problem,) = plugins(isolate={"nobody": {}}).problems
    assert problem.startswith("At 'hooks.isolate': there is no plugin 'nobody'; ")


# ---- its process ------------------------------------------------------------------------------------------
def test_what_it_prints_is_in_the_log_and_not_on_the_line(alone):
    """Bounded, or a chatty one would fill the disk."""
    loaded = alone(final("for n in range(100):\n    print('line', n)\nprint('x' * 2000)\nreturn params"))
    with capture_logs() as logs:
        assert entry_of(loaded.ask("process_final_params", FINAL)).outcome is Outcome.LEFT_IT
        until(lambda: len(logs) >= 60, "the lines in the log")
        loaded.close()
    told = [log["event"] for log in logs if "prints" in log["event"]]
    assert told[0] == "plugin guest prints: line 0"
    assert len(told) == 60


def test_it_does_not_get_our_own_variables(alone, monkeypatch):
    """A configuration may have its secrets from them."""
    monkeypatch.setenv("ITGRIX_SECRET", "op3n")
    monkeypatch.setenv("THEIR_OWN", "yes")
    loaded = alone(
        final("return {'GOT': sorted(n for n in os.environ if n.startswith(('ITGRIX_', 'THEIR_')))}")
    )
    assert loaded.ask("process_final_params", FINAL).answer == {"GOT": ["THEIR_OWN"]}


def test_nothing_of_it_stays_after_the_end(alone):
    """Neither the process nor what it has started."""
    loaded = alone(
        "import subprocess\nchild = subprocess.Popen(['sleep', '3600'])\n"
        + final("return {'PIDS': [os.getpid(), child.pid]}")
    )
    pids = loaded.ask("process_final_params", FINAL).answer["PIDS"]
    assert all(map(is_alive, pids))
    loaded.close()
    until(lambda: not any(map(is_alive, pids)), "both to be gone")
    assert "its process is not there" in entry_of(loaded.ask("process_final_params", FINAL)).reason


def test_a_file_that_was_changed_is_started_again_as_it_was(alone, site):
    """Until a reload takes the new version up whole."""
    loaded = alone(final("if params['A'] == 2:\n    os._exit(1)\nreturn {'VERSION': 1}"))
    site("guest", final("return {'VERSION': 2}"))
    loaded.ask("process_final_params", {**FINAL, "params": {"A": 2}})
    assert loaded.ask("process_final_params", FINAL).answer == {"VERSION": 1}
    assert loaded.processes[0].starts == 2


# ---- another interpreter --------------------------------------------------------------------------------
@pytest.fixture
def theirs(tmp_path):
    """A virtual environment with a package that ours lacks; writes its module."""
    folder = tmp_path / "theirs"
    venv.create(folder, symlinks=True)
    (library,) = folder.glob("lib/python*/site-packages")
    ours = [str(Path(itgrix_hooks.__file__).parents[1]), sysconfig.get_path("purelib")]
    (library / "ours.pth").write_text("\n".join(ours))
    info = library / "their_hooks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-hooks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[itgrix.hooks]\nguest = their_hooks\n")

    def write(source):
        (library / "their_hooks.py").write_text("from itgrix_hooks import hookimpl\n" + source)
        return folder / "bin" / "python"

    return write


def test_a_package_may_live_in_an_environment_of_its_own(theirs, plugins):
    """It is found there by its entry point."""
    python = theirs(final("return {'PREFIX': sys.prefix}"))
    loaded = plugins(isolate={"guest": {"python": python}})
    (record,) = (each for each in loaded.records if each.name == "guest")
    assert (record.origin, record.process) == (f"a package of {python}", f"a process of {python}")
    assert loaded.ask("process_final_params", FINAL).answer == {"PREFIX": str(python.parents[1])}


def test_what_holds_other_hooks_after_a_restart_is_not_asked(theirs, plugins):
    """Who installs a new version of a package has it taken up by a reload."""
    python = theirs(final("os._exit(1)"))
    loaded = plugins(isolate={"guest": {"python": python}}, limits=HookLimits(other_seconds=5))
    theirs("@hookimpl\ndef need_registration():\n    return False\n")
    with capture_logs() as logs:
        loaded.ask("process_final_params", FINAL)
        until(lambda: len(logs) > 1, "the second end")
    assert "it holds other hooks than when it was loaded; reload (SIGHUP) takes them up" in logs[1]["event"]


def test_an_environment_without_us_is_named_with_the_way_out(tmp_path, plugins):
    """Nothing of ours is lent to it."""
    venv.create(tmp_path / "bare", symlinks=True)
    python = tmp_path / "bare" / "bin" / "python"
    (record,) = (each for each in plugins(isolate={"guest": {"python": python}}).records if each.level == 1)
    assert record.reason == (
        f"its process ended, by itself with code 1 ({python}: Error while finding module specification for "
        "'itgrix_hooks.isolated' (ModuleNotFoundError: No module named 'itgrix_hooks')); "
        "install itgrix for that Python"
    )
