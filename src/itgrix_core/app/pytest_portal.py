"""The pytest plugin of one fixture, `portal_crm`; it imports the portal when a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from itgrix_core.app.portal_crm import PortalCrm


@pytest.fixture
def portal_crm() -> PortalCrm:
    """A Bitrix24 in memory, for `ask(…, crm=portal_crm)`."""
    from itgrix_core.app.portal_crm import PortalCrm  # noqa: PLC0415 - see above

    return PortalCrm()
