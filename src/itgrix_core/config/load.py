"""Read the configuration and report every mistake at once, with its line and the way out.

An operator who is told one mistake per start needs as many starts as mistakes. So nothing here stops at the
first: a wrong value is noted, left out, and the rest is checked as if it were not there.

Folders in the file are relative to the file, so that it means the same wherever `itgrix` is started.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from itgrix_core.config.agreement import disagreements
from itgrix_core.config.mistakes import KeyPath, Mistakes
from itgrix_core.config.reader import Reader
from itgrix_core.config.schema import Settings
from itgrix_core.config.secret_source import Secrets
from itgrix_core.config.section import Section
from itgrix_core.config.wording import sentence
from itgrix_core.errors import ConfigError

DEFAULT_FILE = Path("itgrix.yaml")
"""Looked for in the working directory when neither `--config` nor ITGRIX_CONFIG names a file."""

VARIABLE = "ITGRIX_CONFIG"


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file, secrets fetched, folders absolute.

    Args:
        path: the file; `None` for what ITGRIX_CONFIG names, else `itgrix.yaml` of the working directory.
        environ: environment variables (`os.environ`), for the file's place and for secrets.

    Raises:
        ConfigError: with every mistake, each as `FILE:LINE: path.to.key: sentence; way out`.
    """
    file = file_of(path, environ)
    mistakes = Mistakes(str(file))
    folder = file.absolute().parent
    root = _compose(file, mistakes)
    data = Reader(mistakes, Secrets(mistakes, folder, environ)).settings(root) if root is not None else {}
    settings = _validated(data, mistakes)
    if settings is None or mistakes.found:
        raise ConfigError(mistakes.problems())
    return _anchored(settings, folder)


def file_of(path: Path | None, environ: Mapping[str, str]) -> Path:
    """The file that `load` reads."""
    return path or Path(environ.get(VARIABLE) or DEFAULT_FILE)


def is_file_there(path: Path | None) -> bool:
    """Whether a file was named, or the one of the working directory exists: a newcomer has none yet."""
    return path is not None or DEFAULT_FILE.exists()


def _compose(file: Path, mistakes: Mistakes) -> yaml.Node | None:
    """The root node; `None` for a file that holds nothing but comments, or that is no YAML (noted)."""
    text = _text_of(file)
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        mistakes.add_line(line, "a control character stands here; delete it")
    except yaml.composer.ComposerError as error:
        mistakes.add_line(_line_of(error), _composer_words(error))
    except yaml.MarkedYAMLError as error:
        mistakes.add_line(
            _line_of(error),
            f"this is not YAML: {error.problem}; look at indentation, colons, quotes here",
        )
    except RecursionError:
        mistakes.add_line(1, "the file is nested too deeply; look at its brackets")
    else:
        return root
    raise ConfigError(mistakes.problems())


def _text_of(file: Path) -> str:
    """The file's text; a `ConfigError` names what stands in the way."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            [f"{file}: there is no such file; create one with `itgrix config --example > itgrix.yaml`"]
        ) from None
    except IsADirectoryError:
        raise ConfigError([f"{file}: this is a folder; name the file in it"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ConfigError(
            [f"{file}: cannot be read ({reason}); give the user of itgrix the right to read it"]
        ) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{file}:{line}: the file is not UTF-8 text here; save it as UTF-8"]) from None


def _line_of(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return int(mark.line) + 1 if mark else 1


def _composer_words(error: yaml.composer.ComposerError) -> str:
    """PyYAML's words would repeat the value, which may be a secret that begins with a star."""
    if "alias" in str(error.problem):
        return "to YAML a value that begins with * is an alias, and there is none of this name; quote it"
    if "anchor" in str(error.context):
        return "the same &name stands twice; put the value in quotes or rename it"
    return "a second document begins here (---); leave one"


def _validated(data: dict[str, Any], mistakes: Mistakes) -> Settings | None:
    """The settings, checked; wrong values are noted and left out so that the rest can be checked too."""
    settings, wrong = _try(data)
    for error in wrong:
        path = tuple(error["loc"])
        if path not in mistakes.paths:
            mistakes.add(path, sentence(error))
    if settings is None:
        settings, _ = _try(_without(data, [tuple(error["loc"]) for error in wrong]))
    if settings is not None:
        for path, text in disagreements(settings):
            if not _is_doubtful(path, mistakes.paths):
                mistakes.add(path, text)
    return settings


def _try(data: dict[str, Any]) -> tuple[Settings | None, list[Any]]:
    try:
        return Settings.model_validate(data), []
    except ValidationError as error:
        return None, list(error.errors(include_url=False))


def _without(data: Any, wrong: list[KeyPath], here: KeyPath = ()) -> Any:
    """The data with the wrong values left out."""
    if isinstance(data, dict):
        parts = {key: (*here, key) for key in data}
        return {key: _without(data[key], wrong, path) for key, path in parts.items() if path not in wrong}
    if isinstance(data, list):
        items = [(item, (*here, index)) for index, item in enumerate(data)]
        return [_without(item, wrong, path) for item, path in items if path not in wrong]
    return data


def _is_doubtful(path: KeyPath, wrong: set[KeyPath]) -> bool:
    """Whether a disagreement at `path` may only come from a value that was left out."""
    names_crm = path[0] == "routes" or path[-1] == "crm"
    return any(path[: len(bad)] == bad or bad[: len(path)] == path for bad in wrong) or (
        names_crm and any(bad[0] == "crm" and len(bad) <= 2 for bad in wrong)  # noqa: PLR2004 - crm.NAME itself
    )


_AnySection = TypeVar("_AnySection", bound=Section)


def _anchored(section: _AnySection, folder: Path) -> _AnySection:
    """The section with every relative folder made absolute."""
    return section.model_copy(
        update={name: _anchored_value(getattr(section, name), folder) for name in type(section).model_fields}
    )


def _anchored_value(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return folder / os.path.expanduser(value)  # noqa: PTH111 - Path.expanduser raises for unknown users
    if isinstance(value, Section):
        return _anchored(value, folder)
    if isinstance(value, dict):
        return {key: _anchored_value(item, folder) for key, item in value.items()}
    return value
