"""A secret is written down, or stands in an environment variable or a file; here it is fetched.

Sentences about secrets name the variable or the file, never the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from itgrix_core.config.mistakes import KeyPath, Mistakes

_HOW = "write the secret itself, {env: NAME} or {file: PATH}"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Fetches secrets for the reader.

    Attributes:
        mistakes: where they are put.
        folder: of the configuration file; paths are relative to it.
        environ: the environment variables.
    """

    mistakes: Mistakes
    folder: Path
    environ: Mapping[str, str]

    def __call__(self, node: yaml.Node, path: KeyPath) -> str | None:
        """The secret's text; `None` if it cannot be had, which is then noted."""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        reference = _reference(node)
        if reference is None:
            self.mistakes.add(path, f"is not a secret; {_HOW}")
            return None
        kind, name = reference
        text, wrong = self._from_environment(name) if kind == "env" else self._from_file(name)
        if wrong:
            self.mistakes.add(path, wrong)
            return None
        return text

    def _from_environment(self, name: str) -> tuple[str, str]:
        """The value, or what is wrong."""
        text = self.environ.get(name, "").strip()
        if text:
            return text, ""
        state = "is empty" if name in self.environ else "is not set"
        return "", f"the environment variable {name} {state}; set it where itgrix is started"

    def _from_file(self, name: str) -> tuple[str, str]:
        """The file's text without white space around it, or what is wrong."""
        file = self.folder / name
        try:
            text = file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return "", f"the file {file} does not exist; create it or correct the path"
        except UnicodeDecodeError:
            return "", f"the file {file} is not UTF-8 text; write the secret into it as plain text"
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a path"
            return (
                "",
                f"the file {file} cannot be read ({reason}); give the user of itgrix the right to read it",
            )
        return text, "" if text else f"the file {file} is empty; write the secret into it"


def _reference(node: yaml.Node) -> tuple[str, str] | None:
    """(`env` or `file`, name) of a mapping with exactly one of these keys, else `None`."""
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        return None
    key, value = node.value[0]
    if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
        return None
    return (key.value, value.value) if key.value in {"env", "file"} and value.value else None
