"""The plugin manager: who is there, in which order they are asked, and what they are given.

`Plugins.load` never fails because of a plugin: one bad guest is out and named, the others are asked. `ask`
is the only way in which the service asks a hook. Order: level, then `tryfirst`/`trylast`, then the setting
`hooks.order`, then the name; a chain goes from built-ins to the site's files, a decision the other way round,
and within a level both ask in the same order.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from itgrix_core.config.schema import HookLimits, HookSettings, IsolationSettings
from itgrix_core.plugins import sources
from itgrix_core.plugins.breaker import Breakers
from itgrix_core.plugins.loading import Register
from itgrix_core.plugins.processes import Standing
from itgrix_core.plugins.records import Record, Status
from itgrix_core.plugins.sources import Found
from itgrix_hooks.asking import Extras, ask
from itgrix_hooks.reading import Implementation, nearest
from itgrix_hooks.table import HOOKS, Kind, Limit
from itgrix_hooks.tools import Crm, Pbx, Store
from itgrix_hooks.trace import Asked
from itgrix_hooks.worker import Deadline, StuckThreads

Own = Mapping[str, Mapping[str, Any]]
"""Settings that a caller brings along, by plugin."""

NOTHING: Own = MappingProxyType({})


class Plugins:
    """All plugins of a service. Made by `load`; `ask` may be called by several threads."""

    def __init__(self, register: Register, settings: HookSettings, problems: Iterable[str]) -> None:
        self._register = register
        self._settings = settings
        self._problems = tuple(problems)
        self._stuck = StuckThreads()
        self._breakers = Breakers(settings.breaker, self._stuck.is_too_much)
        self._asked = self._order()

    @classmethod
    def load(
        cls,
        settings: HookSettings | None = None,
        *,
        group: str = sources.GROUP,
        file: Path | None = None,
    ) -> Self:
        """Find, import and check all plugins.

        Args:
            settings: folder, disabled, order, limits and each plugin's own settings.
            group: the entry point group of packages.
            file: a single file in place of the folder's.
        """
        settings = settings or HookSettings()
        packages, problems = sources.packages(group)
        files, unreadable = sources.files(settings.folder) if file is None else ([sources.file(file)], [])
        register = Register(settings.isolate)
        for found in _all([*sources.built_ins(), *packages, *files], settings.isolate, group):
            register.add(found, settings.disabled)
        return cls(register, settings, [*problems, *unreadable, *_strangers(settings, register)])

    @property
    def records(self) -> tuple[Record, ...]:
        """One record for each plugin found, in the order of levels and names."""
        resting = self._breakers.resting()
        loaded = (
            replace(record, status=Status.RESTING, reason=resting[name]) if name in resting else record
            for name, record in self._register.records.items()
        )
        everybody = [*loaded, *self._register.refused_twins]
        return tuple(sorted(everybody, key=lambda record: (record.level, record.name)))

    @property
    def out(self) -> tuple[Record, ...]:
        """Who is not asked although nobody disabled him in the settings."""
        return tuple(record for record in self.records if record.is_out)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong besides single plugins (an unreadable folder, settings for nobody), in sentences."""
        return self._problems

    @property
    def complaints(self) -> list[str]:
        """All that is wrong, single plugins and the rest, each with its place; empty if nobody is out."""
        return [*self._problems, *(sentence for record in self.out for sentence in record.complaints())]

    def close(self) -> None:
        """End whole, when nobody asks any more: no process and no module of the site's files stays."""
        for process in self._register.processes.values():
            process.close()
        sources.forget(self._register.modules)

    @property
    def processes(self) -> tuple[Standing, ...]:
        """How the processes of isolated plugins do."""
        return tuple(process.standing for process in self._register.processes.values())

    def summary(self) -> str:
        """One line for the log: `3 plugins enabled; out: fair (refused), old (disabled)`."""
        enabled = sum(record.status is Status.ENABLED for record in self.records)
        out = [f"{r.name} ({r.status})" for r in self.records if r.status is not Status.ENABLED]
        return f"{enabled} plugins enabled" + (f"; out: {', '.join(out)}" if out else "")

    def deadline(self, limit: Limit) -> Deadline | None:
        """A new deadline for several asks of one moment; `None` for limits that hold for each plugin."""
        return Deadline(_seconds(self._settings.limits, limit)) if limit.is_shared else None

    def implementations(self, hook: str, own: Own | None = None) -> tuple[Implementation, ...]:
        """Who answers a hook, in the order of asking; with `own` as for `ask` only who would be asked."""
        told = sources.TOLD if own is not None else ()
        return tuple(one for one in self._asked[hook] if one.plugin not in told or one.plugin in (own or ()))

    def ask(
        self,
        hook: str,
        arguments: Mapping[str, Any],
        *,
        deadline: Deadline | None = None,
        pbx: Pbx | None = None,
        store: Callable[[str], Store] | None = None,
        crm: Callable[[str], Crm] | None = None,
        own: Own = NOTHING,
    ) -> Asked:
        """Ask a hook of everybody who answers it.

        Args:
            hook: its name.
            arguments: all of the spec's but the four extra ones; may be `Lazy` or `LazySequence`.
            deadline: one for several asks of the same moment; a shared limit gets its own if it is left out.
            pbx: the extra argument `pbx`.
            store: makes `store` for a plugin, by its name; called when it is wanted, on the hook's thread.
            crm: makes `crm` likewise.
            own: the `settings` of built-ins that go by the call's account, by plugin; who has none here
                has nothing to say and is not asked.

        Raises:
            RetryLater: a plugin wants to be asked again; nothing is decided.
        """
        limit = HOOKS[hook].limit
        implementations = self.implementations(hook, own)
        asked = ask(
            hook,
            implementations,
            arguments,
            extras=self._extras(pbx, store, crm, own) if implementations else {},
            limit_seconds=_seconds(self._settings.limits, limit),
            deadline=deadline or (self.deadline(limit) if implementations else None),
            stuck=self._stuck,
            rests=self._breakers.rests,
        )
        for entry in asked.trace:
            self._breakers.note(entry)
        for plugin in asked.stuck:
            self._breakers.trip(plugin, _stuck_reason(hook, self._stuck))
        return asked

    def _extras(
        self,
        pbx: Pbx | None,
        store: Callable[[str], Store] | None,
        crm: Callable[[str], Crm] | None,
        own: Own,
    ) -> Extras:
        extras: dict[str, Callable[[str], Any]] = {
            "settings": lambda plugin: own[plugin] if plugin in own else self._settings_of(plugin)
        }
        if pbx is not None:
            extras["pbx"] = lambda _plugin: pbx
        if store is not None:
            extras["store"] = store
        if crm is not None:
            extras["crm"] = crm
        return extras

    def _settings_of(self, plugin: str) -> Mapping[str, Any]:
        return MappingProxyType(copy.deepcopy(self._settings.settings.get(plugin, {})))

    def _order(self) -> dict[str, tuple[Implementation, ...]]:
        """The implementations of each hook in the order of asking."""
        return {hook: tuple(self._ordered(hook)) for hook in HOOKS}

    def _ordered(self, hook: str) -> list[Implementation]:
        direction = -1 if HOOKS[hook].kind is Kind.DECIDE else 1
        first = {name: at for at, name in enumerate(self._settings.order)}

        def rank(one: Implementation) -> tuple[int, int, int, str]:
            level = self._register.records[one.plugin].level * direction
            return level, one.place, first.get(one.plugin, len(first)), one.plugin

        answering = (held[hook] for held in self._register.implementations.values() if hook in held)
        return sorted(answering, key=rank)


