"""The thread that posts events: forms with PHP brackets, once each, to this machine only."""

from __future__ import annotations

import ipaddress
import queue
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from itgrix_core.sandbox.bitrix.subscriptions import Post

_TIMEOUT_SECONDS = 10.0
Mail = queue.SimpleQueue[Post | None]
"""Events on their way; `None` ends the thread."""


class Postman:
    """Takes events from the portal's mail and posts them, one after the other; each keeps what came of it."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._thread = threading.Thread(target=self._run, name="sandbox-bitrix-events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the event under way end, forget the rest."""
        self._mail.put(None)
        self._thread.join()

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (post := self._mail.get()) is not None:
                post.outcome = _sent(session, post)


def _sent(session: requests.Session, post: Post) -> str:
    if not is_here(post.address):
        return "not sent: the sandbox posts to this machine only (127.0.0.1, localhost)"
    try:
        answer = session.post(
            post.address,
            data=list(form(post.payload)),
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return f"lost: {type(error).__name__}; it is not repeated"
    return str(answer.status_code) if answer.ok else f"{answer.status_code}: lost; it is not repeated"


def is_here(address: str) -> bool:
    """Whether an address is on this machine."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def form(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested data as pairs of a form: `data[FIELDS][ID]`; every scalar is text, nothing is ""."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            yield from form(each, f"{name}[{key}]" if name else str(key))
    else:
        text = ("1" if value else "0") if isinstance(value, bool) else "" if value is None else str(value)
        yield name, text
