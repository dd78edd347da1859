"""The application: which pages there are. So far one, for machines."""

from __future__ import annotations

from flask import Flask, Response
from prometheus_client import CollectorRegistry

from itgrix_core.telemetry.metrics import CONTENT_TYPE, exposed


def create_app(registry: CollectorRegistry) -> Flask:
    """The pages of a service.

    Args:
        registry: what `/metrics` shows.
    """
    app = Flask(__name__, static_folder=None)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(exposed(registry), content_type=CONTENT_TYPE)

    return app
