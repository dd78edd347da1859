"""Recordings over SFTP, on a real server of a real protocol."""

import pytest
from sftp_server import sftp_server

from itgrix_core.config.schema_recordings import SftpSettings
from itgrix_core.recordings.sftp import SftpSource
from itgrix_core.recordings.source import SourceError

paramiko = pytest.importorskip("paramiko")


@pytest.fixture
def server(tmp_path):
    """A server with an empty folder of recordings."""
    (tmp_path / "there" / "monitor").mkdir(parents=True)
    with sftp_server(tmp_path / "there") as running:
        running.folder = tmp_path / "there" / "monitor"
        yield running


@pytest.fixture
def open_source(server):
    """Sources, closed afterwards."""
    opened = []

    def make(**more):
        opened.append(SftpSource(SftpSettings(**server.settings(**more)), "asterisk.main.recordings.sftp"))
        return opened[-1]

    yield make
    for source in opened:
        source.close()


def test_a_file_is_found_and_brought_as_it_is(server, open_source, record, tmp_path):
    """Over one connection."""
    there = record("2026/11/in.wav", 3, server.folder)
    source = open_source()
    seen = source.look(["nowhere.wav", "2026/11/in.wav"])
    assert seen.size == there.stat().st_size
    assert seen.changed_at == pytest.approx(there.stat().st_mtime, abs=1)
    here = source.bring(seen, tmp_path)
    assert (here.name, here.read_bytes()) == ("in.wav", there.read_bytes())
    assert source.probe().endswith("/monitor (1 entries)")
    assert server.connections == 1


def test_a_pattern_is_looked_for_in_its_folder_alone(server, open_source, record):
    """Of several that of most bytes; what is no audio is none."""
    record("2026/in-1.wav", 0, server.folder)
    record("2026/out-1.wav", 2, server.folder)
    (server.folder / "2026" / "note-1.txt").write_bytes(bytes(90_000))
    source = open_source()
    assert source.look(["2026/*-1.*"]).place == "/monitor/2026/out-1.wav"
    assert source.look(["2027/*"]) is None


@pytest.mark.parametrize(
    "name", ["../secret.wav", "..", "a/../../secret.wav", "link.wav", "nul\0.wav", "", "/"]
)
def test_nothing_outside_the_folder_is_had(server, open_source, record, name):
    """Also by a link, which the server follows."""
    record("secret.wav", 1, server.folder.parent)
    (server.folder / "link.wav").symlink_to(server.folder.parent / "secret.wav")
    assert open_source().look([name]) is None


def test_a_host_whose_key_is_not_known_gets_no_password(server, open_source):
    """It says how its key is found out."""
    with pytest.raises(
        SourceError, match=r"host key is not known; write what `ssh-keyscan -p \d+ 127\.0\.0\.1`"
    ):
        open_source(host_keys=[]).probe()


def test_a_host_with_another_key_gets_no_password(server, open_source):
    """Somebody stands between, or it was installed anew."""
    other = paramiko.ECDSAKey.generate()
    with pytest.raises(SourceError, match="another host key"):
        open_source(host_keys=[f"{other.get_name()} {other.get_base64()}"]).probe()


def test_its_key_may_stand_in_a_file_of_known_hosts(server, open_source, tmp_path):
    """As ssh keeps it."""
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
    assert open_source(host_keys=[], known_hosts=known).probe()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"password": "wrong"}, "refuses us; see"), ({"folder": "/nowhere"}, "no such folder")],
)
def test_what_is_wrong_is_said_with_its_setting(server, open_source, wrong, told):
    """And no secret."""
    with pytest.raises(SourceError, match=told) as caught:
        open_source(**wrong).probe()
    assert "asterisk.main.recordings.sftp" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_connection_that_has_gone_is_opened_once_more(server, open_source, record):
    """A firewall forgets idle ones."""
    record("in.wav", 1, server.folder)
    source = open_source()
    assert source.look(["in.wav"])
    server.hang_up()
    assert source.look(["in.wav"])
    assert server.connections == 2


def test_a_server_that_is_away_is_said_and_asked_again(server, open_source, record):
    """It comes back some day."""
    source = open_source(port=1)
    for _ in range(2):
        with pytest.raises(SourceError, match=r"recordings\.sftp"):
            source.look(["in.wav"])


def test_a_key_opens_as_well(server, open_source, tmp_path):
    """Also one with a password; one that the server does not know is refused."""
    key, file = paramiko.ECDSAKey.generate(), tmp_path / "id"
    key.write_private_key_file(str(file), password="n0t me")
    with pytest.raises(SourceError, match="refuses us"):
        open_source(key_file=file, password="n0t me").probe()
    server.keys.append(key)
    assert open_source(key_file=file, password="n0t me").probe()
    with pytest.raises(SourceError, match=r"recordings\.sftp"):
        open_source(key_file=file, password="wrong").probe()
