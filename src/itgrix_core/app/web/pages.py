"""The application: which pages there are, and for whom."""

from __future__ import annotations

from flask import Blueprint, Flask, Response
from prometheus_client import CollectorRegistry

from itgrix_core.app.web.bitrix24 import BODY_BYTES
from itgrix_core.app.web.status import is_here
from itgrix_core.telemetry.metrics import CONTENT_TYPE, exposed


def create_app(registry: CollectorRegistry, *blueprints: Blueprint) -> Flask:
    """The pages of a service.

    Args:
        registry: what `/metrics` shows, to this machine only: nobody logs in there.
        blueprints: pages that guard themselves.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    for pages in blueprints:
        app.register_blueprint(pages)

    @app.get("/metrics")
    def metrics() -> Response:
        if not is_here():
            return Response(status=404)
        return Response(exposed(registry), content_type=CONTENT_TYPE)

    return app
