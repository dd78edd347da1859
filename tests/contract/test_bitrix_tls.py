"""A boxed portal with a certificate of its own authority, and the proxy on the way to it."""

import socket

import pytest

from itgrix_core.config.schema import ApplicationSettings, BitrixSettings
from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.adapter import check, client_of
from itgrix_core.crm.bitrix24.client import Reply
from itgrix_core.crm.bitrix24.grant import grant_of
from itgrix_core.crm.bitrix24.oauth import OAuthServer
from itgrix_core.crm.bitrix24.transport import session_of
from itgrix_core.crm.bitrix24.vault import Vault
from itgrix_core.sandbox.bitrix import Settings, oauth, run_portal


class Boxed:
    """A portal behind TLS of its own authority, and a connected account's vault."""

    def __init__(self, running, door, file, folder):
        door.leads_to(running.port)
        self.running, self.file = running, file
        self.url = f"https://{door.domain}"
        self.webhook = f"{self.url}/rest/1/sandboxcode/"
        self.vault = Vault(folder, "office")
        with running.portal.changing() as world:
            application = world.settings.applications[0]
            payload = oauth.granted(world, application, oauth.give(world, application.app_id, 1))
        self.vault.change(grant=grant_of(payload | {"client_endpoint": f"{self.url}/rest/"}))

    def application(self, **more):
        """Settings of the application."""
        named = {"portal": self.url, "oauth_server": self.url, "client_id": "local.sandbox.1"}
        application = ApplicationSettings(**named, client_secret="sandboxsecret")
        return BitrixSettings(application=application, **more)


@pytest.fixture
def boxed(private_tls, tmp_path, monkeypatch):
    """One whose authority this machine does not know."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with run_portal(Settings(limits=None)) as running:
        yield Boxed(running, *private_tls, tmp_path)


def test_a_certificate_of_an_unknown_authority_is_named_and_nothing_is_sent(boxed):
    """By webhook and by application; the way out is the setting."""
    for settings in (BitrixSettings(webhook=boxed.webhook), boxed.application()):
        ((is_fine, sentence),) = check(settings, "office", boxed.vault)
        assert not is_fine
        assert (
            f"the certificate of {boxed.url} is not trusted; write its authority into `ca_file`" in sentence
        )
    refusal = OAuthServer(boxed.application(), "office", session_of(boxed.url)).probe()
    assert isinstance(refusal, Blocked)
    assert "is not trusted: write its authority into ca_file" in refusal.text
    assert boxed.running.portal.ledger.entries() == []


def test_with_its_authority_both_ways_lead_to_the_portal(boxed, monkeypatch, tmp_path):
    """Whatever the environment says; the hour's end included, which asks the OAuth server."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "there-is-none.pem"))
    found = check(BitrixSettings(webhook=boxed.webhook, ca_file=boxed.file), "office")
    assert found[0][0], found
    with boxed.running.portal.changing() as world:
        oauth.expire_all(world)
    client = client_of(boxed.application(ca_file=boxed.file), "office", vault=boxed.vault)
    assert isinstance(client.call("profile"), Reply)
    client.close()


def test_an_authority_that_is_not_there_is_named(boxed, tmp_path):
    """Not as an error of the network."""
    missing = tmp_path / "no.pem"
    ((is_fine, sentence),) = check(BitrixSettings(webhook=boxed.webhook, ca_file=missing), "office")
    assert not is_fine
    assert sentence == f"crm.office.ca_file: {missing} does not exist: put the certificates (PEM) there"


def test_the_proxy_of_the_settings_is_the_way_and_a_dead_one_is_named(boxed):
    """Nothing goes round it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings = BitrixSettings(webhook=boxed.webhook, ca_file=boxed.file, proxy=dead)
    ((is_fine, sentence),) = check(settings, "office")
    assert not is_fine
    assert f"the proxy does not lead to {boxed.url}; see `proxy`" in sentence
    refusal = OAuthServer(settings, "office", session_of(boxed.url, boxed.file, dead)).by_code("x")
    assert isinstance(refusal, Blocked)
    assert "the proxy does not lead to https://oauth.bitrix" in refusal.text
    assert boxed.running.portal.ledger.entries() == []
