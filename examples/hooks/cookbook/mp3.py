"""Recordings are converted to MP3 before they go to the CRM.

    hooks:
      limits: {recording_seconds: 60}       # a long talk takes its time
      settings:
        mp3:
          command: [ffmpeg, -loglevel, error, -y, -i, "{wav}", -b:a, 32k, "{mp3}"]

The PBX's file is not touched; what was converted lies in the folder for temporary files and is made once.
"""

import subprocess
import tempfile
from pathlib import Path

from itgrix_hooks import Settings, hookimpl

FFMPEG = ["ffmpeg", "-loglevel", "error", "-y", "-i", "{wav}", "-b:a", "32k", "{mp3}"]
LONGEST_SECONDS = 50.0


@hookimpl
def process_record_file_path(path: str | None, settings: Settings) -> str | None:
    """The path of the MP3; a converter that fails is named in the log, and the WAV is attached."""
    if path is None or not path.endswith(".wav"):
        return None
    folder = Path(tempfile.gettempdir(), "itgrix-mp3")
    folder.mkdir(mode=0o700, exist_ok=True)
    mp3 = folder / f"{Path(path).stem}.mp3"
    if not mp3.exists():
        unfinished = mp3.with_suffix(".part.mp3")
        command = [word.format(wav=path, mp3=unfinished) for word in settings.get("command", FFMPEG)]
        subprocess.run(command, check=True, timeout=LONGEST_SECONDS)  # noqa: S603 - the operator's own command
        unfinished.rename(mp3)
    return str(mp3)
