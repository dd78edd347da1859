"""AMI inside TLS: what is let through, and what each refusal says."""

import ssl
import threading

import pytest

from itgrix_core.ami.client import AmiClient
from itgrix_core.config.schema_asterisk import TlsSettings
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import read_blocks


@pytest.fixture
def secured(make_asterisk):
    """Start a scripted Asterisk that speaks TLS with this certificate (and may want one of the client)."""

    def make(certificate, client_authority=None, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_authority)
        return make_asterisk(tls=context, **options)

    return make


@pytest.fixture
def connect(make_client):
    """A client of this server; `tls` are the settings."""

    def make(asterisk, timeout=3.0, host="127.0.0.1", **tls):
        client = make_client(
            asterisk, is_logged_in=False, tls=TlsSettings(enabled=True, **tls), timeout=timeout
        )
        client._address = host
        return client

    return make


def refusal(client):
    """What the client says when it is not let in, or lets nobody in."""
    with pytest.raises(AmiError) as told:
        client.open_session("itgrix", "s3cret")
    assert "s3cret" not in str(told.value)
    assert client.finished is None or client._socket.fileno() == -1
    return str(told.value)


def test_a_certificate_of_the_named_authority_is_accepted(secured, connect, authority, wait):
    """The whole stream goes through it, in both directions."""
    asterisk = secured(authority.issue("127.0.0.1"))
    client = connect(asterisk, ca_file=authority.file)
    client.open_session("itgrix", "s3cret")
    assert client.ask({"Action": "Ping"}).get("Response") == "Success"
    asterisk.say("Event: Hangup\nUniqueid: 1")
    assert wait(lambda: [event.name for event in client.seen] == ["FullyBooted", "Hangup"])


def test_an_asterisk_that_signed_its_own_certificate_is_its_own_authority(secured, connect, authority):
    """As most are."""
    own = authority.issue("127.0.0.1", self_signed=True)
    connect(secured(own), ca_file=own).open_session("itgrix", "s3cret")


def test_an_unknown_authority_is_named(secured, connect, authority, other_authority):
    """Another one, none but the system's, a certificate that signed itself."""
    asterisk = secured(authority.issue("127.0.0.1"))
    for known in ({"ca_file": other_authority.file}, {}):
        assert "signed by nobody we know" in refusal(connect(asterisk, **known))
    alone = secured(authority.issue("127.0.0.1", self_signed=True))
    assert "asterisk.*.tls.ca_file" in refusal(connect(alone, ca_file=authority.file))
    assert asterisk.actions == []


def test_a_wrong_host_is_named_and_may_be_overruled(secured, connect, authority):
    """By the name that is in the certificate, or by not looking at it."""
    asterisk = secured(authority.issue("pbx.example.com", "127.0.0.9"))
    assert "the certificate is not for 127.0.0.1" in refusal(connect(asterisk, ca_file=authority.file))
    for how in ({"server_name": "pbx.example.com"}, {"check_hostname": False}):
        connect(asterisk, ca_file=authority.file, **how).open_session("itgrix", "s3cret")
    other = connect(asterisk, ca_file=authority.file, server_name="other.example.com")
    assert "not for other.example.com" in refusal(other)


def test_an_expired_certificate_is_named(secured, connect, authority):
    """With where it is renewed."""
    said = refusal(connect(secured(authority.issue("127.0.0.1", days=-1)), ca_file=authority.file))
    assert "has expired" in said
    assert "tlscertfile" in said


def test_ami_in_the_clear_is_named_when_tls_is_wanted(make_asterisk, connect):
    """Port 5038 instead of 5039."""
    assert "does not speak TLS: it is AMI in the clear" in refusal(connect(make_asterisk()))


@pytest.mark.parametrize(
    ("banner", "sentence"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak TLS"),
        (b"", "it says nothing"),
        (None, "closes the connection"),
    ],
)
def test_what_is_not_tls_is_named(make_asterisk, connect, banner, sentence):
    """Another service, a silent one, one that hangs up."""
    assert sentence in refusal(connect(make_asterisk(banner=banner), timeout=0.3))


def test_tls_is_named_when_the_clear_is_wanted(secured, make_client, authority):
    """Such a server waits for our greeting, as we wait for its: nothing comes, and the sentence says why."""
    client = make_client(secured(authority.issue("127.0.0.1")), is_logged_in=False, timeout=0.3)
    assert "needs asterisk.*.tls.enabled" in refusal(client)


def test_an_asterisk_may_want_a_certificate_of_ours(secured, connect, authority, other_authority):
    """manager.conf's tlsverifyclient."""
    asterisk = secured(authority.issue("127.0.0.1"), client_authority=authority.file)
    assert "asterisk.*.tls.certificate_file" in refusal(connect(asterisk, ca_file=authority.file))
    stranger = connect(asterisk, ca_file=authority.file, certificate_file=other_authority.issue("itgrix"))
    assert "asterisk.*.tls.certificate_file" in refusal(stranger)
    ours = authority.issue("itgrix")
    connect(asterisk, ca_file=authority.file, certificate_file=ours).open_session("itgrix", "s3cret")


def test_files_that_cannot_be_used_are_named_with_their_setting(tmp_path, authority):
    """Before anything is sent."""
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    for tls, sentence in [
        ({"ca_file": tmp_path / "no.pem"}, r"tls\.ca_file: .*no\.pem cannot be read"),
        ({"ca_file": nothing}, r"tls\.ca_file: .* holds no certificate"),
        ({"certificate_file": tmp_path / "no.pem"}, r"tls\.certificate_file: .* cannot be read"),
        ({"certificate_file": authority.file}, r"tls\.certificate_file: .* hold no certificate with its"),
    ]:
        with pytest.raises(AmiError, match=sentence):
            AmiClient("127.0.0.1", 1, tls=TlsSettings(enabled=True, **tls)).open_session("itgrix", "x")


def test_many_threads_send_while_much_is_read(secured, connect, authority, wait):
    """OpenSSL forbids two threads in one connection at a time: nothing is torn, mixed up or lost."""
    asterisk = secured(authority.issue("127.0.0.1"))
    chunks = []
    client = connect(asterisk, ca_file=authority.file)
    client._on_chunk = lambda data, at: chunks.append(data)
    client.open_session("itgrix", "s3cret")
    answers = []

    def answer(server, action):
        number = len([1 for each in server.actions if each["Action"] == "Ping"])
        padding = "x" * 500
        event = f"Event: Hangup\r\nUniqueid: {number}\r\nPadding: {padding}\r\n\r\n"
        return event * 20 + server.usual(action)

    def ask():
        answers.extend(client.ask({"Action": "Ping"}, timeout=10).get("Response") for _ in range(50))

    asterisk.answers["Ping"] = answer
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == ["Success"] * 200

    def hangups():
        return [block for block in read_blocks(b"".join(chunks)) if block.startswith(b"Event: Hangup")]

    assert wait(lambda: len(hangups()) == 4000)
    told = [int(block.split(b"Uniqueid: ")[1].split(b"\r")[0]) for block in hangups()]
    assert told == [number for number in range(1, 201) for _ in range(20)]
