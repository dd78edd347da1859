"""Records a scenario: AMI's bytes, what Asterisk wrote about the calls, and the truth."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from rigkit.scenarios import RECORDED
from rigkit.stage import Stage
from rigkit.tap import Tap

if TYPE_CHECKING:
    from pathlib import Path

    from rigkit.server import Asterisk
    from rigkit.truth import Truth

WRITTEN = {"cdr.csv": "cdr-csv/Master.csv", "cel.csv": "cel-custom/Master.csv"}
LONG_DIARY = 4000


async def record(asterisk: Asterisk, name: str, folder: Path, user: str = "itgrix") -> Truth:
    """Plays the scenario, leaves its files in the folder (which is there); returns what truth.json holds."""
    async with Stage(asterisk) as stage:
        before = sounds_of(asterisk), {end: len(_written(asterisk, end)) for end in WRITTEN}
        stage.tap = tap = await Tap(user, asterisk.address).open()
        await asyncio.sleep(0.1)
        stage.diary.items.clear()
        try:
            await asyncio.wait_for(RECORDED[name](stage), 150)
            await asyncio.sleep(0.1)
        finally:
            tap.close()
    tap.save(folder, name)
    for end, mark in before[1].items():
        (folder / f"{name}.{end}").write_text(_written(asterisk, end)[mark:])
    told = _tell(stage, name, user, before[0])
    (folder / f"{name}.truth.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return told


def _tell(stage: Stage, name: str, user: str, sounds_before: dict[str, int]) -> Truth:
    sounds = {file: size for file, size in sounds_of(stage.asterisk).items() if file not in sounds_before}
    told: Truth = {
        "scenario": name,
        "description": (RECORDED[name].__doc__ or "").strip(),
        "asterisk": stage.asterisk.cli("core show version").split()[1],
        "ami_user": user,
        "calls": stage.calls,
        "recordings": [{"file": file, "bytes": size} for file, size in sorted(sounds.items())],
        "timeline": stage.diary.items,
    }
    if len(json.dumps(stage.diary.items)) > LONG_DIARY:
        del told["timeline"]
    return told


def sounds_of(asterisk: Asterisk) -> dict[str, int]:
    """The sound files of calls, by their path below the folder of recordings, with their sizes."""
    folder = asterisk.tree / "var/spool/asterisk/monitor"
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*.wav")}


def _written(asterisk: Asterisk, end: str) -> str:
    """All that Asterisk has written into this log of calls."""
    path = asterisk.tree / "var/log/asterisk" / WRITTEN[end]
    return path.read_text(errors="replace") if path.exists() else ""
