"""Where services of one machine meet: a folder that each finds without being told."""

from pathlib import Path

import pytest

from itgrix_core.config import state_folder
from itgrix_core.config.schema import Settings
from itgrix_core.config.state_folder import state_folder_of


@pytest.fixture
def unset(monkeypatch, tmp_path):
    """A user with a home in a machine without any set-up of ours."""
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(state_folder, "SYSTEM_FOLDER", tmp_path / "system")
    return tmp_path


def test_the_setting_comes_first(tmp_path):
    """Whatever the environment says."""
    assert state_folder_of(Settings(state_folder=tmp_path)) == tmp_path


def test_the_environment_comes_next(monkeypatch, tmp_path):
    """As the desktop's standard has it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder_of(Settings()) == tmp_path / "itgrix"


def test_the_machines_own_folder_counts_where_it_can_be_written(unset):
    """Else the user's, which need not exist yet."""
    assert state_folder_of(Settings()) == unset / "home" / ".local" / "state" / "itgrix"
    (unset / "system").mkdir()
    assert state_folder_of(Settings()) == unset / "system"


def test_a_user_without_a_home_has_none(unset, monkeypatch):
    """Then each process counts alone."""

    def homeless():
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    assert state_folder_of(Settings()) is None
