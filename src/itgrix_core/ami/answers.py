"""What Asterisk says, in the library's words: its Event, Response and FutureResponse without their faults.

The product reads `wire.Message`s. These are for whoever uses the client as a library: callbacks, listeners
and `send_action(...).response` go on working, made from the same blocks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from asterisk.ami import Event, Response
from asterisk.ami.response import FutureResponse

from itgrix_core.wire.messages import Message

LOST = Message(b"Response: Error\r\nMessage: The connection to Asterisk was lost")


class HeaderDict(dict[str, Any]):
    """Headers by name: the first value of each, found in any letter case (defects 19, 21)."""

    def __missing__(self, name: str) -> Any:
        folded = name.lower()
        for known in self:
            if known.lower() == folded:
                return self[known]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The header's first value, `default` without one."""
        try:
            return self[name]
        except KeyError:
            return default


def to_event(message: Message) -> Event:
    """The library's Event; `ChanVariable` and its kin are a dict of variables, as there."""
    keys = HeaderDict()
    for name, value in message.headers()[1:]:
        if name in Event.parsers:
            variable, _, content = value.partition("=")
            keys.setdefault(name, {}).setdefault(variable, content)
        elif name:
            keys.setdefault(name, value)
    return Event(message.name, keys)


def to_response(message: Message) -> Response:
    """The library's Response: repeated headers are joined by line feeds, with their indentation kept."""
    lines: dict[str, list[str]] = {}
    headers = message.headers()
    for name, value in headers[1:]:
        if name:
            lines.setdefault(name, []).append(value)
    keys = HeaderDict((name, "\n".join(values)) for name, values in lines.items())
    return Response(headers[0][1], keys, [value for name, value in headers[1:] if not name])


class Answer(FutureResponse):  # type: ignore[misc]
    """The response that an action will get; may be waited for by any thread but the reader.

    Args:
        callback: called with the library's Response, by the client's consumer thread.
        timeout: seconds that a wait lasts, `None` for ever.
        forget: called when a wait ends in vain, so that nobody keeps this object (defect 14).
    """

    def __init__(
        self,
        callback: Callable[[Response], object] | None,
        timeout: float | None,
        forget: Callable[[], object],
    ) -> None:
        super().__init__(callback, timeout)
        self.callback = callback
        self._message: Message | None = None
        self._is_here = threading.Event()
        self._forget = forget

    def arrive(self, message: Message) -> None:
        """Take the response, or `LOST`. Wakes who waits; calls nobody."""
        self._message = message
        self._is_here.set()

    def wait(self, timeout: float | None) -> Message | None:
        """The response after at most `timeout` seconds; `None` if there is none."""
        if not self._is_here.wait(timeout):
            self._forget()
        return self._message

    @property
    def response(self) -> Response | None:
        """The library's Response; `None` when none came in time; an error when the line was lost."""
        message = self.wait(self._timeout)
        return to_response(message) if message else None
