"""What hooks made of calls, as a pytest file: it passes at once, and fails when a hook's effect changes.

It asks each plugin what it was asked in the rehearsal, with `itgrix_hooks.testing` alone, so it runs where
only the authors' kit is installed. What a plugin answers otherwise when it is asked again (by chance, by the
clock) cannot be held fast and is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from itgrix_core.app.literals import classes_in, fetched, literal
from itgrix_core.app.rehearsal import Inquiry, NotingPlugins, Rehearsed
from itgrix_core.filing.commands import Write
from itgrix_core.jobs.wording import summary
from itgrix_core.plugins.records import Level
from itgrix_core.telemetry.redaction import redact_value
from itgrix_hooks import testing
from itgrix_hooks.reading import Implementation
from itgrix_hooks.table import EXTRAS, HOOKS, Kind
from itgrix_hooks.testing import FakeCrm, FakePbx, MemoryStore
from itgrix_hooks.trace import Entry, KeysChanged, Outcome
from itgrix_hooks.values import Call, User

HEAD: Final = '''"""What the hooks beside this file made of {calls}, when `itgrix replay --record` looked.

Each asking is repeated as it was, and fails when its hook answers otherwise. It is an ordinary test: change
it, cut it down, throw it away.
"""
# ruff: noqa: E501

from pathlib import Path

{imports}

HOOKS = Path(__file__).parent / {folder!r}
'''

CHECK: Final = """

def check(hook, plugin, answer, outcome="answered", actions=(), **arguments):
    asked = ask(hook, plugin, **arguments)
    assert [str(entry.outcome) for entry in asked.trace] == [outcome], asked.trace
    assert asked.answer == answer, asked.trace
    assert asked.actions == actions, asked.trace
"""

_UNSTEADY = frozenset({Outcome.TOO_SLOW})
"""How long a hook takes depends on the machine."""


@dataclass(frozen=True, slots=True)
class Case:
    """One plugin, asked one thing.

    Attributes:
        arguments: those that it names, without the extra ones; the value as it was when its turn came.
        answer: what came of it.
        extras: those of `settings`, `pbx`, `store`, `crm` that it names.
        answers: of the dry CRM, by method.
    """

    call: Call
    hook: str
    entry: Entry
    arguments: Mapping[str, Any]
    answer: Any
    extras: tuple[str, ...]
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tested:
    """The text of a test, how many askings it repeats, and in sentences what is left out."""

    text: str
    count: int
    left_out: tuple[str, ...]


def as_test(rehearsals: Iterable[Sequence[Rehearsed]], plugins: NotingPlugins, file: Path) -> Tested:
    """A test of what the single-file plugins of these rehearsals answered.

    Args:
        rehearsals: each with a memory of its own; becomes one test.
        plugins: who was asked in them.
        file: where the test will stand; it finds the plugins by their place beside it.
    """
    files = {each.name: Path(each.origin) for each in plugins.records if each.level is Level.SITE}
    settings = {name: redact_value(plugins.settings_of(name)) for name in files}
    groups = [list(_cases(turns, plugins, files)) for turns in rehearsals]
    steady, left_out = [], []
    for cases in groups:
        kept, dropped = _steady(cases, files, settings)
        steady += [kept] if kept else []
        left_out += dropped
    text = _Writer(steady, files, settings, file).text()
    return Tested(text, sum(map(len, steady)), tuple(dict.fromkeys(left_out)))


# ---- what was asked -------------------------------------------------------------------------------------
def _cases(turns: Sequence[Rehearsed], plugins: NotingPlugins, files: Mapping[str, Path]) -> Iterator[Case]:
    for turn in turns:
        written = {step.command.method: True for step in turn.steps if isinstance(step.command, Write)}
        for inquiry in turn.inquiries:
            known = {each.plugin: each for each in plugins.implementations(inquiry.hook)}
            read = {each.what: each.answer for each in inquiry.questions if "." in each.what}
            yield from _of_inquiry(turn.call, inquiry, known, files, {**read, **written})


def _of_inquiry(
    call: Call,
    inquiry: Inquiry,
    known: Mapping[str, Implementation],
    files: Mapping[str, Path],
    answers: Mapping[str, Any],
) -> Iterator[Case]:
    """Each plugin's part; in a chain each gets what the one before left."""
    row = HOOKS[inquiry.hook]
    value = fetched(inquiry.arguments[row.value]) if row.value else row.default
    for entry in inquiry.asked.trace:
        after = _after(value, entry, row.default)
        if entry.plugin in files and entry.plugin in known:
            names = known[entry.plugin].names
            arguments = {name: inquiry.arguments[name] for name in names if name not in EXTRAS}
            if row.value:
                arguments[row.value] = value
            extras = tuple(name for name in names if name in EXTRAS)
            yield Case(call, inquiry.hook, entry, arguments, after, extras, answers)
        value = after if row.kind is Kind.CHAIN and after is not None else value


