"""Assertions on what a hook answered; their message is the story: who was asked, how he fared, what changed.

`assert asked.answer == …` says that two dicts differ. These say why: the plugin raised, was too slow, forgot
to return its copy, or was never asked.
"""

from __future__ import annotations

from typing import Any

from itgrix_hooks.answers import Action
from itgrix_hooks.trace import Asked, KeysChanged, Outcome


def story(asked: Asked) -> str:
    """What came of asking, as text: a line for the answer, one for each plugin."""
    answer = "cancelled" if asked.is_cancelled else f"answer {asked.answer!r}"
    actions = [f"    does {action!r}" for action in asked.actions]
    return "\n".join([f"{asked.hook}: {answer}", *(f"    {entry}" for entry in asked.trace), *actions])


def assert_answer(asked: Asked, answer: Any) -> None:
    """The answer is this one, and nobody failed on the way to it."""
    __tracebackhide__ = True
    _assert_nobody_failed(asked)
    _check(asked.answer == answer and not asked.is_cancelled, f"expected the answer {answer!r}", asked)


def assert_changed(asked: Asked, **fields: Any) -> None:
    """Exactly these fields of `params` or `fields` were added or changed, to these values; none is gone."""
    __tracebackhide__ = True
    _assert_nobody_failed(asked)
    changed = _changed(asked)
    wanted = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    _check(changed == fields and not asked.is_cancelled, f"expected {wanted or 'nothing'} to change", asked)


def assert_untouched(asked: Asked) -> None:
    """The plugin was asked and left all as it was; a copy that it changed and did not return is a fault."""
    __tracebackhide__ = True
    _assert_nobody_failed(asked)
    _check(bool(asked.trace), "expected somebody to be asked", asked)
    forgot = [entry for entry in asked.trace if entry.outcome is Outcome.LEFT_IT and entry.reason]
    _check(asked.is_default and not forgot, "expected nothing to change", asked)


def assert_cancelled(asked: Asked) -> None:
    """The plugin answered `CANCEL`."""
    __tracebackhide__ = True
    _assert_nobody_failed(asked)
    _check(asked.is_cancelled, "expected CANCEL", asked)


def assert_actions(asked: Asked, *actions: Action) -> None:
    """`get_updated_entity_fields` asked for exactly these actions, in this order."""
    __tracebackhide__ = True
    _assert_nobody_failed(asked)
    _check(asked.actions == actions, f"expected {list(actions)!r}", asked)


def assert_failed(asked: Asked, reason: str = "") -> None:
    """The plugin failed (raised, was too slow, answered nonsense), and the reason holds this text."""
    __tracebackhide__ = True
    reasons = [entry.reason for entry in asked.failures]
    _check(bool(reasons), "expected a failure", asked)
    _check(any(reason in each for each in reasons), f"expected a failure with {reason!r}", asked)


def _assert_nobody_failed(asked: Asked) -> None:
    __tracebackhide__ = True
    _check(not asked.failures, "a plugin failed", asked)


def _check(holds: bool, what: str, asked: Asked) -> None:
    __tracebackhide__ = True
    if not holds:
        raise AssertionError(f"{what}\n{story(asked)}")


def _changed(asked: Asked) -> dict[str, Any]:
    """Field to its last value, for those that the plugins wrote; a removed one is `None`."""
    changed: dict[str, Any] = {}
    for entry in asked.trace:
        if isinstance(entry.change, KeysChanged):
            changed |= entry.change.added
            changed |= {name: new for name, (_, new) in entry.change.changed.items()}
            changed |= dict.fromkeys(entry.change.removed)
    return changed
