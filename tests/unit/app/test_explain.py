"""`itgrix explain`: one call's story, over the folder of a service that has filed it."""

import json
import time
from types import SimpleNamespace

import pytest
from filed import PBX, file_recording

from itgrix_core.app.overheard import overhear
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.wording import in_words
from itgrix_core.config.schema import HookSettings
from itgrix_core.filing.creation import CreationRule
from itgrix_core.filing.lists import Lists, Names
from itgrix_core.filing.rules import Rules
from itgrix_core.jobs.finding import Finder
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.retention import DAY_SECONDS, Keep, Retention
from itgrix_core.sandbox.recordings import FOLDER, load
from itgrix_core.wire.frames import read_blocks
from itgrix_core.wire.messages import Message

CONFIG = "data_folder: var\n"
KEY = "main/1795379465.12"
NUMBER = "79161110002"

FAILING = """
import time
from itgrix_hooks import GiveUp, hookimpl

@hookimpl
def need_registration(call):
    raise ValueError("it is broken")

@hookimpl
def process_registration_params(params):
    return "nonsense"

@hookimpl
def process_final_params(params):
    raise GiveUp("nobody is there")

@hookimpl
def post_registration(call):
    time.sleep(0.5)
"""

CHANGING = """
from itgrix_hooks import hookimpl

@hookimpl
def process_final_params(params, owner):
    return {**params, "USER_ID": 77, "NOTE": owner.why}
"""


@pytest.fixture
def office(itgrix, tmp_path):
    """`hooks(name=text)`, `file(recording, …)`, and `explain(…)` with what is said."""

    def hooks(**files):
        folder = tmp_path / "hooks"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
        return folder

    def file(name, settings=None, **more):
        settings = settings or HookSettings(
            folder=tmp_path / "hooks" if (tmp_path / "hooks").exists() else None
        )
        file_recording(tmp_path / "var", FOLDER / f"{name}.ami.gz", hooks=settings, **more)

    def explain(*words, code=0):
        result = itgrix("explain", *words, config=CONFIG)
        assert result.exit_code == code, result.output
        return SimpleNamespace(text=result.stdout, lines=result.stdout.splitlines(), err=result.stderr)

    return SimpleNamespace(hooks=hooks, file=file, explain=explain, folder=tmp_path / "var")


# ---- what is told ---------------------------------------------------------------------------------------
def test_the_story_goes_from_asterisks_first_word_to_the_crms_last_answer(office):
    """With the rule behind each decision."""
    office.file("inbound_no_answer")
    said = office.explain(KEY)
    assert said.lines[0] == f"{KEY}: inbound {NUMBER}: missed, waited 4.0 s, talked 0.0 s"
    assert "PJSIP/101-00000007 rings" in said.text
    assert "dialling PJSIP/101-00000007 ended: given up" in said.text
    assert f"the call began (inbound {NUMBER}, line 74950000101): done 2" in said.text
    assert "101 is done: no answer" in said.text
    assert "by the rules user 101: his is the first phone of somebody whom the CRM knows" in said.text
    assert "finish (by the rules user 101: nobody talked, his phone rang last): sent 2" in said.text
    assert '"STATUS_CODE": "304"' in said.text
    assert 'the CRM answered {"CALL_ID": "dry-run.' in said.text
    assert said.text.index("decided on cards") < said.text.index("decided on the end")
    assert said.lines[-1] == "Nothing waits."


def test_every_hook_tells_its_input_its_change_and_its_time(office):
    """Also to machines: added, changed (old and new), removed."""
    office.hooks(changing=CHANGING)
    office.file("inbound_no_answer")
    said = office.explain(KEY).text
    assert 'hook process_final_params, given {"USER_ID": 101, ' in said
    assert 'ms, +NOTE="rang last", USER_ID: 101 → 77' in said
    story = json.loads(office.explain(KEY, "--json").text)["story"]
    asked = [each for job in story["jobs"] for decided in job["decided"] for each in decided["asked"]]
    (final,) = [each for each in asked if each["hook"] == "process_final_params"]
    assert final["value"]["USER_ID"] == 101
    (answer,) = final["answers"]
    assert (answer["plugin"], answer["outcome"], answer["changed"]) == (
        "changing",
        "answered",
        {"USER_ID": [101, 77]},
    )
    assert answer["seconds"] > 0


def test_every_way_to_fail_is_named_with_plugin_hook_and_reason(office, tmp_path):
    """Raised, nonsense, gave up, too slow, and a plugin that could not even be loaded."""
    folder = office.hooks(failing=FAILING, absent="import nowhere_to_be_found\n")
    limits = {"ringing_seconds": 1.5, "other_seconds": 0.1}
    hooks = HookSettings(folder=folder, limits=limits, breaker={"failures": 0})
    office.file("inbound_no_answer", hooks)
    lines = office.explain(KEY).lines

    def after(hook):
        return lines[next(place for place, line in enumerate(lines) if f"hook {hook}" in line) + 1]

    assert "failing: failed in " in after("need_registration")
    assert "ValueError: it is broken (failing.py, line 7)" in after("need_registration")
    assert "failing: nonsense in " in after("process_registration_params")
    assert "failing: gave up in " in after("process_final_params")
    assert after("process_final_params").endswith(", nobody is there")
    assert "failing: too slow in " in after("post_registration")
    assert any(line.startswith("Plugin absent was not asked: ModuleNotFoundError") for line in lines)
    assert any("finish" in line and "the CRM answered" in line for line in lines)


