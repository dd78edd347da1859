"""Where lies what all services of this machine share: outside the data folder that each has of its own."""

from __future__ import annotations

import os
from pathlib import Path

from itgrix_core.config.schema import Settings

SYSTEM_FOLDER = Path("/var/lib/itgrix")


def state_folder_of(settings: Settings) -> Path | None:
    """The folder of the settings, else the usual one of this user; `None` for a user without a home.

    It need not exist yet.
    """
    if settings.state_folder is not None:
        return settings.state_folder
    if set_one := os.environ.get("XDG_STATE_HOME"):
        return Path(set_one) / "itgrix"
    if os.access(SYSTEM_FOLDER, os.W_OK | os.X_OK):
        return SYSTEM_FOLDER
    try:
        return Path.home() / ".local" / "state" / "itgrix"
    except RuntimeError:
        return None
