"""Connecting an account with its portal: the browser's way, and what is examined and registered after it.

The administrator's browser meets our page on any address that it can reach, a LAN's as well, so that nothing
has to be open to the outside. Where it cannot reach us, the code is carried by hand.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from prometheus_client import CollectorRegistry

from itgrix_core.app.portals import Portal
from itgrix_core.app.web.bitrix24 import LONGEST_BYTES, bitrix24_pages
from itgrix_core.app.web.pages import create_app
from itgrix_core.config.agreement import way_to
from itgrix_core.config.schema import WebSettings
from itgrix_core.crm.adapter import Blocked
from itgrix_core.crm.bitrix24.checking import Finding
from itgrix_core.crm.bitrix24.gate import Refusal
from itgrix_core.crm.bitrix24.grant import Grant
from itgrix_core.crm.bitrix24.lines import register_lines
from itgrix_core.crm.notice import Notice
from itgrix_core.errors import ItgrixError
from itgrix_core.serving import HttpServer

_LOOK_SECONDS = 0.5
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - asked for, not opened


def address_of(portal: Portal, web: WebSettings) -> str:
    """Our pages of this account as a browser in this network reaches them; "" where no port is set."""
    if web.port is None:
        return ""
    host = socket.gethostname() if web.host in _EVERYWHERE else web.host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{web.port}/bitrix24/{quote(portal.name, safe='')}"


def unready(portal: Portal, web: WebSettings) -> Iterator[str]:
    """What is to be done before the browser's way: in the settings, in the portal, in the network."""
    problems = [
        f"crm.{portal.name}.{'.'.join(map(str, path))}: {text}" for path, text in way_to(portal.settings)
    ]
    yield from problems
    if problems:
        handler = f"{address_of(portal, web) or 'http://localhost'}/callback"
        yield (
            "In Bitrix24: Developer resources, Other, Local application; Server, with the scopes telephony, "
            f"crm and user; mark it as API only; handler path {handler}"
        )
        return
    failure = portal.server().probe()
    if failure is not None:
        yield failure.text


def is_connected(portal: Portal) -> bool:
    """Whether the portal still takes our tokens, for all that we know: it may be one that cannot be asked."""
    if portal.vault.connection().grant is None:
        return False
    client = portal.client()
    try:
        answer = client.call("profile")
        return not (isinstance(answer, Blocked) and answer.why == "credentials")
    finally:
        client.close()


@contextmanager
def pages_for(portal: Portal, web: WebSettings) -> Iterator[bool]:
    """Our pages while the browser is on its way; whether they are ours, or a running service's (if any)."""
    if web.port is None:
        yield False
        return
    registry = CollectorRegistry()
    app = create_app(registry, bitrix24_pages({portal.name: portal}, registry, _not_stored))
    try:
        server = HttpServer(app, web.host, web.port, threads=2, name="connect", body_bytes=LONGEST_BYTES)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        server.stop()


def _not_stored(_notices: Sequence[Notice]) -> int:
    raise ItgrixError("an event came while nobody stores it: start `itgrix serve`")


def arrived(
    portal: Portal,
    before: Grant | None,
    read_line: Callable[[], str],
    say: Callable[[str], None],
    seconds: float,
) -> Grant | None:
    """Wait until the browser has come back, here or in a running service, or somebody has pasted the code.

    Args:
        portal: the account's.
        before: the grant so far.
        read_line: the next pasted line, "" at the end of them; it may block.
        say: told what was wrong with a pasted one.
        seconds: how long.
    """
    pasted: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(read_line, pasted), name="paste", daemon=True).start()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            answer = portal.reception().paste(pasted.get(timeout=_LOOK_SECONDS))
        except queue.Empty:
            answer = portal.vault.connection().grant or Refusal(0, "")
            if answer == before:
                continue
        if isinstance(answer, Grant):
            return answer
        if answer.text:
            say(answer.text)
    return None


def _read(read_line: Callable[[], str], pasted: queue.SimpleQueue[str]) -> None:
    while line := read_line():
        if line.strip():
            pasted.put(line)


def afterwards(portal: Portal) -> Iterator[Finding]:
    """What the credentials may do; then lines and events are registered."""
    client = portal.client()
    try:
        lines = list(
            register_lines(client, portal.settings)
        )  # first: the examination misses what is not made
        found = portal.findings()
        yield from found
        if not found[0][0]:
            return  # the portal cannot be asked
        yield from lines
        if portal.has_application:
            subscriptions = portal.subscriptions(client)
            yield from subscriptions.subscribe()
            yield from subscriptions.why()
    finally:
        client.close()
