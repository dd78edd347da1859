"""How long methods take, in seconds, by the sample answers of the official documentation.

They come from single calls on a test portal, so they are an order of magnitude and no more. `operating` is
what counts against the limit of execution time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """`latency` is how long the caller waits, `operating` what is charged to the method."""

    latency: float
    operating: float


_USUAL = Cost(0.4, 0.25)
_FAMILIES = {
    "batch": Cost(0.1, 0.0),
    "crm.calllist": Cost(0.07, 0.04),
    "crm.company.list": Cost(0.95, 0.16),
    "crm.contact.add": Cost(1.5, 1.14),
    "crm.deal.add": Cost(0.95, 0.68),
    "crm.deal.update": Cost(1.6, 1.35),
    "crm.duplicate": Cost(0.05, 0.02),
    "crm.item.add": Cost(2.3, 1.83),
    "crm.item.update": Cost(3.7, 3.19),
    "crm.lead.add": Cost(4.2, 3.31),
    "crm.lead.update": Cost(4.2, 3.31),
    "crm.settings": Cost(0.09, 0.0),
    "crm.status": Cost(0.04, 0.01),
    "crm.timeline": Cost(0.09, 0.05),
    "department": Cost(0.19, 0.01),
    "event": Cost(0.1, 0.03),
    "feature": Cost(0.06, 0.0),
    "im": Cost(0.1, 0.04),
    "method": Cost(0.04, 0.0),
    "tasks.task.add": Cost(0.96, 0.93),
    "tasks.task": Cost(0.5, 0.45),
    "telephony.externalCall.attachRecord": Cost(2.4, 1.94),
    "telephony.externalCall.finish": Cost(2.3, 1.41),
    "telephony.externalCall.hide": Cost(0.8, 0.25),
    "telephony.externalCall.register": Cost(1.12, 0.22),
    "telephony.externalCall.show": Cost(1.2, 0.29),
    "telephony.externalLine.get": Cost(0.04, 0.0),
    "timeman": Cost(0.36, 0.33),
    "upload": Cost(2.4, 1.94),
    "user": Cost(0.05, 0.02),
    "voximplant": Cost(0.6, 0.25),
}


def cost_of(name: str) -> Cost:
    """The cost of a method by its name in the documentation's spelling: its own, its family's, the usual."""
    while name:
        if name in _FAMILIES:
            return _FAMILIES[name]
        name = name.rpartition(".")[0]
    return _USUAL
