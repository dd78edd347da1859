"""Who may tell us something."""

import pytest

from itgrix_core.config.schema import BitrixSettings, EventSettings
from itgrix_core.crm.bitrix24.brackets import nested
from itgrix_core.crm.bitrix24.gate import Gate, Refusal
from itgrix_core.crm.bitrix24.vault import Connection, Vault
from itgrix_core.crm.notice import Notice

NOW = 1_800_000_000.0
CLICK = {
    "event": "onexternalcallstart",
    "data[CALL_ID]": "externalCall.1",
    "data[PHONE_NUMBER]": "+79160000001",
    "ts": "1799999990",
    "auth[application_token]": "t0ken",
    "auth[member_id]": "m1",
    "auth[access_token]": "cl1cker",
}


@pytest.fixture
def vault(tmp_path):
    """Of a portal that has told its token."""
    vault = Vault(tmp_path, "office")
    vault.change(member_id="m1", application_token="t0ken", event_key="k3y")
    return vault


@pytest.fixture
def admit(vault):
    """Let a form in, with other parts."""

    def run(changes=None, key="", settings=None):
        gate = Gate("office", settings or BitrixSettings(), vault, lambda: NOW)
        form = {name: value for name, value in (CLICK | (changes or {})).items() if value is not None}
        return gate.admit(nested(form.items()), key)

    return run


def test_a_genuine_event_is_a_notice_without_the_clickers_token(admit, vault):
    """Our own pair stays what it was."""
    before = vault.connection()
    notice = admit()
    data = {"CALL_ID": "externalCall.1", "PHONE_NUMBER": "+79160000001"}
    assert notice == Notice("office", "ONEXTERNALCALLSTART", data, 1_799_999_990.0)
    assert vault.connection() == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"auth[application_token]": "wr0ng"}, "another application_token"),
        ({"auth[application_token]": None}, "without application_token"),
        ({"auth[application_token]": "ключ"}, "another application_token"),
        ({"auth[member_id]": "m2"}, "another portal"),
        ({"auth[member_id]": None}, "without application_token or member_id"),
        ({"auth": "t0ken", "auth[application_token]": None}, "without application_token"),
        ({"event": None}, "no event"),
        ({"event": "<script>"}, "no event"),
    ],
)
def test_a_forged_event_is_refused_and_nothing_is_learnt(admit, vault, changes, sentence):
    """Also with the secret address, which may have leaked."""
    before = vault.connection()
    for key in ("", "k3y"):
        refusal = admit(changes, key)
        assert isinstance(refusal, Refusal)
        assert sentence in refusal.text
        assert "t0ken" not in refusal.text
    assert vault.connection() == before


def test_the_first_event_at_our_secret_address_teaches_the_token(admit, vault):
    """From then on only that one counts, and the portal is pinned."""
    with vault.locked():
        vault.store(Connection(event_key="k3y"))
    assert admit(key="guess").status == 403
    assert isinstance(admit(key="k3y"), Notice)
    assert (vault.connection().application_token, vault.connection().member_id) == ("t0ken", "m1")
    assert admit({"auth[application_token]": "other"}, "k3y").status == 403
    assert isinstance(admit(key="guess"), Notice)


def test_before_any_subscription_nothing_is_let_in(admit, vault):
    """An empty key opens nothing."""
    with vault.locked():
        vault.store(Connection())
    assert admit(key="").status == 403


def test_an_outgoing_webhooks_token_is_of_the_settings(admit, vault):
    """Its portal is pinned by the first event."""
    with vault.locked():
        vault.store(Connection())
    settings = BitrixSettings(events=EventSettings(application_token="t0ken"))
    assert isinstance(admit(settings=settings), Notice)
    assert admit({"auth[member_id]": "m2"}, settings=settings).status == 403


@pytest.mark.parametrize("stamp", ["", "tomorrow", "9" * 400, "1900000000", "-5", None])
def test_a_time_that_cannot_be_is_now(admit, stamp):
    """Nothing is born in the future."""
    assert admit({"ts": stamp}).at == NOW


def test_a_click_repeats_whatever_its_time_and_another_change_does_not():
    """A call is clicked once; a lead changes many times."""
    click = Notice("office", "ONEXTERNALCALLSTART", {"CALL_ID": "c1"}, 1.0)
    assert click.key == Notice("office", "ONEXTERNALCALLSTART", {"CALL_ID": "c1", "X": "1"}, 2.0).key
    lead = Notice("office", "ONCRMLEADUPDATE", {"FIELDS": {"ID": "5"}}, 1.0)
    assert lead.key == Notice("office", "ONCRMLEADUPDATE", {"FIELDS": {"ID": "5"}}, 1.0).key
    assert lead.key != Notice("office", "ONCRMLEADUPDATE", {"FIELDS": {"ID": "5"}}, 2.0).key
    assert lead.subject == "5"


@pytest.mark.parametrize(
    ("pairs", "data"),
    [
        ([("a[b][c]", "1"), ("a[b][d]", "2")], {"a": {"b": {"c": "1", "d": "2"}}}),
        ([("a[]", "1"), ("a[]", "2")], {"a": {"0": "1", "1": "2"}}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b", "1"), ("", "2")], {"a": "1", "1": "2"}),
        ([("a" + "[x]" * 7, "1")], {}),
    ],
)
def test_forms_with_brackets_are_nested_and_never_an_error(pairs, data):
    """As PHP writes them; what is deeper than anything of Bitrix24 is passed over."""
    assert nested(pairs) == data
