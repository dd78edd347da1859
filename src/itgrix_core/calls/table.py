"""The rules as data: which state follows which, and what is told on the way.

Two small machines. A *leg* is one employee's channel within a call; a *call* is everything under one key.
What Asterisk repeats, doubles or says late (DialState RINGING up to three times, DialEnd twice or never)
finds no row here or one that stays, and so is no news. The manual's diagram is drawn from these two dicts.
"""

from __future__ import annotations

from enum import StrEnum

from itgrix_core.calls.events import (
    CallEnded,
    CallMerged,
    CallStarted,
    ConversationAccepted,
    ConversationEnded,
    ConversationRequested,
)

REQUESTED, ACCEPTED, OVER = ConversationRequested.kind, ConversationAccepted.kind, ConversationEnded.kind
STARTED, ENDED, MERGED = CallStarted.kind, CallEnded.kind, CallMerged.kind


class LegState(StrEnum):
    """TRIED: dialled, silent so far. RINGING: the phone rings, or the employee's own call rings outside."""

    TRIED = "tried"
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


class LegTrigger(StrEnum):
    """RINGS: it rings. MEETS: employee and other party hear each other. ENDS: the channel is gone."""

    RINGS = "rings"
    MEETS = "meets"
    ENDS = "ends"


class Phase(StrEnum):
    """LATENT: channels, but nothing a CRM would call a call (feature codes end here)."""

    LATENT = "latent"
    LIVE = "live"
    GONE = "gone"


class CallTrigger(StrEnum):
    """BEGINS: first trunk channel or Dial. EMPTIES: no channel is left. JOINS: part of an older call."""

    BEGINS = "begins"
    EMPTIES = "empties"
    JOINS = "joins"


LEGS: dict[LegState, dict[LegTrigger, tuple[LegState, tuple[str, ...]]]] = {
    LegState.TRIED: {
        LegTrigger.RINGS: (LegState.RINGING, (REQUESTED,)),
        LegTrigger.MEETS: (LegState.TALKING, (REQUESTED, ACCEPTED)),
        LegTrigger.ENDS: (LegState.OVER, ()),
    },
    LegState.RINGING: {
        LegTrigger.MEETS: (LegState.TALKING, (ACCEPTED,)),
        LegTrigger.ENDS: (LegState.OVER, (OVER,)),
    },
    LegState.TALKING: {
        LegTrigger.ENDS: (LegState.OVER, (OVER,)),
    },
    LegState.OVER: {},
}

CALLS: dict[Phase, dict[CallTrigger, tuple[Phase, tuple[str, ...]]]] = {
    Phase.LATENT: {
        CallTrigger.BEGINS: (Phase.LIVE, (STARTED,)),
        CallTrigger.EMPTIES: (Phase.GONE, ()),
        CallTrigger.JOINS: (Phase.GONE, ()),
    },
    Phase.LIVE: {
        CallTrigger.EMPTIES: (Phase.GONE, (ENDED,)),
        CallTrigger.JOINS: (Phase.GONE, (MERGED,)),
    },
    Phase.GONE: {},
}
