"""Why Asterisk does not let us in, said so that an operator can mend it."""

from __future__ import annotations

import socket

from itgrix_core.ami.answers import LOST
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import BANNER
from itgrix_core.wire.messages import Message


class LoginRefusedError(AmiError):
    """User or secret is wrong, or this address may not log in: trying again soon helps nobody."""


def why_unreachable(where: str, error: OSError) -> str:
    """The sentence for a connection that could not be opened."""
    if isinstance(error, ConnectionRefusedError):
        return f"{where}: nobody listens. Does Asterisk run, with AMI on (manager.conf: enabled, bindaddr)?"
    if isinstance(error, socket.gaierror):
        return f"{where}: unknown host ({error.strerror}). See asterisk.*.host in the configuration."
    if isinstance(error, TimeoutError):
        return (
            f"{where}: no answer to the connection. Is the host right, and does a firewall let AMI through?"
        )
    return f"{where}: {error.strerror or error}"


def check_greeting(where: str, data: bytes) -> None:
    """Refuse a server whose first bytes are not AMI's banner.

    Raises:
        AmiError: it is something else that listens there.
    """
    if not data.startswith(BANNER) and not BANNER.startswith(data):
        raise AmiError(f"{where} is not AMI: it begins with {data[:40]!r}. See asterisk.*.port.")


def why_no_banner(where: str, error: Exception | None) -> AmiError:
    """The error of a connection that ended before the banner."""
    if isinstance(error, AmiError):
        return error
    return AmiError(
        f"{where} closes the connection at once. Too many of them (manager.conf: authlimit), or a firewall?"
    )


def refusal(where: str, username: str, answer: Message | None) -> AmiError:
    """The error of a login that was refused, or not answered (`answer` is `None`)."""
    if answer is None:
        return AmiError(f"{where} does not answer the login. Is Asterisk overloaded?")
    told = answer.get("Message", "refused")
    if answer is LOST:
        return AmiError(f"{where} closed the connection during the login.")
    return LoginRefusedError(
        f"{where} refuses user {username!r}: {told}. Compare asterisk.*.username and secret with "
        f"[{username}] in manager.conf (permit/deny too), then: asterisk -rx 'manager reload'"
    )
