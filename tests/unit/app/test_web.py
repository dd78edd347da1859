"""The pages of a service, and where they are served."""

import socket

import pytest
import requests
from structlog.testing import capture_logs

from itgrix_core.ami.supervisor import LineState
from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.server import serve_pages
from itgrix_core.config.schema import WebSettings
from itgrix_core.telemetry.metrics import make_registry


@pytest.fixture
def app():
    """The pages of a service with one line."""
    return create_app(make_registry(lambda: {"main": LineState(is_connected=True, events=12)}))


@pytest.fixture
def free_port():
    """A port on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_metrics_are_text_for_prometheus(app, free_port):
    """Over HTTP, until the server is stopped."""
    server = serve_pages(app, WebSettings(port=free_port))
    answer = requests.get(f"http://127.0.0.1:{free_port}/metrics", timeout=5)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'itgrix_ami_events_total{asterisk="main"} 12.0' in answer.text
    assert requests.get(f"http://127.0.0.1:{free_port}/", timeout=5).status_code == 404
    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{free_port}/metrics", timeout=5)


def test_without_a_port_nothing_is_served(app):
    """`web.port: null`."""
    assert serve_pages(app, WebSettings(port=None)) is None


def test_a_port_that_is_taken_is_told_and_stops_nobody(app, free_port):
    """Two services on one machine: calls are filed all the same."""
    with socket.create_server(("127.0.0.1", free_port)), capture_logs() as logs:
        assert serve_pages(app, WebSettings(port=free_port)) is None
    (entry,) = logs
    assert f"127.0.0.1:{free_port} cannot be had" in entry["event"]
    assert "Change web.port" in entry["event"]
