"""kill -9 at any moment: each call is in the CRM once and whole, as if nothing had happened.

The PBX is a process of its own that outlives the service, and serves again what was interrupted; the portal
is another one, and its ledger is the judge. Cards may differ (they come too late after a restart), all else
may not.
"""

import random
import time

import pytest

from itgrix_core.sandbox.recordings import FOLDER

KILLS = 10
REGISTER = "telephony.externalcall.register"
FINISH = "telephony.externalcall.finish"
ATTACH = "telephony.externalCall.attachRecord"
DESCRIBE = "crm.activity.update"
TWO = (FOLDER / "inbound_answered.ami.gz", FOLDER / "inbound_no_answer.ami.gz")


def held_back(portal):
    """How many requests the portal has executed and not answered."""
    return sum(entry.fault == "timeout" and entry.is_executed for entry in portal.entries())


def kill_unanswered(stand, portal, method, skip):
    """Serves until the portal has executed this method and holds the answer back, then kills."""
    before = held_back(portal)
    portal.fail(kind="timeout", method=method, seconds=60, skip=skip)
    serve = stand.serve()
    stand.until(lambda: held_back(portal) > before, f"an unanswered {method}")
    serve.kill()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_kills_anywhere_in_a_replay_lose_and_double_nothing(stand, undisturbed, seed):
    """Ten points spread over the replay by dice, each a little after so many requests of the portal."""
    expected = undisturbed()
    assert len(expected.calls) > 20
    dice = random.Random(seed)
    portal, pbx = stand.portal(), stand.pbx()
    stand.configure(pbx.port, portal.webhook)
    stand.record()
    for requests in sorted(dice.sample(range(3, 120), KILLS)):
        serve = stand.serve()
        stand.until(lambda wanted=requests: len(portal.entries()) >= wanted, f"request {requests}")
        time.sleep(dice.uniform(0.0, 0.3))
        serve.kill()
    stand.serve()
    stand.is_told(expected, portal)


@pytest.mark.slow
def test_ten_kills_while_an_answer_is_on_its_way_double_nothing(stand, undisturbed):
    """The portal has done it, and the service dies before it hears so."""
    portal, pbx = stand.portal(), stand.pbx()
    stand.configure(pbx.port, portal.webhook)
    stand.record()
    methods = [REGISTER, FINISH, DESCRIBE, ATTACH, REGISTER, FINISH, FINISH, REGISTER, DESCRIBE, ATTACH]
    for method in methods:
        kill_unanswered(stand, portal, method, skip=1)
    stand.serve()
    stand.is_told(undisturbed(), portal)


@pytest.mark.parametrize("method", [pytest.param(REGISTER, marks=pytest.mark.slow), FINISH])
def test_a_kill_between_the_portals_deed_and_its_answer_doubles_nothing(stand, undisturbed, method):
    """The shortest proof of the journal: started, not known as done, looked up."""
    portal, pbx = stand.portal(), stand.pbx(TWO, settle=0.3)
    stand.configure(pbx.port, portal.webhook)
    stand.record(TWO)
    kill_unanswered(stand, portal, method, skip=0)
    stand.serve()
    stand.is_told(undisturbed(TWO), portal)
