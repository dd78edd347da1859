"""One connection to Asterisk: asterisk-ami's client made sturdy.

The library is the owner's choice and its surface stays: `login`, `send_action`, listeners, futures. Of the 33
faults measured in its version 0.1.7, 27 are cured here and in `listening`; the other six lie in parts that
this code never touches. tests/unit/ami has one test for each.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import ssl
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Literal

from asterisk.ami import Response, SimpleAction

from itgrix_core.ami.actions import Headers, action_id_of, encode, pairs_of
from itgrix_core.ami.answers import LOST, Answer
from itgrix_core.ami.listening import ListeningClient
from itgrix_core.ami.refusals import (
    LoginRefusedError,
    refusal,
    why_no_banner,
    why_no_challenge,
    why_no_tls,
    why_silent,
    why_unreachable,
)
from itgrix_core.ami.tls import NoTlsError
from itgrix_core.errors import AmiError
from itgrix_core.wire.messages import Message

EVENT_MASK = "system,call,agent,reporting,originate"
"""The classes of events that we ask for: a tenth of the traffic, without VarSet and Newexten."""

Auth = Literal["auto", "md5", "plain"]
"""How the secret is shown at the login: `auto` is MD5 where Asterisk gives a challenge, as it does since 1.0;
without one it is in the clear, but only where nobody in between could read it."""


class AmiClient(ListeningClient):
    """A sturdy AMIClient; may be connected again after it was disconnected.

    Args:
        address: host name or address, IPv4 or IPv6.
        port: where AMI listens.
        timeout: seconds that connecting may take, and the wait for a response.
        tls: how to encrypt; in the clear if left out.
        on_chunk: gets whole blocks of the stream as they came and the Unix time of their receipt, in order,
            in the consumer's thread.
        backlog_limit: bytes that may wait for the consumer before events are shed.
        clock: Unix time.
        listeners: the library's (`on_event`, `on_disconnect`, …).

    Attributes:
        finished: set when the connection is over; `None` before the first.
        error: why it is over; `None` while it lasts and after a `disconnect` or `logoff` of ours.
        booted: set when Asterisk said FullyBooted.
        last_read_at: when the last byte came, by `time.monotonic`.
        events, bytes: how many came, over all connections.
        reloads: how often Asterisk said that a module was loaded anew.
        lag: how old events are when they are understood.
        callback_errors: how many exceptions callbacks have raised; they are logged and harm nobody else.
        witness: what the events of this connection say about our rights.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 5038, **options: Any) -> None:
        super().__init__(address, port, **options)
        self._ids = itertools.count(1)
        self._id_prefix = secrets.token_hex(3)
        self._sending = threading.Lock()

    def open_session(
        self, username: str, secret: str, events: str = EVENT_MASK, *, auth: Auth = "auto"
    ) -> None:
        """Connect, check that it is Asterisk who answers, and log in for the events of these classes.

        Raises:
            AmiError: with the reason and the way out; `LoginRefusedError` when the login is refused.
        """
        try:
            self.connect()
        except (ssl.SSLError, NoTlsError) as error:
            raise AmiError(why_no_tls(self.where, self._server_name, error)) from None
        except OSError as error:
            raise AmiError(why_unreachable(self.where, error)) from None
        try:
            self._await_banner()
            self._log_in(username, secret, events, auth)
        except AmiError:
            self.disconnect()
            raise

    def _await_banner(self) -> None:
        if not self._greeted.wait(self._timeout):
            raise AmiError(why_silent(self.where, is_tls=self._tls is not None))
        if self._ami_version is None:
            raise why_no_banner(self.where, self.error)

    def _log_in(self, username: str, secret: str, events: str, auth: Auth) -> None:
        try:
            proof = self._proof(secret, auth)
            answer = self.send_action(_login(username, proof, events)).wait(self._timeout)
        except ValueError:
            raise LoginRefusedError(
                "asterisk.*.username or secret holds a line end: see the configuration"
            ) from None
        except OSError:
            answer = LOST
        if answer is None or answer.get("Response").lower() != "success":
            raise refusal(self.where, username, answer)

    def _proof(self, secret: str, auth: Auth) -> dict[str, str]:
        """The headers that show the secret.

        Raises:
            AmiError: only the clear is left, and somebody in between could read it.
        """
        pairs_of({"Action": "Login", "Secret": secret})  # refuses a line end before anything is sent
        if auth == "plain":
            return {"Secret": secret}
        answer = self.send_action(SimpleAction("Challenge", AuthType="MD5")).wait(self._timeout)
        if answer is None or answer is LOST:
            raise refusal(self.where, "", answer)
        challenge = answer.get("Challenge")
        if challenge:
            key = hashlib.md5((challenge + secret).encode("utf-8", "surrogateescape"), usedforsecurity=False)
            return {"AuthType": "MD5", "Key": key.hexdigest()}
        if auth == "md5" or not self._is_private:
            raise why_no_challenge(self.where, answer.get("Message", "no challenge"), auth)
        return {"Secret": secret}

    @property
    def _is_private(self) -> bool:
        """Whether nobody between us and Asterisk can read along: inside TLS, or on one machine."""
        address = self._socket.getpeername()[0].partition("%")[0]
        return self._tls is not None or ip_address(address).is_loopback

    def next_action_id(self) -> str:
        """An ActionID that no other connection of ours has: recordings hold several."""
        return f"{self._id_prefix}-{next(self._ids)}"

    def login(
        self,
        username: str,
        secret: str,
        callback: Callable[[Response], object] | None = None,
        events: str = EVENT_MASK,
    ) -> Answer:
        """Log in, connecting first if need be; does not wait."""
        if self.finished is None or self.finished.is_set():
            self.connect()
        return self.send_action(_login(username, {"Secret": secret}, events), callback)

    def send_action(self, action: Any, callback: Callable[[Response], object] | None = None) -> Answer:
        """Send the library's Action; the answer has its response.

        Raises:
            ValueError: a header would break its line.
            OSError: the connection is lost.
        """
        action_id = action.keys["ActionID"] = str(action.keys.get("ActionID") or self.next_action_id())
        variables = [("Variable", f"{name}={value}") for name, value in action.variables.items()]
        headers = pairs_of([("Action", action.name), *action.keys.items(), *variables])
        self._tell("on_action", action=action)
        return self._send(headers, action_id, callback)

    def ask(self, headers: Headers, timeout: float | None = None) -> Message:
        """Send an action and wait for its response (which may say Error).

        Raises:
            AmiError: no response within `timeout` seconds (default: the client's), or the line is lost.
            ValueError: a header would break its line.
        """
        pairs = pairs_of(headers)
        name = dict(pairs).get("Action", "")
        try:
            answer = self._send(*self._with_id(pairs)).wait(self._timeout if timeout is None else timeout)
        except OSError as error:
            raise AmiError(f"{self.where}: {name} could not be sent: {error}") from None
        if answer is None or answer is LOST:
            why = "the connection was lost" if answer else "no response in time"
            raise AmiError(f"{self.where}: {name} got no answer: {why}")
        return answer

    def post(self, headers: Headers) -> str:
        """Send an action whose response nobody waits for; returns its ActionID.

        Raises:
            ValueError: a header would break its line.
            OSError: the connection is lost.
        """
        pairs, action_id = self._with_id(pairs_of(headers))
        self.send(encode(pairs))
        return action_id

    def send(self, pack: object) -> None:
        """Send bytes, or whatever is an action as text, whole.

        Raises:
            OSError: the connection is lost, or Asterisk takes nothing for ten seconds; it is closed then.
        """
        raw = pack if isinstance(pack, bytes) else f"{pack}\r\n".encode("utf-8", "surrogateescape")
        if self.finished is None or self.finished.is_set():
            raise ConnectionError("not connected")
        try:
            with self._sending:
                self._socket.sendall(raw)
        except OSError:
            self._shut_down()  # half an action may be out: nothing sensible can follow it
            raise

    def _with_id(self, pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], str]:
        action_id = action_id_of(pairs)
        if not action_id:
            action_id = self.next_action_id()
            pairs = [*pairs, ("ActionID", action_id)]
        return pairs, action_id

    def _send(
        self,
        pairs: list[tuple[str, str]],
        action_id: str,
        callback: Callable[[Response], object] | None = None,
    ) -> Answer:
        answer = Answer(callback, self._timeout, lambda: self._futures.pop(action_id, None))
        with self._futures_lock:
            self._futures[action_id] = answer
        try:
            self.send(encode(pairs))
        except OSError:
            self._futures.pop(action_id, None)
            raise
        if self.finished.is_set():  # the reader may have ended before it could see this one
            self._fail_answers()
        return answer


def _login(username: str, proof: dict[str, str], events: str) -> SimpleAction:
    return SimpleAction("Login", Username=username, **proof, Events=events)