def _after(value: Any, entry: Entry, default: Any) -> Any:
    """What was there behind this plugin; of a decision its own answer."""
    if entry.outcome is Outcome.CANCELLED:
        return None
    change = entry.change
    if change is None:
        return value
    if not isinstance(change, KeysChanged):
        return change.new
    kept = {key: item for key, item in dict(value or default or {}).items() if key not in change.removed}
    return {**kept, **change.added, **{key: new for key, (_, new) in change.changed.items()}}


# ---- whether it can be asked again ----------------------------------------------------------------------
def _steady(
    cases: Sequence[Case], files: Mapping[str, Path], settings: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Case], list[str]]:
    """The cases that come out the same when they are asked as the test will ask them; and who does not."""
    modules = {
        name: testing.load(path) for name, path in files.items() if any(_is_of(c, name) for c in cases)
    }
    stores = {name: MemoryStore() for name in modules}
    kept, left_out = [], []
    for case in cases:
        name = case.entry.plugin
        extras = _extras(case, settings, stores)
        given = {key: fetched(value) for key, value in case.arguments.items()}
        asked = testing.ask(case.hook, modules[name], **given, **extras)
        is_same = [each.outcome for each in asked.trace] == [
            case.entry.outcome
        ] and asked.answer == case.answer
        if is_same and asked.actions == case.entry.actions and case.entry.outcome not in _UNSTEADY:
            kept.append(case)
        else:
            left_out.append(f"{case.hook} of {name} does not answer the same when it is asked again")
    return kept, left_out


def _is_of(case: Case, plugin: str) -> bool:
    return case.entry.plugin == plugin


def _extras(
    case: Case, settings: Mapping[str, Mapping[str, Any]], stores: Mapping[str, MemoryStore]
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "settings": settings[case.entry.plugin],
        "pbx": FakePbx(case.call.pbx, case.call.timezone),
        "store": stores[case.entry.plugin].of(case.call),
        "crm": FakeCrm(case.answers, _users_of(case.call)),
    }
    return {name: made[name] for name in case.extras}


def _users_of(call: Call) -> dict[str, User]:
    """The employees whom the dry CRM knows, as far as the call needs them."""
    named = dict.fromkeys([call.extension or "", *(each.extension for each in call.conversations)])
    return {name: User(int(name), f"user of {name}", name) for name in named if name.isdecimal()}


