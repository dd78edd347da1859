"""What a replayed PBX knows at this moment: its channels and their variables; and its AstDB.

A client that logs in in the middle of calls asks for the channels, and one that masks `VarSet` away asks for
single variables. The answers are gathered from the very events that have been served, masked or not, so
they can never contradict the stream.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from itgrix_core.wire.messages import Message, make_message

SNAPSHOT = (
    "Channel",
    "ChannelState",
    "ChannelStateDesc",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "Language",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
    "Linkedid",
)


@dataclass(slots=True)
class BoardChannel:
    """A channel as the last event about it described it.

    Attributes:
        headers: Asterisk's own words for it (`SNAPSHOT`).
        recording: the recording it lives in.
        began_at: its first event's time, Unix seconds; `None` without times.
        alive: no `Hangup` yet.
        bridge: the bridge it is in, or "".
        application: the application that it runs, and that one's data.
        variables: as set by `VarSet`, without the underscores of inheritance.
    """

    headers: dict[str, str]
    recording: str
    began_at: float | None
    alive: bool = True
    bridge: str = ""
    application: tuple[str, str] = ("", "")
    variables: dict[str, str] = field(default_factory=dict)


class Switchboard:
    """Channels by Uniqueid, kept up to date by `apply`.

    Args:
        entries: what AstDB holds, by family and key.
    """

    def __init__(self, entries: Mapping[tuple[str, str], str]) -> None:
        self.entries = entries
        self._channels: dict[str, BoardChannel] = {}
        self._clocks: dict[str, float] = {}

    def apply(self, message: Message, recording: str, at: float | None) -> None:
        """Takes note of an event of this recording, said at `at` (Unix seconds)."""
        if at is not None:
            self._clocks[recording] = at
        if message.name == "Newchannel":
            self._channels[message.get("Uniqueid")] = BoardChannel({}, recording, at)
        for prefix in ("", "Dest"):
            channel = self._channels.get(message.get(f"{prefix}Uniqueid"))
            if channel is not None:
                self._note(channel, message, prefix)

    def _note(self, channel: BoardChannel, message: Message, prefix: str) -> None:
        for header in SNAPSHOT:
            channel.headers[header] = message.get(prefix + header, channel.headers.get(header, ""))
        match message.name, prefix:
            case "Hangup", "":
                channel.alive = False
            case "VarSet", "":
                channel.variables[message.get("Variable").lstrip("_")] = message.get("Value")
            case "Newexten", "":
                channel.application = (message.get("Application"), message.get("AppData"))
            case "DialBegin", "Dest":
                channel.application = ("AppDial", "(Outgoing Line)")
            case "BridgeEnter", "":
                channel.bridge = message.get("BridgeUniqueid")
            case "BridgeLeave", "" if channel.bridge == message.get("BridgeUniqueid"):
                channel.bridge = ""

    def live(self) -> list[BoardChannel]:
        """The channels that have not been hung up."""
        return [channel for channel in self._channels.values() if channel.alive]

    def duration(self, channel: BoardChannel) -> int:
        """How long the channel has lived by its recording's own time, whole seconds."""
        began, now = channel.began_at, self._clocks.get(channel.recording)
        return 0 if began is None or now is None else int(now - began)

    def variable(self, channel_name: str, name: str) -> str | None:
        """A variable of the channel ("" if it was never set); `None` if there was never such a channel.

        Unlike Asterisk it also answers for a channel that has been hung up: at fifty times the real pace
        a question asked in good time comes after the end of the call.
        """
        found = None
        for channel in self._channels.values():
            if channel.headers.get("Channel") == channel_name:
                found = channel.variables.get(name, "")
        return found

    def forget(self, recordings: Collection[str]) -> None:
        """Knows nothing any more of these recordings, which will be said again from their start."""
        kept = {key: each for key, each in self._channels.items() if each.recording not in recordings}
        self._channels = kept

    def hang_up_all(self) -> list[Message]:
        """Hangs up every live channel, as Asterisk does when it is restarted, and forgets all of them.

        Returns:
            The `Hangup` events: cause 16, or 0 for a channel that never was up.
        """
        messages = []
        for channel in self.live():
            up = channel.headers["ChannelStateDesc"] == "Up"
            cause = (
                (("Cause", "16"), ("Cause-txt", "Normal Clearing"))
                if up
                else (("Cause", "0"), ("Cause-txt", "Unknown"))
            )
            stamp = self._clocks.get(channel.recording)
            head = [("Event", "Hangup"), ("Privilege", "call,all")]
            head += [("Timestamp", f"{stamp:.6f}")] if stamp is not None else []
            messages.append(make_message(*head, *channel.headers.items(), *cause))
        self._channels.clear()
        return messages
