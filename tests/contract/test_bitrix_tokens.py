"""An application's tokens against the sandbox, whose refresh tokens are good once."""

import json
import subprocess
import sys

import pytest

from itgrix_core.config.schema import ApplicationSettings, BitrixSettings
from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.adapter import client_of
from itgrix_core.crm.bitrix24.client import Reply
from itgrix_core.crm.bitrix24.grant import grant_of
from itgrix_core.crm.bitrix24.vault import Vault
from itgrix_core.sandbox.bitrix import Fault, FaultKind, Settings, oauth, run_portal

PROCESSES, THREADS = 6, 4
SECRET = "sandboxsecret"
WORKER = """
import sys, threading
from pathlib import Path
from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import client_of
from itgrix_core.crm.bitrix24.client import Reply
from itgrix_core.crm.bitrix24.vault import Vault

settings = BitrixSettings.model_validate_json(sys.argv[1])
client = client_of(settings, "office", vault=Vault(Path(sys.argv[2]), "office"))
assert isinstance(client.call("profile"), Reply)
print("ready", flush=True)
sys.stdin.readline()
answers = []
ask = lambda: answers.append(client.call("profile"))
threads = [threading.Thread(target=ask) for _ in range(int(sys.argv[3]))]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sum(isinstance(answer, Reply) for answer in answers), answers[0], flush=True)
"""


@pytest.fixture
def running():
    """A portal with rotating refresh tokens, and no limit of requests."""
    with run_portal(Settings(limits=None, is_refresh_strict=True)) as portal:
        yield portal


@pytest.fixture
def settings(running):
    """An account whose application is registered there."""
    return BitrixSettings(application=_application(running))


def _application(running, **changes):
    url = running.url.rstrip("/")
    named = {
        "portal": url,
        "client_id": "local.sandbox.1",
        "client_secret": "sandboxsecret",
        "oauth_server": url,
    }
    return ApplicationSettings(**(named | changes))


@pytest.fixture
def vault(running, tmp_path):
    """A connected account's."""
    vault = Vault(tmp_path, "office")
    with running.portal.changing() as world:
        application = world.settings.applications[0]
        grant = grant_of(oauth.granted(world, application, oauth.give(world, application.app_id, 1)))
    vault.change(grant=grant, member_id=grant.member_id)
    return vault


@pytest.fixture
def client(settings, vault):
    """A client of the account."""
    client = client_of(settings, "office", vault=vault)
    yield client
    client.close()


def refreshes(running):
    """How the OAuth server answered each request for a pair."""
    return [entry.status for entry in running.portal.ledger.entries() if entry.method == "oauth/token"]


def expire(running):
    """The hour is over."""
    with running.portal.changing() as world:
        oauth.expire_all(world)


