"""What a PBX said of its own endpoints: which are phones and whose, which are trunks.

It is asked after each login and told in the same stream as everything else (`questions`, `handlers.plant`): a
recorded log holds it. Saved as a row beside the calls: after a crash the log is read on from its
middle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

VERSION = 1
NOBODY = frozenset({"", "none"})
"""`DEVICE/<device>/user` where nobody is logged in (FreePBX writes "none"), and without such an entry."""


@dataclass(slots=True)
class Learnt:
    """Knowledge about one PBX.

    Attributes:
        devices: AstDB's DEVICE/<device>/user (docs/facts/freepbx.md 6); "" for what AstDB does not know.
        phones: endpoint to the inside number in its caller id, "" if it has none; only of those that do not
            look like phones.
        trunks: endpoints that look like phones and are not, as a dict to keep their order.
    """

    devices: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    trunks: dict[str, None] = field(default_factory=dict)

    @property
    def has_devices(self) -> bool:
        """Whether this PBX keeps devices in AstDB at all: then one may change its user at any time."""
        return any(self.devices.values())

    def is_phone(self, endpoint: str) -> bool:
        """Whether the PBX said so; `False` also where it said nothing."""
        return endpoint in self.phones or bool(self.devices.get(endpoint))

    def extension_of(self, endpoint: str) -> str:
        """Its user's inside number, "" where the PBX did not say."""
        user = self.devices.get(endpoint, "")
        return user if user not in NOBODY else self.phones.get(endpoint, "")


class Row(msgspec.Struct):
    """The saved knowledge with the version of its shape."""

    version: int
    learnt: Learnt


_ROW = msgspec.json.Decoder(Row)


def key_of(pbx: str) -> str:
    """Under which key a PBX's row is kept."""
    return f"{pbx}/learnt"


def dump(learnt: Learnt) -> bytes:
    """The knowledge as a JSON row."""
    return msgspec.json.encode(Row(VERSION, learnt))


def parse(row: bytes) -> Learnt | None:
    """The knowledge of a row; `None` for another version or a damaged one: the PBX is asked again anyway."""
    try:
        saved = _ROW.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return saved.learnt if saved.version == VERSION else None
