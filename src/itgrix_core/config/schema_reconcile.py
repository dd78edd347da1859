"""Settings of the comparison with the CRM's own list of calls."""

from __future__ import annotations

from pydantic import Field

from itgrix_core.config.section import Section


class ReconcileSettings(Section):
    """The comparison of what was filed with what the CRM has; `itgrix reconcile` does it at any time."""

    at: str = Field(
        default="03:30",
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$",
        description="When `serve` compares by itself, the machine's local time, off-peak; empty for never.",
    )
    days: int = Field(default=1, ge=1, le=31, description="How many days before that moment are compared.")
    repair: bool = Field(default=False, description="Whether it repairs what can be repaired.")
