"""Which addresses are a machine's own, and which may carry a secret: TLS, or this machine itself."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: the sandbox needs no TLS."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(address: str) -> bool:
    """Whether this is `https://HOST…` without a login in it; plain `http://` is for this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_whole = bool(host) and parts.username is None
    return is_whole and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def of_a_machine(host: str) -> str:
    """Something is served on an address, not on a name that may lead anywhere; `ValueError` for another."""
    try:
        if host != "localhost":
            ip_address(host)
    except ValueError:
        raise ValueError(
            "must be an address of this machine: 127.0.0.1, ::1, or its own in your network"
        ) from None
    return host
