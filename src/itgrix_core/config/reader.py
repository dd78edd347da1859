"""From YAML text to plain data, with the line of each key, guided by the schema.

PyYAML alone guesses: the key `+74950000000` becomes a number and loses its plus, `0101` becomes 65, a second
`port:` silently wins. The schema knows what is wanted, so scalars are taken as they were written and only
settings of plugins are left to YAML. A key without a value counts as left out. Mistakes are collected.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import SecretStr

from itgrix_core.config.mistakes import KeyPath, Mistakes, dotted
from itgrix_core.config.schema import Settings
from itgrix_core.config.section import Section
from itgrix_core.config.wording import nearest

_DEEPEST = 20
"""Levels of nesting; more is an alias that holds itself."""

_NULL = "tag:yaml.org,2002:null"

SecretReader = Callable[[yaml.Node, KeyPath], str | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Walks the YAML nodes and the schema side by side.

    Attributes:
        mistakes: where they are put.
        read_secret: turns the node of a secret into its text, or notes a mistake and returns `None`.
    """

    mistakes: Mistakes
    read_secret: SecretReader
    constructor: yaml.constructor.SafeConstructor = field(default_factory=yaml.constructor.SafeConstructor)

    def settings(self, root: yaml.Node) -> dict[str, Any]:
        """The whole file as data for `Settings`; unknown and doubled keys are left out and noted."""
        if not isinstance(root, yaml.MappingNode):
            self.mistakes.add_line(
                _line(root), "the file is not a list of `key: value` lines; see `itgrix config --example`"
            )
            return {}
        return dict(self._mapping(root, Settings, ()))

    def _value(self, node: yaml.Node, kind: Any, path: KeyPath) -> Any:
        """One value; `kind` is the schema's annotation for it."""
        if len(path) > _DEEPEST:
            self.mistakes.add(path[:-1], "is nested too deeply; an alias (*name) must not hold itself")
            return None
        kind = _without_none(kind)
        if kind is SecretStr:
            return self.read_secret(node, path)
        if isinstance(node, yaml.MappingNode) and _is_map(kind):
            return self._mapping(node, dict[str, Any] if kind is Any else kind, path)
        if isinstance(node, yaml.SequenceNode) and (get_origin(kind) is list or kind is Any):
            item = Any if kind is Any else get_args(kind)[0]
            return [self._item(child, item, (*path, index)) for index, child in enumerate(node.value)]
        if kind is not Any and isinstance(node, yaml.ScalarNode):
            return node.value
        return self._as_yaml(node, path)

    def _item(self, node: yaml.Node, kind: Any, path: KeyPath) -> Any:
        self.mistakes.lines[path] = _line(node)
        if node.tag == _NULL and kind is not Any:
            self.mistakes.add(path, "is empty; write something behind the dash or delete the line")
            return None
        return self._value(node, kind, path)

    def _mapping(self, node: yaml.MappingNode, kind: Any, path: KeyPath) -> dict[str, Any]:
        """A section or a map by name. Merged keys (`<<`) come first, so that written ones win."""
        data: dict[str, Any] = {}
        for key, child in self._pairs(node, path):
            here = (*path, key)
            if _is_section(kind) and key not in kind.model_fields:
                self._unknown(here, kind)
                continue
            wanted = kind.model_fields[key].annotation if _is_section(kind) else get_args(kind)[1]
            if child.tag == _NULL and wanted is not Any:
                if _is_section(wanted):
                    data[key] = {}
                continue
            data[key] = self._value(child, wanted, here)
        return data

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> list[tuple[str, yaml.Node]]:
        """The keys of a mapping and their nodes, each once; also notes their lines."""
        node.value = [(key, child) for key, child in node.value if self._is_plain(key, path)]
        seen: dict[str, int] = {}
        for key, _ in node.value:
            name, line = key.value, _line(key)
            if name in seen:
                where = dotted((*path, name))
                self.mistakes.add_line(
                    line, f"{where}: is written twice, first in line {seen[name]}; leave one of them"
                )
            seen.setdefault(name, line)
        try:
            self.constructor.flatten_mapping(node)
        except yaml.constructor.ConstructorError as error:
            self.mistakes.add(path, f"cannot be merged: {error.problem}; write `<<: *name`")
        pairs = {key.value: (key, child) for key, child in node.value}
        node.value = list(pairs.values())  # an alias brings this node here again
        for name, (key, _) in pairs.items():
            self.mistakes.lines[*path, name] = _line(key)
        return [(name, child) for name, (_, child) in pairs.items()]

    def _is_plain(self, key: yaml.Node, path: KeyPath) -> bool:
        """Whether a key is a text; others are noted."""
        if isinstance(key, yaml.ScalarNode):
            return True
        self.mistakes.add_line(_line(key), f"{dotted(path)}: a key must be plain text; put it in quotes")
        return False

    def _unknown(self, path: KeyPath, kind: type[Section]) -> None:
        known = list(kind.model_fields)
        self.mistakes.add(path, f"there is no such setting; {nearest(str(path[-1]), known)}")

    def _as_yaml(self, node: yaml.Node, path: KeyPath) -> Any:
        """The value as YAML understands it: for plugins' settings, and where the kind is wrong anyway."""
        try:
            return self.constructor.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, RecursionError):
            self.mistakes.add(path, "YAML cannot tell what this value is; put it in quotes")
            return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _is_map(kind: Any) -> bool:
    return _is_section(kind) or get_origin(kind) is dict or kind is Any


def _without_none(kind: Any) -> Any:
    """`Path | None` as `Path`; other kinds unchanged."""
    if get_origin(kind) not in {Union, types.UnionType}:
        return kind
    (only,) = (part for part in get_args(kind) if part is not type(None))
    return only
