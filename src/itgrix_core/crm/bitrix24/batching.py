"""Several requests as one: of two a second each one counts, and a batch counts as one.

The portal carries the commands out in order and stops at the first that fails (apidocs.bitrix24.com,
how-to-call-rest-api/batch). A command is an encoded query in which `$result[…]` means an earlier answer; so
what a query cannot say, or would say wrongly, goes out by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from itgrix_core.crm.adapter import Blocked, Done, Outcome, Unknown
from itgrix_core.crm.bitrix24.answers import mapping
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.errors import Failure

MOST: Final = 50
"""Commands in one batch."""

WAITING: Final = Blocked("waiting", "not sent: the step before it failed", 0.0)
"""The outcome of a step behind one that failed."""

_EARLIER: Final = "$result"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of its own, or a command of a batch."""

    method: str
    params: Mapping[str, Any]

    @property
    def is_fit(self) -> bool:
        """Whether it means the same as a command of a batch."""
        return _is_sayable(self.params)

    @property
    def command(self) -> str:
        """It as a command of a batch."""
        return f"{self.method}?{php_query(self.params)}"


def send_together(client: Client, requests: Sequence[Request]) -> list[Outcome] | Failure:
    """Send at most `MOST` requests as one.

    Returns:
        An outcome for each, `WAITING` behind one that failed; or why the batch itself failed.
    """
    keys = [f"c{place}" for place in range(len(requests))]  # by bare numbers PHP would answer a list
    commands = {key: request.command for key, request in zip(keys, requests, strict=True)}
    reply = client.call("batch", {"halt": 1, "cmd": commands})
    if not isinstance(reply, Reply):
        return reply
    answers = mapping(mapping(reply.result).get("result"))
    errors = mapping(mapping(reply.result).get("result_error"))
    outcomes: list[Outcome] = []
    for key, request in zip(keys, requests, strict=True):
        has_failed = bool(outcomes) and not isinstance(outcomes[-1], Done)
        outcomes.append(WAITING if has_failed else _outcome(client, request, key, answers, errors))
    return outcomes


def _outcome(
    client: Client, request: Request, key: str, answers: Mapping[str, Any], errors: Mapping[str, Any]
) -> Outcome:
    error = errors.get(key)
    if isinstance(error, Mapping):
        return client.inner_failure(request.method, error)
    if key in answers:
        return Done(answers[key])
    return Unknown(f"{request.method}: the batch was answered without a word of it")


def php_query(params: Mapping[str, Any]) -> str:
    """Params as an encoded query with PHP's brackets: `{"A": [1, 2]}` is `A[0]=1&A[1]=2`."""
    return "&".join(f"{name}={quote(text, safe='')}" for name, text in _pairs("", params))


def _pairs(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every leaf with its bracketed name."""
    if isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, inner in items:
            name = quote(str(key), safe="")
            yield from _pairs(f"{prefix}[{name}]" if prefix else name, inner)
    else:
        yield prefix, "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)


def _is_sayable(value: Any) -> bool:
    """A query has no empty list, and no null that is not an empty text."""
    if isinstance(value, Mapping | list | tuple):
        inner = value.values() if isinstance(value, Mapping) else value
        return bool(value) and all(map(_is_sayable, inner))
    return value is not None and _EARLIER not in str(value)
