"""What the ledger says about each call: registered once, finished once, nothing left open?

Pure functions over entries, so that they serve a portal of this process and one behind HTTP alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from itgrix_core.sandbox.bitrix.ledger import Entry
from itgrix_core.sandbox.bitrix.php import as_int, as_list


@dataclass
class CallAudit:
    """The requests of one EXTERNAL_CALL_ID ("" gathers calls registered without one).

    Attributes:
        call_ids: distinct calls that the portal made of it; two are one too many.
        registers: executed register requests; a repeated one that met the same call counts here only.
        finishes: (parameters, result) of each executed finish.
        records: how many recordings were attached.
        shown: users to whom the card was shown by `show`; those of register's SHOW are not among them.
        open_call_ids: registered and never finished: they poison the next call of the same pair.
        refused_finishes: finish requests that the portal refused.
    """

    external_call_id: str
    call_ids: list[str] = field(default_factory=list)
    registers: int = 0
    finishes: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = field(default_factory=list)
    records: int = 0
    shown: set[int] = field(default_factory=set)
    open_call_ids: set[str] = field(default_factory=set)
    refused_finishes: int = 0

    def problems(self) -> list[str]:
        """What is wrong with this call, a sentence each; none when all is well."""
        name = self.external_call_id or "without EXTERNAL_CALL_ID"
        found = []
        if len(self.call_ids) > 1:
            found.append(f"call {name} was registered as {len(self.call_ids)} calls")
        if len(self.finishes) > len(self.call_ids):
            found.append(f"call {name} was finished {len(self.finishes)} times")
        if self.open_call_ids:
            found.append(f"call {name} was registered and never finished")
        found += [
            f"missed call {name} has DURATION {p.get('DURATION')}" for p, _ in self.finishes if _is_odd(p)
        ]
        return found


def _is_odd(params: Mapping[str, Any]) -> bool:
    """A missed call (304) must have no duration, or the portal takes it for a talk."""
    return str(params.get("STATUS_CODE")) == "304" and str(params.get("DURATION", 0)) != "0"


def audit(entries: Iterable[Entry]) -> dict[str, CallAudit]:
    """What was done to each call, by EXTERNAL_CALL_ID, in the order of first registration."""
    calls: dict[str, CallAudit] = {}
    names: dict[str, str] = {}
    for entry in entries:
        method = entry.method.lower()
        if method == "telephony.externalcall.register" and entry.is_executed:
            _registered(calls, names, entry)
        elif (name := names.get(str(entry.params.get("CALL_ID")))) is not None:
            _followed(calls[name], method, entry)
    return calls


def problems(entries: Iterable[Entry]) -> list[str]:
    """All that is wrong with the calls of a ledger, a sentence each."""
    return [problem for call in audit(entries).values() for problem in call.problems()]


def disorder(entries: Iterable[Entry]) -> list[str]:
    """What was done to a call out of its order, a sentence each.

    It is registered, then cards go and come, it is finished, its record is attached. What is said once more,
    because its first answer was lost, is no disorder.
    """
    found: list[str] = []
    reached: dict[str, int] = {}
    said: set[tuple[str, str, str]] = set()
    for entry in entries:
        stage = _STAGES.get(entry.method.lower())
        if stage is None or not entry.is_executed:
            continue
        call_id = str(_result(entry)["CALL_ID"] if stage == 0 else entry.params.get("CALL_ID"))
        users = [as_int(user) for user in as_list(entry.params.get("USER_ID"))]
        word = (call_id, entry.method.lower(), str(users))
        if stage < reached.get(call_id, 0) and word not in said:
            found.append(f"{entry.method} (request {entry.number}) came too late for {call_id}")
        said.add(word)
        reached[call_id] = max(stage, reached.get(call_id, 0))
    return found


_STAGES = {
    f"telephony.externalcall.{name}": stage
    for stage, names in enumerate((("register",), ("show", "hide"), ("finish",), ("attachrecord",)))
    for name in names
}


def _result(entry: Entry) -> Any:
    """The method's own result: a request's answer has an envelope, a batch's command has none."""
    return entry.answer if entry.batch is not None else entry.answer["result"]


def _registered(calls: dict[str, CallAudit], names: dict[str, str], entry: Entry) -> None:
    name = str(entry.params.get("EXTERNAL_CALL_ID") or "")
    call = calls.setdefault(name, CallAudit(name))
    call_id = str(_result(entry)["CALL_ID"])
    call.registers += 1
    names[call_id] = name
    if call_id not in call.call_ids:
        call.call_ids.append(call_id)
        call.open_call_ids.add(call_id)


def _followed(call: CallAudit, method: str, entry: Entry) -> None:
    if method == "telephony.externalcall.finish":
        _finished(call, entry)
    elif method == "telephony.externalcall.attachrecord" and entry.is_executed:
        call.records += 1
    elif method == "telephony.externalcall.show" and entry.is_executed:
        call.shown |= {user for one in as_list(entry.params.get("USER_ID")) if (user := as_int(one))}


def _finished(call: CallAudit, entry: Entry) -> None:
    if entry.is_executed:
        call.finishes.append((entry.params, _result(entry)))
        call.open_call_ids.discard(str(entry.params["CALL_ID"]))
    else:
        call.refused_finishes += 1
