"""Rows for people, and spans of time in their words."""

from __future__ import annotations

from collections.abc import Sequence

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, cells under each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def span(seconds: float) -> str:
    """Roughly how long: 40 s, 12 min, 5 h, 3 d."""
    if seconds < MINUTE:
        return f"{max(0.0, seconds):.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < 2 * DAY else f"{seconds / DAY:.0f} d"
