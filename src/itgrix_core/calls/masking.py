"""A message without what is nobody's business: names, addresses, secrets, and if wished outside numbers.

Only headers that are known here stay, each by its kind; a header that nobody has looked at goes. Numbers are
masked digit by digit from the right, each by a secret key and by the digits behind it: so two numbers share
as many last digits masked as they did before (8903… and 7903… stay one subscriber), no two become one, and
length and shape stay. A country's or a trunk's prefix before the last ten digits stays as it is. Inside
numbers stay: the tracker has to understand the same. It is a mask, not a cipher: whoever has many masked
numbers and knows some of the true ones learns about the others that end alike.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

from itgrix_core.calls.handlers.births import NOT_KNOWN
from itgrix_core.calls.questions import RECORDING_VARIABLE
from itgrix_core.calls.topology import Topology, endpoint_of
from itgrix_core.wire.messages import Message

MASKED_DIGITS = 10
"""Digits of a national number: as many say that two numbers are one subscriber's."""

LEFT_OUT = frozenset({
    "Newexten", "RTCPSent", "RTCPReceived", "TestEvent", "UserEvent", "Cdr", "CEL", "AuthDetail", "AorDetail",
    "TransportDetail", "IdentifyDetail", "ContactStatusDetail", "ContactList", "DBGetTreeResponse",
})  # fmt: skip
"""Events that tell the tracker nothing and much about people, phones and the dialplan."""

KEPT_VARIABLES = frozenset({RECORDING_VARIABLE})

_SAME = frozenset({
    "event", "response", "privilege", "timestamp", "channelstate", "channelstatedesc", "priority", "uniqueid",
    "linkedid", "bridgeid", "bridgetype", "bridgetechnology", "bridgecreator", "bridgenumchannels", "cause",
    "cause-txt", "techcause", "dialstatus", "result", "isexternal", "desttype", "reason", "position",
    "originalposition", "count", "holdtime", "talktime", "ringtime", "eventlist", "listitems", "status",
    "dynamic", "duration", "seconds", "application", "parkingspace", "parkinglot", "parkingtimeout",
    "parkingduration", "membership", "strategy", "paused", "ringinuse", "objecttype", "devicestate",
    "language", "shutdown", "restart", "module", "ping",
})  # fmt: skip
_TEXTS = frozenset({
    "actionid", "message", "context", "exten", "extension", "calleridnum", "connectedlinenum", "dnid",
    "queue", "conference", "bridgename", "dialstring", "parkerdialstring", "interface", "stateinterface",
    "location", "value", "objectname", "key", "val", "family", "aor", "forward",
})  # fmt: skip
_NAMES = frozenset({"calleridname", "connectedlinename", "membername", "name"})
_THERE = frozenset({"auths", "outboundauths", "auth", "outboundauth"})
_DATA = frozenset({"applicationdata", "data"})
_SAID_DATA = frozenset({"Dial", "Queue"})
_ENDINGS = (
    "channelstatedesc", "channelstate", "channel", "connectedlinenum", "connectedlinename", "calleridnum",
    "calleridname", "context", "exten", "priority", "uniqueid", "linkedid",
)  # fmt: skip
"""Headers that an event has for each of its channels, behind a word like Dest or Transferee."""

_PIECES = re.compile(
    r"(?P<id>(?<![\d.])\d{9,10}\.\d+(?!\d|\.\d))"
    r"|(?P<address>(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\[[0-9A-Fa-f:.]+\])"
    r"|(?<=@)(?P<host>[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<number>\d+)"
)
_PHONE = re.compile(r"\+?[\d ()-]*")
_CALLER_ID = re.compile(r'"?(.*?)"? *<([^<>]*)>')


