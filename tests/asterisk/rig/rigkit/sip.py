"""SIP messages: what the phones must read and write of RFC 3261, and no more."""

from __future__ import annotations

import re
import secrets


class SipMessage:
    """One request or response, as received."""

    def __init__(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        self.start, *lines = head.decode("utf-8", "replace").split("\r\n")
        self.body = body.decode("utf-8", "replace")
        pairs = (line.partition(":") for line in lines)
        self.headers = [(name.strip().lower(), value.strip()) for name, _, value in pairs]

    def get(self, name: str) -> str:
        """The header's first value, or ""."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def code(self) -> int:
        """A response's status code; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def reason(self) -> str:
        """A response's reason phrase."""
        return self.start.split(" ", 2)[2]

    @property
    def method(self) -> str:
        """The method that it asks for or answers."""
        return self.get("CSeq").partition(" ")[2]

    @property
    def number(self) -> int:
        """The sequence number of its CSeq."""
        return int(self.get("CSeq").partition(" ")[0])

    @property
    def uri(self) -> str:
        """What a request is addressed to."""
        return self.start.split()[1]


def write(
    start: str, headers: list[tuple[str, str]], body: str = "", content: str = "application/sdp"
) -> str:
    """A message on the wire."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Type: {content}")
    return "\r\n".join([*lines, f"Content-Length: {len(body.encode())}", "", body])


def uri_of(header: str) -> str:
    """The address inside a From, To or Contact."""
    found = re.search(r"<([^>]+)>", header)
    return found.group(1) if found else header.partition(";")[0].strip()


def tag_of(header: str) -> str:
    """The dialog tag of a From or To, or ""."""
    found = re.search(r";tag=([^;>\s]+)", header)
    return found.group(1) if found else ""


def user_of(header: str) -> str:
    """The number in a From, To or address, or ""."""
    found = re.search(r"sips?:([^@>;]*)@", header)
    return found.group(1) if found else ""


def name_of(header: str) -> str:
    """The display name of a From, or ""."""
    return header.partition("<")[0].strip().strip('"') if "<" in header else ""


def branch() -> str:
    """A Via branch that nobody had before."""
    return f"z9hG4bK{secrets.token_hex(8)}"


def audio_port(message: SipMessage) -> int | None:
    """Where the other side wants its sound, by its SDP."""
    found = re.search(r"m=audio (\d+)", message.body)
    return int(found.group(1)) if found else None


def audio_offer(address: str, port: int, version: int, direction: str = "sendrecv") -> str:
    """An SDP body: G.711 u-law at this address and port; `direction` "sendonly" is a hold."""
    return (
        f"v=0\r\no=- 1 {version} IN IP4 {address}\r\ns=rig\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na={direction}\r\n"
    )
