"""What we say to Asterisk: headers to bytes.

AMI has no quoting. A line end inside a caller's name would begin a header of the caller's own, or a whole
action (`Action: Command`), so nothing that holds one is ever sent (defect 10 of the library).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Headers = Mapping[str, object] | Iterable[tuple[str, object]]
"""An action: names and values in order; pairs where a name (`Variable`) comes more than once."""

_FORBIDDEN = re.compile(r"[\r\n\0]")


def pairs_of(headers: Headers) -> list[tuple[str, str]]:
    """The headers as pairs of strings, checked.

    Raises:
        ValueError: a name or a value holds CR, LF or NUL, or no `Action` is among them; the text names the
            header, but not its value, which may be a secret.
    """
    items = headers.items() if isinstance(headers, Mapping) else headers
    pairs = [(str(name), str(value)) for name, value in items]
    for name, value in pairs:
        if _FORBIDDEN.search(name) or _FORBIDDEN.search(value):
            raise ValueError(f"AMI header {name!r} would break its line (CR, LF or NUL) and is not sent")
    if not any(name.lower() == "action" for name, _ in pairs):
        raise ValueError("These AMI headers name no Action")
    return pairs


def action_id_of(pairs: Iterable[tuple[str, str]]) -> str:
    """The `ActionID` among the headers, "" without one."""
    return next((value for name, value in pairs if name.lower() == "actionid"), "")


def encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of an action, with the blank line. Names come back as `wire` gave them (surrogateescape)."""
    text = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return (text + "\r\n").encode("utf-8", "surrogateescape")
