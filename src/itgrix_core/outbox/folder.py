"""Who has the data folder: one `itgrix serve` at a time, by a lock that any end of it gives free."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from itgrix_core.errors import DataFolderError

LOCK = "serve.lock"


def claim_folder(folder: Path) -> int:
    """Claim the folder: the lock's file descriptor, whose closing gives it free.

    Raises:
        DataFolderError: another process has it, or the folder cannot be used.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataFolderError(unusable(folder, error)) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(handle, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(handle)
        raise DataFolderError(
            f"The data folder {folder} is in use by another `itgrix serve` (process {holder}). "
            "Stop that one first, or give this one a `data_folder` of its own."
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def is_served(folder: Path) -> bool:
    """Whether a `serve` has the folder at this moment."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def unusable(folder: Path, error: OSError) -> str:
    """The sentence for a folder that cannot be made, read or written."""
    return (
        f"The data folder {folder} cannot be used ({error.strerror}). "
        "Make it and give it to this user, or choose another `data_folder`."
    )
