"""What belongs to one PBX alone, where several share a board: its name, its rules, its connection.

Uniqueids, Linkedids, bridges and channel names repeat from PBX to PBX. On a shared board each PBX's ids
therefore bear its name in front, put there as its messages are read; a PBX that stands alone keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from itgrix_core.calls import learnt
from itgrix_core.calls.topology import Topology
from itgrix_core.wire.messages import Message

IDS = ("Uniqueid", "Linkedid", "BridgeId")
"""How the names of headers end that hold an id of a channel, a group of channels, or a bridge."""


@dataclass(slots=True)
class Side:
    """One PBX's side of a board.

    Attributes:
        pbx: its name; first part of the keys of its calls.
        topology: which of its endpoints are phones, trunks, links.
        timezone: IANA name of its zone.
        prefix: what its ids begin with on the board; "" where no other PBX shares it.
        listed: while a channel list comes: the ids that live, with what those that dial are dialling.
        lost: rows of the calls that the last channel list lacked, by the ids of their channels.
        unheard: when a click-to-call of this extension ended before its OriginateResponse came.
        has_learnt: whether what the PBX said of its endpoints differs from its saved row.
        is_settled: whether a channel list has been read since the connection began; before that, unknown
            channels are no oddity.
    """

    pbx: str
    topology: Topology
    timezone: str
    prefix: str = ""
    listed: dict[str, str] | None = None
    lost: dict[str, bytes] = field(default_factory=dict)
    unheard: dict[str, float] = field(default_factory=dict)
    has_learnt: bool = False
    is_settled: bool = False

    def id_of(self, bare: str) -> str:
        """A PBX's own id as it stands on the board; "" stays "", as it means none."""
        return self.prefix + bare if bare else ""

    def bare(self, known: str) -> str:
        """The opposite of `id_of`."""
        return known.removeprefix(self.prefix)

    def key_of(self, linkedid: str) -> str:
        """The key of a call that begins with this Linkedid (as on the board)."""
        return f"{self.pbx}/{self.bare(linkedid)}"

    @property
    def learnt_key(self) -> str:
        """Under what key the saved row of what it said of its endpoints is kept."""
        return learnt.key_of(self.pbx)

    def remember(self, row: bytes) -> None:
        """Take back what it said of its endpoints, from a saved row."""
        known = learnt.parse(row)
        if known is not None:
            self.topology = replace(self.topology, learnt=known)

    def holds(self, uniqueid: str) -> bool:
        """Whether an id on the board is one of this PBX."""
        return uniqueid.startswith(self.prefix)


class PrefixedMessage(Message):
    """A message whose ids are as on a shared board.

    Args:
        raw: as of `Message`.
        prefix: `Side.prefix`.
    """

    __slots__ = ("_prefix",)

    def __init__(self, raw: bytes, prefix: str) -> None:
        super().__init__(raw)
        self._prefix = prefix

    def get(self, header: str, default: str = "") -> str:
        """As `Message.get`, an id with its PBX in front."""
        value = super().get(header, default)
        return self._prefix + value if value and header.endswith(IDS) else value
