"""The mistakes of one configuration file, each with its line."""

from __future__ import annotations

from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]
"""Where a setting stands: `("crm", "bitrix", "create_for", 0)`."""


@dataclass(slots=True)
class Mistakes:
    """What is wrong with one file, and where its keys stand.

    Attributes:
        file: its name as the operator wrote it.
        lines: line (from 1) of each key.
        found: (line, text) of each mistake.
        paths: where the mistakes are, so that nothing is complained about twice.
    """

    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    found: list[tuple[int, str]] = field(default_factory=list)
    paths: set[KeyPath] = field(default_factory=set)

    def add(self, path: KeyPath, sentence: str) -> None:
        """Note a mistake at `path`; its line is that of the nearest key which is written down."""
        known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in self.lines), ())
        self.add_line(self.lines.get(known, 1), f"{dotted(path)}: {sentence}")
        self.paths.add(path)

    def add_line(self, line: int, text: str) -> None:
        """Note a mistake that belongs to a line, not to a key."""
        self.found.append((line, text))

    def problems(self) -> list[str]:
        """All of them as `FILE:LINE: text`, in the order of the file."""
        return [f"{self.file}:{line}: {text}" for line, text in sorted(self.found)]


def dotted(path: KeyPath) -> str:
    """`("crm", "bitrix", "create_for", 0)` as `crm.bitrix.create_for[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"
