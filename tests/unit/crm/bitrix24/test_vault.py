"""Where tokens lie: for us only, whole after any crash."""

import stat

import pytest

from itgrix_core.crm.bitrix24.grant import grant_of, moved
from itgrix_core.crm.bitrix24.vault import SET_UP_SECONDS, Connection, Vault
from itgrix_core.errors import DataFolderError

PAYLOAD = {
    "access_token": "acc3ss",
    "refresh_token": "r3fr3sh",
    "client_endpoint": "https://acme.example.com/rest/",
    "server_endpoint": "https://oauth.bitrix24.tech/rest/",
    "member_id": "m1",
    "user_id": "7",
    "something": ["new"],
}


def test_what_is_kept_comes_back_and_nobody_else_may_read_it(tmp_path):
    """Another process sees the same; files and folder are ours alone, whatever the account is called."""
    kept = Connection(grant_of(PAYLOAD), "m1", "t0ken", "k3y")
    vault = Vault(tmp_path, "../main office")
    with vault.locked():
        vault.store(kept)
    assert Vault(tmp_path, "../main office").connection() == kept
    assert vault.file.parent == tmp_path / "bitrix24"
    assert stat.S_IMODE(vault.file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in vault.file.parent.iterdir()} == {0o600}


def test_every_secret_is_told_to_whoever_keeps_logs_clean(tmp_path):
    """When it is stored, and when it is read."""
    told = []
    vault = Vault(tmp_path, "office", told.append)
    vault.change(grant=grant_of(PAYLOAD), application_token="t0ken", event_key="k3y")
    assert {"acc3ss", "r3fr3sh", "t0ken", "k3y"} <= set(told)
    told.clear()
    vault.connection()
    assert set(told) == {"acc3ss", "r3fr3sh", "t0ken", "k3y"}
    assert not {"acc3ss", "r3fr3sh"} & set(repr(vault.connection()).replace("'", " ").split())


def test_a_damaged_file_is_told_with_the_way_out(tmp_path):
    """Not taken for an account that was never connected."""
    vault = Vault(tmp_path, "office")
    vault.change(member_id="m1")
    vault.file.write_text('{"grant":')
    with pytest.raises(DataFolderError, match="itgrix connect bitrix24 office"):
        vault.connection()


def test_a_window_is_open_for_a_quarter_of_an_hour_and_until_it_is_closed(tmp_path):
    """Each has a key of its own."""
    vault = Vault(tmp_path, "office")
    first, second = vault.open_window(1000.0), vault.open_window(1000.0)
    assert first.key != second.key
    assert vault.window(1000.0 + SET_UP_SECONDS - 1) == second
    assert vault.window(1000.0 + SET_UP_SECONDS) is None
    vault.close_window()
    assert vault.window(1000.0) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"refresh_token": None}, "lacks refresh_token"),
        ({"member_id": ["m"]}, "lacks member_id"),
        ({"client_endpoint": "http://acme.example.com/rest/"}, "is not https"),
        ({"client_endpoint": "https://u:p@acme.example.com/rest/"}, "is not https"),
    ],
)
def test_an_answer_that_is_no_grant_is_refused_without_showing_it(change, sentence):
    """Half a pair, or a portal in the clear."""
    with pytest.raises(ValueError, match=sentence) as caught:
        grant_of(PAYLOAD | change)
    assert "acc3ss" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "endpoint"),
    [
        ("https://new.example.com/rest/profile.json", "https://new.example.com/rest/"),
        ("https://acme.example.com/rest/profile.json", None),
        ("http://new.example.com/rest/profile.json", None),
        ("https://new.example.com/auth/?backurl=x", None),
        ("/rest/profile.json", None),
    ],
)
def test_a_move_is_followed_to_rest_over_tls_only(location, endpoint):
    """A page that asks for a login is no new portal."""
    assert moved(grant_of(PAYLOAD), location) == endpoint
