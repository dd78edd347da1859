"""No secret leaves in a log, a traceback or an error: the last step of everything that is written.

Two nets. The narrow one knows the exact secrets of this process (`keep_secret`). The wide one knows what
secrets look like where they travel: a webhook's code in a path, tokens in forms and JSON, AMI's `Secret:`.
Where they disagree with readability, secrecy wins: too much is masked rather than too little.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

MASK = "********"

_PASSING = 300
"""So many spellings of tokens that live for an hour are known at a time; the wide net catches older ones."""

_SHORTEST = 4
"""Shorter secrets would mask half of every line; the wide net still catches them by name."""

_NAME = (
    r"(?:auth|authorization|sessid|[\w-]{0,40}?"
    r"(?:secret|passw(?:or)?d|passphrase|pwd|token|webhook|api[-_]?key|credentials?))"
)
_SLASH = r"(?:\\*/|%2F)"
_QUOTED = r"\\*\"(?:[^\"\\]|\\[^\"])*\\*\"|'(?:[^'\\]|\\.)*'"

_SHAPED = [
    # /rest/1/CODE/method, also %2F and JSON's \/; REST 3 has /rest/api/1/CODE/
    (
        re.compile(rf"({_SLASH}rest{_SLASH}(?:api{_SLASH})?\d+{_SLASH})[^\s/%\\?&\"'<>]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # /recording/TOKEN/in.wav: whoever has it can hear the talk
    (re.compile(rf"({_SLASH}recording{_SLASH})[\w.-]{{40,}}", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\1{MASK}"),
    (re.compile(r"(\bauthorization['\"]?\s*[:=,]\s*['\"]?\w+\s+)[^\s'\",]+", re.IGNORECASE), rf"\1{MASK}"),
]
"""What secrets look like inside an address or a header."""

_NAMED = [
    # AMI: the value reaches to the end of the line, spaces included; the line may be a repr of bytes
    (
        re.compile(r"((?:^|\n|\\n|b?['\"])(?:secret|key):[ \t]*)(?:(?!\\[rn])[^\r\n])+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # name=value, name: value, "name": "value", ('name', 'value'), auth[access_token]=value
    (
        re.compile(
            rf"((?<![\w-]){_NAME}(?:\\*['\"]\s*[,:]\s*|(?:\]|%5D)?\s*(?:=>?|:(?!//))\s*))"
            rf"(?:SecretStr\()?(?:{_QUOTED}|[^\s&,;{{}}()\[\]\"'\\]+)",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
]

_SECRET_KEY = re.compile(rf"{_NAME}\Z", re.IGNORECASE)


class _Kept:
    """The exact secrets of this process, as one pattern."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._passing: deque[str] = deque(maxlen=_PASSING)
        self.pattern: re.Pattern[str] | None = None

    def add(self, values: Iterable[str], *, is_passing: bool) -> None:
        with self._lock:
            new = {value for value in values if len(value) >= _SHORTEST} - self._values - set(self._passing)
            if not new:
                return
            (self._passing.extend if is_passing else self._values.update)(new)
            longest_first = sorted(self._values.union(self._passing), key=len, reverse=True)
            self.pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._passing.clear()
            self.pattern = None


_kept = _Kept()


def keep_secret(value: str, *, is_passing: bool = False) -> None:
    """Never write this value again, in any of the spellings that logs use.

    One that `is_passing` (a token of an hour) is forgotten when many newer ones have come.

    The code of a webhook address, and the password in a database's, are kept as well as the address. Values
    under four characters are left to the patterns.
    """
    values = {value, value.rstrip("/")}
    code = re.search(r"/rest/(?:api/)?\d+/([^/\s]+)", value)
    if code:
        values.add(code.group(1))
    password = re.match(r"[\w+]+://[^/@:]*:(.+)@", value)
    if password:
        values.add(password.group(1))
    spellings = {spelling for text in values for spelling in _spellings(text)}
    _kept.add(spellings, is_passing=is_passing)


def keep_secrets(settings: BaseModel) -> None:
    """Keep every secret of the configuration."""
    for value in _secrets_in(settings):
        keep_secret(value)


def forget_secrets() -> None:
    """Start anew; for tests."""
    _kept.clear()


def redact(text: str) -> str:
    """The text with `********` for every secret in it, known or only looking like one."""
    text = redact_sentence(text)
    for pattern, instead in _NAMED:
        text = pattern.sub(instead, text)
    return text


def redact_sentence(text: str) -> str:
    """As `redact`, for our own sentences to the operator.

    "crm.bitrix.webhook: is empty" must stay readable, so a word behind a telling name is left alone.
    """
    if _kept.pattern is not None:
        text = _kept.pattern.sub(MASK, text)
    for pattern, instead in _SHAPED:
        text = pattern.sub(instead, text)
    return text


def redact_value(value: Any, name: str = "") -> Any:
    """A value of a log entry, of any type, redacted; `name` is its key.

    Numbers stay; mappings and lists are walked; everything else becomes its redacted text.
    """
    if value is None or isinstance(value, bool | int | float):
        return MASK if value and not isinstance(value, bool) and _SECRET_KEY.match(name) else value
    if isinstance(value, Mapping):
        return {redact(str(key)): redact_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(item, name) for item in value]
    if _SECRET_KEY.match(name):
        return MASK
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode("utf-8", "backslashreplace")
    return redact(value if isinstance(value, str) else str(value))


def _spellings(text: str) -> Iterable[str]:
    """The text as URLs, JSON and Python write it."""
    in_json = json.dumps(text), json.dumps(text, ensure_ascii=False)
    return (
        text,
        quote(text),
        quote(text, safe=""),
        quote_plus(text),
        repr(text)[1:-1],
        *(t[1:-1] for t in in_json),
    )


def _secrets_in(value: Any) -> Iterable[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets_in(item)
