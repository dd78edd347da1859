"""Faults put into a sandbox portal: what a person, another connector or a lost row could leave there."""

from __future__ import annotations

import dataclasses
from typing import Any

from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.records import Found, Statistic
from itgrix_core.sandbox.bitrix.world import World


def statistic_of(world: World, key: str) -> Statistic:
    """The row of a call by its EXTERNAL_CALL_ID."""
    return next(each for each in world.finished.values() if each.call.external_call_id == key)


def lose(world: World, key: str) -> None:
    """The call was never there."""
    row = statistic_of(world, key)
    del world.finished[row.call.call_id]
    world.activities.remove(row.activity_id)
    world.bindings.pop(row.activity_id, None)


def give(world: World, key: str, user_id: int) -> None:
    """The call is booked on somebody else."""
    row = statistic_of(world, key)
    row.user_id = user_id
    activity_of(world, row)["RESPONSIBLE_ID"] = str(user_id)


def stretch(world: World, key: str, seconds: int) -> None:
    """The call has another length."""
    statistic_of(world, key).duration += seconds


def move(world: World, key: str, contact: int) -> None:
    """The call is tied to another contact."""
    row = statistic_of(world, key)
    row.call.found = dataclasses.replace(Found(), contact=contact)
    world.bindings[row.activity_id] = [(Kind.CONTACT.value, contact)]


def mute(world: World, key: str) -> None:
    """The call's recording is gone."""
    row = statistic_of(world, key)
    world.files.pop(row.record_file_id, None)
    row.record_file_id = row.record_url = None
    activity_of(world, row).pop("FILES", None)


def activity_of(world: World, row: Statistic) -> dict[str, Any]:
    """The call's activity."""
    found: dict[str, Any] = world.activities.by_id[row.activity_id]
    return found
