"""A running Bitrix24 portal and somebody who talks to it over HTTP."""

import pytest
import requests

from itgrix_core.sandbox.bitrix import Settings, run_portal


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        """Unix seconds."""
        return self.now


class Client:
    """Calls methods of a portal by webhook, or by token when one is given."""

    def __init__(self, running, token=None):
        self.running = running
        self.portal = running.portal
        self.token = token
        self.session = requests.Session()
        self.session.trust_env = False

    def address(self, method):
        """Where a method is called."""
        return (self.running.url + "rest/" if self.token else self.running.webhook) + method

    def body(self, method, /, **params):
        """The whole answer of a method that must succeed."""
        answer = self.session.post(self.address(method), json={**params, **self._auth()}, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def result(self, method, /, **params):
        """What a method answers."""
        return self.body(method, **params)["result"]

    def error(self, method, /, **params):
        """Status, code and text of a method that must be refused."""
        answer = self.session.post(self.address(method), json={**params, **self._auth()}, timeout=10)
        data = answer.json()
        return answer.status_code, data["error"], data["error_description"]

    def _auth(self):
        return {"auth": self.token} if self.token else {}

    def register(self, /, **params):
        """Register an incoming call of user 11 and an unknown number unless told otherwise."""
        usual = {"USER_ID": 11, "PHONE_NUMBER": "+79990000000", "TYPE": 2}
        return self.result("telephony.externalCall.register", **{**usual, **params})

    def finish(self, call_id, /, **params):
        """Finish a call as user 11 unless told otherwise."""
        return self.result("telephony.externalCall.finish", **{"CALL_ID": call_id, "USER_ID": 11, **params})

    def entity(self, kind, number):
        """A lead, contact, company or deal."""
        return self.result(f"crm.{kind}.get", id=number)


@pytest.fixture
def clock():
    """A clock for portals of this test."""
    return FakeClock()


@pytest.fixture
def start():
    """Starts a portal: `start(limits=None)`, `start(seed=…)`; a client of it comes back."""
    clients = []

    def make(*, seed=None, clock=None, ledger_path=None, token=None, **switches):
        switches.setdefault("limits", None)
        options = {"clock": clock} if clock else {}
        running = run_portal(Settings(**switches), seed, ledger_path=ledger_path, **options)
        clients.append(Client(running, token))
        return clients[-1]

    yield make
    for client in clients:
        client.session.close()
        client.running.stop()


@pytest.fixture
def client(start):
    """A client of a portal as it comes."""
    return start()


@pytest.fixture
def do():
    """Does a deed as somebody else's process does: `do(client, "click", user_id=11, number="…")`."""

    def doing(client, deed, **arguments):
        answer = client.session.post(f"{client.running.url}sandbox/do/{deed}", json=arguments, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    return doing