# ---- writing it down ------------------------------------------------------------------------------------
class _Writer:
    """Makes the text."""

    def __init__(
        self,
        groups: Sequence[Sequence[Case]],
        files: Mapping[str, Path],
        settings: Mapping[str, Mapping[str, Any]],
        file: Path,
    ) -> None:
        self._groups = groups
        self._settings = settings
        self._file = file
        cases = [case for group in groups for case in group]
        self._cases = cases
        asked = {case.entry.plugin for case in cases}
        self._files = {name: path for name, path in files.items() if name in asked}
        calls = [fetched(case.arguments["call"]) for case in cases if "call" in case.arguments]
        calls += [case.call for case in cases if "store" in case.extras]
        self._calls: dict[str, Any] = {}
        for call in calls:
            if call is not None and not any(call == other for other in self._calls.values()):
                self._calls[f"CALL_{len(self._calls) + 1}"] = call

    def text(self) -> str:
        """The whole file."""
        count = len({case.call.key for case in self._cases})
        head = HEAD.format(
            calls=f"{count} calls" if count != 1 else "a call", imports=self._imports(), folder=self._folder()
        )
        names = self._names()
        plugins = [f"{names[each]} = load(HOOKS / {path.name!r})" for each, path in self._files.items()]
        calls = [f"{name} = {literal(call)}" for name, call in self._calls.items()]
        tests = [line for place, group in enumerate(self._groups, 1) for line in self._test(place, group)]
        return "\n".join([head, *plugins, *calls, CHECK, *tests]).rstrip("\n") + "\n"

    def _folder(self) -> str:
        """The plugins' folder, as it is found from the test."""
        folder = next(iter(self._files.values())).parent if self._files else Path.cwd()
        return os.path.relpath(folder.absolute(), self._file.absolute().parent)

    def _imports(self) -> str:
        extras = {name for case in self._cases for name in case.extras}
        of = {"pbx": "FakePbx", "store": "MemoryStore", "crm": "FakeCrm"}
        kit = sorted({"ask", "load", *(of[name] for name in extras if name in of)})
        values = set().union(*(classes_in(case.arguments) for case in self._cases)) if self._cases else set()
        values |= set().union(*(classes_in(call) for call in self._calls.values())) if self._calls else set()
        values |= {"User"} if "crm" in extras else set()
        homes: dict[str, list[str]] = {"itgrix_hooks.testing": kit}
        for case in self._cases:
            for action in (*case.entry.actions, case.answer):
                values |= classes_in(action)
        for name in sorted(values):
            homes.setdefault(_home(name), []).append(name)
        return "\n".join(f"from {home} import {', '.join(names)}" for home, names in sorted(homes.items()))

    def _names(self) -> dict[str, str]:
        return {name: f"PLUGIN_{place}" for place, name in enumerate(self._files, 1)}

    def _test(self, place: int, group: Sequence[Case]) -> Iterator[str]:
        names = self._names()
        yield f"\n\ndef test_the_hooks_answer_as_they_did_{place}():"
        stores = sorted({case.entry.plugin for case in group if "store" in case.extras})
        yield from (f"    store_of_{names[name].lower()} = MemoryStore()" for name in stores)
        told = ""
        for case in group:
            title = f"{case.call.key}: {summary(case.call)}"
            if title != told:
                yield f"    # {title}"
            told = title
            yield f"    check({self._arguments(case, names[case.entry.plugin])})"

    def _arguments(self, case: Case, plugin: str) -> str:
        given = [repr(case.hook), plugin, literal(case.answer, self._named), repr(case.entry.outcome.value)]
        given += [f"actions={literal(case.entry.actions, self._named)}"] if case.entry.actions else []
        given += [f"{name}={literal(value, self._named)}" for name, value in case.arguments.items()]
        made = {
            "settings": literal(self._settings[case.entry.plugin]),
            "pbx": literal(FakePbx(case.call.pbx, case.call.timezone)),
            "store": f"store_of_{plugin.lower()}.of({self._named(case.call)})",
            "crm": f"FakeCrm({literal(dict(case.answers))}, {literal(_users_of(case.call))})",
        }
        return ", ".join(given + [f"{name}={made[name]}" for name in case.extras])

    def _named(self, value: Any) -> str:
        is_call = isinstance(value, Call)
        return next((name for name, call in self._calls.items() if call == value), "") if is_call else ""


def _home(name: str) -> str:
    """The module of the kit from which a class is imported."""
    for module in ("values", "answers", "wishes"):
        if hasattr(__import__(f"itgrix_hooks.{module}", fromlist=[name]), name):
            return f"itgrix_hooks.{module}"
    raise LookupError(name)
