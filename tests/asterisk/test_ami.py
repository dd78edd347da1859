"""The line to a real Asterisk: TLS, IPv6, MD5, rights, what it is asked, and `itgrix record`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from rigkit.server import CONF

from itgrix_core.ami.client import AmiClient
from itgrix_core.ami.rights import NEEDED, allowed_actions, missing_write_rights
from itgrix_core.ami.supervisor import Supervisor
from itgrix_core.config.schema_asterisk import AsteriskSettings, TlsSettings
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import name_of, read_blocks
from itgrix_core.wire.messages import Message

pytestmark = pytest.mark.asterisk

TLS_PORT = 5039
PATIENCE_SECONDS = 20.0


def until(condition, what):
    """Wait for something; fail with its name."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture
def manager(asterisk):
    """`manager(line, …)`: these lines more in [general] of manager.conf, until the test is over."""
    file = asterisk.server.tree / CONF / "manager.conf"
    before = file.read_text()

    def change(*lines):
        file.write_text(before.replace("[general]\n", "\n".join(["[general]", *lines, ""]), 1))
        asterisk.server.cli("manager reload")

    yield change
    file.write_text(before)
    asterisk.server.cli("manager reload")


@pytest.fixture
def secured(asterisk, manager):
    """`secured(certificate, host)`: Asterisk speaks TLS there with it (a PEM file of the tests)."""

    def start(certificate, host=None, *lines):
        inside = asterisk.server.tree / CONF / "tls.pem"
        inside.write_bytes(Path(certificate).read_bytes())
        where = f"[{host}]" if host and ":" in host else host or asterisk.host
        manager(
            "tlsenable = yes", f"tlsbindaddr = {where}:{TLS_PORT}", f"tlscertfile = /{CONF}/tls.pem", *lines
        )

    return start


@pytest.fixture
def client():
    """Make clients; they are disconnected at the end."""
    made = []

    def make(host, port, **options):
        made.append(AmiClient(host, port, timeout=5, **options))
        return made[-1]

    yield make
    for one in made:
        one.disconnect()


def test_ami_inside_tls_is_ami(asterisk, secured, client, authority):
    """Challenge, login, list and events go through it."""
    secured(authority.issue(asterisk.host))
    chunks = []
    tls = TlsSettings(enabled=True, ca_file=authority.file)
    ours = client(asterisk.host, TLS_PORT, tls=tls, on_chunk=lambda data, at: chunks.append(data))
    ours.open_session(asterisk.username, asterisk.secret)
    assert ours.booted.wait(5)
    assert "CoreShowChannels" in {name for name, _ in ours.ask({"Action": "ListCommands"}).headers()}
    asterisk.server.cli("module reload res_parking.so")
    until(lambda: b"Event: Reload" in b"".join(chunks), "an event")


def test_refusals_name_what_is_wrong(asterisk, secured, client, authority, other_authority):
    """Unknown authority, wrong host, expired, the clear where TLS is spoken, TLS where the clear is."""

    def refused(port=TLS_PORT, **tls):
        with pytest.raises(AmiError) as told:
            client(asterisk.host, port, tls=TlsSettings(**tls)).open_session(
                asterisk.username, asterisk.secret
            )
        return str(told.value)

    ours = {"enabled": True, "ca_file": authority.file}
    secured(authority.issue("pbx.example.com"))
    assert "signed by nobody we know" in refused(enabled=True, ca_file=other_authority.file)
    assert f"the certificate is not for {asterisk.host}" in refused(**ours)
    assert "it is AMI in the clear" in refused(asterisk.port, **ours)
    assert "needs asterisk.*.tls.enabled" in refused()
    secured(authority.issue(asterisk.host, days=-1))
    assert "has expired" in refused(**ours)


def test_ami_over_ipv6(asterisk, secured, client, authority):
    """Inside TLS, at ::1, which is in the certificate."""
    secured(authority.issue("::1"), "::1")
    ours = client("::1", TLS_PORT, tls=TlsSettings(enabled=True, ca_file=authority.file))
    ours.open_session(asterisk.username, asterisk.secret)
    assert ours.ask({"Action": "Ping"}).timestamp is not None
    assert ours.where == f"[::1]:{TLS_PORT}"


