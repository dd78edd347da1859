"""Answers as bytes: JSON, and what a fault makes of it on the wire."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from itgrix_core.sandbox.bitrix.faults import HTML_502, Fault, FaultKind
from itgrix_core.sandbox.bitrix.visits import Answer

_STEPS = 20
_MOVED = "<html>\r\n<head><title>{0} Found</title></head>\r\n<body>{0} Found</body>\r\n</html>\r\n"


def played(answer: Answer, stopping: threading.Event) -> Response:
    """The answer, or what its fault makes of it; `stopping` ends every wait."""
    fault = answer.fault
    if answer.location:
        page = _MOVED.format(answer.status)
        return Response(page, answer.status, {"Location": answer.location}, mimetype="text/html")
    if fault is None:
        return _response(answer)
    if fault.kind is FaultKind.HTML:
        return Response(HTML_502, status=502, mimetype="text/html")
    if fault.kind is FaultKind.TIMEOUT:
        stopping.wait(fault.seconds)
    elif fault.kind is FaultKind.CUT:
        _cut()
    elif fault.kind is FaultKind.TRICKLE:
        return _trickling(_response(answer), fault.seconds, stopping)
    return _response(answer)


def _trickling(whole: Response, seconds: float, stopping: threading.Event) -> Response:
    """The same answer in small pieces with pauses between them."""
    data = whole.get_data()
    size = max(1, len(data) // _STEPS)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]
            stopping.wait(seconds / _STEPS)

    headers = {"Content-Length": str(len(data))}
    return Response(pieces(), whole.status_code, headers, mimetype=whole.mimetype)


def _cut() -> None:
    """Close the connection without a byte.

    WSGI has no word for that; waitress lends its channel through the disconnect check it puts into environ.
    """
    channel = request.environ["waitress.client_disconnected"].__self__
    channel.socket.shutdown(socket.SHUT_RDWR)


def _response(answer: Answer) -> Response:
    return json_response(answer.body, answer.status)


def json_response(data: Any, status: int = 200) -> Response:
    """Data as JSON; faults and their kinds are written by their names."""
    return Response(json.dumps(data, default=_plain), status=status, mimetype="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, Fault):
        return {name: getattr(value, name) for name in Fault.__slots__}
    return value.value if isinstance(value, FaultKind) else str(value)
