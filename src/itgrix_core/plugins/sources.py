"""Where plugins come from: our own modules, installed packages, the files of a folder.

Finding and importing are two steps, because importing runs strangers' code: a disabled plugin is never
imported, and each import fails alone (pluggy's own discovery stops at the first bad one).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from itgrix_core.plugins.records import Level
from itgrix_hooks.reading import module_of

GROUP = "itgrix.hooks"
"""The entry point group in which packages name their plugins."""

BUILT_INS = {"defaults": "itgrix_core.plugins.defaults", "crm_rules": "itgrix_core.plugins.rules"}

SITE = "itgrix_site."
"""What the names of the modules begin with that are made of the site's files."""

TOLD = frozenset({"crm_rules"})
"""Those of them whose settings are the call's account's: asked only by whoever knows that."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that is there; `load` imports it and may raise anything.

    `path` of a single file, `group` of a package's entry point: so that another process finds it.
    """

    name: str
    level: Level
    origin: str
    load: Callable[[], object]
    path: Path | None = None
    group: str = ""

    def text(self) -> tuple[str, bytes]:
        """The name of its file and what is in it now, "" and nothing for a package; `OSError`."""
        return (str(self.path), self.path.read_bytes()) if self.path else ("", b"")


def built_ins() -> list[Found]:
    """Ours."""
    return [Found(name, Level.BUILT_IN, module, _importer(module)) for name, module in BUILT_INS.items()]


def packages(group: str = GROUP) -> tuple[list[Found], list[str]]:
    """Installed packages by entry point, in the order of names; and what could not be read."""
    try:
        points = sorted(entry_points(group=group), key=lambda point: (point.name, point.value))
        return [Found(p.name, Level.PACKAGE, _origin(p), p.load, group=group) for p in points], []
    except Exception as error:  # noqa: BLE001 - one damaged installation must not stop the service
        what = f"The installed packages cannot be searched for hooks: {type(error).__name__}: {error}."
        return [], [f"{what} Find the damaged one with 'pip check' and install it again."]


def files(folder: Path | None) -> tuple[list[Found], list[str]]:
    """The single files of a folder, in the order of names; and why it cannot be read.

    Left alone: names that begin with `_` (helpers) or `test_`, and `conftest.py`.
    """
    if folder is None:
        return [], []
    try:
        names = sorted(
            entry.name for entry in os.scandir(folder) if entry.is_file() and _is_plugin(entry.name)
        )
    except OSError as error:
        what = f"At 'hooks.folder': {folder} cannot be read ({error.strerror}); its hooks are not asked."
        return [], [f"{what} Create it, or give the service's user the right to read it."]
    return [file(folder / name) for name in names], []


def _is_plugin(name: str) -> bool:
    return name.endswith(".py") and not name.startswith(("_", ".", "test_")) and name != "conftest.py"


def file(path: Path) -> Found:
    """A single file."""
    return Found(path.stem, Level.SITE, str(path), lambda: module_of(path, f"{SITE}{path.stem}"), path)


def elsewhere(name: str, python: Path, group: str = GROUP) -> Found:
    """A package that another interpreter has, and ours perhaps not."""
    return Found(name, Level.PACKAGE, f"a package of {python}", _nobody, group=group)


def _nobody() -> object:
    raise ImportError("it is a package of another interpreter")


@contextmanager
def beside() -> Iterator[None]:
    """Load files beside those that are in use; where the block fails, the names are these modules' again."""
    before = _site()
    invalidate_caches()
    try:
        yield
    except BaseException:
        for name in _site():
            del sys.modules[name]
        sys.modules.update(before)
        raise


def forget(modules: dict[str, ModuleType]) -> None:
    """Leave no module by these names behind, unless another one has taken the name over."""
    for name, module in modules.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]


def _site() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.startswith(SITE)}


def _importer(module: str) -> Callable[[], object]:
    return lambda: import_module(module)


def _origin(point: EntryPoint) -> str:
    where = f"{point.dist.name} {point.dist.version}" if point.dist else "an unnamed package"
    return f"{where}, {point.value}"
