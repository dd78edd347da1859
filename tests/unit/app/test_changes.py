"""Whether the files of a service have changed."""

import os

import pytest

from itgrix_core.app.changes import Changes


@pytest.fixture
def folder(tmp_path):
    """With a hook in it."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "fair.py").write_text("one")
    return folder


@pytest.fixture
def changes(tmp_path, folder):
    """Of that folder and a configuration beside it."""
    (tmp_path / "itgrix.yaml").write_text("hooks: {}")
    return Changes(tmp_path / "itgrix.yaml", folder)


def looks(changes, times=2):
    """What so many looks say."""
    return [changes.have_come() for _ in range(times)]


def test_nothing_has_changed(changes):
    """However often it is looked at."""
    assert looks(changes, 3) == [False, False, False]


@pytest.mark.parametrize("name", ["hooks/fair.py", "itgrix.yaml", "hooks/new.py", "hooks/_helper.py"])
def test_a_change_is_told_once_when_it_has_come_to_rest(changes, tmp_path, name):
    """A file, a new one, the configuration, a helper."""
    (tmp_path / name).write_text("another text")
    assert looks(changes, 4) == [False, True, False, False]


def test_what_is_still_being_written_is_waited_for(changes, folder):
    """Each look finds it otherwise."""
    for text in ("t", "tw", "two"):
        (folder / "fair.py").write_text(f"{text} and so many letters")
        assert not changes.have_come()
    assert changes.have_come()


def test_a_file_that_is_put_in_anothers_place_is_a_change(changes, folder):
    """With the same size and time."""
    file, new = folder / "fair.py", folder / "new"
    new.write_text("two")
    stat = file.stat()
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    new.replace(file)
    assert looks(changes) == [False, True]


def test_a_file_that_goes_is_a_change_and_other_files_are_none(changes, folder):
    """An editor's back-up, say."""
    (folder / "fair.py~").write_text("")
    assert looks(changes) == [False, False]
    (folder / "fair.py").unlink()
    assert looks(changes) == [False, True]


def test_what_is_read_at_a_signal_is_no_change_afterwards(changes, folder):
    """It would be read twice."""
    (folder / "fair.py").write_text("another text")
    changes.note()
    assert looks(changes) == [False, False]


def test_a_folder_that_is_not_there_has_no_files(tmp_path):
    """It is no reason to end."""
    assert looks(Changes(tmp_path / "itgrix.yaml", tmp_path / "nowhere")) == [False, False]
