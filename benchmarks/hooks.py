"""What the nine hooks cost a call: with 0, 1 and 10 plugins, in our process and in processes of their own."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from itgrix_core.config.schema import HookSettings, IsolationSettings
from itgrix_core.plugins.manager import Plugins
from itgrix_hooks.table import EXTRAS, HOOKS, Kind
from itgrix_hooks.testing import CLIENT, make_call
from itgrix_hooks.values import Filed, Owner, Recording, Stage
from itgrix_hooks.wishes import OriginateRequest, RouteAnswer, RouteQuestion

NINE = [name for name, hook in HOOKS.items() if hook.kind is not Kind.NOTIFY][:9]
CALL = make_call()
ARGUMENTS: dict[str, Any] = {
    "number": CLIENT,
    "party": "client",
    "use": "search",
    "call": CALL,
    "conversation": CALL.conversations[0],
    "stage": Stage.CONVERSATION_REQUESTED,
    "params": {f"FIELD_{n}": n for n in range(12)},
    "fields": {f"FIELD_{n}": n for n in range(12)},
    "user": None,
    "clients": (),
    "request": OriginateRequest(CLIENT, user_id=1),
    "owner": Owner(1, "default"),
    "filed": Filed(),
    "path": "/monitor/call.wav",
    "recording": Recording("call.wav", CALL.linkedid, CALL.started_at),
    "activity": None,
    "entity": None,
    "kind": None,
    "role": "none",
    "answer": RouteAnswer(),
    "question": RouteQuestion(CLIENT),
}


@dataclass(frozen=True)
class Cost:
    """Of one call's nine hooks: seconds of each call in order, and CPU seconds of ours a call."""

    calls: list[float]
    cpu: float


def source() -> str:
    """A plugin that takes everything a hook can have, and leaves it as it is."""
    lines = ["from itgrix_hooks import hookimpl"]
    for name in NINE:
        names = ", ".join(each for each in HOOKS[name].arguments if each not in EXTRAS)
        lines += ["@hookimpl", f"def {name}({names}):", "    return None", ""]
    return "\n".join(lines)


def measure(plugins: int, *, is_isolated: bool, calls: int) -> Cost:
    """The nine hooks of so many calls, asked one after the other."""
    with tempfile.TemporaryDirectory() as name:
        names = [f"plugin_{number}" for number in range(plugins)]
        for each in names:
            Path(name, f"{each}.py").write_text(source(), encoding="utf-8")
        isolate = dict.fromkeys(names, IsolationSettings()) if is_isolated else {}
        loaded = Plugins.load(HookSettings(folder=Path(name), isolate=isolate))
        assert not loaded.complaints, loaded.complaints
        asked = [(hook, {each: ARGUMENTS[each] for each in _own(hook)}) for hook in NINE]
        for hook, arguments in asked:
            loaded.ask(hook, arguments)
        spent, cpu = [], time.process_time()
        for _ in range(calls):
            began = time.perf_counter()
            for hook, arguments in asked:
                loaded.ask(hook, arguments)
            spent.append(time.perf_counter() - began)
        cpu = time.process_time() - cpu
        loaded.close()
    return Cost(sorted(spent), cpu / calls)


def _own(hook: str) -> list[str]:
    return [each for each in HOOKS[hook].arguments if each not in EXTRAS]
