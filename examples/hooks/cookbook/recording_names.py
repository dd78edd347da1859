"""Recordings lie elsewhere, or under other names, than Asterisk says.

    hooks:
      settings:
        recording_names:
          pattern: "/records/{day:%Y-%m-%d}/{linkedid}.mp3"

In the pattern: `{day}` (of the PBX's clock), `{linkedid}`, `{name}` and `{stem}` (the file's name as Asterisk
says it, with and without its ending), `{number}`.
"""

from pathlib import PurePosixPath

from itgrix_hooks import Call, Recording, Settings, hookimpl


@hookimpl
def process_record_file_path(recording: Recording | None, call: Call, settings: Settings) -> str | None:
    """The path by the pattern; the service looks whether there is such a file."""
    if "pattern" not in settings:
        return None
    said = PurePosixPath(recording.path if recording else "")
    number = call.client_number.digits if call.client_number else ""
    words = {"linkedid": call.linkedid, "name": said.name, "stem": said.stem, "number": number}
    path: str = settings["pattern"].format(day=call.started_local, **words)
    return path
