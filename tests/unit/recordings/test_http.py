"""Recordings from a web server."""

import base64
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from itgrix_core.config.schema_recordings import HttpSettings
from itgrix_core.recordings.http import HttpSource
from itgrix_core.recordings.source import SourceError

TOKEN = base64.b64encode(b"itgrix:s3cret").decode()


@pytest.fixture
def server(tmp_path):
    """A server over a folder, for whom knows the password; `failing` is a status for all."""
    folder = tmp_path / "there"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        failing = 0

        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def send_head(self):
            if self.headers.get("Authorization") != f"Basic {TOKEN}":
                return self.send_error(401)
            if Handler.failing:
                return self.send_error(Handler.failing)
            return super().send_head()

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = False
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    running.folder, running.handler = folder, Handler
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def open_source(server):
    """Sources, closed afterwards."""
    opened = []

    def make(**more):
        url = f"http://127.0.0.1:{server.server_port}"
        told = {"url": url, "username": "itgrix", "password": "s3cret", **more}
        opened.append(HttpSource(HttpSettings(**told), "asterisk.main.recordings.http"))
        return opened[-1]

    yield make
    for source in opened:
        source.close()


def test_a_file_is_found_and_brought_as_it_is(server, open_source, record, tmp_path):
    """Patterns find nothing, as there is no list; names are quoted."""
    there = record("2026/in 101#.wav", 3, server.folder)
    source = open_source()
    seen = source.look(["*101*", "nowhere.wav", "2026/in 101#.wav"])
    assert seen.size == there.stat().st_size
    assert seen.changed_at == pytest.approx(there.stat().st_mtime, abs=1)
    here = source.bring(seen, tmp_path)
    assert (here.name, here.read_bytes()) == ("in 101#.wav", there.read_bytes())
    assert source.look(["*101*"]) is None
    assert source.probe().endswith(" answers")


def test_a_page_is_no_recording(server, open_source):
    """A login's, say."""
    (server.folder / "in.html").write_text("<html>")
    (server.folder / "2026").mkdir()
    assert open_source().look(["in.html", "2026"]) is None


def test_no_name_leads_upwards(server, open_source):
    """They come from callers."""
    (server.folder.parent / "secret.wav").write_bytes(bytes(2000))
    assert open_source().look(["../secret.wav", "a/../../secret.wav"]) is None


@pytest.mark.parametrize(
    ("wrong", "status", "told"),
    [({"password": "x"}, 0, "HTTP 401"), ({}, 503, "HTTP 503"), ({"url": "http://127.0.0.1:1"}, 0, "had")],
)
def test_what_is_wrong_is_said_with_its_setting(server, open_source, wrong, status, told):
    """And no secret; it is asked again later."""
    server.handler.failing = status
    source = open_source(**wrong)
    for ask in (source.probe, lambda: source.look(["in.wav"])):
        with pytest.raises(SourceError, match=told) as caught:
            ask()
        assert "asterisk.main.recordings.http" in str(caught.value)
        assert "s3cret" not in str(caught.value)


def test_a_file_that_vanishes_or_is_cut_is_none(server, open_source, record, tmp_path):
    """Half a talk is worse than one that comes later."""
    there, source = record("in.wav", 3, server.folder), open_source()
    seen = source.look(["in.wav"])
    there.write_bytes(there.read_bytes()[:1000])
    with pytest.raises(SourceError, match="another length"):
        source.bring(seen, tmp_path)
    there.unlink()
    with pytest.raises(SourceError, match="not there any more"):
        source.bring(seen, tmp_path)
