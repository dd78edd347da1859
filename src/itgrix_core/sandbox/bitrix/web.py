"""The portal's HTTP side: Bitrix24's URL shapes, and `/sandbox/…` for tests and people.

`/rest/<user>/<code>/<method>[.json]`, `/rest/<method>?auth=…`, `/rest/upload.json`, `/oauth/authorize/` and
`/oauth/token/` are the portal's; everything that a real portal does not have lives under `/sandbox/`.
"""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask, Response, redirect, request

from itgrix_core.sandbox.bitrix import oauth, pages, workbench
from itgrix_core.sandbox.bitrix.door import Asked
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.php import as_text, parse_pairs, parse_query
from itgrix_core.sandbox.bitrix.playing import played
from itgrix_core.sandbox.bitrix.portal import OAUTH, Portal

_TOKEN_PARTS, _WEBHOOK_PARTS = 1, 3
_METHODS = ["GET", "POST"]


def create_app(portal: Portal, stopping: threading.Event) -> Flask:
    """The WSGI application; `stopping` ends every wait, so that a server can stop at once."""
    app = Flask("itgrix-sandbox-bitrix", static_folder=None, template_folder=str(pages.TEMPLATES))
    app.url_map.merge_slashes = False
    _add_rest(app, portal, stopping)
    _add_oauth(app, portal, stopping)
    workbench.add(app, portal)
    pages.add(app, portal)
    return app


def _add_rest(app: Flask, portal: Portal, stopping: threading.Event) -> None:
    @app.route("/rest/upload.json", methods=["POST"])
    def upload() -> Response:
        stopping.wait(portal.latency("upload"))
        file = request.files.get("file")
        content = file.read() if file else b""
        name = (file.filename or "") if file else ""
        asked = Asked("upload", dict(request.args), token=request.args.get("auth", ""), **_where())
        return played(portal.upload(asked, name, content), stopping)

    @app.route("/rest/<path:rest>", methods=_METHODS)
    def rest(rest: str) -> Response:
        asked = _asked(rest.removesuffix("/").split("/"))
        stopping.wait(portal.latency(asked.method, asked.params))
        return played(portal.answer(asked), stopping)


def _add_oauth(app: Flask, portal: Portal, stopping: threading.Event) -> None:
    @app.get("/oauth/authorize")
    @app.get("/oauth/authorize/")
    def authorize() -> Any:
        """The signed-in user allows it at once; what is wrong is shown to him and told to nobody else."""
        try:
            with portal.changing() as world:
                where = oauth.authorize(world, *(request.args.get(n, "") for n in ("client_id", "state")))
        except RestError as error:
            return Response(f"{error.code}: {error.text}", status=400, mimetype="text/plain")
        return redirect(where)

    @app.route("/oauth/token", methods=_METHODS)
    @app.route("/oauth/token/", methods=_METHODS)
    def token() -> Response:
        stopping.wait(portal.latency(OAUTH))
        answer = portal.token({**parse_query(request.query_string.decode()), **_body()})
        if answer.body.get("error_description") == "":
            answer.body.pop("error_description")
        return played(answer, stopping)


def _asked(parts: list[str]) -> Asked:
    """The request as the portal understands it; a path of another shape names no method."""
    params = {**parse_query(request.query_string.decode()), **_body()}
    token = as_text(params.pop("auth", ""))
    if len(parts) == _WEBHOOK_PARTS:
        return Asked(parts[2], params, webhook=(parts[0], parts[1]), **_where())
    if len(parts) == _TOKEN_PARTS:
        return Asked(parts[0], params, token=token, **_where())
    return Asked("/".join(parts[2:]), params, webhook=(parts[0], parts[1]), **_where())


def _body() -> dict[str, Any]:
    """Parameters of the body: JSON, or a form with PHP brackets."""
    if request.is_json:
        data = request.get_json(silent=True)
        return data if isinstance(data, dict) else {}
    return parse_pairs(request.form.items(multi=True))


def _where() -> dict[str, Any]:
    return {"address": request.remote_addr or "", "host": request.host, "path": request.full_path.rstrip("?")}
