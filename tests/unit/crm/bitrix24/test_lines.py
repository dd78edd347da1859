"""The account's numbers as lines of a sandbox portal: made where missing, kept in step, never deleted."""

import pytest

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.crm.bitrix24.adapter import client_of
from itgrix_core.crm.bitrix24.lines import register_lines
from itgrix_core.sandbox.bitrix import Fault, FaultKind, run_portal

KNOWN = "74950000001"


@pytest.fixture
def portal():
    """A portal with the lines 74950000001 and 74950000002."""
    with run_portal() as running:
        yield running


@pytest.fixture
def register(portal):
    """Bring the lines of these settings in step; what is told of each."""

    def run(*lines, **more):
        settings = BitrixSettings(
            webhook=portal.webhook, lines={f"trunk{n}": line for n, line in enumerate(lines)}, **more
        )
        client = client_of(settings, "bitrix")
        try:
            return list(register_lines(client, settings))
        finally:
            client.close()

    return run


@pytest.fixture
def lines(portal):
    """Each line of the portal by its number."""
    return lambda: {line.number: line for line in portal.portal.world.lines}


def writes(portal):
    """The requests that changed lines."""
    return [
        entry.method.rpartition(".")[2]
        for entry in portal.portal.ledger.entries()
        if "externalLine" in entry.method and not entry.method.endswith("get")
    ]


def test_a_line_that_is_missing_is_made_and_one_that_nobody_names_is_left(register, lines):
    """With the number as its name; somebody may rename it in the portal."""
    assert register(KNOWN, "74950000009")[-1] == (True, "Line 74950000009 was made.")
    assert lines().keys() == {KNOWN, "74950000002", "74950000009"}
    assert lines()["74950000009"].name == "74950000009"


def test_once_in_step_nothing_is_written_any_more(register, portal):
    """One request each day."""
    register(KNOWN, "74950000009")
    before = writes(portal)
    assert all(is_well for is_well, _ in register(KNOWN, "74950000009"))
    assert writes(portal) == before


@pytest.mark.parametrize(
    ("rules", "word"),
    [
        ({}, "N"),
        ({"create_for": ["inbound", "outbound"]}, "Y"),
        ({"create_for": ["outbound"], "creation": [{"create": "lead"}]}, "N"),
        ({"creation": [{"create": "portal", "directions": ["outbound"]}]}, "Y"),
    ],
)
def test_a_line_creates_for_calls_out_as_the_settings_say(register, lines, rules, word):
    """A portal's line does so by itself unless it is told not to (facts A7)."""
    register(KNOWN, "74950000009", **rules)
    assert {lines()[number].crm_auto_create for number in (KNOWN, "74950000009")} == {word}


def test_another_spelling_of_a_line_of_the_portal_is_named_and_nothing_is_made(register, lines):
    """It would be a second line of the same number."""
    ((is_well, text),) = register("+7 495 000-00-01")
    assert not is_well
    assert "The portal writes line +7 495 000-00-01 as 74950000001" in text
    assert len(lines()) == 2


def test_two_spellings_in_the_settings_are_one_line_and_named(register, lines):
    """The first one counts."""
    told = register("74950000009", "+74950000009")
    assert (False, "+74950000009 in `lines` is another spelling of a line: write both alike.") in told
    assert len(lines()) == 3


def test_a_portal_that_cannot_be_asked_is_told_of(register, portal):
    """In a sentence; nothing is written."""
    portal.portal.faults.add(Fault(FaultKind.HTML, "telephony.externalLine.get"))
    ((is_well, text),) = register(KNOWN)
    assert not is_well
    assert text.startswith("The portal's lines cannot be read (")
    assert writes(portal) == []
