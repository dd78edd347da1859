"""One portal over HTTP: a request goes out once, its answer comes back as a word, never as an exception.

Redirects are not followed (a POST would become a GET). Only what certainly was not executed, or may be
executed twice, is tried again here, within about a second; longer waits belong to the outbox. No text, repr
or log line that leaves this file holds the webhook's code.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import requests
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed
from urllib3.exceptions import HTTPError

from itgrix_core.crm.adapter import Blocked, Refused, Unknown
from itgrix_core.crm.bitrix24.address import Auth, Trouble
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.errand import Errand, errand_of
from itgrix_core.crm.bitrix24.errors import PAUSE_SECONDS, UNREACHABLE_SECONDS, Failure, failure_of, is_limit
from itgrix_core.crm.bitrix24.methods import UPLOAD, Repeat, is_reading, repeat_of
from itgrix_core.crm.bitrix24.multipart import FilePart
from itgrix_core.crm.bitrix24.observing import Observer, observed, unobserved
from itgrix_core.crm.bitrix24.operating import LIMIT_SECONDS
from itgrix_core.crm.bitrix24.quota import Quota
from itgrix_core.crm.bitrix24.transport import is_certificate, is_proxy, session_of, was_cut, was_not_sent
from itgrix_core.crm.quota import QuotaState

CONNECT_SECONDS = 5.0
_TRIES = 3
_PAUSE_SECONDS = 0.3
_SERVER_ERROR = 500
_ONLY_READS = "not sent: this service only reads (serve --shadow)"
_MENDS = 2
"""A portal may have moved and the hour be over: more than these two is no coincidence."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The portal's own answer: its `result`; for lists the count of rows and where the next page begins."""

    result: Any
    total: int | None = None
    next: int | None = None


