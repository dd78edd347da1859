"""The index of numbers: what is put in is found by any spelling, and a file that is none is made anew."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from itgrix_core.directory.numbers import FILE, NumberIndex, Progress
from itgrix_core.errors import DataFolderError
from itgrix_core.filing.routing import Employee
from itgrix_hooks.values import Entity, PhoneNumber, User

EVA, FIRM = Entity("contact", 5, "Eva", 11), Entity("company", 7, "Firm", 12)
ROUND = Progress()


@pytest.fixture
def index(tmp_path):
    """An empty one."""
    with closing(NumberIndex(tmp_path)) as opened:
        yield opened


def put(index, *rows, account="crm", progress=ROUND):
    """Entities, each with its numbers."""
    for entity, *numbers in rows:
        listed = [(entity, [PhoneNumber(each) for each in numbers])]
        index.put(account, entity.kind, listed, [], progress)


def found(index, number, account="crm"):
    """Whose it is."""
    return set(index.clients_of(account, PhoneNumber(number)))


def test_a_number_is_found_however_it_is_written(index):
    """An extension behind it does not count, as the portal's own search ignores it."""
    put(
        index,
        (EVA, "+7 (916) 000-00-01"),
        (FIRM, "8 495 111 22 33 доб. 12", "74951112244,5", "7495 111-22-55 ext 6"),
    )
    for spelling in ("89160000001", "9160000001", "+79160000001"):
        assert found(index, spelling) == {EVA}
    for spelling in ("84951112233", "+74951112244", "74951112255"):
        assert found(index, spelling) == {FIRM}
    assert found(index, "79160000002") == found(index, "") == found(index, "101") == set()


def test_several_have_a_number_and_one_has_several(index):
    """Each account its own."""
    put(index, (EVA, "79160000001", "79160000002"), (FIRM, "89160000001"))
    put(index, (FIRM, "79160000001"), account="other")
    assert found(index, "79160000001") == {EVA, FIRM}
    assert found(index, "79160000002") == {EVA}
    assert found(index, "79160000001", "other") == {FIRM}


def test_what_changed_replaces_what_was(index):
    """Name, responsible, numbers; without a number, and deleted, nothing is left."""
    put(index, (EVA, "79160000001"))
    moved = replace(EVA, name="Eve", responsible_id=None)
    put(index, (moved, "79160000009"))
    (only,) = found(index, "79160000009")
    assert (only.name, only.responsible_id) == ("Eve", None)
    assert found(index, "79160000001") == set()
    put(index, (moved,))
    put(index, (FIRM, "1234567890"))
    index.forget("crm", "company", 7)
    index.put("crm", "contact", [], [5], ROUND)
    assert found(index, "79160000009") == found(index, "1234567890") == set()


def test_a_round_sweeps_out_what_it_did_not_see(index):
    """Of its own kind only; what is asked in between is found all the time."""
    put(index, (EVA, "79160000001"), (replace(EVA, id=6), "79160000001"), (FIRM, "79160000001"))
    second = ROUND.again()
    put(index, (EVA, "79160000001"), progress=second)
    assert len(found(index, "79160000001")) == 3
    index.finish("crm", "contact", replace(second, is_whole=True, is_building=False))
    assert found(index, "79160000001") == {EVA, FIRM}
    assert index.progress("crm", "contact").round == 2


def test_what_was_asked_in_between_is_known_and_replaced_when_its_turn_comes(index):
    """A search before its turn."""
    index.learn("crm", PhoneNumber("89160000001"), [EVA])
    assert found(index, "79160000001") == {EVA}
    put(index, (replace(EVA, name="Eve"), "79160000001"))
    index.learn("crm", PhoneNumber("89160000001"), [EVA])
    assert [each.name for each in found(index, "79160000001")] == ["Eve"]


def test_employees_are_those_of_the_last_list(index):
    """Whoever is not in it is dismissed."""
    alice, boris = Employee(User(11, "Alice", "101"), "OPENED"), Employee(User(12, "Boris", None))
    index.keep_staff("crm", [alice, boris])
    assert [index.employee("crm", user) for user in (11, 12, 13)] == [alice, boris, None]
    index.keep_staff("crm", [boris])
    assert index.employee("crm", 11) is None
    assert index.employee("other", 12) is None


def test_it_goes_on_after_a_restart(tmp_path):
    """Numbers, employees and how far the copying has come."""
    progress = Progress(
        3, 77, is_whole=True, is_building=True, since="2026-11-26T10:00:00+03:00", built_at=1.0
    )
    with closing(NumberIndex(tmp_path)) as index:
        put(index, (EVA, "79160000001"), progress=progress)
    with closing(NumberIndex(tmp_path)) as index:
        assert found(index, "79160000001") == {EVA}
        assert index.progress("crm", "contact") == progress
        assert index.progress("crm", "lead") == Progress()
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_figures_tell_what_is_known_and_since_when(index):
    """Different numbers; whole when every kind is; as fresh as the oldest look."""
    assert index.figures("crm", ["contact"]) == index.figures("other", ["contact"])
    assert index.figures("crm", ["contact"]).checked_at is None
    done = Progress(is_whole=True, is_building=False, checked_at=100.0)
    put(index, (EVA, "79160000001"), (FIRM, "89160000001", "5"), progress=done)
    figures = index.figures("crm", ["contact", "company"])
    assert (figures.numbers, figures.is_whole, figures.checked_at) == (2, True, 100.0)
    assert not index.figures("crm", ["contact", "lead"]).is_whole


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_built_again(tmp_path, content):
    """It is a copy: nothing is lost but time, and the log says so."""
    (tmp_path / FILE).write_bytes(content)
    with capture_logs() as logs, closing(NumberIndex(tmp_path)) as index:
        put(index, (EVA, "79160000001"))
        assert found(index, "79160000001") == {EVA}
    assert "is damaged and is built again" in logs[0]["event"]


def test_a_file_of_another_version_is_built_again(tmp_path):
    """Also one of a later version, after a step back."""
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("PRAGMA user_version = 99")
    with closing(NumberIndex(tmp_path)) as index:
        assert found(index, "79160000001") == set()


def test_a_file_that_cannot_be_used_is_an_error_with_its_place(tmp_path):
    """At the opening, and later on."""
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match=r"directory\.db"):
        NumberIndex(tmp_path / "file")
    index = NumberIndex(tmp_path)
    index.close()
    with pytest.raises(DataFolderError, match="cannot be used"):
        index.clients_of("crm", PhoneNumber("79160000001"))
