"""Put a changed text in the place of the configuration file, once it is proved to mean what was wanted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from itgrix_core.config.load import load
from itgrix_core.config.schema import Settings
from itgrix_core.errors import ConfigError

_MARK = b"\xef\xbb\xbf"
"""Some editors begin a file with it."""


def rewrite(file: Path, change: Callable[[str], str], wanted: Settings, environ: Mapping[str, str]) -> None:
    """Change the file's text; rights, owner and links stay, and no reader meets half a file.

    Args:
        file: the configuration file.
        change: the old text to the new one; `ValueError` where it cannot.
        wanted: what the new text has to mean; anything else is not written.
        environ: as for `load`.

    Raises:
        ConfigError: it could not be done, and what to write by hand.
    """
    place = file.resolve()
    try:
        content = place.read_bytes()
        mark = _MARK if content.startswith(_MARK) else b""
        text = change(content.removeprefix(_MARK).decode("utf-8"))
        new = _beside(place, mark + text.encode("utf-8"))
    except OSError as error:
        raise ConfigError([_by_hand(file, f"cannot be written ({error.strerror})", wanted)]) from None
    except (ValueError, yaml.YAMLError, RecursionError):
        raise ConfigError(
            [_by_hand(file, "is written in a way that is not safely changed", wanted)]
        ) from None
    try:
        if not _means(new, wanted, environ):
            what = "is written in a way that is not safely changed (an alias or a merge?)"
            raise ConfigError([_by_hand(file, what, wanted)])
        new.replace(place)
    except OSError as error:
        raise ConfigError([_by_hand(file, f"cannot be written ({error.strerror})", wanted)]) from None
    finally:
        new.unlink(missing_ok=True)


def _beside(place: Path, content: bytes) -> Path:
    """A file with this content, in the same folder, of the same owner and rights."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    new, old = Path(name), place.stat()
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(old.st_mode)
        if (new.stat().st_uid, new.stat().st_gid) != (old.st_uid, old.st_gid):
            os.chown(new, old.st_uid, old.st_gid)
    except BaseException:
        new.unlink()
        raise
    return new


def _means(file: Path, wanted: Settings, environ: Mapping[str, str]) -> bool:
    try:
        return load(file, environ) == wanted
    except ConfigError:
        return False


def _by_hand(file: Path, what: str, wanted: Settings) -> str:
    names = ", ".join(wanted.hooks.disabled)
    return f"{file}: {what}; write yourself, under hooks: `disabled: [{names}]`"
