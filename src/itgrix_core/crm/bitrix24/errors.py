"""What a failed request means for the step that made it: refused, blocked, or unknown.

The distinction decides between a dead letter, a pause and a look into the portal, so it is one table. The
portal's own words are unreliable: codes come in any case, the telephony methods often leave them empty, and
the descriptions are then all there is (apidocs.bitrix24.com/error-codes.html; b24-rest-docs #175).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itgrix_core.crm.adapter import Blocked, Refused, Unknown
from itgrix_core.crm.bitrix24.methods import is_telephony

Failure = Refused | Blocked | Unknown

PAUSE_SECONDS = 300.0
"""For what a person has to mend."""
LIMIT_SECONDS = 2.0
"""The bucket drains 2 a second; asking at once would only spill again."""
UNREACHABLE_SECONDS = 10.0
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class WaysOut:
    """How the credentials in use are mended, for the sentences of this table (`address.Auth` has them)."""

    new_key: str = "make a new inbound webhook in the portal and put it into `webhook`"
    more_rights: str = "give the webhook the scopes telephony, crm and user"
    application: str = "use an application (`itgrix connect bitrix24`)"

    def fill(self, text: str) -> str:
        """A way out with the words in their places."""
        return text.format(new_key=self.new_key, more_rights=self.more_rights, application=self.application)


@dataclass(frozen=True, slots=True)
class _Cause:
    why: str
    seconds: float
    way_out: str
    is_of_method: bool = False
    """Only this method is closed to us; the portal as a whole is not."""


_NEW_KEY = "{new_key}"
_SCOPES = "{more_rights}"
"""Filled with the words of the credentials in use (`address.Auth`)."""
_BLOCKED = {
    "QUERY_LIMIT_EXCEEDED": _Cause("quota", LIMIT_SECONDS, "it is sent again by itself"),
    "OVERLOAD_LIMIT": _Cause(
        "quota", 600.0, "Bitrix24 has blocked REST for this portal by hand: ask its support"
    ),
    "OPERATION_TIME_LIMIT": _Cause("quota", 60.0, "it is sent again by itself"),
    "EXPIRED_TOKEN": _Cause("credentials", PAUSE_SECONDS, _NEW_KEY),
    "NO_AUTH_FOUND": _Cause("credentials", PAUSE_SECONDS, _NEW_KEY),
    "INVALID_TOKEN": _Cause("credentials", PAUSE_SECONDS, _NEW_KEY),
    "INVALID_CREDENTIALS": _Cause("credentials", PAUSE_SECONDS, _NEW_KEY),
    "USER_ACCESS_ERROR": _Cause("credentials", PAUSE_SECONDS, "its user has lost access: {new_key}"),
    "INSUFFICIENT_SCOPE": _Cause("credentials", PAUSE_SECONDS, _SCOPES, is_of_method=True),
    "ACCESS_DENIED": _Cause(
        "credentials",
        PAUSE_SECONDS,
        "see that the portal's plan includes REST and its user has the right",
        True,
    ),
    "METHOD_CONFIRM_WAITING": _Cause(
        "credentials", PAUSE_SECONDS, "an administrator has to approve it", True
    ),
    "METHOD_CONFIRM_DENIED": _Cause("credentials", PAUSE_SECONDS, "an administrator has denied it", True),
    "WRONG_AUTH_TYPE": _Cause(
        "configuration",
        PAUSE_SECONDS,
        "this portal allows it to applications only, not to webhooks: {application}",
        True,
    ),
    "ERROR_METHOD_NOT_FOUND": _Cause(
        "configuration",
        PAUSE_SECONDS,
        "see its spelling, that the module is installed, and {more_rights}",
        True,
    ),
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": _Cause("configuration", PAUSE_SECONDS, "install the module", True),
    "PORTAL_DELETED": _Cause("configuration", 3600.0, "the portal is gone: set another one"),
}
_BY_STATUS = {
    401: _BLOCKED["NO_AUTH_FOUND"],
    403: _BLOCKED["ACCESS_DENIED"],
    404: _BLOCKED["ERROR_METHOD_NOT_FOUND"],
    410: _BLOCKED["PORTAL_DELETED"],
    429: _BLOCKED["OPERATION_TIME_LIMIT"],
}
_MAYBE_EXECUTED = frozenset({"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER"})
_PARAMS = frozenset(
    {"", "ERROR_CORE", "INVALID_ARGUMENT", "INVALID_ARG_VALUE", "INVALID_REQUEST", "100", "ERROR_ARGUMENT"}
)
_REFUSED_BY_TEXT = (
    ("unsupported phone number", "number"),
    ("phone_number is empty", "number"),
    ("user is not found", "user"),
    ("user is not active", "user"),
    ("user_id or user_phone_inner", "user"),
    ("user is not set", "user"),
    ("call is not found", "unknown call"),
)


def failure_of(
    method: str,
    status: int,
    body: Mapping[str, Any] | None,
    now: float,
    location: str = "",
    words: WaysOut = WaysOut(),
) -> Failure:
    """What a failed answer means.

    Args:
        method: that was called, for the text and because some failures concern one method only.
        status: HTTP status; 400 for a failure inside a batch, which has none.
        body: the JSON object that came, `None` if something else did.
        now: Unix seconds, to compare with the portal's `operating_reset_at`.
        location: host that a redirect points to.
        words: of the credentials in use.
    """
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's redirects
        text = f"{method}: the portal has moved{f' to {location}' if location else ''}"
        return Blocked("configuration", f"{text}: correct its address in the settings", PAUSE_SECONDS)
    if body is None or "error" not in body:
        return _without_a_word(method, status, words)
    code = str(body["error"] or "").strip()
    text = _clean(str(body.get("error_description") or ""))
    told = f"{method}: {' '.join(part for part in (code, text) if part) or f'HTTP {status}'}"
    cause = _BLOCKED.get(code.upper()) or _by_status(status, f"{code} {text}".upper())
    if cause:
        return _blocked(method, cause, told, _seconds(cause, body, now), words)
    if code.upper() in _MAYBE_EXECUTED or status >= 500 or "unexpected database error" in text.casefold():  # noqa: PLR2004 - HTTP
        return Unknown(told)
    if "https required" in text.casefold():
        return Blocked("configuration", f"{told}: use https:// in `webhook`", PAUSE_SECONDS)
    return Refused(_why_refused(code, text), told)


def is_limit(failure: Failure, code: str) -> bool:
    """Whether the failure is this limit (QUERY_LIMIT_EXCEEDED or OPERATION_TIME_LIMIT)."""
    return isinstance(failure, Blocked) and failure.why == "quota" and code in failure.text.upper()


def is_not_found(failure: Failure) -> bool:
    """Whether the portal says that the entity or activity asked for does not exist."""
    return isinstance(failure, Refused) and re.search(r"not[ _]found", failure.text.casefold()) is not None


def is_of_access(failure: Failure) -> bool:
    """Whether the method is closed to us: by right, by scope, by plan, or because it does not exist."""
    codes = [code for code, cause in _BLOCKED.items() if cause.is_of_method]
    text = failure.text.upper().replace(" ", "_")
    return not isinstance(failure, Unknown) and any(code in text for code in codes)


def is_of_plan(failure: Failure) -> bool:
    """Whether the portal's plan has no REST at all (ACCESS_DENIED, told apart by its text only)."""
    return not isinstance(failure, Unknown) and "commercial plan" in failure.text.casefold()


