"""The demo: calls that a real Asterisk once made, through the example hooks, into a CRM that lives here.

Nothing in it is made up for show: the PBX serves recorded AMI streams on a socket, the service is the one
that `itgrix serve` runs, the portal is the sandbox that the tests use. Only the clients in it are invented.
"""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from itgrix_core.app.demo_board import Board
from itgrix_core.app.service import Service
from itgrix_core.calls.events import CallEnded, CallEvent
from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.config.schema_recordings import RecordingSettings
from itgrix_core.sandbox import recordings
from itgrix_core.sandbox.bitrix.seed import Seed, default_users, phones
from itgrix_core.sandbox.bitrix.server import RunningPortal, run_portal
from itgrix_core.sandbox.bitrix.settings import Settings as PortalSettings
from itgrix_core.sandbox.pbx import SECRET, USERNAME, RunningPbx, run_pbx

HOOKS = Path(__file__).parent / "example_hooks"
LINES = {"74950000101": "Sales", "74950000600": "Group", "74950000700": "Queue"}
MISSED_TURN = (12, 13, 14)
"""Users among whom the demo's missed calls go round."""
OUTGOING = "+7 916 555-00-09"
"""A client who is two companies at once: the holding's case."""
PBX_TIMEZONE = "Europe/Moscow"
_RATE = 8000


def demo_seed() -> Seed:
    """Seven employees with the extensions of the recordings, and the clients whom they talk with."""
    return Seed(
        users=default_users(),
        lines=LINES,
        contacts=(
            {"NAME": "Ivan", "LAST_NAME": "Known", "PHONE": phones("+7 916 123-45-67"), "ASSIGNED_BY_ID": 11},
            {
                "NAME": "Olga",
                "LAST_NAME": "Regular",
                "PHONE": phones("+7 916 333-00-06"),
                "ASSIGNED_BY_ID": 13,
            },
        ),
        companies=(
            {"TITLE": "Holding North", "PHONE": phones(OUTGOING), "ASSIGNED_BY_ID": 12},
            {"TITLE": "Holding South", "PHONE": phones(OUTGOING), "ASSIGNED_BY_ID": 11},
        ),
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs during a demo."""

    portal: RunningPortal
    pbx: RunningPbx
    service: Service
    board: Board


@contextmanager
def staged(pace: float, overlap: int) -> Iterator[Stage]:
    """Portal, PBX and service, started and wired to each other, in a folder that vanishes afterwards.

    Args:
        pace: how many times faster than real the recordings are served.
        overlap: how many of them at a time.
    """
    with tempfile.TemporaryDirectory(prefix="itgrix-demo-") as folder:
        audio = Path(folder) / "monitor"
        board = Board(_AudioMaker(audio))
        with (
            run_portal(PortalSettings(limits=None), demo_seed()) as portal,
            run_pbx(recordings.bundled(), pace=pace, overlap=overlap) as pbx,
            Service(demo_settings(Path(folder), audio, portal.webhook, pbx.port), watcher=board) as service,
        ):
            yield Stage(portal, pbx, service, board)


def demo_settings(folder: Path, audio: Path, webhook: str, port: int) -> Settings:
    """The configuration that an operator would write for the demo."""
    return Settings(
        data_folder=folder / "data",
        state_folder=folder / "state",
        asterisk={
            "demo": AsteriskSettings(
                port=port,
                username=USERNAME,
                secret=SecretStr(SECRET),
                timezone=PBX_TIMEZONE,
                recordings=RecordingSettings(folder=audio),
            )
        },
        crm={
            "sandbox": BitrixSettings(
                webhook=SecretStr(webhook),
                lines={line: line for line in LINES},
                requests_at_once=1000,
                requests_per_second=1000.0,
            )
        },
        hooks=HookSettings(folder=HOOKS, settings={"02_fair_missed": {"users": list(MISSED_TURN)}}),
    )


class _AudioMaker:
    """Writes silence where the PBX said that it recorded, as long as the talk was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, event: CallEvent) -> None:
        if not isinstance(event, CallEnded) or not event.call.is_answered:
            return
        for recording in event.call.recordings:
            path = self._folder / recording.path.partition("/monitor/")[2]
            path.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(path), "wb") as audio:
                audio.setnchannels(1)
                audio.setsampwidth(2)
                audio.setframerate(_RATE)
                audio.writeframes(bytes(2 * int(_RATE * event.call.talk_seconds)))
