"""`itgrix replay --record`: what hooks made of calls, as a test that stands outside of the repository."""

import ast
import subprocess
import sys

import pytest

from itgrix_core.app.literals import literal
from itgrix_core.sandbox.recordings import FOLDER
from itgrix_hooks import values
from itgrix_hooks.testing import make_call

EVERY_KIND = """
from itgrix_hooks import CANCEL, GiveUp, hookimpl
from itgrix_hooks.answers import Comment
from itgrix_hooks.values import Entity


@hookimpl
def process_phone_number(number, party, use):
    if party == "client":
        return "+" + number.digits


@hookimpl
def need_registration(call, conversation, stage):
    return call.talk_seconds >= 0


@hookimpl
def process_registration_params(params, call, user, clients):
    assert not clients
    return {**params, "SOURCE_DESCRIPTION": f"{user.id} of {call.did}"}


@hookimpl
def process_final_params(params, owner, store, crm, call, settings):
    crm.read("crm.contact.list", {"filter": {"NAME": call.client_name}})
    params["USER_ID"] = int(store.turn("everybody", ["11", "12", "13"]))
    params["WHY"] = owner.why
    return params


@hookimpl
def get_updated_activity_fields(fields, activity, filed):
    if activity.id % 2:
        return CANCEL


@hookimpl
def get_updated_entity_fields(fields, entity, role, call):
    return [Comment(Entity("lead", 5), f"{role} {call.key}")]


@hookimpl
def process_record_file_path(path, recording):
    raise GiveUp("no disk here")


@hookimpl
def post_registration(call, crm):
    assert crm.write("crm.timeline.comment.add", {"fields": {"COMMENT": call.key}})
"""


@pytest.fixture
def folder(tmp_path):
    """With a folder `hooks` in which one plugin answers every hook that is asked today."""
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "every.py").write_text(EVERY_KIND)
    (tmp_path / "tests").mkdir()
    return tmp_path


def run(folder):
    """Pytest over the recorded test, in a process and a place of its own."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        "tests",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_test_of_every_recording_passes_at_once_and_fails_when_a_hook_changes(itgrix, folder):
    """Every hook, with turns, questions and writes; each change of one is noticed."""
    test = folder / "tests" / "test_recorded.py"
    result = itgrix("replay", "--hooks", str(folder / "hooks"), "--record", str(test), str(FOLDER))
    assert result.exit_code == 0, result.output
    assert "left out" not in result.stderr
    asked = {node.args[0].value for node in _checks(test)}
    assert asked == {
        "process_phone_number", "need_registration", "process_registration_params", "post_registration",
        "process_final_params", "get_updated_activity_fields", "get_updated_entity_fields",
        "process_record_file_path",
    }  # fmt: skip
    assert run(folder)[0] == 0, run(folder)[1]
    plugin = folder / "hooks" / "every.py"
    for old, new in (
        ('return "+" +', 'return "00" +'),
        ("talk_seconds >= 0", "talk_seconds > 0"),
        ("{user.id} of", "{user.id} at"),
        ('["11", "12", "13"]', '["13", "11"]'),
        ("return CANCEL", 'return {"SUBJECT": "x"}'),
        ('f"{role} {call.key}"', "role"),
        ('raise GiveUp("no disk here")', 'return "https://x.example/1"'),
    ):
        plugin.write_text(EVERY_KIND.replace(old, new))
        code, said = run(folder)
        assert code == 1, (old, said)
    plugin.write_text(EVERY_KIND)
    assert run(folder)[0] == 0


def _checks(test):
    """The calls of `check` in it."""
    nodes = ast.walk(ast.parse(test.read_text()))
    return [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"]


def test_what_answers_otherwise_each_time_is_left_out_and_named(itgrix, folder):
    """The rest is recorded."""
    chance = (
        "import uuid\nfrom itgrix_hooks import hookimpl\n"
        "@hookimpl\ndef process_final_params(params):\n    return {**params, 'NOTE': uuid.uuid4().hex}\n"
    )
    (folder / "hooks" / "chance.py").write_text(chance)
    test = folder / "tests" / "test_recorded.py"
    result = itgrix("replay", "--hooks", str(folder / "hooks"), "--record", str(test), str(FOLDER))
    assert "left out: process_final_params of chance does not answer the same" in result.stderr
    assert "chance" not in test.read_text()


def test_nothing_to_record_is_said(itgrix, tmp_path):
    """And no file is written."""
    (tmp_path / "empty").mkdir()
    test = tmp_path / "test_none.py"
    result = itgrix("replay", "--hooks", str(tmp_path / "empty"), "--record", str(test), str(FOLDER))
    assert result.exit_code == 1
    assert "nothing to record" in result.stderr
    assert not test.exists()


@pytest.mark.parametrize("shape", ["answered", "missed", "outbound", "internal"])
def test_a_literal_makes_the_same_call(shape):
    """With every field that is not as it would be anyway."""
    call = make_call(shape, client_name='An "odd" näme\n')
    assert eval(literal(call), vars(values)) == call
