"""From what was found to what is asked: import, read, register; a record for each, whatever happens.

pluggy keeps the register (names, objects, specs); what it would do carelessly is done before it is asked: a
plugin is read as a whole first, with all its faults, so a refused one was never half registered.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from types import ModuleType

import pluggy

from itgrix_core.plugins.records import Level, Record, Status
from itgrix_core.plugins.sources import Found
from itgrix_hooks import more, specs
from itgrix_hooks.markers import PROJECT
from itgrix_hooks.reading import Fault, Implementation, Reading, read


def _pluggy() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    manager.add_hookspecs(more)
    return manager


@dataclass(slots=True)
class Register:
    """The records, the implementations of those plugins that are enabled, and the site's modules by name."""

    records: dict[str, Record] = field(default_factory=dict)
    refused_twins: list[Record] = field(default_factory=list)
    implementations: dict[str, dict[str, Implementation]] = field(default_factory=dict)
    pluggy: pluggy.PluginManager = field(default_factory=_pluggy)
    modules: dict[str, ModuleType] = field(default_factory=dict)

    def add(self, found: Found, disabled: Collection[str]) -> None:
        """Load one plugin, if it may be, and keep its record."""
        first = self.records.get(found.name)
        if first is not None:
            self.refused_twins.append(_twin(found, first))
            return
        record = Record(found.name, found.level, found.origin, Status.ENABLED)
        if found.name in disabled:
            reason = "its name stands in 'hooks.disabled'; take it out there to have it asked"
            self.records[found.name] = replace(record, status=Status.DISABLED, reason=reason)
        else:
            self.records[found.name] = self._loaded(found, record)

    def _loaded(self, found: Found, record: Record) -> Record:
        try:
            holder = found.load()
            if found.level is Level.SITE and isinstance(holder, ModuleType):
                self.modules[holder.__name__] = holder
            holder = holder() if inspect.isclass(holder) else holder
            reading = read(found.name, holder, is_own=found.level is Level.BUILT_IN)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - strangers' code at import, `sys.exit()` included
            fault = _load_error(error, found.origin)
            return replace(record, status=Status.LOAD_ERROR, reason=str(fault), faults=(fault,))
        faults = list(reading.faults) or self._register(found.name, holder)
        if faults:
            return replace(record, status=Status.REFUSED, reason="; ".join(faults), faults=tuple(faults))
        self.implementations[found.name] = dict(reading.implementations)
        return replace(record, hooks=_hooks(reading))

    def _register(self, name: str, holder: object) -> list[Fault]:
        """Pluggy's own objections, if any are left."""
        try:
            self.pluggy.register(holder, name)
        except (ValueError, pluggy.PluginValidationError) as error:
            if self.pluggy.has_plugin(name):  # older pluggy enters a name before it looks at the functions
                self.pluggy.unregister(name=name)
            other = self.pluggy.get_name(holder)
            return [Fault(f"it is the same object as plugin '{other}'" if other else str(error))]
        return []


def _hooks(reading: Reading) -> tuple[str, ...]:
    return tuple(reading.implementations)


def _twin(found: Found, first: Record) -> Record:
    reason = (
        f"there is a plugin '{found.name}' already, from {first.origin}; this one is from {found.origin}. "
        f"Rename one of them"
    )
    return Record(found.name, found.level, found.origin, Status.REFUSED, reason)


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
