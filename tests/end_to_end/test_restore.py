"""An older copy of the outbox put back: what was filed since is not filed again, what was not is."""

import signal
import time

import pytest

from itgrix_core.sandbox.recordings import FOLDER

STATISTICS = "voximplant.statistic.get"
TWO = (FOLDER / "inbound_answered.ami.gz", FOLDER / "inbound_no_answer.ami.gz")


@pytest.mark.slow
@pytest.mark.parametrize("requests", [1, 4])
def test_a_copy_from_before_the_calls_doubles_none_of_them(stand, undisturbed, requests):
    """Copied at the first request, or in the middle; put back after the last; fed again from the log."""
    expected = undisturbed(TWO)
    portal, pbx = stand.portal(), stand.pbx(TWO)
    stand.configure(pbx.port, portal.webhook)
    stand.record(TWO)
    serve = stand.serve()
    stand.until(lambda: stand.data_folder.joinpath("itgrix.db").exists(), "the outbox")
    stand.until(lambda: len(portal.entries()) >= requests, f"request {requests}")
    code, said = stand.ends("backup", str(stand.folder / "copy.db"))
    assert (code, "it is whole" in said) == (0, True)
    stand.is_told(expected, portal)
    code, said = stand.ends("restore", "--yes", str(stand.folder / "copy.db"))
    assert code == 5  # serve still runs
    serve.signal(signal.SIGTERM)
    assert serve.ends(20) == 0
    time.sleep(1.0)  # a copy is put back after the calls: seconds count
    code, said = stand.ends("restore", "--yes", str(stand.folder / "copy.db"))
    assert code == 0
    asked = len(portal.entries(STATISTICS))
    stand.serve()
    stand.until(lambda: len(portal.entries(STATISTICS)) > asked, "a look into the statistics")
    stand.is_told(expected, portal)
    assert stand.counts()["dead"] == 0
