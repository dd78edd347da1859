"""The portal's HTTP side: Bitrix24's URL shapes, and `/sandbox/…` for tests and people.

`/rest/<user>/<code>/<method>[.json]`, `/rest/<method>?auth=…` and `/rest/upload.json` are the portal's;
everything that a real portal does not have lives under `/sandbox/`.
"""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

from flask import Flask, Response, request

from itgrix_core.sandbox.bitrix import auditing, view
from itgrix_core.sandbox.bitrix.door import Asked
from itgrix_core.sandbox.bitrix.faults import HTML_502, Fault, FaultKind
from itgrix_core.sandbox.bitrix.php import as_text, parse_pairs, parse_query
from itgrix_core.sandbox.bitrix.portal import Answer, Portal

_TOKEN_PARTS, _WEBHOOK_PARTS = 1, 3
_METHODS = ["GET", "POST"]


def create_app(portal: Portal, stopping: threading.Event) -> Flask:
    """The WSGI application; `stopping` ends every wait, so that a server can stop at once."""
    app = Flask("itgrix-sandbox-bitrix", static_folder=None)
    app.url_map.merge_slashes = False
    _add_rest(app, portal, stopping)
    _add_sandbox(app, portal)
    return app


def _add_rest(app: Flask, portal: Portal, stopping: threading.Event) -> None:
    @app.route("/rest/upload.json", methods=["POST"])
    def upload() -> Response:
        file = request.files.get("file")
        content = file.read() if file else b""
        name = (file.filename or "") if file else ""
        asked = Asked("upload", dict(request.args), token=request.args.get("auth", ""), address=_address())
        return _played(portal.upload(asked, name, content), stopping)

    @app.route("/rest/<path:rest>", methods=_METHODS)
    def rest(rest: str) -> Response:
        stopping.wait(portal.settings.latency_seconds)
        answer = portal.answer(_asked(rest.split("/")))
        return _played(answer, stopping)


def _add_sandbox(app: Flask, portal: Portal) -> None:
    @app.get("/sandbox/ledger")
    def ledger() -> Response:
        since = request.args.get("since", 0, type=int)
        entries = portal.ledger.entries(request.args.get("method"), lambda entry: entry.number > since)
        return _json([entry.to_json() for entry in entries])

    @app.get("/sandbox/audit")
    def problems() -> Response:
        return _json({"problems": auditing.problems(portal.ledger.entries())})

    @app.get("/sandbox/state")
    def state() -> Response:
        with portal.lock:
            return _json(view.state(portal.world))

    @app.route("/sandbox/faults", methods=["GET", "POST", "DELETE"])
    def faults() -> Response:
        if request.method == "DELETE":
            portal.faults.clear()
        elif request.method == "POST":
            return _add_faults(portal, request.get_json(silent=True))
        return _json(portal.faults.rules())


def _add_faults(portal: Portal, data: Any) -> Response:
    try:
        rules = [Fault.from_json(one) for one in (data if isinstance(data, list) else [data])]
    except (TypeError, ValueError, KeyError) as error:
        return _json({"error": f"A fault cannot be read: {error}"}, status=400)
    for rule in rules:
        portal.faults.add(rule)
    return _json(portal.faults.rules())


def _asked(parts: list[str]) -> Asked:
    """The request as the portal understands it; a path of another shape names no method."""
    params = {**parse_query(request.query_string.decode()), **_body()}
    token = as_text(params.pop("auth", ""))
    if len(parts) == _WEBHOOK_PARTS:
        return Asked(parts[2], params, webhook=(parts[0], parts[1]), address=_address())
    if len(parts) == _TOKEN_PARTS:
        return Asked(parts[0], params, token=token, address=_address())
    return Asked("/".join(parts[2:]), params, webhook=(parts[0], parts[1]), address=_address())


def _body() -> dict[str, Any]:
    """Parameters of the body: JSON, or a form with PHP brackets."""
    if request.is_json:
        data = request.get_json(silent=True)
        return data if isinstance(data, dict) else {}
    return parse_pairs(request.form.items(multi=True))


def _address() -> str:
    return request.remote_addr or ""


def _played(answer: Answer, stopping: threading.Event) -> Response:
    """The answer, or what its fault makes of it on the wire."""
    fault = answer.fault
    if fault is not None and fault.kind is FaultKind.HTML:
        return Response(HTML_502, status=502, mimetype="text/html")
    if fault is not None and fault.kind is FaultKind.TIMEOUT:
        stopping.wait(fault.seconds)
    elif fault is not None and fault.kind is FaultKind.CUT:
        _cut()
    return _response(answer)


def _cut() -> None:
    """Close the connection without a byte.

    WSGI has no word for that; waitress lends its channel through the disconnect check it puts into environ.
    """
    channel = request.environ["waitress.client_disconnected"].__self__
    channel.socket.shutdown(socket.SHUT_RDWR)


def _response(answer: Answer) -> Response:
    return _json(answer.body, answer.status)


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data, default=_plain), status=status, mimetype="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, Fault):
        return {name: _plain(getattr(value, name)) for name in Fault.__slots__}
    return value.value if isinstance(value, FaultKind) else value
