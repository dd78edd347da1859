"""Hooks that fail: each is named with its reason, and every call is filed."""

import signal

import pytest

from itgrix_core.sandbox.recordings import FOLDER

BAD = {
    "raises": "@hookimpl\ndef process_final_params(params):\n    raise RuntimeError('no price list')\n",
    "answers_nonsense": "@hookimpl\ndef process_registration_params(params):\n    return 42\n",
    "sleeps": "import time\n@hookimpl\ndef get_updated_activity_fields(fields):\n    time.sleep(3600)\n",
    "cannot_import": "import a_module_that_nobody_has\n",
    "misspelt_hook": "@hookimpl\ndef proces_final_params(params):\n    return params\n",
    "misspelt_argument": "@hookimpl\ndef process_final_params(parms):\n    return parms\n",
}
OUT = {
    "cannot_import": "load error: ModuleNotFoundError: No module named 'a_module_that_nobody_has' (line 2)",
    "misspelt_hook": "refused: 'proces_final_params' is no hook: did you mean 'process_final_params'?",
    "misspelt_argument": "refused: 'process_final_params' has no argument 'parms': did you mean 'params'?",
}
"""What becomes of those that are never asked."""
LEFT_OUT = {
    "process_final_params of plugin raises": "RuntimeError: no price list",
    "process_registration_params of plugin answers_nonsense": "answered int 42; a dict was expected",
    "get_updated_activity_fields of plugin sleeps": "0.2 s",
}
"""What the log says of those that are asked and fail."""
CALLS = [
    FOLDER / f"{name}.ami.gz"
    for name in ("inbound_answered", "inbound_no_answer", "inbound_unregistered", "outbound_answered")
]


NO_ANSWER = "1795379465.12"
"""The Linkedid of inbound_no_answer."""


@pytest.fixture
def folder(stand):
    """A folder with one of each, and a good one."""
    folder = stand.folder / "hooks"
    folder.mkdir()
    for name, text in BAD.items():
        (folder / f"{name}.py").write_text(f"from itgrix_hooks import hookimpl\n{text}")
    good = "@hookimpl\ndef process_final_params(params):\n    return {**params, 'ADD_TO_CHAT': 1}\n"
    (folder / "works.py").write_text(f"from itgrix_hooks import hookimpl\n{good}")
    return folder


@pytest.mark.parametrize("verb", ["hooks", pytest.param("check", marks=pytest.mark.slow)])
def test_who_is_out_is_told_with_the_reason(stand, folder, verb):
    """Before a call comes: by `itgrix hooks` and by the doctor."""
    stand.configure(hooks__folder=str(folder))
    code, said = stand.ends(verb)
    assert code == 1
    for name, reason in OUT.items():
        (line,) = [line for line in said.splitlines() if f"{name} (site" in line]
        assert reason in line


def test_all_calls_are_filed_whatever_hooks_do(stand, folder):
    """Whoever fails is left out of that call and named; the others are asked."""
    portal, pbx = stand.portal(), stand.pbx(CALLS, settle=0.3)
    stand.configure(pbx.port, portal.webhook, hooks__folder=str(folder), hooks__limits={"other_seconds": 0.2})
    stand.record(CALLS)
    serve = stand.serve()
    pbx.says("all served")
    stand.is_done(portal)
    finishes = portal.entries("telephony.externalcall.finish")
    assert [entry.params["ADD_TO_CHAT"] for entry in finishes] == [1] * len(CALLS)
    for name, reason in OUT.items():
        assert reason in serve.says(f"{name} (site")
    for hook, reason in LEFT_OUT.items():
        line = serve.says(f"hook {hook} was left out of a call")
        assert reason in line
    serve.signal(signal.SIGTERM)
    assert serve.ends(20) == 0
    code, told = stand.ends("explain", NO_ANSWER)
    assert code == 0
    for hook, reason in LEFT_OUT.items():
        plugin = hook.rpartition(" ")[2]
        assert [line for line in told.splitlines() if plugin in line and reason in line], (plugin, told)
