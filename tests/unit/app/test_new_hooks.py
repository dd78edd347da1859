"""`itgrix hooks new`: names that are taken or unfit, what is in the way, and what to go on with."""

import pytest

from itgrix_core.app.new_hooks import TEMPLATES, Kind, write
from itgrix_core.errors import ConfigError, ItgrixError


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        (Kind.FILE, "Fair-Missed", "take fair_missed"),
        (Kind.FILE, "class", "no name of a Python module"),
        (Kind.FILE, "1st", "take st"),
        (Kind.FILE, "", "no name of a Python module"),
        (Kind.FILE, "../fair", "take fair"),
        (Kind.FILE, "_helper", "helpers and tests"),
        (Kind.FILE, "test_fair", "helpers and tests"),
        (Kind.FILE, "conftest", "helpers and tests"),
        (Kind.FILE, "defaults", "itgrix hooks show defaults"),
        (Kind.FILE, "email", "which it would hide"),
        (Kind.FILE, "click", "which it would hide"),
        (Kind.PACKAGE, "Acme Hooks", "take acme-hooks"),
        (Kind.PACKAGE, "acme/hooks", "take acme-hooks"),
        (Kind.PACKAGE, "-acme", "take acme"),
        (Kind.PACKAGE, "2nd-line", "no name of a Python module"),
        (Kind.PACKAGE, "defaults", "there is a plugin"),
    ],
)
def test_a_name_that_will_not_do_is_told_with_the_way_out(tmp_path, kind, name, sentence):
    """And nothing is written."""
    with pytest.raises(ConfigError, match=sentence):
        write(kind, name, tmp_path, ["defaults"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "there"), [(Kind.FILE, "test_fair.py"), (Kind.PACKAGE, "fair")])
def test_what_is_there_is_not_written_over(tmp_path, kind, there):
    """Not even a part of the new one is written beside it."""
    (tmp_path / there).write_text("mine")
    with pytest.raises(ConfigError, match=f"{there}: is there already"):
        write(kind, "fair", tmp_path, [])
    assert [file.name for file in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """A file where a folder should be."""
    (tmp_path / "file").touch()
    with pytest.raises(ItgrixError, match="give another --folder"):
        write(Kind.FILE, "fair", tmp_path / "file" / "hooks", [])


@pytest.mark.parametrize("kind", Kind)
def test_nothing_of_the_templates_name_is_left(tmp_path, kind):
    """Neither in names of files nor in them; all that the template holds is written."""
    files = write(kind, "acme_hooks" if kind is Kind.FILE else "acme.more-hooks", tmp_path, [])
    count = sum(file.is_file() and file.suffix != ".pyc" for file in (TEMPLATES / kind.value).rglob("*"))
    assert len(files) == count >= 2
    for file in files:
        assert "your" not in str(file.relative_to(tmp_path)) + file.read_text()
        assert "dot-" not in str(file.relative_to(tmp_path))


def test_the_folder_of_the_settings_is_where_a_file_goes(itgrix, tmp_path, monkeypatch):
    """It is typed as short as it can be, and needs no hint on the settings."""
    monkeypatch.chdir(tmp_path)
    result = itgrix("hooks", "new", "fair", config="hooks: {folder: rules}\n")
    assert result.output.splitlines()[:2] == ["rules/fair.py", "rules/test_fair.py"]
    assert "    pytest rules" in result.output
    assert "itgrix.yaml says" not in result.output


def test_a_newcomer_needs_no_settings(itgrix, tmp_path, monkeypatch):
    """He is told what the settings will have to say."""
    monkeypatch.chdir(tmp_path)
    result = itgrix("hooks", "new", "fair")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "hooks" / "fair.py").is_file()
    assert "hooks: {folder: hooks}" in result.output


@pytest.mark.parametrize("name", ["sandbox/inbound_answered", "no_such_recording"])
def test_a_name_of_no_bundled_recording_is_told(itgrix, name):
    """With the way out."""
    result = itgrix("replay", name)
    assert result.exit_code == 6
    assert "as inbound_answered" in result.stderr


def test_a_bundled_recording_is_replayed_by_its_name(itgrix):
    """A newcomer has none of his own; a file of that name comes first."""
    result = itgrix("replay", "inbound_answered")
    assert result.exit_code == 0
    assert "CallEnded" in result.stdout
