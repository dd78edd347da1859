"""Why Asterisk does not let us in, said so that an operator can mend it."""

from __future__ import annotations

import socket
import ssl

from itgrix_core.ami.answers import LOST
from itgrix_core.errors import AmiError
from itgrix_core.wire.frames import BANNER
from itgrix_core.wire.messages import Message

_EXPIRED, _NOT_YET, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""OpenSSL's numbers (X509_V_ERR_*) for what may be wrong with a certificate."""
_TLS_ALERT = b"\x15\x03"
_ALERTS_ABOUT_US = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "UNKNOWN_CA")


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


def why_no_tls(where: str, name: str, error: OSError) -> str:
    """The sentence for a TLS connection that was not agreed upon; `name` is whom we expect."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{where}: {_why_untrusted(name, error)}"
    if isinstance(error, ssl.SSLError) and _is_about_us(error):
        return _why_unknown(where)
    what = str(error) if not isinstance(error, ssl.SSLError) else (error.reason or str(error)).lower()
    return (
        f"{where} does not speak TLS: {what}. Give the port of manager.conf's tlsbindaddr (tlsenable = yes), "
        "or switch asterisk.*.tls.enabled off."
    )


def _why_untrusted(name: str, error: ssl.SSLCertVerificationError) -> str:
    code, told = error.verify_code, error.verify_message
    if code == _EXPIRED:
        return "the certificate has expired. Renew it (manager.conf: tlscertfile), then reload the manager."
    if code == _NOT_YET:
        return "the certificate is not valid yet. Is the clock of this machine right?"
    if code in {_OTHER_HOST, _OTHER_ADDRESS}:
        return (
            f"the certificate is not for {name}. Connect by a name that is in it, or write that name as "
            "asterisk.*.tls.server_name."
        )
    if code in _UNKNOWN_AUTHORITY:
        return (
            f"the certificate is signed by nobody we know ({told}). Write the authority's certificate, or "
            "that of Asterisk itself if it signed its own, as asterisk.*.tls.ca_file."
        )
    return f"the certificate is refused: {told}. See asterisk.*.tls."


def _is_about_us(error: ssl.SSLError) -> bool:
    return any(alert in (error.reason or "") for alert in _ALERTS_ABOUT_US)


def _why_unknown(where: str) -> str:
    return (
        f"{where} does not accept us without a certificate that it knows (manager.conf: tlsverifyclient). "
        "See asterisk.*.tls.certificate_file."
    )


def why_silent(where: str, *, is_tls: bool) -> str:
    """The sentence for a server that takes the connection and says nothing."""
    if is_tls:
        return f"{where} speaks TLS but says nothing in it: is this AMI's port (manager.conf: tlsbindaddr)?"
    return (
        f"{where} takes the connection but says nothing: is this AMI's port (manager.conf)? "
        "One that expects TLS (tlsbindaddr, usually 5039) needs asterisk.*.tls.enabled."
    )


def why_no_challenge(where: str, told: str, auth: str) -> AmiError:
    """The error of a login that would have to show the secret in the clear."""
    if auth == "md5":
        return AmiError(f"{where} gives no challenge for an MD5 login: {told}. See asterisk.*.auth.")
    return AmiError(
        f"{where} gives no challenge for an MD5 login ({told}), and the secret is not sent in the clear over "
        "a network. Switch on asterisk.*.tls, or write asterisk.*.auth: plain if nobody can listen there."
    )


def check_greeting(where: str, data: bytes) -> None:
    """Refuse a server whose first bytes are not AMI's banner.

    Raises:
        AmiError: it is something else that listens there.
    """
    if data.startswith(_TLS_ALERT):
        raise AmiError(f"{where} expects TLS. Switch on asterisk.*.tls.enabled.")
    if not data.startswith(BANNER) and not BANNER.startswith(data):
        raise AmiError(f"{where} is not AMI: it begins with {data[:40]!r}. See asterisk.*.port.")


def why_no_banner(where: str, error: Exception | None) -> AmiError:
    """The error of a connection that ended before the banner."""
    if isinstance(error, AmiError):
        return error
    if isinstance(error, ssl.SSLError):
        return AmiError(
            _why_unknown(where) if _is_about_us(error) else f"{where}: TLS failed: {error.reason}"
        )
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