def _all(found: list[Found], isolate: Mapping[str, IsolationSettings], group: str) -> list[Found]:
    """With packages that only an isolated plugin's own interpreter has."""
    here = {each.name for each in found}
    theirs = (
        sources.elsewhere(name, each.python, group)
        for name, each in isolate.items()
        if each.python and name not in here
    )
    return sorted([*found, *theirs], key=lambda each: each.level)


def _seconds(limits: HookLimits, limit: Limit) -> float:
    return {
        Limit.RINGING: limits.ringing_seconds,
        Limit.QUESTION: limits.question_seconds,
        Limit.RECORDING: limits.recording_seconds,
        Limit.OTHER: limits.other_seconds,
    }[limit]


def _stuck_reason(hook: str, stuck: StuckThreads) -> str:
    return (
        f"{stuck.maximum} of its threads did not come back in time, the last one from '{hook}'; "
        f"find what it waits for, and give that a time limit of its own"
    )


def _strangers(settings: HookSettings, register: Register) -> list[str]:
    """Settings that name a plugin which is not there."""
    known = list(register.records)
    places = {
        "hooks.disabled": settings.disabled,
        "hooks.order": settings.order,
        "hooks.isolate": [name for name, each in settings.isolate.items() if not each.python],
        "hooks.settings": list(settings.settings),
    }
    return [
        f"At '{place}': there is no plugin '{name}'; {nearest(name, known)}"
        for place, names in places.items()
        for name in names
        if name not in known
    ]
