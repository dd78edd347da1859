"""What counts now is replaced while it is in use."""

import threading

from itgrix_core.app.current import Current


def test_who_has_begun_with_the_old_one_ends_with_it():
    """It is ended when the last of them has let go, and not before."""
    ended = []
    current = Current("old", ended.append)
    with current.held() as first, current.held() as second:
        current.replace("new")
        assert (first, second) == ("old", "old")
        with current.held() as later:
            assert later == "new"
        assert ended == []
    assert ended == ["old"]
    with current.held() as later:
        assert later == "new"
    assert ended == ["old"]


def test_what_nobody_holds_is_ended_at_once():
    """Each one once."""
    ended = []
    current = Current(1, ended.append)
    with current.held():
        pass
    current.replace(2)
    current.replace(3)
    assert ended == [1, 2]


def test_no_holder_sees_one_that_was_ended():
    """Under many threads and replacements."""
    ended, wrong = set(), []
    current = Current(0, ended.add)

    def hold():
        for _ in range(500):
            with current.held() as what:
                if what in ended:
                    wrong.append(what)

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 500):
        current.replace(number)
    for thread in threads:
        thread.join()
    assert wrong == []
    assert ended == set(range(499))
