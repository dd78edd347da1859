"""Recorded logs for every test that asks: `each_recording` is one of them, `all_recordings` are all.

A new recording is picked up by being there: NAME.ami.gz with its companions under `recorded/<folder>/`. One
of two linked PBXes is `each_pair`: a folder `recorded/<kind>-pair/NAME/` with the streams of both.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, settings

from itgrix_core.calls.events import Told
from itgrix_core.calls.learnt import key_of
from itgrix_core.calls.questions import RECORDING_VARIABLE
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import WANTED, Exchange, Tracker
from itgrix_core.sandbox.recordings import load
from itgrix_core.wire.frames import Framer, is_banner
from itgrix_core.wire.messages import Message

RECORDED = Path(__file__).parent / "recorded"
_TESTS = count()
Timed = tuple[Message, float]

# a machine with other work is slow, and no test goes by its speed
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@dataclass(frozen=True)
class Recorded:
    """One recorded log, read once for all tests.

    Attributes:
        id: folder and name, "ast22/inbound_answered".
        path: its .ami.gz.
    """

    id: str
    path: Path

    @property
    def family(self) -> str:
        """What recordings of one kind have in common: the first word of the name, of FreePBX's ways two."""
        words = self.path.name.partition(".")[0].split("_")
        return "_".join(words[: 1 + (words[0] == "freepbx")])

    @cached_property
    def messages(self) -> list[Timed]:
        """All messages, each with its own time or that of the piece that completed it."""
        framer, timed, now = Framer(), [], 0.0
        for piece, at in load(self.path).chunks_with_times():
            now = now if at is None else at
            messages = [Message(block) for block in framer.feed(piece) if not is_banner(block)]
            timed += [(m, now if m.timestamp is None else m.timestamp) for m in messages]
        return timed

    @cached_property
    def heard(self) -> list[Timed]:
        """The messages that a tracker reads; the variables that it does not look at are left out as well."""
        return [(message, at) for message, at in self.messages if _is_heard(message)]

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the phones know to have happened."""
        name = self.path.name.removesuffix(".ami.gz")
        return json.loads(self.path.with_name(f"{name}.truth.json").read_text(encoding="utf-8"))

    @cached_property
    def told(self) -> list[Told]:
        """What a tracker says, undisturbed."""
        return self._watched[0]

    @cached_property
    def learnt(self) -> bytes:
        """The row of what the PBX said of its endpoints, as it was at the end; b"" if it said nothing."""
        return self._watched[1]

    @cached_property
    def _watched(self) -> tuple[list[Told], bytes]:
        tracker = Tracker("lab")
        told = [event for message, at in self.heard for event in tracker.feed(message, at)]
        return told, tracker.changes().get(key_of("lab")) or b""


def _is_heard(message: Message) -> bool:
    if message.name == "VarSet":
        return message.get("Variable") == RECORDING_VARIABLE
    return not message.name or message.name.encode() in WANTED


LINKS = {"main": {"to-branch": "branch"}, "branch": {"to-main": "main"}}
"""The trunks between the two PBXes of the rig."""
Heard = tuple[str, Message, float]


@dataclass(frozen=True)
class Pair:
    """A recording of two PBXes that are linked.

    Attributes:
        id: folder and name, "ast22-pair/inbound_answered".
        path: its folder.
    """

    id: str
    path: Path

    @cached_property
    def streams(self) -> dict[str, Recorded]:
        """What each PBX said, by its name."""
        return {pbx: Recorded(f"{self.id}/{pbx}", self.path / f"{pbx}.ami.gz") for pbx in LINKS}

    @cached_property
    def heard(self) -> list[Heard]:
        """PBX, message and time of all that trackers read, in the order in which it came."""
        timed = [(pbx, *said) for pbx, stream in self.streams.items() for said in stream.heard]
        return sorted(timed, key=lambda each: each[2])

    @cached_property
    def truth(self) -> dict[str, Any]:
        """What the phones know to have happened."""
        return json.loads((self.path / "truth.json").read_text(encoding="utf-8"))

    @cached_property
    def told(self) -> list[Told]:
        """What their trackers say, undisturbed."""
        trackers = make_trackers()
        return [event for pbx, message, at in self.heard for event in trackers[pbx].feed(message, at)]


def make_trackers() -> dict[str, Tracker]:
    """New trackers of the two PBXes of the rig, linked."""
    exchange = Exchange()
    return {pbx: exchange.tracker(pbx, Topology(links=links)) for pbx, links in LINKS.items()}


PAIRS = [
    Pair(f"{path.parent.parent.name}/{path.parent.name}", path.parent)
    for path in sorted(RECORDED.glob("*-pair/*/truth.json"))
]

EVERY = [
    Recorded(f"{path.parent.name}/{path.name.removesuffix('.ami.gz')}", path)
    for path in sorted(RECORDED.glob("*/*.ami.gz"))
]


def pytest_sessionstart() -> None:
    """A shell starts what it puts into the background deaf for Ctrl-C; processes of tests have to hear it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`each_recording` or `each_pair` as an argument: once for every one, its name in the test's id."""
    if "each_recording" in metafunc.fixturenames:
        metafunc.parametrize("each_recording", EVERY, ids=[recorded.id for recorded in EVERY])
    if "each_pair" in metafunc.fixturenames:
        metafunc.parametrize("each_pair", PAIRS, ids=[pair.id for pair in PAIRS])