class Masker:
    """Redacts the messages of one run alike.

    Args:
        topology: which numbers are inside.
        key: secret bytes that masked numbers depend on; `None` leaves numbers as they are.
    """

    def __init__(self, topology: Topology, key: bytes | None) -> None:
        self._topology = topology
        self._key = key
        self._names: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._digits = lru_cache(maxsize=4096)(self._mask_digits)

    def rules(self) -> Topology:
        """The rules of the PBX as they read for redacted messages: trunks and mobiles masked as well."""
        return replace(
            self._topology,
            trunks=frozenset(map(self.text, self._topology.trunks)),
            devices={self.text(device): user for device, user in self._topology.devices.items()},
            mobiles={self.text(mobile): user for mobile, user in self._topology.mobiles.items()},
        )

    def block(self, block: bytes, received_at: float) -> bytes | None:
        """A block redacted; `None` for one that is left out. `received_at`: whose dates may stay."""
        message = Message(block)
        if message.name in LEFT_OUT or _is_of_no_use(message):
            return None
        dates = dates_around(received_at)
        lines = []
        for name, value in message.headers():
            said = self._header(message, name.lower(), value, dates)
            if name and said is not None:
                lines.append(f"{name}: {said}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape")

    def _header(self, message: Message, name: str, value: str, dates: frozenset[str]) -> str | None:
        """A header's redacted value; `None` for one that goes."""
        base = next((ending for ending in _ENDINGS if name.endswith(ending)), name)
        if base in _SAME:
            return value
        if base == "channel":
            return self._channel(value)
        if base in _NAMES:
            return self.name(value)
        if base in _TEXTS:
            return self.text(value, dates)
        if base in _THERE:
            return "yes" if value else ""
        if base in _DATA and message.get("Application") in _SAID_DATA:
            return self.text(value.partition(",")[0])
        if base == "variable":
            return self._variable(value, dates)
        return self._caller_id(value) if base == "callerid" else None

    def _variable(self, value: str, dates: frozenset[str]) -> str | None:
        """`Variable: NAME` of a VarSet or a Getvar, `Variable: NAME=VALUE` of a Status."""
        name, equals, content = value.partition("=")
        if not _is_kept(name):
            return None
        return f"{name}={self.text(content, dates)}" if equals else value

    def _channel(self, value: str) -> str:
        """A channel's name; the number at its end is Asterisk's own."""
        technology, slash, _ = value.partition("/")
        endpoint = endpoint_of(value)
        return f"{technology}{slash}{self.text(endpoint)}{value[len(technology + slash + endpoint) :]}"

    def _caller_id(self, value: str) -> str:
        found = _CALLER_ID.fullmatch(value)
        return f"{self.name(found[1])} <{self.text(found[2])}>" if found else self.name(value)

    def name(self, value: str) -> str:
        """Another name for the same one, of the same alphabet; a number in its place is a number."""
        if value in NOT_KNOWN or _PHONE.fullmatch(value):
            return self.text(value)
        word = "Name" if value.isascii() else "Имя"
        return self._names.setdefault(value, f"{word} {len(self._names) + 1}")

    def text(self, value: str, dates: frozenset[str] = frozenset()) -> str:
        """A text without addresses, hosts and outside numbers; ids of channels and these dates stay."""

        def instead(found: re.Match[str]) -> str:
            text = found[0]
            if found["address"]:
                return self._addresses.setdefault(text, f"192.0.2.{len(self._addresses) % 254 + 1}")
            if found["host"]:
                return "host.invalid"
            return text if found["id"] or text in dates else self._number(text)

        is_written_with_signs = _PHONE.fullmatch(value) and not value.isdigit()
        return self._phone(value) if is_written_with_signs else _PIECES.sub(instead, value)

    def is_phone(self, value: str) -> bool:
        """Whether a text is nothing but a number, in whatever spelling."""
        return bool(_PHONE.fullmatch(value))

    def _phone(self, value: str) -> str:
        """A number that is written with signs between its digits."""
        digits = iter(self._number(re.sub(r"\D", "", value)))
        return re.sub(r"\d", lambda _: next(digits), value)

    def _number(self, digits: str) -> str:
        """A number's digits; those of inside numbers stay."""
        is_inside = len(digits) <= self._topology.max_length or digits in self._topology.internal
        return digits if self._key is None or is_inside else self._digits(digits)

    def _mask_digits(self, digits: str) -> str:
        start = max(0, len(digits) - MASKED_DIGITS)
        masked = [
            str((int(digits[place]) + self._shift(digits[place + 1 :])) % 10)
            for place in range(start, len(digits))
        ]
        return digits[:start] + "".join(masked)

    def _shift(self, behind: str) -> int:
        """How far a digit is moved, by the digits behind it."""
        return blake2b(behind.encode(), key=self._key or b"", digest_size=2).digest()[0] % 10


def _is_of_no_use(message: Message) -> bool:
    """Whether it tells the value of a variable that nobody reads: a VarSet, or the answer to a Getvar."""
    variable = message.get("Variable")
    return bool(variable) and "=" not in variable and not _is_kept(variable)


def _is_kept(variable: str) -> bool:
    return variable.lstrip("_") in KEPT_VARIABLES


def dates_around(at: float) -> frozenset[str]:
    """That day, the one before and the one after, as recordings' names write them: 20261122."""
    day = datetime.fromtimestamp(at, UTC)
    return frozenset(f"{day + timedelta(days=days):%Y%m%d}" for days in (-1, 0, 1))
