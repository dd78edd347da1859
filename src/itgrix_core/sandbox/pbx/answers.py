"""What a replayed PBX answers to the actions of a logged-in client.

Every answer has the headers, the order and the sentences of Asterisk 22 (recording `snapshot_midcall`); what
the program never asks is answered as Asterisk answers what it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from itgrix_core.sandbox.pbx.switchboard import BoardChannel, Switchboard
    from itgrix_core.wire.messages import Message

VERSION = "22.10.1"
AMI_VERSION = "11.0.0"

Headers = list[tuple[str, str]]


def block(*headers: tuple[str, str]) -> bytes:
    """An AMI block on the wire, with the blank line that ends it."""
    return (
        "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogateescape")
        + b"\r\n"
    )


def response(action: Message, word: str, *headers: tuple[str, str]) -> bytes:
    """The response to this action (`Success`, `Error`, `Goodbye`), with its ActionID where it had one."""
    return block(("Response", word), *_ident(action), *headers)


def error(action: Message, sentence: str) -> bytes:
    """The refusal of an action."""
    return response(action, "Error", ("Message", sentence))


def answer(action: Message, board: Switchboard) -> bytes:
    """All that goes back for an action of a logged-in client."""
    name = action.get("Action")
    known = ANSWERS.get(name.lower())
    if known is None:
        return error(
            action,
            f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands.",
        )
    return known(action, board)


def _ident(action: Message) -> Headers:
    ident = action.get("ActionID")
    return [("ActionID", ident)] if ident else []


def _ping(action: Message, _: Switchboard) -> bytes:
    return response(action, "Success", ("Ping", "Pong"))


def _getvar(action: Message, board: Switchboard) -> bytes:
    channel, variable = action.get("Channel"), action.get("Variable")
    if not variable:
        return error(action, "No variable specified")
    value = board.variable(channel, variable) if channel else ""
    if value is None:
        return error(action, "No such channel")
    return response(action, "Success", ("Variable", variable), ("Value", value))


def _originate(action: Message, _: Switchboard) -> bytes:
    """Everybody may dial, but there is no phone here that could ring."""
    return error(action, "Originate failed")


def _dbget(action: Message, board: Switchboard) -> bytes:
    """Headers in the order of recording `freepbx_blacklisted`."""
    family, key = action.get("Family"), action.get("Key")
    value = board.entries.get((family, key))
    if value is None:
        return error(action, "Database entry not found")
    begin = _list_begins(action, "Result will follow")
    entry = (("Event", "DBGetResponse"), ("Family", family), ("Key", key), ("Val", value), *_ident(action))
    return begin + block(*entry) + _list_ends(action, "DBGetComplete", 1)


def _core_settings(action: Message, _: Switchboard) -> bytes:
    return response(
        action, "Success", ("AMIversion", AMI_VERSION), ("AsteriskVersion", VERSION), ("SystemName", "")
    )


def _core_status(action: Message, board: Switchboard) -> bytes:
    return response(action, "Success", ("CoreCurrentCalls", str(len(board.live()))))


def _list_commands(action: Message, _: Switchboard) -> bytes:
    return response(
        action, "Success", *((name, f"{about}  (Priv: {rights})") for name, about, rights in COMMANDS)
    )


def _core_show_channels(action: Message, board: Switchboard) -> bytes:
    items = [_channel_item(channel, board) for channel in board.live()]
    return _list(action, "CoreShowChannel", "CoreShowChannelsComplete", "Channels will follow", items)


def _channel_item(channel: BoardChannel, board: Switchboard) -> Headers:
    minutes, seconds = divmod(board.duration(channel), 60)
    hours, minutes = divmod(minutes, 60)
    application, data = channel.application
    return [
        *channel.headers.items(),
        ("Application", application),
        ("ApplicationData", data),
        ("Duration", f"{hours:02}:{minutes:02}:{seconds:02}"),
        ("BridgeId", channel.bridge),
    ]


def _status(action: Message, board: Switchboard) -> bytes:
    wanted, names = action.get("Channel"), [name for name in action.get("Variables").split(",") if name]
    found = [channel for channel in board.live() if wanted in ("", channel.headers["Channel"])]
    if wanted and not found:
        return error(action, "No such channel")
    items = [_status_item(channel, board, names) for channel in found]
    return _list(action, "Status", "StatusComplete", "Channel status will follow", items)


def _status_item(channel: BoardChannel, board: Switchboard, names: list[str]) -> Headers:
    application, data = channel.application
    return [
        ("Privilege", "Call"),
        *channel.headers.items(),
        ("BridgeID", channel.bridge),
        ("Application", application),
        ("Data", data),
        ("Seconds", str(board.duration(channel))),
        *(("Variable", f"{name}={channel.variables.get(name, '')}") for name in names),
    ]


def _list(action: Message, item: str, complete: str, sentence: str, items: list[Headers]) -> bytes:
    """A list answer: the response, one event per item, the event that counts them."""
    said = [block(("Event", item), *_ident(action), *headers) for headers in items]
    return b"".join([_list_begins(action, sentence), *said, _list_ends(action, complete, len(items))])


def _list_begins(action: Message, sentence: str) -> bytes:
    return response(action, "Success", ("EventList", "start"), ("Message", sentence))


def _list_ends(action: Message, complete: str, count: int) -> bytes:
    return block(("Event", complete), *_ident(action), ("EventList", "Complete"), ("ListItems", str(count)))


ANSWERS: dict[str, Callable[[Message, Switchboard], bytes]] = {
    "ping": _ping,
    "getvar": _getvar,
    "coresettings": _core_settings,
    "corestatus": _core_status,
    "coreshowchannels": _core_show_channels,
    "dbget": _dbget,
    "listcommands": _list_commands,
    "originate": _originate,
    "status": _status,
}

COMMANDS = (
    ("Challenge", "Generate Challenge for MD5 Auth.", "<none>"),
    ("CoreSettings", "Show PBX core settings (version etc).", "system,reporting,all"),
    ("CoreShowChannels", "List currently active channels.", "system,reporting,all"),
    ("CoreStatus", "Show PBX core status variables.", "system,reporting,all"),
    ("DBGet", "Get DB Entry.", "system,reporting,all"),
    ("Events", "Control Event Flow.", "<none>"),
    ("Filter", "Dynamically add filters for the current manager session.", "system,all"),
    ("Getvar", "Gets a channel variable or function value.", "call,reporting,all"),
    ("ListCommands", "List available manager commands.", "<none>"),
    ("Login", "Login Manager.", "<none>"),
    ("Logoff", "Logoff Manager.", "<none>"),
    ("Originate", "Originate a call.", "originate,all"),
    ("Ping", "Keepalive command.", "<none>"),
    ("Status", "List channel status.", "system,call,reporting,all"),
)
