"""`/sandbox/…`: what tests and people see and do that no real portal offers. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from itgrix_core.sandbox.bitrix import auditing, deeds, view
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.faults import Fault
from itgrix_core.sandbox.bitrix.playing import json_response
from itgrix_core.sandbox.bitrix.portal import Portal


def add(app: Flask, portal: Portal) -> None:
    """Put the addresses below `/sandbox/` into an application."""
    _add_books(app, portal)

    @app.route("/sandbox/faults", methods=["GET", "POST", "DELETE"])
    def faults() -> Response:
        if request.method == "DELETE":
            portal.faults.clear()
        elif request.method == "POST":
            return _add_faults(portal, request.get_json(silent=True))
        return json_response(portal.faults.rules())

    @app.post("/sandbox/do/<deed>")
    def do(deed: str) -> Response:
        """One of `deeds.DEEDS`, with its arguments as JSON."""
        if deed not in deeds.DEEDS:
            return json_response({"error": f"There is no {deed}; there are {', '.join(deeds.DEEDS)}"}, 404)
        data = request.get_json(silent=True)
        return _done(portal, deeds.DEEDS[deed], data if isinstance(data, dict) else {})


def _add_books(app: Flask, portal: Portal) -> None:
    @app.get("/sandbox/ledger")
    def ledger() -> Response:
        since = request.args.get("since", 0, type=int)
        entries = portal.ledger.entries(request.args.get("method"), lambda entry: entry.number > since)
        return json_response([entry.to_json() for entry in entries])

    @app.get("/sandbox/audit")
    def problems() -> Response:
        return json_response({"problems": auditing.problems(portal.ledger.entries())})

    @app.get("/sandbox/state")
    def state() -> Response:
        with portal.lock:
            return json_response(view.state(portal.world))


def _add_faults(portal: Portal, data: Any) -> Response:
    try:
        rules = [Fault.from_json(one) for one in (data if isinstance(data, list) else [data])]
    except (TypeError, ValueError, KeyError) as error:
        return json_response({"error": f"A fault cannot be read: {error}"}, status=400)
    for rule in rules:
        portal.faults.add(rule)
    return json_response(portal.faults.rules())


def _done(portal: Portal, deed: Callable[..., Any], arguments: dict[str, Any]) -> Response:
    try:
        return json_response({"result": deed(portal, **arguments)})
    except RestError as error:
        return json_response(error.body(), status=400)
    except (TypeError, ValueError, KeyError) as error:
        return json_response({"error": f"These arguments cannot be used: {error}"}, status=400)
