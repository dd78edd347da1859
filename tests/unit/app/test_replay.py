"""`itgrix replay`: events, the outward format, and the requests that would be sent."""

import json

import pytest
from filed import file_recording

from itgrix_core.app.rehearsal import NotingPlugins, rehearse
from itgrix_core.app.replay import ended_calls, tell
from itgrix_core.calls.events import CallEnded, Oddity
from itgrix_core.calls.topology import Topology
from itgrix_core.config.schema import HookSettings
from itgrix_core.sandbox.recordings import FOLDER, RecordedLog, load

HOOKS = """
from itgrix_hooks import CANCEL, hookimpl

@hookimpl
def process_final_params(params, call):
    {body}
"""


def recording(name):
    """One of those that come with the program."""
    return FOLDER / f"{name}.ami.gz"


@pytest.fixture
def hooks(tmp_path):
    """A folder with one hook of this body."""

    def write(body):
        folder = tmp_path / "hooks"
        folder.mkdir(exist_ok=True)
        (folder / "final.py").write_text(HOOKS.format(body=body))
        return folder

    return write


def told(name):
    """All that the tracker tells of a recording."""
    return list(tell(load(recording(name)), Topology()))


def requests(name, folder):
    """The requests of a recording, as (kind, params)."""
    turns = list(rehearse(told(name), NotingPlugins.load(HookSettings(folder=folder))))
    return [(step.command.kind, step.params) for turn in turns for step in turn.steps]


# ---- the verb ---------------------------------------------------------------------------------------------
def test_events_are_shown_one_a_line_with_their_seconds(itgrix):
    """From the first on; no configuration is needed."""
    result = itgrix("replay", str(recording("ringgroup_sip")))
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[0].split() == ["0.00", "CallStarted", "replay/1795379547.66", "inbound", "79162220005"]
    assert sum("ConversationRequested" in line for line in lines) == 3
    assert "answered by 102, waited 2.0 s, talked 2.1 s" in lines[-1]


def test_json_is_an_object_per_call_and_line(itgrix):
    """Of several recordings, in their order."""
    result = itgrix("replay", "--json", *(str(recording(n)) for n in ("inbound_no_answer", "ringgroup_sip")))
    missed, answered = map(json.loads, result.output.splitlines())
    assert (missed["disposition"], missed["answered_by"]) == ("missed", None)
    assert (answered["answered_by"], len(answered["legs"])) == ("102", 3)


LINKS = ("--link", "main/to-branch=branch", "--link", "branch/to-main=main")


def test_recordings_of_linked_pbxes_are_read_together(itgrix, pair_of):
    """A call over the trunk between them is one, and each leg tells its PBX."""
    paths = [f"{pbx}={stream.path}" for pbx, stream in pair_of["inbound_to_group"].streams.items()]
    result = itgrix("replay", "--json", *LINKS, *paths)
    (call,) = map(json.loads, result.output.splitlines())
    assert (call["key"].split("/")[0], call["trunk"]) == ("main", "provider1")
    assert {leg["pbx"] for leg in call["legs"]} == {"branch"}


def test_hooks_are_asked_about_a_call_of_linked_pbxes(itgrix, pair_of, hooks):
    """Whichever PBX it began at."""
    paths = [f"{pbx}={stream.path}" for pbx, stream in pair_of["inbound_to_main"].streams.items()]
    result = itgrix("replay", "--hooks", str(hooks("return {**params, 'USER_ID': 77}")), *LINKS, *paths)
    assert result.exit_code == 0
    assert "USER_ID: 102 → 77" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["main=a", *LINKS], "missing: branch"),
        (["a", "main=b", "branch=c", *LINKS], "missing: the names"),
        (["a", "--link", "branch"], "'branch' is not PBX/ENDPOINT=PBX, as main/to-branch=branch is"),
    ],
)
def test_a_link_without_its_recordings_is_told(itgrix, arguments, told):
    """Before anything is read."""
    result = itgrix("replay", *arguments)
    assert result.exit_code == 2
    assert told in result.output


def test_hooks_are_asked_and_the_requests_shown(itgrix, hooks):
    """With who changed what; nothing is sent."""
    folder = hooks("return {**params, 'USER_ID': 77}")
    result = itgrix("replay", "--hooks", str(folder), str(recording("inbound_no_answer")))
    assert result.exit_code == 0
    assert "hook process_final_params: final: answered in" in result.output
    assert "USER_ID: 101 → 77" in result.output
    (finish,) = [line for line in result.output.splitlines() if line.strip().startswith("finish:")]
    params = json.loads(finish.split(":", 1)[1])
    assert (params["USER_ID"], params["DURATION"], params["STATUS_CODE"]) == (77, 0, "304")


def test_what_is_not_filed_is_shown_with_its_reason(itgrix, hooks):
    """An internal call."""
    result = itgrix("replay", "--hooks", str(hooks("return None")), str(recording("internal_call")))
    assert "not filed: a call between employees" in result.output