@pytest.fixture(scope="session", autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What services of a machine share lies in a folder of the tests, also for the processes they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _fresh_state_folder(_own_state_folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal's port may have been another test's, whose requests would be counted as this one's."""
    monkeypatch.setenv("XDG_STATE_HOME", f"{os.environ['XDG_STATE_HOME']}/{next(_TESTS)}")


@pytest.fixture(scope="session")
def all_recordings() -> list[Recorded]:
    """Every recording, by folder and name."""
    return EVERY


@pytest.fixture(scope="session")
def recording_of() -> dict[str, Recorded]:
    """Recordings by id."""
    return {recorded.id: recorded for recorded in EVERY}


@pytest.fixture(scope="session")
def pair_of() -> dict[str, Pair]:
    """Recordings of two linked PBXes on 22, by name."""
    return {pair.path.name: pair for pair in PAIRS if pair.path.parent.name == "ast22-pair"}


@pytest.fixture
def linked_trackers() -> Callable[[], dict[str, Tracker]]:
    """Makes new trackers of main and branch, which are linked."""
    return make_trackers


class Authority:
    """A certificate authority of the tests; its certificates, with their keys, lie in a folder.

    Attributes:
        file: its own certificate.
    """

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"tests' {name}")])
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._certificate(self._name, self._key, days=1).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.file = self._write(f"{name}.pem", own)

    def issue(self, *hosts: str, days: int = 1, self_signed: bool = False) -> Path:
        """A file with a certificate for these names and addresses, and its key; `days` < 0: expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
        certificate = self._certificate(name, key, days, name if self_signed else None).add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
        )
        number = len(list(self._folder.iterdir()))
        return self._write(f"{number}.pem", certificate, key, key if self_signed else self._key)

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, days: int, issuer: x509.Name | None = None
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer or self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3))
            .not_valid_after(now + timedelta(days=days))
        )

    def _write(
        self,
        name: str,
        certificate: x509.CertificateBuilder,
        key: ec.EllipticCurvePrivateKey | None = None,
        signer: ec.EllipticCurvePrivateKey | None = None,
    ) -> Path:
        pem = certificate.sign(signer or self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        if key is not None:
            pem += key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        path = self._folder / name
        path.write_bytes(pem)
        return path


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of the tests."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def other_authority(tmp_path: Path) -> Authority:
    """Somebody else who signs."""
    return Authority(tmp_path, "other")


@pytest.fixture(scope="session")
def find_port() -> Callable[[], int]:
    """Finds a port on which nobody listens now."""
    return _find_port


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens now."""
    return _find_port()


def _find_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
