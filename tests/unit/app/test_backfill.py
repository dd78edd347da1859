"""`itgrix backfill`, as an operator meets it."""

import json
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[2] / "recorded" / "ast22"
CONFIG = """
data_folder: var
asterisk:
  main:
    timezone: Europe/Moscow
    history:
      cel: {{file: "{cel}"}}
      cdr: {{file: "{cdr}"}}
"""


@pytest.fixture
def backfill(itgrix):
    """`backfill("--since", …)` on the history of one recording."""

    def run(*arguments, name="inbound_answered", config=None):
        cel, cdr = (RECORDED / f"{name}.{log}.csv" for log in ("cel", "cdr"))
        return itgrix("backfill", *arguments, config=config or CONFIG.format(cel=cel, cdr=cdr))

    return run


def test_a_period_is_filed_once_and_summed_up(backfill):
    """The second time all is known."""
    first = backfill("--since", "2026-11-22", "--until", "2026-11-23")
    assert first.exit_code == 0, first.output
    assert "17 rows read" not in first.stdout  # CDRs are rows, too
    assert "19 rows read, 1 calls in them.\n1 filed now, 0 corrected, 0 known" in first.stdout
    assert "could not be told" in first.stdout
    again = backfill("--since", "2026-11-22", "--until", "2026-11-23")
    assert "0 filed now, 0 corrected, 1 known" in again.stdout


def test_times_are_the_pbxs_own_unless_they_have_an_offset(backfill):
    """The file's 20:30 is Moscow's, hours before London's."""
    assert "1 calls" in backfill("--since", "2026-11-22 20:00", "--until", "2026-11-22 21:00").stdout
    elsewhere = ("--since", "2026-11-22T20:00+00:00", "--until", "2026-11-22T21:00+00:00")
    assert "0 calls" in backfill(*elsewhere).stdout
    assert "1 calls" in backfill("--since", "2026-11-22T17:00Z", "--until", "2026-11-22T18:00Z").stdout


def test_a_dry_run_speaks_the_words_of_replay_and_files_nothing(backfill, tmp_path):
    """One JSON object per call, with what could not be told; the rest goes to stderr."""
    result = backfill("--dry-run", "1795379816.483", name="attended_transfer_refer")
    calls = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(call["direction"], call["last_agent"]) for call in calls] == [("inbound", "102")]
    assert calls[0]["untold"] == ["rang_at", "transfers.how", "recordings"]
    assert "calls in them" in result.stderr
    assert not (tmp_path / "var").exists()


def test_piped_progress_is_a_line_now_and_then(backfill, monkeypatch):
    """On stderr, without colours or moving things."""
    monkeypatch.setattr("itgrix_core.app.cli.backfill.PLAIN_EVERY", 10)
    result = backfill("--since", "2026-11-22", "--until", "2026-11-23", name="load_30_mixed")
    assert [line.split(", ")[1] for line in result.stderr.splitlines()] == ["20 calls read", "30 calls read"]
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give either LINKEDIDs or a period"),
        (("1.2", "--since", "2026-11-22"), "Give either LINKEDIDs or a period"),
        (("--since", "tomorrow"), "'tomorrow' is no time. Write 2026-11-22"),
        (("--since", "2026-11-22", "--until", "2026-11-21"), "--since is not before --until"),
        (("--since", "2026-11-22", "--asterisk", "branch"), "There is no Asterisk branch in the settings"),
    ],
)
def test_a_question_that_cannot_be_meant_is_answered_with_the_way_out(backfill, arguments, words):
    """And 2, as the command line's own mistakes."""
    result = backfill(*arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_without_a_history_the_settings_to_write_are_named(backfill):
    """The Asterisk is known, its CEL is not."""
    result = backfill("--since", "2026-11-22", config="asterisk: {main: {}}\n")
    assert result.exit_code == 2
    assert "asterisk.main.history: does not say where CEL and CDR are" in result.stderr


def test_of_several_asterisks_one_is_chosen(backfill):
    """There is none to be guessed."""
    result = backfill("--since", "2026-11-22", config="asterisk: {a: {}, b: {}}\n")
    assert "Say which Asterisk with --asterisk; there are: a, b." in result.output


def test_a_file_that_is_not_there_is_a_sentence(backfill):
    """Not a traceback."""
    result = backfill("--since", "2026-11-22", name="none")
    assert result.exit_code == 7
    assert "none.cdr.csv: cannot be read" in result.stderr
