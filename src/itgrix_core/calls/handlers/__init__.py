"""What each AMI event changes: one small file per theme, joined to one dict by name."""

from itgrix_core.calls.board import Handler
from itgrix_core.calls.handlers import (
    births,
    bridges,
    dials,
    endings,
    links,
    listing,
    originate,
    plant,
    queues,
    recordings,
    transfers,
)

HANDLERS: dict[str, Handler] = {
    **births.HANDLERS,
    **dials.HANDLERS,
    **bridges.HANDLERS,
    **endings.HANDLERS,
    **queues.HANDLERS,
    **transfers.HANDLERS,
    **originate.HANDLERS,
    **recordings.HANDLERS,
    **listing.HANDLERS,
    **plant.HANDLERS,
}
"""Every event that means anything to the tracker; the others are never even parsed."""

ANSWERS: dict[str, Handler] = {**recordings.ANSWERS, **plant.ANSWERS, **links.ANSWERS}
"""Answers to questions of ours that come as a response, by the beginning of their ActionID."""
