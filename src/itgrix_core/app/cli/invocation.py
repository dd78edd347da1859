"""What every verb starts from: the configuration file, the settings in it, the logs.

A verb gets it with `@click.pass_obj`. Settings are read when first asked for, so that verbs without them
(`demo`, `replay`) run without a file; from then on their secrets are masked in all that is written.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loading these takes ten times as long as `itgrix --help` itself
    from itgrix_core.config.schema import Settings


class Invocation:
    """One run of `itgrix`."""

    def __init__(self, config_file: Path | None, log_format: str) -> None:
        self.config_file = config_file
        self.log_format = log_format
        self._settings: Settings | None = None

    def settings(self) -> Settings:
        """The settings, read once; `ConfigError` holds every mistake of the file."""
        if self._settings is None:
            self._settings = self.fresh_settings()
        return self._settings

    def fresh_settings(self) -> Settings:
        """The settings as they are written now; `ConfigError` as above."""
        from itgrix_core.config.load import load  # noqa: PLC0415 - see above
        from itgrix_core.telemetry.redaction import keep_secrets  # noqa: PLC0415

        settings = load(self.config_file, os.environ)
        keep_secrets(settings)
        return settings

    def has_settings(self) -> bool:
        """Whether there is a configuration file to read."""
        from itgrix_core.config.load import is_file_there  # noqa: PLC0415 - see above

        return is_file_there(self.config_file)

    def start_logs(self, level: str | None = None) -> None:
        """Log to stderr from `level` upwards; `None` takes the level of the settings."""
        from itgrix_core.telemetry.logs import LogFormat, set_up_logs  # noqa: PLC0415 - see above

        set_up_logs(level or self.settings().log_level, LogFormat(self.log_format))

    def data_folder(self) -> Path | None:
        """The data folder, if the settings were read and it is there."""
        folder = self._settings.data_folder if self._settings else None
        return folder if folder and folder.is_dir() else None


def is_for_people() -> bool:
    """Whether stdout is a terminal that can show more than ASCII; piped output stays plain."""
    return sys.stdout.isatty() and (sys.stdout.encoding or "").lower().startswith("utf")
