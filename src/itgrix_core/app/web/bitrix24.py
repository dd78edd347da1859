"""What portals and administrators' browsers reach: /bitrix24/<account>/connect, callback, install, event.

An event is answered when it is stored and before anything is done about it. Whoever is refused learns no more
than that; the log has the reason, once in ten minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from flask import Blueprint, Response, abort, redirect, request
from markupsafe import escape
from prometheus_client import CollectorRegistry, Counter
from werkzeug.exceptions import RequestEntityTooLarge

from itgrix_core.app.portals import Portal
from itgrix_core.crm.bitrix24.brackets import nested
from itgrix_core.crm.bitrix24.gate import Gate, Refusal
from itgrix_core.crm.bitrix24.grant import Grant
from itgrix_core.crm.bitrix24.reception import Reception
from itgrix_core.crm.notice import Notice
from itgrix_core.errors import ItgrixError
from itgrix_core.jobs.quiet import Quiet

BODY_BYTES = 64 * 1024
"""An event is about two thousand bytes; nothing longer is looked at."""
LONGEST_BYTES = 1024 * 1024
"""What the server itself cuts off: nobody is told, and nothing of it is kept."""
_INSTALLED = (
    '<script src="https://api.bitrix24.com/api/v1/"></script>'
    "<script>BX24.init(function () { BX24.installFinish(); });</script>"
)
"""Tells the portal, from within its own page, that the installation is complete."""
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

_Room = TypeVar("_Room", Reception, Gate)

Put = Callable[[Sequence[Notice]], int]
"""Stores notices, durable on return; how many were new."""

_log = structlog.get_logger(__name__)


class _Book:
    """What came of requests: counted all, logged each refusal once in ten minutes, however many come."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float]) -> None:
        names = ["account", "outcome"]
        self._counter = Counter("itgrix_crm_events", "Events of CRMs.", names, registry=registry)
        self._quiet = Quiet(clock)

    def refused(self, account: str, text: str) -> None:
        self._counter.labels(account, "refused").inc()
        self._quiet.warn(f"crm {account}: refused: {text}", f"(from {request.remote_addr})")

    def took(self, notice: Notice, *, is_new: bool) -> None:
        self._counter.labels(notice.account, "taken" if is_new else "repeated").inc()
        if not is_new:
            _log.info(f"crm {notice.account}: {notice.event} {notice.subject} was repeated and is ignored")


def bitrix24_pages(
    portals: Mapping[str, Portal],
    registry: CollectorRegistry,
    put: Put,
    clock: Callable[[], float] = time.monotonic,
) -> Blueprint:
    """The pages of these accounts; `put` stores events, `registry` gets their count."""
    pages = Blueprint("bitrix24", __name__, url_prefix="/bitrix24")
    book = _Book(registry, clock)
    applications = {name: portal.reception() for name, portal in portals.items() if portal.has_application}
    _add_connecting(pages, applications, book)
    _add_events(pages, {name: portal.gate() for name, portal in portals.items()}, book, put)

    @pages.errorhandler(ItgrixError)
    def failed(error: ItgrixError) -> Response:
        _log.error(str(error))
        return Response(status=503)

    @pages.errorhandler(RequestEntityTooLarge)
    def too_long(_error: RequestEntityTooLarge) -> Response:
        account = str((request.view_args or {}).get("account"))
        if account in portals:
            book.refused(account, f"a body longer than {BODY_BYTES} bytes came")
        return Response(status=413)

    return pages


def _add_connecting(pages: Blueprint, receptions: Mapping[str, Reception], book: _Book) -> None:
    @pages.get("/<account>/connect")
    def connect(account: str) -> Any:
        answer = _of(receptions, account).start(request.args.get("key", ""))
        return _refused(account, answer, book) if isinstance(answer, Refusal) else redirect(answer)

    @pages.get("/<account>/callback")
    def callback(account: str) -> Response:
        return _outcome(account, _of(receptions, account).come_back(request.args), book)

    @pages.post("/<account>/callback")
    @pages.post("/<account>/install")
    def install(account: str) -> Response:
        form = {**request.args, **nested(request.form.items(multi=True))}
        return _outcome(account, _of(receptions, account).install(form), book, _INSTALLED)


def _add_events(pages: Blueprint, gates: Mapping[str, Gate], book: _Book, put: Put) -> None:
    @pages.post("/<account>/event")
    @pages.post("/<account>/event/<key>")
    def event(account: str, key: str = "") -> Response:
        admitted = _of(gates, account).admit(nested(request.form.items(multi=True)), key)
        if isinstance(admitted, Refusal):
            book.refused(account, admitted.text)
            return Response(status=admitted.status)
        book.took(admitted, is_new=put([admitted]) > 0)
        return Response("", status=200)


def _of(rooms: Mapping[str, _Room], account: str) -> _Room:
    return rooms[account] if account in rooms else abort(404)


def _outcome(account: str, answer: Grant | Refusal, book: _Book, script: str = "") -> Response:
    if isinstance(answer, Refusal):
        return _refused(account, answer, book)
    _log.info(f"crm {account} is connected to {answer.portal}")
    return _page(f"Itgrix is connected to {answer.portal}. You may close this page.", 200, script)


def _refused(account: str, refusal: Refusal, book: _Book) -> Response:
    book.refused(account, refusal.text)
    return _page(f"Not connected: {refusal.text}", refusal.status)


def _page(sentence: str, status: int, script: str = "") -> Response:
    html = f"<!doctype html><title>Itgrix</title><p>{escape(sentence)}</p>{script}"
    return Response(html, status=status, headers=_HEADERS, content_type="text/html; charset=utf-8")
