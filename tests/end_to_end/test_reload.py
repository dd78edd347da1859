"""Hooks and settings are read again while the service runs: taken up whole between two jobs, or refused.

In two of the tests the only worker is held inside a hook while the files change, so which call is asked by
which version depends on no clock.
"""

import signal
from types import SimpleNamespace

import pytest
import requests

from itgrix_core.sandbox.recordings import FOLDER

NAMES = ("inbound_answered", "inbound_no_answer", "inbound_unregistered", "outbound_answered")
CALLS = [FOLDER / f"{name}.ami.gz" for name in NAMES]
FINISH = "telephony.externalcall.finish"
PLAIN = """\
from itgrix_hooks import hookimpl

@hookimpl
def process_final_params(params):
    return {{**params, "MARK": "{mark}"}}
"""
HELD = """\
import time
from pathlib import Path
from itgrix_hooks import hookimpl

HERE = Path(__file__).parent.parent

@hookimpl
def process_final_params(params):
    (HERE / "begun").touch()
    while not (HERE / "go on").exists():
        time.sleep(0.02)
    return {**params, "MARK": "old"}
"""


@pytest.fixture
def hooks(stand):
    """The folder of hooks; empty."""
    folder = stand.folder / "hooks"
    folder.mkdir()
    return folder


@pytest.fixture
def held(stand, hooks):
    """A service whose only worker is held by a hook in its first call; `go_on()` files everything."""
    (hooks / "mark.py").write_text(HELD)
    portal, pbx = stand.portal(), stand.pbx(CALLS, settle=0.3)
    more = {"hooks__folder": str(hooks), "hooks__limits": {"other_seconds": 600.0}, "hooks__settings": {}}

    def begin(**changes):
        config = stand.configure(pbx.port, portal.webhook, workers=1, **more, **changes)
        stand.record(CALLS)
        serve = stand.serve()
        stand.until((stand.folder / "begun").exists, "the hook to be asked")
        return SimpleNamespace(serve=serve, portal=portal, config=config, go_on=lambda: go_on(serve))

    def go_on(serve):
        (stand.folder / "go on").touch()
        pbx.says("all served")
        stand.is_done(portal)
        assert serve.log.count("connected, AMI") == 1
        assert serve.log.count("reloaded: ") == 1
        serve.signal(signal.SIGTERM)
        assert serve.ends(60) == 0
        return [entry.params for entry in portal.entries(FINISH)]

    return begin


def test_the_next_call_is_answered_by_the_changed_hook(held, hooks):
    """The one that is being decided ends with what decides it; the line to Asterisk stays."""
    service = held()
    (hooks / "mark.py").write_text(PLAIN.format(mark="new"))
    service.serve.signal(signal.SIGHUP)
    assert "3 plugins enabled" in service.serve.says("reloaded: ")
    marks = [params["MARK"] for params in service.go_on()]
    assert marks == ["old", "new", "new", "new"]


def test_a_changed_rule_is_taken_over_without_a_signal(stand, held):
    """With `hooks.reload: change`; the hook beside it is asked as before."""
    service = held(hooks__reload="change")
    service.config["crm"]["portal"]["rules"] = [{"name": "all to one", "owners": [14]}]
    stand.rewrite(service.config)
    service.serve.says("reloaded: ")
    finishes = service.go_on()
    assert [str(params["USER_ID"]) == "14" for params in finishes] == [False, True, True, True]
    assert {params["MARK"] for params in finishes} == {"old"}


def test_what_is_wrong_is_refused_whole_and_told_everywhere(stand, hooks, find_port):
    """The log, /status, `itgrix status` and a metric name it, until a version is taken up."""
    port = find_port()
    (hooks / "mark.py").write_text(PLAIN.format(mark="old"))
    config = stand.configure(hooks__folder=str(hooks), hooks__settings={}, web={"port": port})
    serve = stand.serve()
    serve.says("itgrix serves")

    def ask(page):
        return requests.get(f"http://127.0.0.1:{port}/{page}", timeout=60)

    def told():
        return ask("status").json()["reload"]

    broken = hooks / "broken.py"
    broken.write_text(
        "from itgrix_hooks import hookimpl\n\n@hookimpl\ndef proces_final_params(params): ...\n"
    )
    config["crm"]["portal"]["default_user"] = 14
    config["asterisk"]["lab"]["port"] = 2
    config["hooks"]["order"] = ["nobody"]
    stand.rewrite(config)
    serve.signal(signal.SIGHUP)
    serve.says("the new version is refused whole and the old one goes on")
    port_line, folder_line, hook_line = told()["refusals"]
    assert "asterisk.lab.port: counts from the next start only" in port_line
    assert "At 'hooks.order': there is no plugin 'nobody'" in folder_line
    assert f"{broken}:3: 'proces_final_params' is no hook: did you mean 'process_final_params'?" in hook_line
    for line in (port_line, folder_line, hook_line):
        assert line in serve.log
    assert [one["name"] for one in ask("status").json()["hooks"]["plugins"] if one["level"] == "site"] == [
        "mark"
    ]
    assert "itgrix_reload_refused 1.0" in ask("metrics").text
    said = stand.ends("status")[1]
    assert "reload: refused" in said
    assert hook_line in said

    stand.config_file.write_text("crm: [")
    serve.signal(signal.SIGHUP)
    stand.until(lambda: "this is not YAML" in str(told()["refusals"]), "the next refusal")

    broken.unlink()
    config["asterisk"]["lab"]["port"] = 1
    config["hooks"]["order"] = []
    stand.rewrite(config)
    serve.signal(signal.SIGHUP)
    stand.until(lambda: told()["taken_up_at"], "the mended version to be taken up")
    assert told()["refusals"] == []
    metrics = ask("metrics").text
    assert "itgrix_reload_refused 0.0" in metrics
    assert 'itgrix_reloads_total{outcome="refused"} 2.0' in metrics
    assert 'itgrix_reloads_total{outcome="taken up"} 1.0' in metrics
    assert "reload: hooks and settings were taken up" in stand.ends("status")[1]


@pytest.mark.slow
def test_reloads_all_the_time_change_no_call(stand, undisturbed):
    """Nothing is lost or done twice, no turn is skipped, and the line to Asterisk stays."""
    expected = undisturbed()
    portal, pbx = stand.portal(), stand.pbx()
    stand.configure(pbx.port, portal.webhook)
    stand.record()
    serve = stand.serve()
    serve.says("connected, AMI")
    reloads = 0
    while "all served" not in pbx.output:
        serve.signal(signal.SIGHUP)
        reloads += 1
        stand.until(lambda count=reloads: serve.log.count("reloaded: ") >= count, "the reload")
    stand.is_told(expected, portal)
    assert reloads > 2
    assert serve.log.count("connected, AMI") == 1
