"""Every call that was recorded on the lab's Asterisk 22, through the whole service into the portal."""

from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[1] / "recorded" / "ast22"
ALL = [
    path
    for path in sorted(RECORDED.glob("*.ami.gz"))
    if not path.name.startswith(("load_", "snapshot_midcall"))
]


@pytest.mark.slow
def test_every_recorded_call_is_registered_once_and_finished_once(stand):
    """Nothing is left open; a missed call has no duration."""
    portal, pbx = stand.portal(), stand.pbx(ALL, pace=10, overlap=8)
    stand.configure(pbx.port, portal.webhook)
    stand.record(ALL)
    serve = stand.serve()
    pbx.says("all served", seconds=120)
    stand.is_done(portal)
    story = portal.story()
    assert len(story.calls) > 50
    for name, call in story.calls.items():
        assert call["registered"] == len(call["finishes"]) == 1, name
        ((_, duration, status),) = call["finishes"]
        assert (status == "200") == (duration != "0"), (name, call)
        assert call["records"] <= 1
    assert any(call["finishes"][0][1:] == ("0", "304") for call in story.calls.values())
    assert " error " not in serve.log