def _without_a_word(method: str, status: int, words: WaysOut) -> Failure:
    """An answer that is not the portal's envelope: a proxy's page, half an answer, an empty one."""
    cause = _BY_STATUS.get(status)
    told = f"{method}: HTTP {status} without an answer of Bitrix24"
    return _blocked(method, cause, told, cause.seconds, words) if cause else Unknown(told)


def _by_status(status: int, told: str) -> _Cause | None:
    """A status that says enough by itself, where the code says nothing known.

    404 does not: some methods say it of an entity, too.
    """
    return None if status == 404 and "METHOD" not in told else _BY_STATUS.get(status)  # noqa: PLR2004 - HTTP


def _blocked(method: str, cause: _Cause, told: str, seconds: float, words: WaysOut) -> Failure:
    """A method of its own that is closed stops its step; without telephony nothing can be filed at all."""
    told = f"{told}; {words.fill(cause.way_out)}"
    if cause.is_of_method and not is_telephony(method):
        return Refused("other", told)
    return Blocked(cause.why, told, seconds)


def _seconds(cause: _Cause, body: Mapping[str, Any], now: float) -> float:
    """How long to wait: until the portal's own hour, where it names one."""
    time = body.get("time")
    reset = time.get("operating_reset_at") if isinstance(time, Mapping) else None
    if cause is _BLOCKED["OPERATION_TIME_LIMIT"] and isinstance(reset, int | float):
        return min(max(float(reset) - now, 1.0), 600.0)
    return cause.seconds


def _why_refused(code: str, text: str) -> str:
    """One of `Refused.why`."""
    for part, why in _REFUSED_BY_TEXT:
        if part in text.casefold():
            return why
    return "params" if code.upper() in _PARAMS else "other"


def _clean(text: str) -> str:
    """A description without the HTML that some methods put into it, on one line, not longer than useful."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:_LONGEST_TEXT]