def test_the_secret_is_proven_by_md5(asterisk, client):
    """Asterisk takes the key; a wrong secret is refused as ever."""
    client(asterisk.host, asterisk.port).open_session(asterisk.username, asterisk.secret, auth="md5")
    with pytest.raises(AmiError, match="refuses user 'itgrix'"):
        client(asterisk.host, asterisk.port).open_session(asterisk.username, "another", auth="md5")


def test_rights_are_told_by_the_actions_that_are_listed(asterisk, client):
    """A user with all of them, one with those of the manual, one with none."""

    def allowed(username):
        ours = client(asterisk.host, asterisk.port)
        ours.open_session(username, asterisk.secret)
        return ours.ask({"Action": "ListCommands"})

    for username in ("itgrix", "itgrix-min"):
        assert missing_write_rights(username, allowed(username)) == []
    said = allowed("itgrix-mute")
    assert allowed_actions(said) == []
    rights = {need.right for need in NEEDED.values()}
    sentences = missing_write_rights("itgrix-mute", said)
    assert len(sentences) == len(rights)
    assert all(any(f"`write` lacks {right}," in sentence for sentence in sentences) for right in rights)


def test_a_session_is_told_what_the_pbx_is_made_of_and_then_what_lives(asterisk):
    """In the order in which it was asked; SIPpeers is refused where chan_sip is not loaded."""
    data = []
    settings = AsteriskSettings(
        host=asterisk.host, port=asterisk.port, username="itgrix-min", secret=asterisk.secret
    )
    supervisor = Supervisor("rig", settings, lambda chunk, at: data.append(chunk))
    supervisor.start()
    until(lambda: b"Event: StatusComplete" in b"".join(data), "the answer to Status")
    blocks = read_blocks(b"".join(data))
    ends = [name_of(block).decode() for block in blocks if b"\r\nEventList: Complete" in block]
    peers = ["PeerlistComplete"] if "PeerlistComplete" in ends else []
    assert ends == [
        "EndpointListComplete", *peers, "QueueStatusComplete", "CoreShowChannelsComplete", "StatusComplete",
    ]  # fmt: skip
    assert {"101", "provider1"} <= {Message(b).get("ObjectName") for b in blocks}
    assert supervisor.state.missing_rights == ()
    assert supervisor.stop()


def test_record_writes_a_live_call_as_a_fixture(asterisk, phones, tmp_path):
    """What the phones did is what the masked fixture replays to."""
    config = tmp_path / "itgrix.yaml"
    rig = {"host": asterisk.host, "username": "itgrix-min", "secret": asterisk.secret}
    config.write_text(yaml.safe_dump({"asterisk": {"rig": rig}}))
    itgrix = [sys.executable, "-m", "itgrix_core.app.cli", "-c", str(config)]
    environ = {name: value for name, value in os.environ.items() if name != "ITGRIX_CONFIG"}
    process = subprocess.Popen(
        [*itgrix, "record", "--to", str(tmp_path / "calls")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    )
    with process:
        process.stderr.readline()
        until(lambda: "itgrix-min" in asterisk.server.cli("manager show connected"), "the login")
        truth = phones.inbound_answered(number="79165551010", extension="102", ring=1, talk=1)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=20)
    assert process.returncode == 0, complained
    assert "answered by 102" in said
    (fixture,) = (tmp_path / "calls").glob("*.ami.gz")
    draft = json.loads(fixture.with_name(fixture.name.replace(".ami.gz", ".truth.json")).read_text())
    (call,) = draft["calls"]
    assert call["talk_s"] == pytest.approx(truth["talk_s"], abs=1)
    assert [leg["result"] for leg in call["legs"]] == [leg["result"] for leg in truth["legs"]]
    assert len(draft["recordings"]) == 1
    assert call["external_number"] not in {None, truth["external_number"]}
    replayed = subprocess.run(
        [*itgrix, "replay", "--json", str(fixture)], capture_output=True, text=True, check=True, env=environ
    )
    assert json.loads(replayed.stdout)["answered_by"] == "102"