def test_six_processes_with_one_expired_token_buy_one_pair_and_none_fails(running, settings, vault, tmp_path):
    """With four threads each: whoever comes second finds the pair that the first has stored."""
    told = json.loads(settings.model_dump_json())
    told["application"]["client_secret"] = SECRET
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps(told), str(tmp_path), str(THREADS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    assert {worker.stdout.readline() for worker in workers} == {"ready\n"}
    expire(running)
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [answer.split()[0] for answer in answers] == [str(THREADS)] * PROCESSES, answers
    assert refreshes(running) == [200]


def test_a_pair_is_bought_only_when_the_hour_is_over(running, client, vault):
    """And is on the disk when it is first used; another client reads it there."""
    for _ in range(3):
        assert isinstance(client.call("profile"), Reply)
    assert refreshes(running) == []
    expire(running)
    old = vault.connection().grant
    assert isinstance(client.call("profile"), Reply)
    new = vault.connection().grant
    assert refreshes(running) == [200]
    assert (new.access_token, new.refresh_token) != (old.access_token, old.refresh_token)


def test_a_pair_that_was_bought_and_cannot_be_used_at_once_is_not_lost(running, client, settings, vault):
    """The answer to the repeated call is cut; the stored pair opens the portal all the same."""
    expire(running)
    running.portal.faults.add(Fault(FaultKind.CUT, "user.get", skip=1, times=3))
    client.call("user.get")
    again = client_of(settings, "office", vault=vault)
    assert isinstance(again.call("profile"), Reply)
    assert refreshes(running) == [200]
    again.close()


def test_a_portal_that_moves_is_followed_with_the_same_tokens(running, client, vault):
    """The request goes to the new address as it was, and the address is kept."""
    new = f"localhost:{running.port}"
    with running.portal.changing() as world:
        world.moved_to = new
    body = {"fields": {"TITLE": "Moved"}}
    assert isinstance(client.call("crm.lead.add", body), Reply)
    assert client.portal == f"http://{new}"
    assert vault.connection().grant.client_endpoint == f"http://{new}/rest/"
    done = [e for e in running.portal.ledger.entries() if e.method == "crm.lead.add" and e.is_executed]
    assert len(done) == 1


def test_a_move_and_an_expired_token_at_once_are_both_mended(running, client):
    """One after the other, in one call."""
    expire(running)
    with running.portal.changing() as world:
        world.moved_to = f"localhost:{running.port}"
    assert isinstance(client.call("profile"), Reply)


def test_a_refresh_token_that_is_spent_needs_the_administrator(running, client):
    """Nothing goes aside; the sentence says what to run, and shows no token."""
    with running.portal.changing() as world:
        for pair in world.keys.pairs:
            pair.is_spent = True
    expire(running)
    failure = client.call("profile")
    assert isinstance(failure, Blocked)
    assert failure.why == "credentials"
    assert "run `itgrix connect bitrix24 office`" in failure.text
    assert "auth=" not in failure.text


def test_whoever_connects_anew_is_noticed_by_a_running_service(running, client, settings, vault):
    """Its token is unknown by now; the file has the new one."""
    assert isinstance(client.call("profile"), Reply)
    with running.portal.changing() as world:
        application = world.settings.applications[0]
        world.keys.pairs.clear()
        grant = grant_of(oauth.granted(world, application, oauth.give(world, application.app_id, 1)))
    vault.change(grant=grant)
    assert isinstance(client.call("profile"), Reply)
    assert refreshes(running) == []


def test_an_account_that_was_never_connected_is_blocked_with_the_way_out(running, settings, tmp_path):
    """Not an error of the portal: no request is made."""
    client = client_of(settings, "office", vault=Vault(tmp_path, "office"))
    failure = client.call("profile")
    assert isinstance(failure, Blocked)
    assert "is not connected yet: run `itgrix connect bitrix24 office`" in failure.text
    assert running.portal.ledger.entries() == []
    client.close()


def test_tokens_of_another_portal_are_not_taken(running, client, vault):
    """The portal's own name is pinned."""
    vault.change(member_id="another")
    expire(running)
    failure = client.call("profile")
    assert isinstance(failure, Blocked)
    assert "another portal's" in failure.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"client_secret": "wr0ng"}, "client_secret is wrong"),
        ({"client_id": "local.other"}, "knows no such client_id"),
    ],
)
def test_wrong_credentials_of_the_application_are_named(running, settings, vault, wrong, sentence):
    """Which of the two it is."""
    settings = settings.model_copy(update={"application": _application(running, **wrong)})
    client = client_of(settings, "office", vault=vault)
    expire(running)
    failure = client.call("profile")
    assert isinstance(failure, Blocked)
    assert sentence in failure.text
    assert "wr0ng" not in failure.text
    client.close()


def test_an_oauth_server_that_is_away_blocks_for_a_moment(running, settings, vault):
    """Nothing was executed; it is tried again by itself."""
    application = _application(running, oauth_server="http://127.0.0.1:9")
    client = client_of(settings.model_copy(update={"application": application}), "office", vault=vault)
    expire(running)
    failure = client.call("profile")
    assert isinstance(failure, Blocked)
    assert failure.why == "unreachable"
    assert "the OAuth server http://127.0.0.1:9 cannot be reached from this machine" in failure.text
    client.close()


def test_a_pair_is_not_spent_where_the_next_could_not_be_kept(running, client, vault):
    """A disk that takes nothing is met before the OAuth server is asked; later the old pair buys the next."""
    assert isinstance(client.call("profile"), Reply)
    expire(running)
    in_the_way = vault.file.with_suffix(".json.new")
    in_the_way.mkdir()
    failure = client.call("profile")
    assert isinstance(failure, Blocked)
    assert "cannot be used" in failure.text
    assert refreshes(running) == []
    in_the_way.rmdir()
    assert isinstance(client.call("profile"), Reply)
    assert refreshes(running) == [200]


def test_no_log_shows_a_token_or_our_secret(running, client, vault, caplog):
    """Not even urllib3's, which logs the address of each request and would show a whole query."""
    old = vault.connection().grant
    expire(running)
    with caplog.at_level("DEBUG"):
        assert isinstance(client.call("profile"), Reply)
    new = vault.connection().grant
    assert "/oauth/token/?***" in caplog.text
    for secret in (SECRET, old.refresh_token, new.access_token, new.refresh_token):
        assert secret not in caplog.text
    assert SECRET not in repr(client)
