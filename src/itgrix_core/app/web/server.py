"""Serves the pages, on an address of this machine, to bodies of a reasonable size.

A port that is taken is no reason not to file calls: it is told, and there are no pages.
"""

from __future__ import annotations

import structlog
from flask import Flask

from itgrix_core.app.web.bitrix24 import LONGEST_BYTES
from itgrix_core.config.schema import WebSettings
from itgrix_core.serving import HttpServer

THREADS = 4
_log = structlog.get_logger(__name__)


def serve_pages(app: Flask, web: WebSettings) -> HttpServer | None:
    """The pages, served; `None` where `web.port` is, and where it cannot be had, which is logged."""
    if web.port is None:
        return None
    try:
        server = HttpServer(app, web.host, web.port, threads=THREADS, name="web", body_bytes=LONGEST_BYTES)
    except OSError as error:
        _log.warning(
            f"No pages, metrics, events: {web.host}:{web.port} cannot be had ({error.strerror}). "
            "Change web.port, or leave it out to do without."
        )
        return None
    host = f"[{web.host}]" if ":" in web.host else web.host
    _log.info(f"metrics at http://{host}:{server.port}/metrics")
    return server
