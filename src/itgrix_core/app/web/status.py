"""/healthz for whoever watches over the service, /status for who looks into it.

Nobody logs in at either: a stranger learns from /healthz whether all is well and no more, and finds no
/status.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Blueprint, Response, request

from itgrix_core.config.addresses import is_loopback
from itgrix_core.telemetry.redaction import redact_sentence, redact_value
from itgrix_core.telemetry.status import Status

_HEADERS = {"Cache-Control": "no-store"}
_NOT_OK = 503


def is_here() -> bool:
    """Whether this machine asks."""
    return is_loopback(request.remote_addr or "")


def status_pages(troubles: Callable[[], list[str]], status: Callable[[], Status]) -> Blueprint:
    """The two pages.

    Args:
        troubles: what keeps calls from being filed in time, a sentence each.
        status: how everything is.
    """
    pages = Blueprint("status", __name__)

    @pages.get("/healthz")
    def healthz() -> Response:
        found = troubles()
        if not found:
            return _text("ok")
        sentences = [redact_sentence(sentence) for sentence in found] if is_here() else ["not ok"]
        return _text("\n".join(sentences), _NOT_OK)

    @pages.get("/status")
    def tell() -> Response:
        if not is_here():
            return Response(status=404)
        told = json.dumps(redact_value(status()), ensure_ascii=False)
        return Response(told, headers=_HEADERS, content_type="application/json")

    return pages


def _text(text: str, code: int = 200) -> Response:
    return Response(f"{text}\n", status=code, headers=_HEADERS, content_type="text/plain; charset=utf-8")
