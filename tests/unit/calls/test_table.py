"""The transition tables: every state met by every trigger."""

import pytest

from itgrix_core.calls.events import BY_KIND
from itgrix_core.calls.table import CALLS, LEGS, CallTrigger, LegState, LegTrigger, Phase

REQUESTED, ACCEPTED, OVER = "ConversationRequested", "ConversationAccepted", "ConversationEnded"

LEG_ROWS = {
    (LegState.TRIED, LegTrigger.RINGS): (LegState.RINGING, (REQUESTED,)),
    (LegState.TRIED, LegTrigger.MEETS): (LegState.TALKING, (REQUESTED, ACCEPTED)),
    (LegState.TRIED, LegTrigger.ENDS): (LegState.OVER, ()),
    (LegState.RINGING, LegTrigger.RINGS): None,
    (LegState.RINGING, LegTrigger.MEETS): (LegState.TALKING, (ACCEPTED,)),
    (LegState.RINGING, LegTrigger.ENDS): (LegState.OVER, (OVER,)),
    (LegState.TALKING, LegTrigger.RINGS): None,
    (LegState.TALKING, LegTrigger.MEETS): None,
    (LegState.TALKING, LegTrigger.ENDS): (LegState.OVER, (OVER,)),
    (LegState.OVER, LegTrigger.RINGS): None,
    (LegState.OVER, LegTrigger.MEETS): None,
    (LegState.OVER, LegTrigger.ENDS): None,
}

CALL_ROWS = {
    (Phase.LATENT, CallTrigger.BEGINS): (Phase.LIVE, ("CallStarted",)),
    (Phase.LATENT, CallTrigger.EMPTIES): (Phase.GONE, ()),
    (Phase.LATENT, CallTrigger.JOINS): (Phase.GONE, ()),
    (Phase.LIVE, CallTrigger.BEGINS): None,
    (Phase.LIVE, CallTrigger.EMPTIES): (Phase.GONE, ("CallEnded",)),
    (Phase.LIVE, CallTrigger.JOINS): (Phase.GONE, ("CallMerged",)),
    (Phase.GONE, CallTrigger.BEGINS): None,
    (Phase.GONE, CallTrigger.EMPTIES): None,
    (Phase.GONE, CallTrigger.JOINS): None,
}


@pytest.mark.parametrize("state", LegState)
@pytest.mark.parametrize("trigger", LegTrigger)
def test_a_leg_goes_where_its_row_says(state, trigger):
    """Rings once, talks once, ends once; a phone that nobody heard ring ends in silence."""
    assert LEGS[state].get(trigger) == LEG_ROWS[state, trigger]


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("trigger", CallTrigger)
def test_a_call_goes_where_its_row_says(phase, trigger):
    """Only a call that began is told of, and it ends or merges, never both."""
    assert CALLS[phase].get(trigger) == CALL_ROWS[phase, trigger]


def test_there_is_no_way_back_from_the_end():
    """OVER and GONE have no row at all."""
    assert LEGS[LegState.OVER] == {}
    assert CALLS[Phase.GONE] == {}


def test_every_event_kind_is_told_by_some_row():
    """No kind without a row, no row without a kind."""
    rows = [row for table in (LEGS, CALLS) for rows in table.values() for row in rows.values()]
    assert {kind for _, kinds in rows for kind in kinds} == set(BY_KIND)
