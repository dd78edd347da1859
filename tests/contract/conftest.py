"""A sandbox portal with the adapter in front of it, and one call's journal as delivery keeps it.

Also a door of TLS before a portal, for clients that know no other.
"""

import contextlib
import socket
import ssl
import threading

import pytest
import trustme

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.adapter import Done, Step, Unknown
from itgrix_core.crm.bitrix24.adapter import BitrixAdapter
from itgrix_core.filing.commands import (
    FinishCall,
    RegisterCall,
)
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind
from itgrix_core.sandbox.bitrix.server import run_portal
from itgrix_core.sandbox.bitrix.view import state
from itgrix_hooks.values import Direction, Disposition, PhoneNumber

START = 1_795_000_000.0
CLIENT = "+79160000001"


class Clock:
    """One clock for both sides."""

    def __init__(self):
        self.at = START

    def __call__(self):
        """Unix seconds."""
        return self.at


class Office:
    """A portal, its adapter, and one call's journal as delivery keeps it."""

    def __init__(self, portal, clock, settings):
        self.portal, self.clock = portal.portal, clock
        self.adapter = BitrixAdapter(settings, "bitrix", now=clock, clock=clock)
        self.done = []
        self.key = "main/1795000000.1"
        self._steps = 0

    @property
    def filed(self):
        """What the call has put into the portal so far."""
        return self.adapter.filed(self.done)

    @property
    def state(self):
        """The portal's memory."""
        with self.portal.lock:
            return state(self.portal.world)

    def step(self, command):
        """The command with a key of its own."""
        self._steps += 1
        return Step(f"{self.key}/{self._steps}", command, self.adapter.params_of(command, self.filed))

    def file(self, *commands):
        """Perform; what was done goes into the journal."""
        return self.send(*[self.step(command) for command in commands])

    def send(self, *steps):
        """Perform steps, once more perhaps."""
        outcomes = self.adapter.perform(steps, self.filed, self.clock())
        for step, outcome in zip(steps, outcomes, strict=True):
            self.keep(step, outcome)
        return outcomes

    def keep(self, step, outcome):
        """Write a done step into the journal."""
        if isinstance(outcome, Done):
            self.done.append((step.command.kind, step.params, outcome.answer))
        return outcome

    def settle(self, command):
        """Send a step whose answer gets lost, look it up, send it again if it was not executed."""
        step = self.step(command)
        (outcome,) = self.send(step)
        assert isinstance(outcome, Unknown)
        found = self.adapter.look_up(step, self.filed)
        return self.send(step)[0] if found is None else self.keep(step, found)

    def lose(self, method, kind=FaultKind.CUT, **more):
        """Spoil the next call of a method."""
        self.portal.faults.add(Fault(kind, method, **more))

    def executed(self, method):
        """How often the portal executed a method."""
        return len(self.portal.ledger.entries(method, lambda entry: entry.is_executed))

    def registration(self, number=CLIENT, direction=Direction.INBOUND, **more):
        """The call rings at 101 (user 11)."""
        told = {
            "user_id": 11,
            "started_at": self.clock(),
            "show_to": (11,),
            "good_until": self.clock() + 60,
        } | more
        return RegisterCall(self.key, number=PhoneNumber(number), direction=direction, **told)

    def end(self, disposition=Disposition.ANSWERED, talk=60.0, user_id=11, direction=Direction.INBOUND):
        """The call's end."""
        return FinishCall(self.key, user_id, direction, disposition, talk)


@pytest.fixture
def clock():
    """Stands until it is moved."""
    return Clock()


@pytest.fixture
def open_office(clock):
    """Offices, closed afterwards."""
    opened = []

    def make(portal_settings=None, seed=None, **settings):
        portal = run_portal(portal_settings, seed, clock=clock)
        chosen = {"webhook": portal.webhook, "default_user": 1, "timeout_seconds": 2.0} | settings
        office = Office(portal, clock, BitrixSettings(**chosen))
        opened.append((portal, office))
        return office

    yield make
    for portal, office in opened:
        office.adapter.close()
        portal.stop()


@pytest.fixture
def office(open_office):
    """An ordinary one."""
    return open_office()


@pytest.fixture
def recording(tmp_path):
    """A file with sound in it."""
    file = tmp_path / "in-101.wav"
    file.write_bytes(b"RIFF" + bytes(2000))
    return str(file)


class TlsDoor:
    """Takes TLS connections on localhost and hands their bytes to a portal's port."""

    def __init__(self, authority):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._context)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.domain = f"localhost:{self._listening.getsockname()[1]}"
        self._port = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def leads_to(self, port):
        """From now on to this portal."""
        self._port = port

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, connection):
        """One request and its answer after the other, until the client has had enough."""
        with contextlib.suppress(OSError), connection:
            outside = self._context.wrap_socket(connection, server_side=True)
            with outside, socket.create_connection(("127.0.0.1", self._port)) as inside:
                back = threading.Thread(target=self._pump, args=(inside, outside), daemon=True)
                back.start()
                self._pump(outside, inside)
                back.join()

    def _pump(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        """Take no more connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    """A door of TLS, and its authority trusted by whoever uses `requests`."""
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(file)
    door = TlsDoor(authority)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("REQUESTS_CA_BUNDLE", str(file))
        yield door
    door.close()
