"""Plugins in processes of their own: whatever they do, each call is filed, and nothing of them stays."""

import os
import signal
from pathlib import Path

import pytest
import requests
from commanded import free_port
from stand import until

from itgrix_core.sandbox.recordings import FOLDER

HEAD = "import os, time, pathlib\nfrom itgrix_hooks import hookimpl\n\n"
PACKAGE = HEAD + (
    "@hookimpl\ndef process_final_params(params):\n"
    "    return {**params, 'COMMENT': params.get('COMMENT', '') + '%s'}\n"
)
BAD = {
    "raises": "raise RuntimeError('no price list')",
    "hangs": "time.sleep(3600)",
    "nonsense": "return 42",
    "hogs": "return {'A': len(bytearray(10 ** 9))}",
    "dies": "os.kill(os.getpid(), 9)\n    time.sleep(60)",
}
LEFT_OUT = {
    "raises": "RuntimeError: no price list (raises.py, line 6)",
    "hangs": "no answer after 0.5 s, its limit",
    "nonsense": "answered int 42; a dict was expected",
    "hogs": "MemoryError (hogs.py, line 6): more than its 128 MB; it was ended",
    "dies": "its process ended: by the signal SIGKILL",
}
CALLS = [FOLDER / f"{name}.ami.gz" for name in ("inbound_answered", "inbound_no_answer")]
MEMORY = 'itgrix_plugin_memory_bytes{plugin="own"}'
NO_ANSWER = "1795379465.12"
"""The Linkedid of inbound_no_answer."""


@pytest.fixture
def guests(stand):
    """Two packages and a file that answer the same hook, and one for each way to fail."""
    hooks, installed = stand.folder / "hooks", stand.folder / "installed"
    hooks.mkdir()
    for name in ("acme", "bolt"):
        info = installed / f"{name}_hooks-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-hooks\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[itgrix.hooks]\n{name} = {name}_hooks\n")
        (installed / f"{name}_hooks.py").write_text(PACKAGE % name[0])
    stand.variables["PYTHONPATH"] = str(installed)
    pids = f"pathlib.Path({str(stand.folder)!r}, 'pids').open('a').write(f'{{os.getpid()}}\\n')\n"
    (hooks / "own.py").write_text(PACKAGE % "o" + pids)
    for name, body in BAD.items():
        hook = "@hookimpl\ndef process_final_params(params):\n"
        (hooks / f"{name}.py").write_text(
            f"{HEAD}{hook}    time.sleep(0)\n    {body}\n".replace("    time.sleep(0)\n", "")
        )
    (hooks / "misses.py").write_text("import a_module_that_nobody_has\n")
    return hooks


def alive(stand):
    """The processes of `own` that are alive."""
    pids = (stand.folder / "pids").read_text().split()
    return [pid for pid in pids if Path(f"/proc/{pid}/exe").exists()]


def test_what_isolated_plugins_do_costs_nobody_his_answer(stand, guests):
    """The others compose in their order; who failed is named in log, metrics and story."""
    portal, pbx, port = stand.portal(), stand.pbx(CALLS, settle=0.3, overlap=1), free_port()
    stand.configure(
        pbx.port,
        portal.webhook,
        hooks={
            "folder": str(guests),
            "limits": {"other_seconds": 0.5},
            "isolate": {name: {"memory_mb": 128} for name in (*BAD, "own", "acme", "misses")},
        },
        web={"port": port},
    )
    stand.record(CALLS)
    serve = stand.serve()
    pbx.says("all served")
    stand.is_done(portal)
    finishes = portal.entries("telephony.externalcall.finish")
    assert [entry.params["COMMENT"] for entry in finishes] == ["abo"] * len(CALLS)
    metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    for name, reason in LEFT_OUT.items():
        left_out = f"hook process_final_params of plugin {name} was left out of a call: {reason}"
        assert left_out in serve.log
        outcome = {"hangs": "too slow", "nonsense": "nonsense"}.get(name, "failed")
        labels = f'hook="process_final_params",outcome="{outcome}",plugin="{name}"'
        assert f"itgrix_hook_outcomes_total{{{labels}}} " in metrics
    assert "No module named 'a_module_that_nobody_has' (line 1)" in serve.says("misses (site")
    assert 'itgrix_plugin_starts_total{plugin="own"} 1.0' in metrics
    (held,) = (
        line for line in metrics.splitlines() if line.startswith('itgrix_plugin_memory_bytes{plugin="own"}')
    )
    assert float(held.split()[1]) > 5e6
    serve.signal(signal.SIGTERM)
    assert serve.ends(20) == 0
    until(lambda: not alive(stand), "its process to be gone")
    code, told = stand.ends("explain", NO_ANSWER)
    assert code == 0
    for name, reason in LEFT_OUT.items():
        assert [line for line in told.splitlines() if name in line and reason in line], (name, told)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_service(stand, guests, how):
    """However it ends."""
    stand.configure(hooks={"folder": str(guests), "isolate": {"own": {}}})
    serve = stand.serve()
    serve.says("plugins enabled")
    assert alive(stand)
    serve.signal(how)
    serve.ends(20)
    until(lambda: not alive(stand), "its process to be gone")


def test_a_reload_has_new_processes_and_leaves_no_old_ones(stand, guests):
    """One that is refused leaves the old ones, and none of its own."""
    config = stand.configure(
        hooks={"folder": str(guests), "isolate": {"own": {}}, "disabled": [*BAD, "misses"]}
    )
    serve = stand.serve()
    serve.says("plugins enabled")
    (first,) = alive(stand)
    serve.signal(signal.SIGHUP)
    serve.says("reloaded: ")
    until(lambda: len(alive(stand)) == 1 and alive(stand) != [first], "the new process alone")
    second = alive(stand)
    config["hooks"]["disabled"] = [*BAD]
    stand.rewrite(config)
    serve.signal(signal.SIGHUP)
    serve.says("the new version is refused whole")
    until(lambda: alive(stand) == second, "the old process alone")
    os.kill(int(second[0]), signal.SIGKILL)
    until(lambda: len(alive(stand)) == 1 and alive(stand) != second, "another one in its place")
