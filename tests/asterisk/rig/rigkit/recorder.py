"""Records a scenario: AMI's bytes, what Asterisk wrote about the calls, and the truth."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from rigkit.pair import LINKS, LinkTap, Pair
from rigkit.scenarios import PAIRED, RECORDED
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
        before = sounds_of(asterisk), _marks(asterisk)
        stage.tap = await Tap(user, asterisk.address).open()
        await asyncio.sleep(0.3)
        stage.diary.items.clear()
        try:
            await asyncio.wait_for(RECORDED[name](stage), 150)
            await asyncio.sleep(0.1)
        finally:
            stage.tap.close()
    stage.tap.save(folder, name)
    for end, mark in before[1].items():
        (folder / f"{name}.{end}").write_text(_written(asterisk, end)[mark:])
    sounds = _new_sounds(asterisk, before[0])
    told = _tell(stage, name, RECORDED[name].__doc__, user, sounds)
    _write_truth(folder / f"{name}.truth.json", told)
    return told


async def record_pair(sites: dict[str, Asterisk], name: str, folder: Path, user: str = "itgrix") -> Truth:
    """Plays a scenario of two Asterisks, leaves its files in the folder NAME of `folder`, as `record` does.

    `sites` are "main" and "branch".
    """
    async with Pair(*sites.values()) as pair:
        before = {site: (sounds_of(each), _marks(each)) for site, each in sites.items()}
        taps = {site: LinkTap(user, each.address, LINKS[site]) for site, each in sites.items()}
        for site, stage in pair.stages.items():
            stage.tap = await taps[site].open()
        await asyncio.sleep(0.3)
        pair.diary.items.clear()
        try:
            await asyncio.wait_for(PAIRED[name](pair), 150)
            await asyncio.sleep(0.5)
        finally:
            for tap in taps.values():
                tap.close()
    folder = folder / name
    folder.mkdir(exist_ok=True)
    sounds = []
    for site, each in sites.items():
        taps[site].save(folder, site)
        for end, mark in before[site][1].items():
            (folder / f"{site}.{end}").write_text(_written(each, end)[mark:])
        sounds += [sound | {"pbx": site} for sound in _new_sounds(each, before[site][0])]
    pair.main.calls = pair.calls
    told = _tell(pair.main, name, PAIRED[name].__doc__, user, sounds)
    _write_truth(folder / "truth.json", told)
    return told


def _tell(stage: Stage, name: str, description: str | None, user: str, sounds: list[Truth]) -> Truth:
    told: Truth = {
        "scenario": name,
        "description": (description or "").strip(),
        "asterisk": stage.asterisk.cli("core show version").split()[1],
        "ami_user": user,
        "calls": stage.calls,
        "recordings": sounds,
        "timeline": stage.diary.items,
    }
    if len(json.dumps(stage.diary.items)) > LONG_DIARY:
        del told["timeline"]
    return told


def _write_truth(path: Path, told: Truth) -> None:
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def _marks(asterisk: Asterisk) -> dict[str, int]:
    """How long each log of calls is now."""
    return {end: len(_written(asterisk, end)) for end in WRITTEN}


def _new_sounds(asterisk: Asterisk, before: dict[str, int]) -> list[Truth]:
    """The sound files that were not there before."""
    new = {file: size for file, size in sounds_of(asterisk).items() if file not in before}
    return [{"file": file, "bytes": size} for file, size in sorted(new.items())]


def sounds_of(asterisk: Asterisk) -> dict[str, int]:
    """The sound files of calls, by their path below the folder of recordings, with their sizes."""
    folder = asterisk.tree / asterisk.var / "spool/asterisk/monitor"
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*.wav")}


def _written(asterisk: Asterisk, end: str) -> str:
    """All that Asterisk has written into this log of calls."""
    path = asterisk.tree / asterisk.var / "log/asterisk" / WRITTEN[end]
    return path.read_text(errors="replace") if path.exists() else ""
