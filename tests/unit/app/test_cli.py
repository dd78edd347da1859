"""The door: help, errors as sentences, where the configuration comes from."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from itgrix_core.app import cli
from itgrix_core.config import render
from itgrix_core.errors import CrmError


def run_process(*arguments, folder):
    """The real thing, piped."""
    command = [sys.executable, "-m", "itgrix_core.app.cli", *arguments]
    environ = {name: value for name, value in os.environ.items() if name != "ITGRIX_CONFIG"}
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def broken_verb(monkeypatch):
    """`broken_verb(error)`: `itgrix check` reads its settings and then raises this."""

    def make(error):
        @click.command()
        @click.pass_obj
        def check(invocation):
            if invocation.config_file:
                invocation.settings()
            raise error

        monkeypatch.setattr("itgrix_core.app.cli.check.check", check)

    return make


def test_help_lists_the_verbs_that_are_there(itgrix):
    """Each with one line; none is imported for it."""
    result = itgrix("--help")
    assert result.exit_code == 0
    for verb in ("check", "config", "hooks"):
        assert verb in result.output


def test_help_loads_no_verb(tmp_path):
    """`itgrix --help` is asked by people who wait."""
    code = "import sys; from itgrix_core.app.cli import main; main(['--help'], standalone_mode=False); "
    code += "sys.exit(any(m in sys.modules for m in ('pydantic', 'sqlalchemy', 'requests', 'structlog')))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False
        ).returncode
        == 0
    )


def test_every_verb_has_a_command_of_its_name(itgrix):
    """A module that is there can be loaded and explains itself."""
    context = click.Context(cli.main)
    for verb in cli.main.list_commands(context):
        assert cli.main.get_command(context, verb).name == verb
        assert itgrix(verb, "--help").exit_code == 0


def test_an_unknown_verb_is_told(itgrix):
    """As click does, with its exit code."""
    result = itgrix("sing")
    assert result.exit_code == 2
    assert "No such command 'sing'" in result.output


def test_the_version_is_told(itgrix):
    """For reports."""
    assert itgrix("--version").output.startswith("itgrix 0.")


def test_a_missing_configuration_is_a_sentence_with_the_way_out(tmp_path):
    """Not a traceback; exit code 2."""
    result = run_process("config", folder=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "itgrix.yaml: there is no such file; create one with `itgrix config --example > itgrix.yaml`\n"
    )


def test_the_way_out_works(tmp_path):
    """The example that is printed can be loaded from the working directory."""
    (tmp_path / "itgrix.yaml").write_text(run_process("config", "--example", folder=tmp_path).stdout)
    result = run_process("config", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"data_folder: {tmp_path / 'var'}" in result.stdout


def test_the_example_is_printed_as_it_is(itgrix):
    """Byte for byte the file of the repository."""
    assert itgrix("config", "--example").output == render.example()


def test_effective_settings_hide_secrets(itgrix):
    """They are pasted into tickets."""
    result = itgrix("config", config="asterisk: {main: {secret: s3cret}}\nworkers: 7\n")
    assert "s3cret" not in result.output
    assert "workers: 7" in result.output


def test_all_mistakes_go_to_stderr(itgrix):
    """One line each, the exit code says configuration."""
    result = itgrix("config", config="worker: 1\nlog_level: loud\n")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 2
    assert "worker: there is no such setting; did you mean workers?" in result.stderr


def test_the_variable_names_the_configuration(itgrix, tmp_path):
    """ITGRIX_CONFIG, for service files."""
    (tmp_path / "other.yaml").write_text("workers: 9\n")
    result = itgrix("config", env={"ITGRIX_CONFIG": str(tmp_path / "other.yaml")})
    assert "workers: 9" in result.output


def test_an_error_that_we_know_is_its_sentence(itgrix, broken_verb):
    """With its exit code, and without secrets."""
    broken_verb(CrmError("https://portal.example/rest/1/c0decode/ does not answer; look at the firewall."))
    result = itgrix("check")
    assert result.exit_code == 4
    assert result.stderr == "https://portal.example/rest/1/********/ does not answer; look at the firewall.\n"


def test_an_error_that_nobody_foresaw_is_kept_in_the_data_folder(itgrix, broken_verb, tmp_path):
    """One sentence for the operator, the traceback in a file, secrets in neither."""
    (tmp_path / "var").mkdir()
    broken_verb(RuntimeError("lost amis3cret"))
    result = itgrix("check", config="asterisk: {main: {secret: amis3cret}}\n")
    assert result.exit_code == 70
    assert "Traceback" not in result.output
    (file,) = (tmp_path / "var").glob("itgrix-error-*.txt")
    assert str(file) in result.stderr
    details = file.read_text()
    assert "RuntimeError: lost ********" in details
    assert "amis3cret" not in details + result.output
    assert file.stat().st_mode & 0o077 == 0


def test_without_a_data_folder_the_details_go_to_a_temporary_file(itgrix, broken_verb, tmp_path, monkeypatch):
    """The settings may never have been read."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    broken_verb(ZeroDivisionError("oops"))
    result = itgrix("check")
    assert result.exit_code == 70
    (file,) = tmp_path.glob("itgrix-error-*.txt")
    assert str(file) in result.stderr


def test_where_nothing_can_be_written_the_error_is_still_told(itgrix, broken_verb, tmp_path, monkeypatch):
    """A full disk must not hide it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    broken_verb(ZeroDivisionError("oops"))
    result = itgrix("check")
    assert result.exit_code == 70
    assert "could not be written anywhere: oops" in result.stderr


def test_a_reader_who_leaves_early_is_no_error(tmp_path):
    """`itgrix config --example | head -1`."""
    script = f"{sys.executable} -m itgrix_core.app.cli config --example | true; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in run.stderr
    assert "error of its own" not in run.stderr


def test_the_hooks_are_listed_with_their_status(itgrix, tmp_path):
    """Who is in, who is out and why; 1 when somebody is out against the operator's will."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "broken.py").write_text("import no_such_module_anywhere\n")
    result = itgrix("hooks", config="hooks: {folder: hooks}\n")
    assert result.exit_code == 1
    assert "defaults (built-in" in result.stdout
    assert any("broken" in line and "no_such_module_anywhere" in line for line in result.stdout.splitlines())


def test_hooks_that_are_all_in_end_with_zero(itgrix):
    """Also when one is out because the settings say so."""
    assert itgrix("hooks", config="workers: 1\n").exit_code == 0


def test_a_hook_folder_that_is_not_there_is_told(itgrix):
    """With its path."""
    result = itgrix("hooks", config="hooks: {folder: nowhere}\n")
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
    assert not Path("nowhere").exists()
