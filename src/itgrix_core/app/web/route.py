"""POST /route/<pbx>: the dialplan's question over HTTP, for `CURL()` where FastAGI is not wanted.

The token comes in the body and not in the address, so that no log has it. An answer is one line,
`extension|name|why`; whoever is refused gets none, and `CURL()` an empty text.
"""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, Response, request

from itgrix_core.crm.bitrix24.gate import is_same
from itgrix_core.filing.routing import plain, question_of
from itgrix_core.jobs.agi import Answer
from itgrix_core.jobs.quiet import Quiet

_HEADERS = {"Cache-Control": "no-store"}


def route_pages(pbxes: Collection[str], answer: Answer, token: str) -> Blueprint:
    """The page.

    Args:
        pbxes: whose questions are answered.
        answer: answers them.
        token: what proves who asks, never empty.
    """
    pages = Blueprint("route", __name__)
    quiet = Quiet()

    def refused(reason: str, status: int) -> Response:
        quiet.warn(f"/route: refused: {reason}", f"(from {request.remote_addr})")
        return Response(status=status)

    @pages.post("/route/<pbx>")
    def ask(pbx: str) -> Response:
        told = request.form.get
        if not is_same(told("token", ""), token):
            return refused("a question without the token of routing.token", 403)
        if pbx not in pbxes:
            return refused("a question for no Asterisk of the configuration (/route/NAME)", 404)
        question = question_of(told("number", ""), told("did", ""), told("channel", ""))
        if question is None:
            return refused("a caller's number that is none", 400)
        found = answer(pbx, question, plain(told("uniqueid", "")))
        line = "|".join((found.extension or "", found.name, found.why))
        return Response(line, headers=_HEADERS, content_type="text/plain; charset=utf-8")

    return pages