def test_a_hook_that_fails_is_named(itgrix, hooks):
    """And the request is shown all the same."""
    folder = hooks("raise LookupError('nobody there')")
    result = itgrix("replay", "--hooks", str(folder), str(recording("inbound_no_answer")))
    assert "final: failed" in result.output
    assert "nobody there" in result.output
    assert "finish:" in result.output


def test_numbering_can_be_told(itgrix):
    """With the trunk named as a phone the client becomes a colleague."""
    result = itgrix("replay", "--json", "--internal", "provider1", str(recording("inbound_no_answer")))
    assert json.loads(result.output)["direction"] == "internal"


def test_a_file_that_is_not_there_is_a_sentence(itgrix, tmp_path):
    """No traceback."""
    result = itgrix("replay", str(tmp_path / "none.ami"))
    assert result.exit_code == 6
    assert "there is no such file" in result.stderr


# ---- what is behind it ------------------------------------------------------------------------------------
def test_a_log_gives_the_same_words_twice():
    """Nothing in it depends on the time of reading."""
    assert told("queue_answered") == told("queue_answered")


def test_a_log_that_breaks_off_ends_its_calls_as_lost():
    """A bug report may end anywhere."""
    whole = load(recording("inbound_answered"))
    ends = [offset for offset, _ in whole.chunks]
    half = ends[len(ends) // 2]
    chunks = tuple(chunk for chunk in whole.chunks if chunk[0] < half)
    cut = list(tell(RecordedLog("cut", whole.data[:half], chunks), Topology()))
    assert isinstance(cut[-1], CallEnded)
    assert ended_calls(cut)[-1].lost_sight
    assert not any(isinstance(event, Oddity) for event in cut)


def test_of_two_ends_of_a_call_the_last_counts():
    """A provisional one may be corrected."""
    end = told("inbound_no_answer")[-1]
    again = CallEnded(end.call, end.at + 1)
    assert ended_calls([end, again]) == [again.call]


def test_a_rehearsal_is_what_the_service_would_send(hooks):
    """Ring together, one request; hide and finish."""
    kinds = [kind for kind, _ in requests("ringgroup_sip", hooks("return None"))]
    assert kinds == ["register", "hide", "finish"]


def test_a_rehearsal_asks_the_hooks_of_the_folder(hooks):
    """A cancelled finish is none."""
    assert "finish" not in dict(requests("inbound_answered", hooks("return CANCEL")))


def test_a_hook_that_wants_to_be_asked_later_is_shown(hooks):
    """There is no later here."""
    body = "from itgrix_hooks import RetryLater; raise RetryLater(5, 'not now')"
    turns = list(rehearse(told("inbound_no_answer"), NotingPlugins.load(HookSettings(folder=hooks(body)))))
    why = "Later: not now, asked for by plugin 'final' in hook 'process_final_params'"
    assert [turn.skipped for turn in turns if turn.skipped] == [(why,)]


def test_a_log_without_times_is_understood_all_the_same():
    """Who rang and who answered is known; only the spans are 0."""
    timed = load(recording("ringgroup_sip"))
    (call,) = ended_calls(list(tell(RecordedLog(timed.name, timed.data), Topology())))
    assert (call.disposition, call.answered_by, call.talk_seconds) == ("answered", "102", 0)
    assert all(conversation.rang_at for conversation in call.conversations)


# ---- calls of the service -------------------------------------------------------------------------------
CONFIG = "data_folder: var\n"
KEY, LATER = "main/1795379465.12", "main/1795379452.4"
MISSED, ANSWERED = "inbound_no_answer", "inbound_answered"


@pytest.fixture
def service(itgrix, tmp_path):
    """`replay(…)` in the folder of a service that has filed these two calls; what is said."""
    for name in (MISSED, ANSWERED):
        file_recording(tmp_path / "var", recording(name))

    def replay(*words, code=0):
        result = itgrix("replay", *map(str, words), config=CONFIG)
        assert result.exit_code == code, result.output
        return result.stdout

    return replay


def test_a_call_of_the_service_is_replayed_as_it_was_filed(service):
    """By its key, Linkedid or number; its events are those of the recording."""
    said = service(KEY)
    assert said == service("1795379465.12") == service("79161110002")
    again = [line.split()[1] for line in said.splitlines()]
    assert again == [event.kind for event in told(MISSED)]


def test_a_period_of_the_service_is_replayed_call_by_call(service):
    """From a time on, until one."""
    both = service("--json", "--since", "2026-11-22T00:00+00:00").splitlines()
    assert {json.loads(line)["key"] for line in both} == {KEY, LATER}
    (one,) = service("--json", "--since", "2026-11-22", "--until", "2026-11-22T20:31+00:00").splitlines()
    assert json.loads(one)["key"] == LATER


def test_a_period_without_calls_is_said(itgrix, service):
    """With the setting that may be the reason."""
    result = itgrix("replay", "--since", "2030-01-01", config=CONFIG)
    assert result.exit_code == 1
    assert "No events of such calls are kept (any more); outbox.keep_story_days" in result.stderr


def test_a_call_of_the_service_goes_through_other_hooks(service, hooks):
    """Nothing is sent, and the outbox stays as it is."""
    said = service("--hooks", hooks("return {**params, 'USER_ID': 77}"), KEY)
    assert "hook process_final_params: final: answered in" in said
    assert "USER_ID: 101 → 77" in said


def test_with_its_configuration_a_call_is_filed_by_the_rules_of_the_service(itgrix, tmp_path, hooks):
    """And the hooks have their settings."""
    body = "return {**params, 'NOTE': settings['note']}"
    text = HOOKS.replace("params, call", "params, settings").format(body=body)
    (hooks("return None") / "final.py").write_text(text)
    file_recording(tmp_path / "var", recording(MISSED))
    config = f"{CONFIG}hooks: {{settings: {{final: {{note: hello}}}}}}\ncrm: {{b: {{default_user: 9}}}}\n"
    file = tmp_path / "own.yaml"
    file.write_text(f"{config}asterisk: {{main: {{}}}}\n")
    result = itgrix("-c", str(file), "replay", "--hooks", str(tmp_path / "hooks"), KEY)
    assert '+NOTE="hello"' in result.stdout, result.output


def test_a_call_that_nobody_knows_is_answered_by_the_nearest(itgrix, service):
    """As by `itgrix explain`."""
    result = itgrix("replay", "main/1795379465.13", config=CONFIG)
    assert result.exit_code == 1
    assert f"Did you mean {KEY} or {LATER}?" in result.stderr


# ---- two versions ---------------------------------------------------------------------------------------
@pytest.fixture
def versions(tmp_path):
    """`versions(body, other)`: two folders with one hook of these bodies."""

    def write(*bodies):
        for number, body in enumerate(bodies):
            folder = tmp_path / f"version{number}"
            folder.mkdir(exist_ok=True)
            (folder / "final.py").write_text(HOOKS.format(body=body))
        return [tmp_path / f"version{number}" for number in range(len(bodies))]

    return write


def test_only_what_another_version_does_otherwise_is_shown(itgrix, versions):
    """Per call and request; the exit code says that there is something."""
    new, old = versions(
        "return {**params, 'USER_ID': 77 if call.is_missed else 1}", "return {**params, 'USER_ID': 1}"
    )
    paths = [str(recording(name)) for name in (MISSED, ANSWERED)]
    result = itgrix("replay", "--hooks", str(new), "--against", str(old), *paths)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{paths[0]}:",
        f"CallEnded  replay/{KEY[5:]}  inbound 79161110002: missed, waited 4.0 s, talked 0.0 s",
        "    - hook process_final_params: final: answered, USER_ID: 101 → 1",
        "    + hook process_final_params: final: answered, USER_ID: 101 → 77",
        "      finish: USER_ID: 1 → 77",
    ]


