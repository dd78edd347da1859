"""Who looks on at the wire: each request that leaves for a portal is told, with what came of it and when.

Told per try, not per question: what is sent again after a cut is two requests, as the portal counts them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import requests

from itgrix_core.crm.bitrix24.transport import is_certificate, was_not_sent

Body = TypeVar("Body")

Observer = Callable[[str, str, float], None]
"""Told of each request: its method, its outcome, and how many seconds it took.

Outcomes: "ok"; "refused" (the portal's no); "limit" (503, 429: too many requests); "failed" (500, or no
answer of a portal's); "cut" (sent, and no answer came); "not sent" (no connection came about).
"""

_LIMITS = frozenset({429, 503})
_SERVER_ERROR = 500


def unobserved(_method: str, _outcome: str, _seconds: float) -> None:
    """The observer where nobody looks on."""


def observed(
    post: Callable[[str, Body], requests.Response],
    method: str,
    observe: Observer,
    steady: Callable[[], float] = time.monotonic,
) -> Callable[[str, Body], requests.Response]:
    """`post` that tells `observe` of each request; answers and exceptions pass through."""

    def sent(url: str, payload: Body) -> requests.Response:
        began = steady()
        try:
            response = post(url, payload)
        except Exception as error:
            observe(method, _outcome_of(error), steady() - began)
            raise
        observe(method, _outcome(response), steady() - began)
        return response

    return sent


def _outcome(response: requests.Response) -> str:
    if response.status_code in _LIMITS:
        return "limit"
    is_portals = response.content.lstrip()[:1] == b"{"  # nginx in between speaks HTML
    if response.status_code >= _SERVER_ERROR or (
        response.status_code == requests.codes.ok and not is_portals
    ):
        return "failed"
    return "ok" if response.status_code == requests.codes.ok else "refused"


def _outcome_of(error: Exception) -> str:
    """A `ValueError` is an address that cannot be used: nothing left."""
    is_sent = not (was_not_sent(error) or is_certificate(error) or isinstance(error, ValueError))
    return "cut" if is_sent else "not sent"
