"""`itgrix dialplan`: what is printed fits the settings, holds no secret, and leads on when nobody answers."""

import re

import pytest
import yaml
from click.testing import CliRunner

from itgrix_core.app.cli import main


@pytest.fixture
def printed(tmp_path):
    """`printed(style, *options, routing=…, …)`: the command's result."""

    def run(style, *options, **settings):
        file = tmp_path / "itgrix.yaml"
        file.write_text(yaml.safe_dump(settings))
        return CliRunner().invoke(main, ["-c", str(file), "dialplan", style, *options])

    return run


BOTH = {"routing": {"agi_port": 4573, "token": "s3cret"}, "web": {"port": 15038}}


@pytest.mark.parametrize("style", ["freepbx", "plain"])
def test_every_step_leads_to_one_that_there_is(printed, style):
    """Gosubs and Gotos, of both doors; whatever happens the subroutine returns."""
    text = printed(style, **BOTH).output
    contexts = set(re.findall(r"^\[(.+?)\]$", text, re.MULTILINE))
    assert contexts == {"itgrix-manager", "itgrix-manager-http", "itgrix-ring"}
    assert set(re.findall(r"^ same => .*Gosub\((.+?),s,1\)", text, re.MULTILINE)) <= contexts
    labels = set(re.findall(r"^ same => n\((\w+)\)", text, re.MULTILINE))
    assert set(re.findall(r"\?(\w+)\)", text)) | set(re.findall(r"Goto\(s,(\w+)\)", text)) == labels
    for body in re.split(r"^\[.+\]$", text, flags=re.MULTILINE)[1:]:
        steps = [line for line in body.splitlines() if line.startswith(" same")]
        assert steps[-1].endswith(("Return()", "Goto(s,answered)"))


@pytest.mark.parametrize("style", ["freepbx", "plain"])
def test_no_secret_is_printed(printed, style):
    """The token is named, not shown."""
    text = printed(style, **BOTH).output
    assert "s3cret" not in text
    assert "${ITGRIX_TOKEN}" in text


def test_only_open_doors_are_asked(printed):
    """And each where it is."""
    agi = printed("plain", routing={"agi_port": 4573, "agi_host": "::1"}).output
    assert "AGI(agi://[::1]:4573/main,${ARG1})" in agi
    assert "CURL(" not in agi
    http = printed("freepbx", routing={"token": "x" * 9}, web={"port": 15038}).output
    assert "CURL(http://127.0.0.1:15038/route/main," in http
    assert "AGI(" not in http
    assert "target itgrix-manager-http,s,1" in http


def test_the_dialplan_waits_a_little_longer_than_we_do(printed):
    """Or every answer that needs its time would be lost."""
    text = printed("plain", hooks={"limits": {"question_seconds": 3}}, **BOTH).output
    assert "Set(TIMEOUT(absolute)=3.5)" in text
    assert "Set(CURLOPT(httptimeout)=3.5)" in text


def test_of_several_asterisks_one_is_named(printed):
    """Each prints its own name into the address."""
    two = {"asterisk": {"main": {}, "branch": {}}, **BOTH}
    assert "AGI(agi://127.0.0.1:4573/branch," in printed("plain", "--asterisk", "branch", **two).output
    refused = printed("plain", **two)
    assert (refused.exit_code, "one of branch, main" in refused.output) == (2, True)
    unknown = printed("plain", "--asterisk", "brunch", **two)
    assert (unknown.exit_code, "did you mean" in unknown.output) == (2, True)


def test_where_nobody_would_answer_nothing_is_printed(printed):
    """With the way out."""
    refused = printed("plain")
    assert refused.exit_code == 2
    assert "set agi_port" in refused.output


def test_settings_that_do_not_fit_are_mistakes(printed):
    """A token without a page, networks and extensions that are none."""
    alone = printed("plain", routing={"token": "x"})
    assert "write web.port" in alone.output
    wrong = printed("plain", routing={"agi_port": 1, "allowed": ["office"], "fallback": ["101&102"]})
    assert "must be an address or a network" in wrong.output
    assert "routing.fallback" in wrong.output
