"""The first customer's case: both times, waiting and talking, stand in the activity of a call."""

import pytest

from itgrix_core.sandbox.recordings import FOLDER


@pytest.mark.parametrize(
    ("recording", "told"),
    [
        ("inbound_answered", "Waited 2 s, talked 3 s."),
        ("outbound_answered", "Waited 2 s, talked 3 s."),
        ("inbound_no_answer", "Waited 4 s, talked 0 s."),
    ],
)
@pytest.mark.slow
def test_an_activity_tells_both_times(undisturbed, recording, told):
    """Of a recorded call that the service has filed with the example hooks."""
    story = undisturbed((FOLDER / f"{recording}.ami.gz",))
    assert [call["descriptions"] for call in story.calls.values()] == [[told]]
