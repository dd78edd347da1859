"""Assertions on answers explain what happened when they do not hold."""

import pytest

from itgrix_hooks import CANCEL, Comment, Entity
from itgrix_hooks.testing import (
    ask,
    assert_actions,
    assert_answer,
    assert_cancelled,
    assert_changed,
    assert_failed,
    assert_untouched,
)

LEAD = Entity("lead", 9)


def books(params):
    """On user 7."""
    return {**params, "USER_ID": 7}


def forgets(params):
    """To return its copy."""
    params["USER_ID"] = 7


def raises(params):
    """What an author did not foresee."""
    return {**params, "USER_ID": {}["owner"]}


def cancels():
    """Always."""
    return CANCEL


def comments(entity):
    """A lead's timeline."""
    return Comment(entity, "hello")


def final(function):
    """`process_final_params` of a function."""
    return ask("process_final_params", function, params={"USER_ID": 1, "DURATION": 3})


def entity(function):
    """`get_updated_entity_fields` of a function."""
    return ask("get_updated_entity_fields", function, entity=LEAD, role="bound")


def test_what_holds_passes():
    """Each of the six."""
    assert_changed(final(books), USER_ID=7)
    assert_answer(final(books), {"USER_ID": 7, "DURATION": 3})
    assert_untouched(final(lambda: None))
    assert_cancelled(final(cancels))
    assert_failed(final(raises), "KeyError: 'owner'")
    assert_actions(entity(comments), Comment(LEAD, "hello"))


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (lambda: assert_changed(final(books), USER_ID=8), ["expected USER_ID=8 to change", "USER_ID: 1 → 7"]),
        (lambda: assert_changed(final(books)), ["expected nothing to change", "books: answered"]),
        (lambda: assert_changed(final(lambda params: {}), USER_ID=7), ["-USER_ID"]),
        (lambda: assert_changed(final(raises), USER_ID=7), ["a plugin failed", "KeyError: 'owner'", "line "]),
        (lambda: assert_answer(final(cancels), None), ["expected the answer None", "cancelled"]),
        (lambda: assert_untouched(final(books)), ["expected nothing to change", "USER_ID: 1 → 7"]),
        (lambda: assert_untouched(final(forgets)), ["it changed its copy of 'params' but returned None"]),
        (lambda: assert_untouched(final(raises)), ["a plugin failed"]),
        (lambda: assert_cancelled(final(books)), ["expected CANCEL", "answered"]),
        (lambda: assert_failed(final(books)), ["expected a failure"]),
        (
            lambda: assert_failed(final(raises), "TypeError"),
            ["expected a failure with 'TypeError'"],
        ),
        (lambda: assert_actions(entity(comments)), ["expected []", "does Comment(entity=Entity(kind='lead'"]),
    ],
)
def test_what_does_not_hold_is_told_with_its_story(checks, told):
    """Who was asked, how he fared, what changed."""
    with pytest.raises(AssertionError) as caught:
        checks()
    assert [part for part in told if part not in str(caught.value)] == []
