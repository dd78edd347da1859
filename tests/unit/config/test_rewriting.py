"""A changed configuration file takes the old one's place only when it means what was wanted."""

import os

import pytest

from itgrix_core.config.editing import with_disabled
from itgrix_core.config.load import load
from itgrix_core.config.rewriting import rewrite
from itgrix_core.errors import ConfigError

TEXT = "# ours\nhooks:\n  folder: hooks\nasterisk: {main: {secret: {env: SECRET}}}\n"
ENVIRON = {"SECRET": "s"}


@pytest.fixture
def file(tmp_path):
    """A configuration file that others may not read."""
    file = tmp_path / "itgrix.yaml"
    file.write_bytes(TEXT.encode())
    file.chmod(0o640)
    return file


def disable(file, names):
    """Have these names in it."""
    settings = load(file, ENVIRON)
    hooks = settings.hooks.model_copy(update={"disabled": names})
    wanted = settings.model_copy(update={"hooks": hooks})
    rewrite(file, lambda text: with_disabled(text, names), wanted, ENVIRON)


def test_the_rest_of_the_file_and_its_rights_stay(file):
    """One line more, and nothing is left beside it."""
    disable(file, ["fair"])
    assert file.read_text() == TEXT.replace("  folder", "  disabled: [fair]\n  folder")
    assert file.stat().st_mode & 0o777 == 0o640
    assert [*file.parent.iterdir()] == [file]


def test_a_link_stays_a_link(file):
    """The file that it leads to is changed."""
    link = file.with_name("link.yaml")
    link.symlink_to(file.name)
    disable(link, ["fair"])
    assert link.is_symlink()
    assert "fair" in file.read_text()


def test_an_editors_mark_at_the_begin_stays(file):
    """Some write one."""
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    disable(file, ["fair"])
    assert file.read_bytes().startswith(b"\xef\xbb\xbf# ours")


@pytest.mark.parametrize(
    "text",
    [
        "hooks:\n  disabled: &names [old]\n  order: *names\n",
        "hooks:\n  order: &names [old]\n  disabled: *names\n",
    ],
)
def test_what_would_change_something_else_is_not_written(file, text):
    """A list that another setting shares is told, with the line to write."""
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"write yourself, under hooks: `disabled: \[old, fair\]`"):
        disable(file, ["old", "fair"])
    assert file.read_text() == text
    assert [*file.parent.iterdir()] == [file]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_is_told(file):
    """With the line to write."""
    file.parent.chmod(0o500)
    try:
        with pytest.raises(ConfigError, match=r"Permission denied.*write yourself"):
            disable(file, ["fair"])
    finally:
        file.parent.chmod(0o700)


def test_a_full_disk_leaves_the_old_file(file, monkeypatch):
    """And nothing beside it."""

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        disable(file, ["fair"])
    assert file.read_text() == TEXT
    assert [*file.parent.iterdir()] == [file]
