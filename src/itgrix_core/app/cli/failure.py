"""What to do with an error that nobody foresaw: keep the details, tell the operator where they are."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from importlib import metadata
from pathlib import Path

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.telemetry.redaction import redact

EXIT_CODE = 70
"""sysexits' EX_SOFTWARE: a mistake of ours."""


def report(error: Exception, invocation: Invocation | None) -> str:
    """Write the traceback, without secrets, to a file; returns the sentence that says where it is.

    The file goes to the data folder, or to the folder for temporary files where that cannot be had.
    """
    what = f"Itgrix met an error of its own ({type(error).__name__})"
    folders = [invocation.data_folder() if invocation else None, Path(tempfile.gettempdir())]
    for folder in folders:
        if folder is None:
            continue
        file = folder / f"itgrix-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        try:
            file.touch(mode=0o600, exist_ok=False)
            file.write_text(_details(error), encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return f"{what}. The details are in {file}; please send us this file."
    return f"{what}, and the details could not be written anywhere: {error}"


def _details(error: Exception) -> str:
    head = (
        f"itgrix {metadata.version('itgrix')}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {sys.argv}\n\n"
    )
    return redact(head + "".join(traceback.format_exception(error)))