def test_who_rests_is_named_with_the_reason(office):
    """The call is filed without it."""
    hooks = HookSettings(folder=office.hooks(failing=FAILING), breaker={"failures": 1})
    office.file("inbound_no_answer", hooks)
    lines = office.explain(KEY).lines
    assert any(
        "failing: resting" in line and "1 failure in a row, ValueError: it is broken" in line
        for line in lines
    )
    assert any("finish" in line and "the CRM answered" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "rules", "why"),
    [
        ("internal_call", Rules(), "nothing is filed: a call between employees"),
        (
            "inbound_no_answer",
            Rules(lists=Lists(never=Names(numbers=(NUMBER,)))),
            "nothing is filed: the client's number is on the black list of the configuration",
        ),
        (
            "inbound_no_answer",
            Rules(creation=(CreationRule("lead", when="answer"),)),
            "no lead is created: the rule waits for an answer, and nobody answered",
        ),
        (
            "inbound_no_answer",
            Rules(creation=(CreationRule("portal", client="any"),)),
            "what is created for it the CRM does itself, at the registration",
        ),
    ],
)
def test_what_is_not_done_has_its_reason(office, name, rules, why):
    """From the rule that decided, as it was decided."""
    office.file(name, rules=rules)
    with Database(office.folder) as database:
        (key,) = Finder(database).between(0.0, time.time())
    assert why in office.explain(key).text


def test_a_hook_that_said_no_is_named(office):
    """And the call is not filed."""
    no = "from itgrix_hooks import hookimpl\n@hookimpl\ndef need_registration():\n    return False\n"
    office.hooks(never=no)
    office.file("inbound_no_answer")
    assert (
        "Not filed: need_registration: never said no at conversation_requested." in office.explain(KEY).lines
    )


# ---- which call is meant --------------------------------------------------------------------------------
def test_a_call_is_found_by_every_name_it_has(office):
    """Key, Linkedid, a job's key, the CRM's id of it, a number in any spelling, an inside number."""
    office.file("inbound_no_answer")
    expected = office.explain(KEY).lines
    for word in ("1795379465.12", f"{KEY}/CallEnded", f"dry-run.{KEY}", "8 (916) 111-00-02", "101"):
        assert office.explain(word).lines == expected, word


def test_of_several_calls_of_a_number_the_newest_is_told_or_that_of_the_time(office):
    """The others are named."""
    office.file("inbound_no_answer")
    office.file("inbound_answered")
    newest = office.explain("101")
    assert "others than this one" in newest.err
    at = "2026-11-22T20:31:05+00:00"
    assert office.explain("101", "--at", at).lines[0].startswith(KEY)
    assert "'yesterday' is no time" in office.explain("101", "--at", "yesterday", code=2).err


def test_an_unknown_call_is_answered_by_the_nearest(office):
    """As everywhere."""
    office.file("inbound_no_answer")
    assert f"Did you mean {KEY}?" in office.explain("main/1795379465.13", code=1).err


def test_the_outboxs_explain_is_the_same(office, itgrix):
    """One thing is not told in two ways."""
    office.file("inbound_no_answer")
    assert itgrix("outbox", "explain", KEY, config=CONFIG).stdout.splitlines() == office.explain(KEY).lines


# ---- what is kept ---------------------------------------------------------------------------------------
def test_what_is_not_kept_any_more_is_said(office):
    """The requests and their reasons stay as long as the call is remembered."""
    office.file("inbound_no_answer")
    with Database(office.folder) as database:
        Retention(database, Keep(90 * DAY_SECONDS, 90 * DAY_SECONDS, 0.0), lambda: time.time() + 1).sweep()
    said = office.explain(KEY).text
    assert "What Asterisk said: its events are not kept any more" in said
    assert "finish (by the rules user 101" in said
    assert "the call ended: done" in said


def test_a_call_of_a_log_that_is_gone_is_told_without_asterisks_words(office):
    """What was understood of them is still there."""
    office.file("inbound_no_answer")
    for file in (office.folder / "recorded" / PBX).iterdir():
        file.unlink()
    said = office.explain(KEY).text
    assert "What Asterisk said: the recorded log of main does not hold this call (any more)." in said
    assert "101 is done: no answer" in said


def test_a_secret_in_a_hooks_answer_is_neither_kept_nor_shown(office):
    """Not even in the database."""
    secret = CHANGING.replace('"NOTE": owner.why', '"access_token": "t0k3n-of-a-portal"')
    office.hooks(secret=secret)
    office.file("inbound_no_answer")
    assert "t0k3n" not in office.explain(KEY).text
    assert "t0k3n" not in office.explain(KEY, "--json").text


def test_a_call_is_found_in_a_log_of_several_segments(office):
    """Where its connection began in an older one."""
    office.file("inbound_no_answer")
    (segment,) = (office.folder / "recorded" / PBX).glob("*.ami")
    data = segment.read_bytes()
    cut = data.index(b"\r\n\r\n", len(data) // 3) + 4
    (segment.with_name("20991231-235959-000000.ami")).write_bytes(data[cut:])
    segment.write_bytes(data[:cut])
    call = SimpleNamespace(key=KEY, pbx=PBX, linkedid=KEY.partition("/")[2], timezone="UTC")
    whole = overhear(office.folder / "recorded", call, Topology())
    assert [line.words for line in whole.lines()][-1].startswith("PJSIP/provider1-00000006 is gone")


# ---- every recording ------------------------------------------------------------------------------------
def test_every_message_that_is_told_in_words_is_told_whole():
    """No word of a sentence is missing, whatever a version leaves out."""
    for path in sorted(FOLDER.glob("*.ami.gz")):
        for block in read_blocks(load(path).data):
            words = in_words(Message(block))
            assert "  " not in words, (path.name, words)
            assert "()" not in words, (path.name, words)
            assert not words.startswith(" "), (path.name, words)
