"""The portal: a request comes in, is let through or not, executed or spoiled, answered and written down.

No HTTP here: `web.py` turns requests into `Asked` and `Answer` into bytes, so that the way of a request can
be read in one place and the transport's faults in another.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from itgrix_core.sandbox.bitrix import errors, keeping, oauth
from itgrix_core.sandbox.bitrix.clock import MovableClock
from itgrix_core.sandbox.bitrix.costs import cost_of
from itgrix_core.sandbox.bitrix.door import Asked, caller_of, check_right, check_upload, has_scope
from itgrix_core.sandbox.bitrix.envelope import envelope, time_block
from itgrix_core.sandbox.bitrix.errors import RestError
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind, FaultTable
from itgrix_core.sandbox.bitrix.ledger import Ledger
from itgrix_core.sandbox.bitrix.limits import Bucket, OperatingTime
from itgrix_core.sandbox.bitrix.methods import HANDLERS, NAMES, batch, recordings, scopes_of
from itgrix_core.sandbox.bitrix.php import any_case, as_text
from itgrix_core.sandbox.bitrix.seed import Seed, default_seed, plant
from itgrix_core.sandbox.bitrix.settings import Caller, Clock, Params, Reply, Settings
from itgrix_core.sandbox.bitrix.visits import Answer, Visit, named
from itgrix_core.sandbox.bitrix.world import World

_OK = 200
_UPLOAD = "upload"
OAUTH = "oauth/token"


class Portal:
    """A Bitrix24 in memory.

    Attributes:
        world: its memory; read it under `lock`.
        ledger: every request.
        faults: trouble to come.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        seed: Seed | None = None,
        clock: Clock = time.time,
        ledger_path: Path | None = None,
        state_path: Path | None = None,
    ) -> None:
        """`state_path`: the file in which the memory is kept; what it holds already wins over `seed`."""
        self.clock = MovableClock(clock)
        self.lock = threading.RLock()
        self.world = World(settings or Settings(), self.clock)
        self.ledger = Ledger(ledger_path)
        self.faults = FaultTable(self.clock)
        self._bucket = Bucket(self.settings.limits, self.clock)
        self._operating = OperatingTime(self.settings.limits, self.clock)
        self._state_path = state_path
        if state_path is not None and state_path.exists():
            keeping.load(self.world, state_path)
        else:
            plant(self.world, seed or default_seed())

    @property
    def settings(self) -> Settings:
        """What kind of portal it is."""
        return self.world.settings

    def change(self, **switches: Any) -> None:
        """Turn switches of the settings while the portal runs; raises `TypeError` for names that are none."""
        self.world.settings = replace(self.settings, **switches)

    @contextmanager
    def changing(self) -> Iterator[World]:
        """The world for somebody who changes it beside the methods: alone in it, and kept afterwards."""
        with self.lock:
            try:
                yield self.world
            finally:
                if self._state_path is not None:
                    keeping.save(self.world, self._state_path)

    def latency(self, method: str, params: Params | None = None) -> float:
        """How long a request waits before it is executed; a batch waits for all of its commands."""
        fixed = self.settings.latency_seconds
        if fixed is not None:
            return fixed
        name = canonical(method)
        inner = batch.commands_of(params or {}) if name == "batch" else {}
        commands = (as_text(command).partition("?")[0] for command in inner.values())
        return cost_of(name).latency + sum(self.latency(each) for each in commands)

    def answer(self, asked: Asked) -> Answer:
        """Let a request through the limits, the faults and the door, and execute it."""
        visit = self._visit(asked.method, asked.params)
        try:
            self._check_place(asked)
            self._bucket.pour(asked.address)
            visit.fault = self.faults.take(visit.name)
            _fail_before(visit.fault)
            visit.caller = caller_of(self.world, asked)
            reply = self._run(visit.name, visit.caller, visit)
        except RestError as error:
            return self._refused(visit, error)
        body = envelope(reply, self._time(visit))
        return self._written(visit, Answer(_OK, body, visit.fault), is_executed=True)

    def token(self, params: Params) -> Answer:
        """The OAuth server's `/oauth/token/`; neither secrets nor tokens are written down."""
        shown: Params = {name: params[name] for name in ("grant_type", "client_id") if name in params}
        visit = self._visit(OAUTH, shown)
        try:
            visit.fault = self.faults.take(OAUTH)
            _fail_before(visit.fault)
            with self.changing() as world:
                body = oauth.token(world, params)
        except RestError as error:
            return self._refused(visit, error)
        told = {name: body[name] for name in ("domain", "expires_in", "user_id")}
        answer = self._written(visit, Answer(_OK, {"result": told}, visit.fault), is_executed=True)
        is_spoiled = answer.status != _OK or answer.body != {"result": told}
        return answer if is_spoiled else replace(answer, body=body)

    def upload(self, asked: Asked, name: str, content: bytes) -> Answer:
        """The file that follows attachRecord's `uploadUrl`."""
        token = as_text(asked.params.get("token"))
        visit = self._visit(_UPLOAD, {"token": token, "name": name, "size": len(content)})
        try:
            self._check_place(asked)
            self._bucket.pour(asked.address)
            visit.fault = self.faults.take(_UPLOAD)
            _fail_before(visit.fault)
            check_upload(self.world, asked)
            with self.changing() as world:
                reply = Reply(recordings.upload(world, token, name, content))
        except RestError as error:
            return self._refused(visit, error)
        body = envelope(reply, self._time(visit))
        return self._written(visit, Answer(_OK, body, visit.fault), is_executed=True)

    def _check_place(self, asked: Asked) -> None:
        """A renamed portal answers under its new name only; the old one leads there."""
        new = self.world.moved_to
        if new and asked.host and asked.host != new:
            raise errors.moved(self.settings.moved_status, f"http://{new}{asked.path}")

    def _visit(self, method: str, params: Params) -> Visit:
        return Visit(self.ledger.number(), self.clock(), canonical(method), params)

    def _refused(self, visit: Visit, error: RestError) -> Answer:
        answer = Answer(error.status, error.body(), visit.fault, error.location)
        return self._written(visit, answer, is_executed=False)

    def _written(self, visit: Visit, answer: Answer, *, is_executed: bool) -> Answer:
        """Write the visit down with the status that the client sees and the true answer; spoil the answer."""
        fault = answer.fault
        spoiled = answer
        if fault is not None and fault.kind in {FaultKind.ANSWER, FaultKind.HTML}:
            spoiled = Answer(fault.error().status, fault.error().body(), fault)
        elif fault is not None and fault.kind is FaultKind.WRONG and is_executed:
            spoiled = replace(answer, body={**answer.body, "result": fault.value})
        status = 0 if fault is not None and fault.kind is FaultKind.CUT else spoiled.status
        self.ledger.write(visit.entry(Answer(status, answer.body), is_executed=is_executed))
        return spoiled

    def _run(self, name: str, caller: Caller, visit: Visit) -> Reply:
        if name == "batch":
            return Reply(batch.run(visit.params, functools.partial(self._run_inner, caller, visit.number)))
        return self._execute(name, caller, visit.params)

    def _run_inner(
        self, caller: Caller, number: int, key: str, method: str, params: Params
    ) -> tuple[Reply, dict[str, Any]]:
        """One command of the batch with this number, written down as an entry of its own."""
        visit = self._visit(method, params)
        visit.caller, visit.batch, visit.key = caller, number, key
        visit.fault = self.faults.take(visit.name, frozenset({FaultKind.ANSWER}))
        try:
            _fail_before(visit.fault)
            reply = self._execute(visit.name, caller, params)
        except RestError as error:
            self._refused(visit, error)
            raise
        self._written(visit, Answer(_OK, reply.result, visit.fault), is_executed=True)
        if visit.fault is not None:
            raise visit.fault.error()
        return reply, self._time(visit)

    def _execute(self, name: str, caller: Caller, params: Params) -> Reply:
        """Run one method alone in the world; raises what the portal would answer."""
        if name == "method.get":
            return Reply(_about_method(params, caller, self.settings))
        if name not in HANDLERS:
            raise errors.method_not_found()
        check_right(self.settings, caller, name)
        self._operating.check(named(caller), name)
        with self.changing() as world, world.acting(caller.user_id, as_text(params.get("auth_connector"))):
            result = HANDLERS[name](world, caller, params)
        self._operating.charge(named(caller), name, cost_of(name).operating)
        return result if isinstance(result, Reply) else Reply(result)

    def _time(self, visit: Visit) -> dict[str, Any]:
        operating = self._operating.used(named(visit.caller), visit.name)
        return time_block(visit.at, self.clock(), self.settings.timezone, operating)


def _fail_before(fault: Fault | None) -> None:
    if fault is not None and not fault.executes:
        raise fault.error()


def canonical(method: str) -> str:
    """A method's name in the documentation's spelling; an unknown one as it was asked."""
    bare = method.removesuffix(".json")
    return NAMES.get(bare.lower(), bare)


def _about_method(params: Params, caller: Caller, settings: Settings) -> dict[str, bool]:
    """method.get: whether there is such a method and whether this caller may use it."""
    if any_case(params, "name") is None:
        raise errors.missing("name")
    name = canonical(as_text(any_case(params, "name")))
    is_there = settings.has_telephony or "telephony" not in scopes_of(name)
    is_existing = is_there and name.lower() in NAMES
    return {"isExisting": is_existing, "isAvailable": is_existing and has_scope(caller, name)}
