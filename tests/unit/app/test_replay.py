"""`itgrix replay`: events, the outward format, and the requests that would be sent."""

import json

import pytest

from itgrix_core.app.replay import ended_calls, rehearse, tell
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
    turns = list(rehearse(told(name), HookSettings(folder=folder)))
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
    turns = list(rehearse(told("inbound_no_answer"), HookSettings(folder=hooks(body))))
    why = "Later: not now, asked for by plugin 'final' in hook 'process_final_params'"
    assert [turn.skipped for turn in turns if turn.skipped] == [(why,)]


def test_a_log_without_times_is_understood_all_the_same():
    """Who rang and who answered is known; only the spans are 0."""
    timed = load(recording("ringgroup_sip"))
    (call,) = ended_calls(list(tell(RecordedLog(timed.name, timed.data), Topology())))
    assert (call.disposition, call.answered_by, call.talk_seconds) == ("answered", "102", 0)
    assert all(conversation.rang_at for conversation in call.conversations)
