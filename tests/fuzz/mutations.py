"""Seeded harm done to real recordings: to their bytes, to their messages, to the order of both."""

from __future__ import annotations

import random
from collections.abc import Iterator

from itgrix_core.wire.messages import Message, make_message

JUNK = (b"\r\n", b"\r\n\r\n", b"\r\n\n", b"\n", b"\r", b"\x00", b"\xff\xfe", b": ", b"Event: ", b"Response: ")
BANNER = b"\r\nAsterisk Call Manager/11.0.0\r\n"
ENCODINGS = ("cp1251", "koi8-r", "utf-16", "utf-7", "shift_jis")
WORDS = (
    "",
    "<unknown>",
    "(null)",
    "0",
    "-1",
    "nan",
    "1e999",
    "Up",
    "Ringing",
    "PJSIP/101-00000001",
    ";2",
    "\x00",
)
HUGE = 200_000
"""Bytes of a huge value; one in some thousands, as they cost time."""


def harmed(data: bytes, dice: random.Random, harms: int) -> bytes:
    """The bytes with so many places flipped, cut, doubled, swapped or filled with junk."""
    held = bytearray(data)
    for _ in range(harms):
        at, length = dice.randrange(len(held)), min(dice.choice((1, 2, 4, 20, 300)), len(held) // 4)
        match dice.randrange(6):
            case 0:
                held[at] ^= 1 << dice.randrange(8)
            case 1:
                del held[at : at + length]
            case 2:
                held[at:at] = held[at : at + length]
            case 3:
                other = dice.randrange(len(held))
                piece, there = held[at : at + length], held[other : other + length]
                held[at : at + length], held[other : other + len(piece)] = there, piece
            case 4:
                held[at:at] = dice.choice(JUNK)
            case _:
                held[at:at] = BANNER if dice.randrange(4) == 0 else dice.randbytes(length)
    return bytes(held)


def pieces(data: bytes, dice: random.Random) -> Iterator[bytes]:
    """The bytes as a network might deliver them."""
    at = 0
    while at < len(data):
        length = dice.choice((1, 7, 100, 1460, 20_000))
        yield data[at : at + length]
        at += length


def disordered(messages: list[Message], dice: random.Random) -> list[Message]:
    """The messages with some lost, doubled, or come at another time."""
    messages = list(messages)
    for _ in range(dice.randrange(1 + len(messages) // 10)):
        at = dice.randrange(len(messages))
        match dice.randrange(3):
            case 0 if len(messages) > 1:
                del messages[at]
            case 1:
                messages.insert(dice.randrange(len(messages)), messages[at])
            case _:
                messages.insert(dice.randrange(len(messages)), messages.pop(at))
    return messages


def mutated(message: Message, other: Message, dice: random.Random) -> Message:
    """The message with a header or three changed, some of them for those of another message."""
    headers = message.headers()
    for _ in range(dice.choice((1, 1, 2, 3))):
        _change(headers, other.headers(), dice)
    if dice.randrange(50) == 0:
        return Message(harmed(make_message(*headers).raw or b"x", dice, 3))
    return make_message(*headers)


def _change(headers: list[tuple[str, str]], others: list[tuple[str, str]], dice: random.Random) -> None:
    if not headers:
        headers.append(dice.choice(others))
    at = dice.randrange(len(headers))
    name, value = headers[at]
    match dice.randrange(9):
        case 0:
            del headers[at]
        case 1:
            headers.insert(dice.randrange(len(headers)), headers[at])
        case 2:
            headers.insert(dice.randrange(len(headers)), headers.pop(at))
        case 3:
            headers[at] = name, dice.choice(others)[1]
        case 4:
            headers[at] = next((h for h in others if h[0] == name), (name, ""))
        case 5:
            headers[at] = name, dice.choice(WORDS)
        case 6:
            headers[at] = name, _encoded(value, dice)
        case 7:
            headers[at] = dice.choice((name.upper(), "Dest" + name, dice.choice(others)[0])), value
        case _:
            headers[at] = (
                name,
                value * (HUGE // (len(value) + 1)) if dice.randrange(500) == 0 else value[::-1],
            )


def _encoded(value: str, dice: random.Random) -> str:
    """A value as a phone of another country sends it, read as we read all."""
    sent = f"Иван {value}".encode(dice.choice(ENCODINGS), "replace")
    return sent.decode("utf-8", "surrogateescape")
