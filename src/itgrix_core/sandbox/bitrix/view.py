"""The portal's state as JSON data, for tests in other processes and for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.bitrix.methods.statistics import row
from itgrix_core.sandbox.bitrix.subscriptions import Post
from itgrix_core.sandbox.bitrix.world import World

_PLURALS = {Kind.LEAD: "leads", Kind.DEAL: "deals", Kind.CONTACT: "contacts", Kind.COMPANY: "companies"}


def state(world: World) -> dict[str, Any]:
    """Everything that is worth seeing; `cards` are the calls that each user sees now."""
    return {
        "users": [{**asdict(user), "name": user.full_name} for user in world.users.values()],
        "lines": [asdict(line) for line in world.lines],
        "active_calls": [asdict(call) for call in world.active.values()],
        "finished_calls": [row(world, statistic) for statistic in world.finished.values()],
        "missed": dict(world.missed),
        "left_cards": left_cards(world),
        "cards": cards(world),
        "activities": [
            {**one, "BINDINGS": world.bindings[int(one["ID"])]} for one in world.activities.rows()
        ],
        **{_PLURALS[kind]: table.rows() for kind, table in world.entities.items()},
        "comments": world.comments.rows(),
        "tasks": world.tasks.rows(),
        "call_lists": world.call_lists.rows(),
        "handlers": [asdict(one) for one in world.handlers],
        "queue": [asdict(one) for one in world.queue],
        "posts": [_post(one) for one in world.posts],
        "records": [file.to_json() for file in world.files.values()],
        "messages": [{"user_id": user_id, "text": text} for user_id, text in world.messages],
    }


def _post(post: Post) -> dict[str, Any]:
    """An event without its tokens: `auth` keeps the names of what was sent."""
    told = asdict(post)
    told["payload"] = {**post.payload, "auth": sorted(post.payload["auth"])}
    return told


def left_cards(world: World) -> list[dict[str, Any]]:
    """Cards of calls that are over, still open for these users: nobody has hidden them."""
    return [
        {"call_id": call_id, "number": world.finished[call_id].call.number, "users": sorted(users)}
        for call_id, users in world.cards.items()
        if users and call_id in world.finished
    ]


def cards(world: World) -> dict[str, list[str]]:
    """By user id (as text), the CALL_IDs whose card the user sees now."""
    shown: dict[str, list[str]] = {}
    for call_id, users in world.cards.items():
        for user_id in sorted(users):
            shown.setdefault(str(user_id), []).append(call_id)
    return shown
