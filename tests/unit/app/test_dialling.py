"""What `check` says of an Asterisk that is to dial."""

import pytest
from pydantic import SecretStr

from itgrix_core.app.dialling import contexts_of, dialplan_findings
from itgrix_core.app.from_settings import click_rules_of
from itgrix_core.config.schema import BitrixSettings, EventSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.schema_dialling import ClickSettings, DialSettings, LineSettings
from itgrix_core.wire.messages import Message

LINES = {"1": LineSettings(asterisk="branch", context="out-branch"), "2": LineSettings(context="out-two")}


@pytest.fixture
def settings():
    """An account whose clicks may come, and two Asterisks."""
    events = EventSettings(application_token=SecretStr("token"), handler="https://pbx.example.com")
    crm = BitrixSettings(events=events, clicks=ClickSettings(lines=LINES))
    dial = DialSettings(channel="PJSIP/{extension}")
    return Settings(
        asterisk={"main": AsteriskSettings(), "branch": AsteriskSettings(dial=dial)}, crm={"office": crm}
    )


def test_each_context_is_named_with_its_setting(settings):
    """Of each Asterisk those that it dials in."""
    assert contexts_of(settings, "main") == {
        "from-internal": "asterisk.main.dial.channel",
        "out-two": "crm.office.clicks.lines.2.context",
    }
    assert contexts_of(settings, "branch") == {"out-branch": "crm.office.clicks.lines.1.context"}
    assert click_rules_of(settings, "office").asterisk == "main"


def test_where_no_click_can_come_no_context_is_looked_at(settings):
    """A webhook without an outgoing one, say."""
    bare = settings.model_copy(update={"crm": {"office": BitrixSettings()}})
    assert contexts_of(bare, "main") == {}


def test_a_context_that_is_not_there_is_told_with_its_setting(settings):
    """What this user may not ask is passed over."""
    answers = {
        "from-internal": "Response: Success\r\nMessage: DialPlan list will follow",
        "out-two": "Response: Error\r\nMessage: Did not find context out-two",
    }
    found = list(
        dialplan_findings(settings, "main", lambda asked: Message(answers[asked["Context"]].encode()))
    )
    assert [is_fine for is_fine, _ in found] == [True, False]
    assert "no context out-two" in found[1][1]
    assert "correct crm.office.clicks.lines.2.context" in found[1][1]
    denied = Message(b"Response: Error\r\nMessage: Permission denied")
    assert list(dialplan_findings(settings, "main", lambda _: denied)) == []
