"""Begins a plugin: a single file with its test, or a whole package.

`templates/` holds them as they are written, a plugin called `your_plugin` that works and passes its tests; a
new one is a copy with another name. Nothing that is there is written over.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Collection
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from itgrix_core.errors import ConfigError, ItgrixError

TEMPLATES = Path(__file__).with_name("templates")

_MODULE, _DISTRIBUTION = "your_plugin", "your-plugin"
_DOT = "dot-"
"""How names begin whose copies begin with a dot, which packaging would leave behind."""

_DISTRIBUTION_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


class Kind(Enum):
    """What is written; the value is the template's folder."""

    FILE = "file"
    PACKAGE = "package"


def write(kind: Kind, name: str, folder: Path, taken: Collection[str]) -> list[Path]:
    """Write a new plugin.

    Args:
        kind: of what.
        name: a file's plugin is called so, a package's with `_` for `-` and `.`.
        folder: where its files, or the package's own folder, are put; made if it is not there.
        taken: names of plugins that there are.

    Returns:
        The files that were written.

    Raises:
        ConfigError: every reason why the name will not do, or what is in the way.
    """
    module = re.sub(r"[-.]+", "_", name) if kind is Kind.PACKAGE else name
    if problems := _problems(kind, name, module, taken):
        raise ConfigError(problems)
    root = folder / name if kind is Kind.PACKAGE else folder
    template = TEMPLATES / kind.value
    copies = {
        root / _named(str(file.relative_to(template)), module, name).replace(_DOT, "."): file
        for file in sorted(template.rglob("*"), key=lambda file: file.name.startswith("test_"))
        if file.is_file() and file.suffix != ".pyc"
    }
    in_the_way = [root] if kind is Kind.PACKAGE and root.exists() else [one for one in copies if one.exists()]
    if in_the_way:
        raise ConfigError(
            [f"{one}: is there already; take another name, or move it away" for one in in_the_way]
        )
    try:
        for copy, file in copies.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(_named(file.read_text(encoding="utf-8"), module, name), encoding="utf-8")
    except OSError as error:
        what = f"{error.filename}: cannot be written ({error.strerror})"
        raise ItgrixError(f"{what}; give another --folder, or the right to write") from None
    return list(copies)


def _named(text: str, module: str, distribution: str) -> str:
    return text.replace(_MODULE, module).replace(_DISTRIBUTION, distribution)


def _problems(kind: Kind, name: str, module: str, taken: Collection[str]) -> list[str]:
    """What is wrong with a name, each with a better one."""
    other = "take another name"
    if kind is Kind.PACKAGE and not _DISTRIBUTION_NAME.fullmatch(name):
        what = "is no name of a package: small letters, digits, - and _, as acme-hooks"
        return [f"{name}: {what}{_better(name, '-')}"]
    if not module.isidentifier() or keyword.iskeyword(module) or module != module.lower():
        what = "is no name of a Python module: small letters, digits and _"
        return [f"{name}: {what}{_better(name, '_')}"]
    if kind is Kind.FILE and (name.startswith(("_", "test_")) or name == "conftest"):
        return [f"{name}: files called so are helpers and tests, not plugins; {other}"]
    if module in taken:
        return [f"{name}: there is a plugin '{module}' already (`itgrix hooks show {module}`); {other}"]
    if module in sys.stdlib_module_names or find_spec(module) is not None:
        return [f"{name}: there is a module '{module}' in this Python, which it would hide; {other}"]
    return []


def _better(name: str, separator: str) -> str:
    """`; take fair_missed` for a name that is nearly right."""
    near = re.sub(r"[^a-z0-9]+", separator, name.lower()).strip(separator).lstrip("0123456789-_")
    return f"; take {near}" if near and not keyword.iskeyword(near) else ""
