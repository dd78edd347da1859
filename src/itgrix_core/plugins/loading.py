"""From what was found to what is asked: import, read, register; a record for each, whatever happens.

pluggy keeps the register (names, objects, specs); what it would do carelessly is done before it is asked: a
plugin is read as a whole first, with all its faults, so a refused one was never half registered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

import pluggy

from itgrix_core.config.schema import IsolationSettings
from itgrix_core.plugins.processes import PluginProcess
from itgrix_core.plugins.records import Level, Record, Status
from itgrix_core.plugins.sources import Found
from itgrix_hooks import more, specs
from itgrix_hooks.importing import Imported, imported
from itgrix_hooks.isolated.words import Start
from itgrix_hooks.markers import PROJECT
from itgrix_hooks.reading import Fault, Implementation, Reading


def _pluggy() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    manager.add_hookspecs(more)
    return manager


@dataclass(slots=True)
class Register:
    """The records, the implementations of those plugins that are enabled, and the site's modules by name.

    `isolate`: who gets a process of his own, and how; `processes`: those, by plugin.
    """

    isolate: Mapping[str, IsolationSettings] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    refused_twins: list[Record] = field(default_factory=list)
    implementations: dict[str, dict[str, Implementation]] = field(default_factory=dict)
    pluggy: pluggy.PluginManager = field(default_factory=_pluggy)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    processes: dict[str, PluginProcess] = field(default_factory=dict)

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
        elif found.name in self.isolate and found.level is not Level.BUILT_IN:
            self.records[found.name] = self._apart(found, record, self.isolate[found.name])
        else:
            self.records[found.name] = self._loaded(found, record)

    def _loaded(self, found: Found, record: Record) -> Record:
        got = imported(found.name, found.load, found.origin, is_own=found.level is Level.BUILT_IN)
        if found.level is Level.SITE and isinstance(got.holder, ModuleType):
            self.modules[got.holder.__name__] = got.holder
        faults = got.reading.faults or tuple(self._register(found.name, got.holder))
        reading = Reading(got.reading.implementations, faults)
        return self._kept(record, Imported(got.holder, reading, got.is_error))

    def _apart(self, found: Found, record: Record, isolation: IsolationSettings) -> Record:
        """One that is imported by a process of its own, and never by ours."""
        most = isolation.memory_mb or 0
        try:
            start = Start(found.name, found.group, *found.text(), most)
        except OSError as error:
            sentence = f"it cannot be read ({error.strerror}); give the service's user the right to do so"
            fault = Fault(sentence, found.origin)
            return self._kept(record, Imported(None, Reading({}, (fault,)), is_error=True))
        self.processes[found.name] = process = PluginProcess(start, isolation.python)
        where = f"a process of {isolation.python}" if isolation.python else "a process of its own"
        told = f"{where}, at most {most} MB" if most else where
        return self._kept(replace(record, process=told), process.open())

    def _kept(self, record: Record, got: Imported) -> Record:
        """The record of what was loaded, and its implementations if nothing is wrong with it."""
        faults = got.reading.faults
        if faults:
            status = Status.LOAD_ERROR if got.is_error else Status.REFUSED
            return replace(record, status=status, reason="; ".join(faults), faults=faults)
        self.implementations[record.name] = dict(got.reading.implementations)
        return replace(record, hooks=_hooks(got.reading))

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
