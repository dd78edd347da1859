"""`itgrix sandbox`: a Bitrix24 that runs here, for integrators without a portal."""

from __future__ import annotations

from itgrix_core.sandbox.bitrix.command import sandbox

__all__ = ["sandbox"]
