"""Read the implementations out of a plugin, and say everything that is wrong with it at once.

pluggy alone is lenient where an author needs an answer: a misspelt hook name is silent until somebody calls
`check_pending`, a hook without its decorator is never seen, arguments with a default are not passed, and of
several mistakes only the first is told. Here each function that looks like a hook is an implementation
or a fault with a sentence and the nearest right name.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Self

from itgrix_hooks.markers import PROJECT
from itgrix_hooks.table import HOOKS, Hook

MARK = f"{PROJECT}_impl"
"""The attribute that pluggy's `hookimpl` leaves on a function."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook.

    Attributes:
        plugin: name of the plugin.
        function: the function, bound if it is a method.
        names: the arguments that it wants.
        place: 0 for `tryfirst`, 2 for `trylast`, else 1.
        is_own: ours: runs on the asking thread, without a time limit.
        is_remote: it asks a process, and takes the grant before its arguments: what runs there ends with it.
    """

    plugin: str
    function: Callable[..., Any]
    names: tuple[str, ...]
    place: int = 1
    is_own: bool = False
    is_remote: bool = False


class Fault(str):
    """What is wrong with a plugin: a sentence with its `file` ("" if none) and `line` (0: all of it)."""

    __slots__ = ("file", "line")
    file: str
    line: int

    def __new__(cls, sentence: str, file: str = "", line: int = 0) -> Self:
        """The sentence, and where it belongs."""
        fault = super().__new__(cls, sentence)
        fault.file, fault.line = file, line
        return fault


@dataclass(frozen=True, slots=True)
class Reading:
    """What a plugin holds: implementations by hook name, and what is wrong with it."""

    implementations: Mapping[str, Implementation]
    faults: tuple[Fault, ...] = ()


def read(plugin: str, holder: object, *, is_own: bool = False) -> Reading:
    """All implementations of a module, or of an object with methods."""
    found: dict[str, Implementation] = {}
    faults: list[Fault] = []
    for attribute, function in _functions(holder):
        marks = getattr(function, MARK, None)
        name = (marks or {}).get("specname") or attribute
        wrong = _faults(name, attribute, function, marks)
        if wrong is None:
            continue
        if name in found:
            wrong = [*wrong, f"'{attribute}' is a second implementation of '{name}': a plugin has one"]
        faults += [Fault(sentence, *_place_of(function)) for sentence in wrong]
        if not wrong and marks:
            found[name] = Implementation(plugin, function, _names(function), _place(marks), is_own)
    if not found and not faults:
        sentence = "it has no hook: decorate a function that is named like a hook with @hookimpl"
        faults.append(Fault(sentence, getattr(holder, "__file__", None) or ""))
    return Reading(found, tuple(faults))


def implementation(hook: str, function: Callable[..., Any], plugin: str = "") -> Implementation:
    """One function as an implementation of `hook`, decorated or not; `ValueError` with all faults."""
    faults = _signature_faults(HOOKS[hook], function)
    if faults:
        raise ValueError("; ".join(faults))
    return Implementation(plugin or getattr(function, "__name__", hook), function, _names(function))


def module_of(path: Path, name: str, source: bytes | None = None) -> ModuleType:
    """Import a single file under a module name; whatever its code raises gets out, nothing stays behind.

    `source` stands for what is in the file.
    """
    spec = importlib.util.spec_from_file_location(name, path, loader=_FromSource(name, str(path), source))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up here
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name)
        if before is not None:
            sys.modules[name] = before
        raise
    return module


class _FromSource(SourceFileLoader):
    """Compiles each time: kept bytecode passes for fresh when a file changes twice within one second."""

    def __init__(self, name: str, path: str, source: bytes | None) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        """The code of the file as it is now, or of the source that was given."""
        path = self.get_filename(fullname)
        source = self.get_data(path) if self._source is None else self._source
        return self.source_to_code(source, path)


def nearest(word: str, words: Collection[str]) -> str:
    """The sentence that names the nearest right word, or all of them if none is near."""
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(words)}"


def _functions(holder: object) -> list[tuple[str, Any]]:
    """Names and functions or methods, properties not run."""
    names = [name for name in dir(holder) if not name.startswith("__")]
    statics = [(name, inspect.getattr_static(holder, name, None)) for name in names]
    return [
        (name, getattr(holder, name))
        for name, static in statics
        if inspect.isroutine(static) or isinstance(static, staticmethod | classmethod) or name in HOOKS
    ]


def _faults(name: str, attribute: str, function: Any, marks: Mapping[str, Any] | None) -> list[str] | None:
    """What is wrong with a function; `None` if it is no business of ours."""
    if marks is None:
        is_alike = name in HOOKS and not hasattr(function, f"{PROJECT}_spec")
        return [f"'{attribute}' is named like a hook but lacks @hookimpl"] if is_alike else None
    if name not in HOOKS:
        return None if marks.get("optionalhook") else [f"'{name}' is no hook: {nearest(name, HOOKS)}"]
    if marks.get("wrapper") or marks.get("hookwrapper"):
        return [f"'{name}' is a wrapper: wrappers are not called here, each answer stands for itself"]
    return _signature_faults(HOOKS[name], function)


def _signature_faults(hook: Hook, function: Callable[..., Any]) -> list[str]:
    faults = []
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        faults.append(
            f"'{hook.name}' is a generator or async: a hook is a plain function that returns its answer"
        )
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY}:
            faults.append(
                f"'{hook.name}' takes '{parameter}': name the arguments that you want, nothing else comes"
            )
        elif parameter.name not in hook.arguments:
            near = nearest(parameter.name, hook.arguments)
            faults.append(f"'{hook.name}' has no argument '{parameter.name}': {near}")
    return faults


def _place_of(function: Any) -> tuple[str, int]:
    """File and line where a function is written; nothing for what is no plain function."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _place(marks: Mapping[str, Any]) -> int:
    return 0 if marks.get("tryfirst") else 2 if marks.get("trylast") else 1