def test_a_version_that_sends_the_same_is_the_same(itgrix, versions):
    """However it is written; so a continuous build may ask."""
    new, old = versions("return {**params, 'USER_ID': 7}", "params['USER_ID'] = 3 + 4; return params")
    result = itgrix("replay", "--hooks", str(new), "--against", str(old), str(FOLDER))
    assert (result.exit_code, result.stdout) == (0, "No difference in 35 calls.\n")


@pytest.mark.parametrize(
    ("new", "old", "line"),
    [
        ("return CANCEL", "return None", '    - finish: {"USER_ID": 101, '),
        ("return None", "return CANCEL", '    + finish: {"USER_ID": 101, '),
        (
            "raise ValueError('x')",
            "return None",
            "    + hook process_final_params: final: failed, ValueError: x",
        ),
    ],
)
def test_a_request_more_or_less_and_a_failure_are_differences(itgrix, versions, new, old, line):
    """Also a failure that changes no request."""
    new, old = versions(new, old)
    result = itgrix("replay", "--hooks", str(new), "--against", str(old), str(recording(MISSED)))
    assert result.exit_code == 1
    assert any(said.startswith(line) for said in result.stdout.splitlines()), result.stdout


def test_each_version_has_a_memory_of_its_own(itgrix, versions):
    """Turns that one took are not taken from the other."""
    turn = HOOKS.replace("params, call", "params, store").format(
        body="return {**params, 'USER_ID': int(store.turn('t', ['11', '12', '13']))}"
    )
    new, old = versions("", "")
    for folder in (new, old):
        (folder / "final.py").write_text(turn)
    result = itgrix("replay", "--hooks", str(new), "--against", str(old), str(FOLDER))
    assert (result.exit_code, result.stdout) == (0, "No difference in 35 calls.\n")


def test_what_hooks_ask_of_the_crm_is_named(itgrix, tmp_path, hooks):
    """And answered by nobody."""
    text = HOOKS.replace("params, call", "params, crm").format(body="crm.read('crm.lead.list', {'a': 1})")
    (hooks("return None") / "final.py").write_text(text)
    said = itgrix("replay", "--hooks", str(tmp_path / "hooks"), str(recording(MISSED))).stdout
    assert 'asked of the CRM: crm.lead.list {"a": 1}, which answers [] here' in said


def test_options_about_hooks_want_hooks(itgrix):
    """And something is to be replayed."""
    assert "name its folder" in itgrix("replay", "--against", ".", str(FOLDER)).stderr
    assert "Name recordings or calls" in itgrix("replay").stderr
