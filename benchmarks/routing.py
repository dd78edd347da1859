"""Callers are routed: what an index of numbers takes, and how long an answer does while the portal is away.

The service runs in a process of its own, with an index that is made before and a portal that refuses every
connection. Questions come at a steady rate over sockets, as Asterisk asks them: from the connection to the
last variable, or to the answer's last byte. How long it takes inside, the service's own figures tell.

`python routing.py SETTINGS` is the service's process; it ends with its input.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EMPLOYEES = 100
PAGE = 500
TOKEN = "a token of the benchmark"
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Built:
    """An index: seconds to store it, what the process grew by and the file holds in bytes, µs a look-up."""

    seconds: float
    grew_bytes: int
    file_bytes: int
    look_up: float


def number_of(place: int) -> str:
    """The number of a client."""
    return f"+79{place:09}"


def build(folder: Path, clients: int) -> Built:
    """Store so many clients with a number each, in pages as a portal gives them."""
    from growth import resident_kb
    from itgrix_core.directory.numbers import FILE, NumberIndex, Progress
    from itgrix_core.filing.routing import Employee
    from itgrix_hooks.values import Entity, PhoneNumber, User

    before, began = resident_kb(), time.perf_counter()
    index = NumberIndex(folder)
    index.keep_staff(
        "bitrix", [Employee(User(user, "", str(100 + user))) for user in range(1, EMPLOYEES + 1)]
    )
    for begin in range(0, clients, PAGE):
        page = [
            (
                Entity("contact", place + 1, f"Client number {place}", place % EMPLOYEES + 1),
                [PhoneNumber(number_of(place))],
            )
            for place in range(begin, min(begin + PAGE, clients))
        ]
        index.put("bitrix", "contact", page, [], Progress(after_id=begin + PAGE))
    for kind in ("contact", "company", "lead"):
        done = Progress(is_whole=True, is_building=False, built_at=time.time(), checked_at=time.time())
        index.put("bitrix", kind, [], [], done)  # type: ignore[arg-type]
    seconds, grew = time.perf_counter() - began, (resident_kb() - before) * 1024
    asked = time.perf_counter()
    for place in range(0, clients, 20):
        assert index.clients_of("bitrix", PhoneNumber(number_of(place)))
    look_up = (time.perf_counter() - asked) / len(range(0, clients, 20)) * 1e6
    index.close()
    return Built(seconds, grew, (folder / FILE).stat().st_size, look_up)


@contextmanager
def served(folder: Path, agi: int, web: int) -> Iterator[None]:
    """The service's process on this folder, its portal away."""
    settings = {"data_folder": str(folder), "agi": agi, "web": web, "portal": free_port()}
    command = [sys.executable, __file__, json.dumps(settings)]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment) as process,
    ):
        until = time.monotonic() + PATIENCE_SECONDS
        while not _is_open(web):
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        try:
            yield
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(PATIENCE_SECONDS)


def ask_agi(port: int, place: int) -> str:
    """One question as Asterisk asks it; the extension."""
    head = {"agi_network": "yes", "agi_network_script": "main", "agi_callerid": number_of(place)}
    text = "".join(f"{name}: {value}\n" for name, value in head.items())
    told = ""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line, line.makefile("rb") as heard:
        line.sendall(f"{text}\n".encode())
        for command in heard:
            told = command.decode().split('"')[1]
            line.sendall(b"200 result=1\n")
    return told


def ask_http(port: int, place: int) -> str:
    """One question as CURL() asks it; the extension."""
    body = f"token={TOKEN.replace(' ', '+')}&number=%2B{number_of(place)[1:]}"
    head = (
        "POST /route/main HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line, line.makefile("rb") as heard:
        line.sendall((head + body).encode())
        return heard.read().decode().rpartition("\r\n\r\n")[2].partition("|")[0]


def load(ask: Callable[[int, int], str], port: int, rate: int, seconds: float, clients: int) -> list[float]:
    """Ask at a steady rate; how long each answer took, in order of length.

    Time runs from when a question was due, so that a slow answer does not hide the ones behind it.
    """
    began = time.monotonic() + 0.2

    def one(turn: int) -> float:
        place, due = turn * 7919 % clients, began + turn / rate
        time.sleep(max(0.0, due - time.monotonic()))
        extension = ask(port, place)
        assert extension == str(101 + place % EMPLOYEES), extension
        return time.monotonic() - due

    with ThreadPoolExecutor(64) as pool:
        return sorted(pool.map(one, range(int(rate * seconds))))


def inside(web: int) -> tuple[int, dict[float, int]]:
    """How many questions were answered, and how many of them within so many seconds, as the service tells."""
    with socket.create_connection(("127.0.0.1", web), timeout=30) as line, line.makefile("rb") as heard:
        line.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = heard.read().decode()
    found = re.findall(r'itgrix_route_seconds_bucket{asterisk="main",le="([^"]+)"} (\S+)', text)
    counts = {float(limit): int(float(count)) for limit, count in found}
    return counts[float("inf")], counts


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def measure(clients: int, rate: int, seconds: float) -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = build(folder, clients)
        print(
            "\n| numbers | s to store | process grew, MB | file, MB | µs a look-up |\n|---|---|---|---|---|"
        )
        sizes = f"{built.grew_bytes / 1e6:.0f} | {built.file_bytes / 1e6:.0f}"
        print(f"| {clients} | {built.seconds:.1f} | {sizes} | {built.look_up:.0f} |", flush=True)
        print("\n| door | questions | a second | p50, ms | p99, ms | longest, ms | inside 1 / 2 / 5 ms |")
        print("|---|---|---|---|---|---|---|")
        agi, web = free_port(), free_port()
        with served(folder, agi, web):
            before: tuple[int, dict[float, int]] = (0, {})
            for door, ask, port in (("FastAGI", ask_agi, agi), ("HTTP", ask_http, web)):
                took = load(ask, port, rate, seconds, clients)
                now = inside(web)
                count = now[0] - before[0]
                shares = [
                    (now[1][limit] - before[1].get(limit, 0)) / count * 100 for limit in (0.001, 0.002, 0.005)
                ]
                before = now
                p50, p99 = (took[round(len(took) * share) - 1] * 1000 for share in (0.5, 0.99))
                within = " / ".join(f"{share:.1f} %" for share in shares)
                figures = f"{p50:.1f} | {p99:.1f} | {took[-1] * 1000:.0f} | {within}"
                print(f"| {door} | {count} | {rate} | {figures} |", flush=True)


def main(settings: dict[str, Any]) -> None:
    """Serve until the input ends."""
    from pydantic import SecretStr

    from itgrix_core.app.service import Service
    from itgrix_core.config.schema import BitrixSettings, Settings, WebSettings
    from itgrix_core.config.schema_asterisk import AsteriskSettings
    from itgrix_core.config.schema_routing import RoutingSettings

    webhook = f"http://127.0.0.1:{settings['portal']}/rest/1/code/"
    chosen = Settings(
        data_folder=Path(settings["data_folder"]),
        asterisk={"main": AsteriskSettings(port=1)},
        crm={"bitrix": BitrixSettings(webhook=SecretStr(webhook))},
        web=WebSettings(port=settings["web"]),
        routing=RoutingSettings(agi_port=settings["agi"], token=SecretStr(TOKEN)),
    )
    with Service(chosen):
        sys.stdin.read()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
