"""A portal that says what a test told it to say, over real HTTP on the loopback, and keeps the questions."""

import json
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.crm.bitrix24.address import webhook
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.client import Client
from itgrix_core.sandbox.bitrix.php import parse_query

CODE = "s3cr3tc0de"
CUT = "cut"
HANG = "hang"


class Portal:
    """A scripted portal.

    `says` queues answers by method; the last one of a method stays. An answer is CUT (the connection ends
    without one), HANG (none within the time-out), `(status, body)`, or a result for the usual envelope.
    A batch that it was told nothing about is carried out command by command, until the first error.
    """

    def __init__(self):
        self._answers = defaultdict(deque)
        self.requests = []
        self.over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self):
        """Its webhook."""
        return f"http://127.0.0.1:{self._server.server_port}/rest/1/{CODE}/"

    def says(self, method, *answers):
        """Queue answers to a method."""
        self._answers[method.casefold()].extend(answers)

    def asked(self, method):
        """The bodies of all requests of a method."""
        return [body for name, body in self.requests if name == method.casefold()]

    @property
    def methods(self):
        """The methods of all requests, in their order, in small letters."""
        return [name for name, _ in self.requests]

    def close(self):
        """Stop, and leave no thread behind."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method):
        """The next answer to a method."""
        queue = self._answers[method]
        if not queue and method == "batch":
            return self._carry_out(self.asked("batch")[-1]["cmd"])
        if not queue:
            return 500, {
                "error": "INTERNAL_SERVER_ERROR",
                "error_description": f"test has no answer to {method}",
            }
        return queue.popleft() if len(queue) > 1 else queue[0]

    def _carry_out(self, commands):
        results, errors = {}, {}
        for key, command in commands.items():
            method, _, query = command.partition("?")
            self.requests.append((method.casefold(), parse_query(query)))
            answer = self.answer(method.casefold())
            if isinstance(answer, tuple):
                errors[key] = answer[1]
                break
            results[key] = answer
        return {"result": results or [], "result_error": errors or []}

    def _handler(portal):  # noqa: N805 - the handler's own self is inside
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                method = self.path.rsplit("/", 1)[1].removesuffix(".json").casefold()
                portal.requests.append((method, body))
                self.respond(portal.answer(method))

            def respond(self, answer):
                if answer == HANG:
                    portal.over.wait(5)
                if answer in (CUT, HANG):
                    self.close_connection = True
                    return
                is_raw = isinstance(answer, tuple)
                status, body = answer if is_raw else (200, {"result": answer, "time": {"operating": 0}})
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"https://new.example.com/rest/1/{CODE}/x")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        return Handler


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at=0.0):
        self.at = at

    def __call__(self):
        """The time."""
        return self.at


def error(code, text="", status=400, **more):
    """An error in the portal's envelope."""
    return status, {"error": code, "error_description": text, **more}


@pytest.fixture
def portal():
    """A scripted portal."""
    made = Portal()
    yield made
    made.close()


@pytest.fixture
def clock():
    """Unix seconds and monotonic seconds in one."""
    return Clock(1_700_000_000.0)


@pytest.fixture
def make_client(portal, clock):
    """Clients of the scripted portal (or of another address), closed afterwards."""
    made = []

    def make(url=None, timeout_seconds=2.0, bucket=None):
        client = Client(
            webhook(url or portal.url), timeout_seconds, bucket or Bucket(clock=clock), clock, lambda _: None
        )
        made.append(client)
        return client

    yield make
    for each in made:
        each.close()


@pytest.fixture
def adapter(portal, clock, make_client):
    """An adapter of the scripted portal."""
    settings = BitrixSettings(webhook=portal.url, default_user=1)
    return BitrixAdapter(settings, "bitrix", make_client(), clock, clock)


@pytest.fixture
def words():
    """The words in which tests script a portal."""

    class Words:
        cut, hang, code = CUT, HANG, CODE
        fails = staticmethod(error)

    return Words
