"""The configuration as text: what counts now (`itgrix config`), and the commented example file.

Both are made from the schema, so that neither can lag behind it. Secrets are never printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from itgrix_core.config.schema import Settings
from itgrix_core.config.section import Section

MASK = "********"

_SECRET_NAME = re.compile(r"secret|passw|token|webhook|api_?key|credential", re.IGNORECASE)
"""Settings of plugins have no types; what is named like this is masked."""

_OPENING = """\
# Itgrix: every setting with its default. What you leave out keeps it; delete what you do not need.
#
# Folders are relative to this file. A secret is written down, or fetched: {env: NAME} takes it from an
# environment variable, {file: PATH} from a file. Mistakes are shown by `itgrix check`, all at once.
"""


def effective(settings: Settings) -> str:
    """The settings as YAML, one paragraph per section, secrets masked."""
    parts = _plain(settings)
    return "\n".join(_dump({name: value}) for name, value in parts.items())


def example() -> str:
    """The commented file: every setting, its default and one sentence."""
    paragraphs = ["\n".join(_setting(name, info, 0)) for name, info in Settings.model_fields.items()]
    return "\n\n".join([_OPENING.rstrip(), *paragraphs]) + "\n"


def _plain(value: Any, name: str = "") -> Any:
    """The value in YAML's own types, masked where it or its name says that it is secret."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, Section):
        return {key: _plain(getattr(value, key)) for key in type(value).model_fields}
    if isinstance(value, Mapping):
        return {key: _plain(item, str(key)) for key, item in value.items()}
    if _SECRET_NAME.search(name) and value:
        return MASK
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _dump(data: Any) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100)


def _setting(name: str, info: FieldInfo, depth: int) -> Iterator[str]:
    """The lines of one setting: its sentence, then its key and default, or its own settings."""
    indent = "  " * depth
    for sentence in _sentences(info):
        yield f"{indent}# {sentence}"
    default = info.get_default()
    if isinstance(default, Section):
        yield f"{indent}{name}:"
        yield from _section(default, depth + 1)
    elif isinstance(default, dict) and any(isinstance(item, Section) for item in default.values()):
        yield f"{indent}{name}:"
        for entry, section in default.items():
            yield f"{indent}  {entry}:"
            yield from _section(section, depth + 2)
    else:
        yield f"{indent}{name}: {_inline(_plain(default))}"
        yield from _entries(info.annotation, depth)


def _entries(kind: Any, depth: int) -> Iterator[str]:
    """For a list of sections what each of them may hold, commented out: there is none by default."""
    entry = next(iter(get_args(kind)), None)
    if get_origin(kind) is list and isinstance(entry, type) and issubclass(entry, Section):
        indent = "  " * depth
        yield f"{indent}# Each of them:"
        yield from (f"{indent}#   {line}" for line in _section(entry(), 0))


def _section(section: Section, depth: int) -> Iterator[str]:
    for name, info in type(section).model_fields.items():
        yield from _setting(name, info, depth)


def _sentences(info: FieldInfo) -> Iterator[str]:
    """The description, and what else may be written."""
    choices = _choices(info.annotation)
    several = get_origin(info.annotation) is list
    if len(choices) > 1:
        yield f"{info.description} {'Any' if several else 'One'} of: {', '.join(choices)}."
    else:
        yield info.description or ""
    for value in info.examples or ():
        yield f"For example: {_inline(value)}"


def _choices(kind: Any) -> tuple[str, ...]:
    """What a `Literal`, or a list of one, allows."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return _choices(get_args(kind)[0]) if get_origin(kind) is list else ()


def _inline(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1000)
    return text.removesuffix("\n").removesuffix("\n...")
