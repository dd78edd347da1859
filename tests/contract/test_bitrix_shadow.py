"""The one door of a client that only reads."""

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.adapter import Refused
from itgrix_core.crm.bitrix24.adapter import client_of
from itgrix_core.crm.bitrix24.client import Reply
from itgrix_core.crm.bitrix24.multipart import FilePart
from itgrix_core.sandbox.bitrix import Settings, run_portal


@pytest.fixture
def portal():
    """Any."""
    with run_portal(Settings(limits=None)) as running:
        yield running


@pytest.fixture
def client(portal):
    """A way to it on which nothing is written."""
    made = client_of(BitrixSettings(webhook=portal.webhook), "b", is_reading_only=True)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("telephony.externalCall.register", {"USER_ID": 1, "PHONE_NUMBER": "1", "TYPE": 2}),
        ("Telephony.ExternalCall.Hide", {}),
        ("telephony.externalLine.add", {"NUMBER": "1"}),
        ("crm.lead.add", {"fields": {}}),
        ("event.bind", {}),
        ("event.offline.get", {}),
        ("some.method.nobody.knows", {}),
        ("batch", {"cmd": {"a": "user.get", "b": "crm.lead.add?fields[TITLE]=x"}}),
        ("batch", {"cmd": ["crm.lead.add?fields[TITLE]=x"]}),
        ("batch", {"cmd": {"a": "batch?cmd[a]=crm.lead.add"}}),
    ],
)
def test_what_is_not_known_to_read_only_never_leaves(client, portal, method, params):
    """Also inside a batch; nothing reaches the portal."""
    answer = client.call(method, params)
    assert isinstance(answer, Refused)
    assert "only reads" in answer.text
    assert portal.portal.ledger.entries() == []


def test_a_file_is_not_uploaded(client, portal, tmp_path):
    """Whoever gave its address."""
    file = tmp_path / "a.wav"
    file.write_bytes(b"RIFF")
    with FilePart("file", "a.wav", file) as part:
        assert isinstance(client.upload(f"{portal.url}rest/upload.json", part), Refused)
    assert portal.portal.ledger.entries() == []


def test_questions_are_asked(client):
    """Alone and together."""
    assert isinstance(client.call("user.get", {}), Reply)
    assert isinstance(client.call("batch", {"cmd": {"a": "user.get", "b": "crm.lead.list"}}), Reply)
