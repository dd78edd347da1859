import pytest

from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.bitrix24.directory import Directory
from itgrix_hooks.values import User


def row(user_id, extension=None, *, active=True, name="N"):
    """A row of user.get: an empty field is left out."""
    return {"ID": str(user_id), "ACTIVE": active, "NAME": name} | (
        {"UF_PHONE_INNER": extension} if extension else {}
    )


def page(rows, next_start=None):
    """A page with the envelope around it."""
    return 200, {"result": rows} | ({"next": next_start} if next_start else {})


@pytest.fixture
def directory(make_client, clock):
    """The users of the scripted portal."""
    return Directory(make_client(), clock)


def test_all_pages_are_read(portal, directory):
    """Not the first fifty only."""
    portal.says("user.get", page([row(1, "101")], 50), page([row(2, "102")], 100), page([row(3, "103")]))
    assert directory.user_of_extension("103") == User(3, "N", "103")
    assert [body["start"] for body in portal.asked("user.get")] == [0, 50, 100]


def test_users_without_an_extension_and_inactive_ones_get_no_calls(portal, directory):
    """An empty extension is nobody's, whatever the portal's filter let through."""
    portal.says("user.get", page([row(1), row(2, "  "), row(3, "103", active=False), row(4, "104")]))
    assert [directory.user_of_extension(each) for each in ("", " ", "103")] == [None, None, None]
    assert directory.user_of_extension(" 104 ").id == 4


def test_of_two_users_with_one_extension_the_lowest_id_wins_and_both_are_told(portal, directory):
    """Whatever the order of the pages; one user on two pages is one."""
    portal.says("user.get", page([row(9, "101"), row(5, "101")], 50), page([row(9, "101"), row(7, "102")]))
    assert directory.user_of_extension("101").id == 5
    duplicates = directory.snapshot().duplicates
    assert {ext: [user.id for user in users] for ext, users in duplicates.items()} == {"101": [5, 9]}


def test_users_are_kept_for_five_minutes(portal, directory, clock):
    """A ring does not cost a request."""
    portal.says("user.get", page([row(1, "101")]), page([row(2, "101")]))
    assert directory.user_of_extension("101").id == 1
    clock.at += 299
    assert directory.user_of_extension("101").id == 1
    clock.at += 2
    assert directory.user_of_extension("101").id == 2


def test_an_unknown_extension_is_asked_for_again_after_a_minute(portal, directory, clock):
    """A new employee need not wait five; an extension of nobody costs one request a minute at most."""
    portal.says("user.get", page([row(1, "101")]), page([row(1, "101"), row(2, "102")]))
    assert directory.user_of_extension("102") is None
    clock.at += 59
    assert directory.user_of_extension("102") is None
    clock.at += 2
    assert directory.user_of_extension("102").id == 2
    assert len(portal.requests) == 2


@pytest.mark.parametrize(
    "bad", [(200, {"result": []}), (500, {"error": "INTERNAL_SERVER_ERROR"}), (502, b"<html>")]
)
def test_a_failed_or_empty_answer_leaves_the_last_good_users(portal, directory, clock, bad):
    """And is not asked again at once."""
    portal.says("user.get", page([row(1, "101")]), bad)
    directory.snapshot()
    clock.at += 301
    assert directory.user_of_extension("101").id == 1
    assert directory.user_of_extension("101").id == 1
    assert len(portal.requests) == 2


def test_a_failure_on_the_second_page_leaves_the_last_good_users(portal, directory, clock):
    """All pages or none."""
    portal.says("user.get", page([row(1, "101"), row(2, "102")]), page([row(1, "101")], 50), (502, b""))
    directory.snapshot()
    clock.at += 301
    assert directory.user_of_extension("102").id == 2


@pytest.mark.parametrize("bad", [(200, {"result": []}), (503, {"error": "QUERY_LIMIT_EXCEEDED"})])
def test_without_any_good_answer_the_portal_is_unavailable(portal, directory, bad):
    """Nobody is taken for "has no user" because the portal was busy."""
    portal.says("user.get", bad)
    with pytest.raises(CrmUnavailable) as caught:
        directory.user_of_extension("101")
    assert caught.value.seconds > 0


def test_a_dismissed_user_is_known_by_id(portal, directory):
    """Asked for once, then kept; so is the answer that there is none."""
    portal.says("user.get", page([row(1, "101")]), page([row(8, active=False)]), page([]))
    assert directory.user(1).is_active
    assert not directory.user(8).is_active
    assert not directory.user(8).is_active
    assert directory.user(9) is None
    assert directory.user(9) is None
    assert [body["FILTER"] for body in portal.asked("user.get")] == [{"ACTIVE": True}, {"ID": 8}, {"ID": 9}]
