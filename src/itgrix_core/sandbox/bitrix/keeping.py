"""The portal's memory in a file of JSON, so that a sandbox goes on where it was stopped.

What is kept is every field of `World` that is memory; settings, clock, address and what is on its way are
the new process's own.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from itgrix_core.errors import DataFolderError
from itgrix_core.sandbox.bitrix.world import World

_NOT_KEPT = frozenset({"settings", "clock", "mail", "actor", "connector", "base_url", "moved_to"})


def _kept() -> dict[str, Any]:
    """Name and type of every kept field."""
    hints = get_type_hints(World)
    return {one.name: hints[one.name] for one in dataclasses.fields(World) if one.name not in _NOT_KEPT}


def save(world: World, path: Path) -> None:
    """Write the memory, whole or not at all."""
    data = msgspec.json.encode({name: getattr(world, name) for name in _kept()})
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(data)
    draft.replace(path)


def load(world: World, path: Path) -> None:
    """Fill the memory from a file; raises `DataFolderError` when it is no such file."""
    try:
        parts = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
        for name, kind in _kept().items():
            setattr(world, name, msgspec.json.decode(parts[name], type=kind))
    except (OSError, KeyError, msgspec.MsgspecError) as error:
        raise DataFolderError(
            f"{path} does not hold the memory of a sandbox ({error}); give another --state, or delete it"
        ) from error
