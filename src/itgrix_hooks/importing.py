"""From a plugin's import to its reading: whatever its code does then is a fault with a sentence."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from itgrix_hooks.reading import Fault, Reading, read


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has brought.

    Attributes:
        holder: the module, or an object of the class that was named; `None` if there is none.
        reading: what it holds; one fault if it could not be imported.
        is_error: whether it could not.
    """

    holder: object
    reading: Reading
    is_error: bool = False


def imported(plugin: str, load: Callable[[], object], origin: str, *, is_own: bool = False) -> Imported:
    """Import a plugin and read it.

    Args:
        plugin: its name.
        load: imports it; its module, class or object.
        origin: its file, if it is a single one.
        is_own: whether it is one of our own.
    """
    try:
        found = load()
        holder = found() if inspect.isclass(found) else found
        return Imported(holder, read(plugin, holder, is_own=is_own))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - strangers' code at import, `sys.exit()` included
        return Imported(None, Reading({}, (_load_error(error, origin),)), is_error=True)


def _load_error(error: BaseException, origin: str) -> Fault:
    """`ModuleNotFoundError: No module named 'x' (line 2); install what it needs and start again`."""
    text = f"{type(error).__name__}: {error}"
    file, line = _place(error, origin)
    if isinstance(error, SyntaxError):
        return Fault(f"{text}; mend it and start again", file, line)
    where = f" (line {line})" if line and file == origin else ""
    way_out = "install what it needs" if isinstance(error, ImportError) else "mend it"
    return Fault(f"{text}{where}; {way_out} and start again", file, line)


def _place(error: BaseException, origin: str) -> tuple[str, int]:
    """Where an import failed: in the plugin's own file if it came so far, else the innermost place."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    frames = [
        (frame.filename, frame.lineno or 0)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    own = [frame for frame in frames if frame[0] == origin]
    return (own or frames or [("", 0)])[-1]
