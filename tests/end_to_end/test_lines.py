"""Lines and portals come and go while calls are going on; nothing is lost, and an end is an end."""

import signal
import time

import pytest

from itgrix_core.sandbox.recordings import FOLDER

FINISH = "telephony.externalcall.finish"
REGISTER = "telephony.externalcall.register"
FEW = tuple(
    FOLDER / f"{name}.ami.gz"
    for name in ("inbound_answered", "inbound_no_answer", "inbound_unregistered", "outbound_answered")
)


def disturb_four_times(stand, portal, serve, disturb):
    """At four points of the replay, each time until the service has missed the line."""
    for count in (8, 25, 45, 65):
        stand.until(lambda wanted=count: len(portal.entries()) >= wanted, f"request {count}")
        tries = serve.log.count("next try in")
        stand.until(lambda before=tries: serve.log.count("connected, AMI") > before, "the line to be back")
        disturb()
        stand.until(lambda before=tries: serve.log.count("next try in") > before, "the line to be missed")


@pytest.mark.slow
def test_a_line_cut_in_the_middle_of_events_loses_and_doubles_nothing(stand, undisturbed):
    """What was interrupted is served again."""
    portal, pbx = stand.portal(), stand.pbx()
    stand.configure(pbx.port, portal.webhook)
    stand.record()
    disturb_four_times(stand, portal, stand.serve(), pbx.cut)
    stand.is_told(undisturbed(), portal)


def is_whole(key):
    """Whether this is a call, no later talk of one: those a restart may prevent."""
    return key.count("/") == 1


@pytest.mark.slow
def test_calls_that_a_restarted_asterisk_hung_up_are_filed_once(stand, undisturbed):
    """They have ended then, so they may be shorter; what is told of them again changes nothing."""
    portal, pbx = stand.portal(), stand.pbx()
    stand.configure(pbx.port, portal.webhook)
    stand.record()
    disturb_four_times(stand, portal, stand.serve(), pbx.restart)
    pbx.says("all served")
    stand.is_done(portal)
    calls = portal.story().calls
    assert set(filter(is_whole, calls)) == set(filter(is_whole, undisturbed().calls))
    assert all(call["registered"] == len(call["finishes"]) == 1 for call in calls.values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["timeout", "cut"])
def test_answers_that_never_come_double_nothing(stand, undisturbed, kind):
    """Register and finish are executed and their answers are lost, again and again."""
    portal, pbx = stand.portal(), stand.pbx(FEW)
    stand.configure(pbx.port, portal.webhook, crm__portal__timeout_seconds=0.5)
    stand.record(FEW)
    for method in (REGISTER, FINISH):
        portal.fail(kind=kind, method=method, times=3, seconds=5)
    stand.serve()
    stand.is_told(undisturbed(FEW), portal)


@pytest.mark.slow
def test_a_portal_that_is_down_gets_the_calls_when_it_is_back(stand, undisturbed):
    """Serve goes on and says so."""
    portal = stand.portal()
    webhook, port = portal.webhook, portal.url.rstrip("/").rpartition(":")[2]
    portal.kill()
    pbx = stand.pbx(FEW)
    stand.configure(pbx.port, webhook)
    stand.record(FEW)
    serve = stand.serve()
    assert "cannot be reached" in serve.says(f"127.0.0.1:{port}")
    pbx.says("all served")
    assert serve.process.poll() is None
    portal = stand.portal("--port", port)
    stand.is_told(undisturbed(FEW), portal)


@pytest.mark.slow
def test_sigterm_and_ctrl_c_end_a_serving_service(stand):
    """Within seconds, with 0, whatever it is doing."""
    portal, pbx = stand.portal(), stand.pbx()
    stand.configure(pbx.port, portal.webhook)
    for number in (signal.SIGTERM, signal.SIGINT):
        serve = stand.serve()
        serve.says(" register ")
        serve.signal(number)
        assert serve.ends(10) == 0
        assert "itgrix stops" in serve.log


@pytest.mark.slow
def test_sigterm_ends_a_service_whose_portal_is_down(stand):
    """Nobody waits for what cannot come."""
    pbx = stand.pbx(FEW, pace=0)
    stand.configure(pbx.port)
    serve = stand.serve()
    serve.says("cannot be reached")
    pbx.says("all served")
    began = time.monotonic()
    serve.signal(signal.SIGTERM)
    assert serve.ends(20) == 0
    assert time.monotonic() - began < 8


@pytest.mark.slow
def test_sigterm_ends_a_service_whose_portal_does_not_answer(stand):
    """The request under way is given up and looked up by the next start."""
    portal, pbx = stand.portal(), stand.pbx(FEW, pace=0)
    portal.fail(kind="timeout", method=REGISTER, times=0, seconds=120)
    stand.configure(pbx.port, portal.webhook, crm__portal__timeout_seconds=60)
    serve = stand.serve()
    stand.until(lambda: portal.entries(REGISTER), "a registration")
    began = time.monotonic()
    serve.signal(signal.SIGTERM)
    assert serve.ends(30) == 0
    assert time.monotonic() - began < 15
