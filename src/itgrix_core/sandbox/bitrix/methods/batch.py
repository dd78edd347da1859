"""batch: up to fifty commands in one request, later ones using answers of earlier ones.

The commands' own errors are inside the answer, whose HTTP status is always 200; empty maps are `[]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from itgrix_core.sandbox.bitrix.errors import RestError, batch_in_batch, batch_too_long
from itgrix_core.sandbox.bitrix.php import any_case, array, as_text, is_yes, parse_query
from itgrix_core.sandbox.bitrix.settings import Params, Reply

MOST = 50
_REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")
RunOne = Callable[[str, str, Params], tuple[Reply, dict[str, Any]]]
"""Runs a command by key, method and parameters; answers its reply and its time block."""


def run(params: Params, run_one: RunOne) -> dict[str, Any]:
    """The `result` of batch; `halt` ends it at the first error."""
    commands = commands_of(params)
    is_halting = is_yes(any_case(params, "halt"))
    gathered: dict[str, dict[str, Any]] = {part: {} for part in ("", "error", "total", "next", "time")}
    for number, (key, command) in enumerate(commands.items()):
        try:
            reply, time = _one(key, as_text(command), number, gathered[""], run_one)
        except RestError as error:
            gathered["error"][key] = error.body()
            if is_halting:
                break
        else:
            _keep(gathered, key, reply, time)
    return {f"result_{part}".rstrip("_"): array(values) for part, values in gathered.items()}


def commands_of(params: Params) -> dict[str, Any]:
    """The commands by their keys; those of a list have its numbers."""
    commands = any_case(params, "cmd") or {}
    if isinstance(commands, list):
        commands = {str(number): command for number, command in enumerate(commands)}
    return commands if isinstance(commands, dict) else {}


def _one(
    key: str, command: str, number: int, results: dict[str, Any], run_one: RunOne
) -> tuple[Reply, dict[str, Any]]:
    method, _, query = command.partition("?")
    if number >= MOST:
        raise batch_too_long()
    if method.lower().removesuffix(".json") == "batch":
        raise batch_in_batch()
    return run_one(key, method, filled(parse_query(query), results))


def _keep(gathered: dict[str, dict[str, Any]], key: str, reply: Reply, time: dict[str, Any]) -> None:
    gathered[""][key] = reply.result
    gathered["time"][key] = time
    if reply.total is not None:
        gathered["total"][key] = reply.total
    if reply.next is not None:
        gathered["next"][key] = reply.next


def filled(value: Any, results: dict[str, Any]) -> Any:
    """Parameters with `$result[key][FIELD]` replaced; what cannot be resolved stays as text."""
    if isinstance(value, dict):
        return {key: filled(each, results) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, results) for each in value]
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda hit: _resolved(hit, results), value)


def _resolved(hit: re.Match[str], results: dict[str, Any]) -> str:
    node: Any = results
    for step in re.findall(r"\[([^\]]*)\]", hit.group(1)):
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict) and step in node:
            node = node[step]
        else:
            return hit.group(0)
    return as_text(node) or hit.group(0)
