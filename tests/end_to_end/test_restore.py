"""An older copy of the outbox put back: what was filed since is not filed again, what was not is."""

import signal
import time

import pytest

from itgrix_core.sandbox.recordings import FOLDER

STATISTICS = "voximplant.statistic.get"
TWO = (FOLDER / "inbound_answered.ami.gz", FOLDER / "inbound_no_answer.ami.gz")


def back_up(stand):
    """Copy the outbox while it is in use."""
    code, said = stand.ends("backup", str(stand.folder / "copy.db"))
    assert (code, "it is whole" in said) == (0, True)


def stop(serve):
    """As an operator does."""
    serve.signal(signal.SIGTERM)
    assert serve.ends(20) == 0


def put_back(stand):
    """Refused while a serve has the folder."""
    code, _ = stand.ends("restore", "--yes", str(stand.folder / "copy.db"))
    return code


@pytest.mark.slow
def test_a_copy_from_before_the_calls_doubles_none_of_them(stand, undisturbed):
    """They come again out of the recorded log, and each step is looked up before it would be sent."""
    expected = undisturbed(TWO)
    portal, pbx = stand.portal(), stand.pbx(TWO)
    stand.record(TWO)
    stand.configure(1, portal.webhook)  # nobody listens there
    serve = stand.serve()
    serve.says("itgrix serves")
    back_up(stand)
    stop(serve)
    stand.configure(pbx.port, portal.webhook)
    serve = stand.serve()
    stand.is_told(expected, portal)
    assert put_back(stand) == 5
    stop(serve)
    time.sleep(1.0)  # the copy is put back after the calls: seconds count
    assert put_back(stand) == 0
    asked = len(portal.entries(STATISTICS))
    stand.serve()
    stand.until(lambda: len(portal.entries(STATISTICS)) > asked, "a look into the statistics")
    stand.is_told(expected, portal)
    assert stand.counts()["dead"] == 0


@pytest.mark.slow
def test_a_copy_from_the_midst_of_calls_doubles_none_of_them(stand, undisturbed):
    """Wherever they were then."""
    expected = undisturbed(TWO)
    portal, pbx = stand.portal(), stand.pbx(TWO)
    stand.configure(pbx.port, portal.webhook)
    stand.record(TWO)
    serve = stand.serve()
    stand.until(lambda: len(portal.entries()) >= 3, "the third request")
    back_up(stand)
    stand.is_told(expected, portal)
    stop(serve)
    time.sleep(1.0)
    assert put_back(stand) == 0
    stand.serve().says("itgrix serves")
    stand.is_told(expected, portal)
    assert stand.counts()["dead"] == 0
