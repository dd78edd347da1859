"""The pages of a service, and where they are served."""

import socket

import pytest
import requests
from pydantic import SecretStr
from structlog.testing import capture_logs

from itgrix_core.ami.supervisor import LineState
from itgrix_core.app.service import Service
from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.server import serve_pages
from itgrix_core.config.schema import BitrixSettings, Settings, WebSettings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.telemetry.metrics import make_registry


@pytest.fixture
def app():
    """The pages of a service with one line."""
    return create_app(make_registry(lambda: {"main": LineState(is_connected=True, events=12)}))


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
    """None is opened that nobody asked for."""
    assert serve_pages(app, WebSettings()) is None


def test_a_service_serves_its_metrics(free_port, tmp_path):
    """Of each of its Asterisks, one that is away as well; stopped with the service."""
    settings = Settings(
        data_folder=tmp_path,
        asterisk={"main": AsteriskSettings(port=1), "branch": AsteriskSettings(port=1)},
        crm={"b": BitrixSettings(webhook=SecretStr("http://127.0.0.1:1/rest/1/nobodys-code/"))},
        web=WebSettings(port=free_port),
    )
    with Service(settings):
        text = requests.get(f"http://127.0.0.1:{free_port}/metrics", timeout=5).text
    assert 'itgrix_ami_connected{asterisk="main"} 0.0' in text
    assert 'itgrix_ami_connected{asterisk="branch"} 0.0' in text
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{free_port}/metrics", timeout=5)


def test_a_port_that_is_taken_is_told_and_stops_nobody(app, free_port):
    """Two services on one machine: calls are filed all the same."""
    with socket.create_server(("127.0.0.1", free_port)), capture_logs() as logs:
        assert serve_pages(app, WebSettings(port=free_port)) is None
    (entry,) = logs
    assert f"127.0.0.1:{free_port} cannot be had" in entry["event"]
    assert "Change web.port" in entry["event"]