class Client:
    """One portal; safe to share between threads."""

    def __init__(
        self,
        auth: Auth,
        timeout_seconds: float = 20.0,
        bucket: Bucket | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        session: requests.Session | None = None,
        observe: Observer = unobserved,
        operating_seconds: float = LIMIT_SECONDS,
        *,
        is_reading_only: bool = False,
    ) -> None:
        """`now` gives Unix seconds; `sleep` is waited with between tries; `session` is closed here.

        `observe` is told of each request that is sent. `operating_seconds` is what a method may be executed.
        With `is_reading_only` nothing goes out that is not known to change nothing (`methods.is_reading`).
        """
        self._is_reading_only = is_reading_only
        self._auth = auth
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._quota = Quota(bucket or Bucket(), auth.portal, operating_seconds=operating_seconds)
        self._now = now
        self._sleep = sleep
        self._session = session or session_of(auth.portal)
        self._observe = observe

    def __repr__(self) -> str:
        return f"<Client of {self.portal}>"

    @property
    def portal(self) -> str:
        """Scheme and host."""
        return self._auth.portal

    @property
    def quota(self) -> QuotaState:
        """What the portal still lets us ask of it."""
        return self._quota.state

    def call(self, method: str, params: Mapping[str, Any] | None = None) -> Reply | Failure:
        """Call a method with a JSON body; what went wrong is answered, not raised."""
        params = params or {}
        if self._is_reading_only and not all(map(is_reading, _methods_in(method, params))):
            return Refused("other", f"{method}: {_ONLY_READS}")
        return self._counted(errand_of(method, params), lambda: self._answer(method, params))

    def upload(self, url: str, part: FilePart) -> Reply | Failure:
        """Post a file to the address that the portal gave for it, which holds what proves who we are.

        What such an address refuses, it refuses that file and no other: nothing is parked for it.
        """
        if self._is_reading_only:
            return Refused("other", f"{UPLOAD}: {_ONLY_READS}")
        return self._counted(errand_of(UPLOAD), lambda: self._uploaded(url, part))

    def _counted(
        self, errand: Errand, send: Callable[[], tuple[Reply | Failure, Mapping[str, Any]]]
    ) -> Reply | Failure:
        """What `send` gives (the answer and its envelope), if the quota lets it go out."""
        blocked = self._quota.ask(errand)
        if blocked:
            return blocked
        body: Mapping[str, Any] = {}
        try:
            answer, body = send()
        finally:
            self._quota.spent(errand, body)
        self._quota.heard(errand, None if isinstance(answer, Reply) else answer)
        if isinstance(answer, Blocked) and answer.why == "unreachable":
            return replace(answer, seconds=self._quota.pause(answer.seconds))
        return answer

    def _uploaded(self, url: str, part: FilePart) -> tuple[Reply | Failure, Mapping[str, Any]]:
        def send(url: str, part: FilePart) -> requests.Response:
            return self._send(url, part, part.content_type)

        try:
            response = observed(send, UPLOAD, self._observe)(url, part)
        except (requests.RequestException, HTTPError, ValueError) as error:
            return self._unsent(UPLOAD, error), {}
        answer, body = self._read(UPLOAD, response), _object(response) or {}
        is_limit = response.status_code == requests.codes.too_many_requests
        if isinstance(answer, Reply) or is_limit or response.status_code >= _SERVER_ERROR:
            return answer, body
        return Refused("other", f"{UPLOAD}: HTTP {response.status_code}, the file was not taken"), body

    def _answer(self, method: str, params: Mapping[str, Any]) -> tuple[Reply | Failure, Mapping[str, Any]]:
        """The answer when nothing more can be mended, and its envelope."""
        for _ in range(_MENDS):
            answer, body, is_mended = self._attempt(method, params)
            if not is_mended:
                return answer, body
            self._quota.charge()
        return self._attempt(method, params)[:2]

    def _attempt(
        self, method: str, params: Mapping[str, Any]
    ) -> tuple[Reply | Failure, Mapping[str, Any], bool]:
        """The answer, its envelope, and whether its reason was mended: the same is worth sending again."""
        signed = self._auth.sign(method, params)
        if isinstance(signed, Blocked):
            return signed, {}, False
        url, body = signed
        try:
            payload = json.dumps(body).encode()
        except (TypeError, ValueError) as error:
            told = {"error": "", "error_description": f"not JSON: {error}"}
            return failure_of(method, 400, told, self._now()), {}, False
        try:
            response = self._post(method, url, payload)
        except (requests.RequestException, HTTPError, ValueError) as error:
            return self._unsent(method, error), {}, False
        answer, is_mended = self._mended(method, body, response)
        return answer, _object(response) or {}, is_mended

    def _mended(
        self, method: str, body: Mapping[str, Any], response: requests.Response
    ) -> tuple[Reply | Failure, bool]:
        """The answer, or what the credentials could do about it: refused requests were not executed."""
        reply = self._read(method, response)
        if isinstance(reply, Reply):
            return reply, False
        location = response.headers.get("Location", "") if response.is_redirect else ""
        code = str((_object(response) or {}).get("error") or "").upper()
        mended = self._auth.mend(Trouble(code, location), body)
        if isinstance(mended, Blocked):
            return replace(mended, text=f"{method}: {mended.text}"), False
        return reply, mended

    def inner_failure(self, method: str, body: Mapping[str, Any]) -> Failure:
        """What a failure inside a batch means; `body` is its entry of `result_error`."""
        failure = self._told(method, self._failure(method, 400, _redacted(body, self._auth)), body)
        if isinstance(failure, Blocked):
            self._quota.heard(errand_of(method), failure)
        return failure

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _post(self, method: str, url: str, payload: bytes) -> requests.Response:
        """Send, and send again what may be: no connection was made, or the method may be repeated blindly."""
        is_blind = repeat_of(method) is Repeat.BLIND
        retrying = Retrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_fixed(_PAUSE_SECONDS),
            retry=retry_if_exception(lambda error: was_not_sent(error) or (is_blind and was_cut(error))),
            sleep=self._sleep,
            before_sleep=lambda _: self._quota.charge(),
            reraise=True,
        )
        return retrying(observed(self._post_once, method, self._observe), url, payload)

    def _post_once(self, url: str, payload: bytes) -> requests.Response:
        """One attempt."""
        return self._send(url, io.BytesIO(payload), "application/json")

    def _send(self, url: str, body: io.BytesIO | FilePart, content_type: str) -> requests.Response:
        """As a stream: a body given as bytes would have to leave within the connect time-out."""
        return self._session.post(
            url,
            data=body,
            headers={"Content-Type": content_type, "Accept": "application/json"},
            timeout=self._timeout,
            allow_redirects=False,
            verify=self._session.verify,
        )

    def _read(self, method: str, response: requests.Response) -> Reply | Failure:
        """The envelope: `result` or `error`; anything else is not an answer of the portal."""
        body = _object(response)
        if response.ok and body is not None and "result" in body and not body.get("error"):
            return Reply(body["result"], _count(body.get("total")), _count(body.get("next")))
        location = urlsplit(response.headers.get("Location", "")).hostname or ""
        clean = None if body is None else _redacted(body, self._auth)
        return self._told(method, self._failure(method, response.status_code, clean, location), body)

    def _failure(
        self, method: str, status: int, body: Mapping[str, Any] | None, location: str = ""
    ) -> Failure:
        return failure_of(method, status, body, self._now(), location, self._auth.ways_out)

    def _told(self, method: str, failure: Failure, body: Mapping[str, Any] | None) -> Failure:
        """Remember a limit that the portal told us."""
        code = str((body or {}).get("error", "")).upper()
        if isinstance(failure, Blocked) and code == "OPERATION_TIME_LIMIT":
            self._quota.close(method, failure.seconds)
        elif is_limit(failure, "QUERY_LIMIT_EXCEEDED"):
            self._quota.fill()
        return failure

    def _unsent(self, method: str, error: Exception) -> Failure:
        """What a failed connection means. The error's own text holds the address with its code: not used."""
        portal = self._auth.portal
        if is_certificate(error):
            text = f"{method}: the certificate of {portal} is not trusted"
            return Blocked("configuration", f"{text}; write its authority into `ca_file`", PAUSE_SECONDS)
        if is_proxy(error):
            text = f"{method}: the proxy does not lead to {portal}; see `proxy`"
            return Blocked("unreachable", text, UNREACHABLE_SECONDS)
        if was_not_sent(error):
            return Blocked("unreachable", f"{method}: {portal} cannot be reached", UNREACHABLE_SECONDS)
        if isinstance(error, requests.Timeout):
            return Unknown(f"{method}: no answer within {self._timeout[1]:g} s")
        if isinstance(error, ValueError):  # an address that requests cannot use
            return Blocked("configuration", f"{method}: the address {portal} cannot be used", PAUSE_SECONDS)
        return Unknown(f"{method}: the connection was cut before the answer")


def _methods_in(method: str, params: Mapping[str, Any]) -> list[str]:
    """The method, or of a batch those of its commands."""
    if method.casefold() != "batch":
        return [method]
    commands = params.get("cmd") or {}
    told = commands.values() if isinstance(commands, Mapping) else commands
    return [str(each).partition("?")[0] for each in told]


def _object(response: requests.Response) -> dict[str, Any] | None:
    """The answer's JSON object; `None` for anything else."""
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _redacted(body: Mapping[str, Any], auth: Auth) -> dict[str, Any]:
    """The envelope's own words without our secrets: a portal may repeat the address that was called."""
    return {key: auth.redact(value) if isinstance(value, str) else value for key, value in body.items()}


def _count(value: Any) -> int | None:
    """A number that may come as text."""
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None
