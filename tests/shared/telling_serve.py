"""`itgrix serve`, which also tells a file what it understands: one JSON line for each event and oddity.

    telling_serve.py CONFIG TOLD [CLASSES]

CLASSES overrules the classes of events that are asked for at login ("on": all that the user may read). A line
holds `kind`, `key` (of the call), `cpu` (processor seconds so far of the thread that understands and stores),
and of an ended call `call`, in the words of `itgrix replay --json`.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial, partialmethod
from pathlib import Path

from itgrix_core.ami.client import AmiClient
from itgrix_core.app.cli import main, serve
from itgrix_core.app.outward import call_as_json
from itgrix_core.calls.events import CallEnded


class Teller:
    """A watcher that writes down what happened to calls."""

    def __init__(self, path):
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def _say(self, **words):
        self._file.write(json.dumps(words, ensure_ascii=False) + "\n")

    def happened(self, event):
        """A line; the call itself only when it is over."""
        call = call_as_json(event.call) if isinstance(event, CallEnded) else None
        self._say(kind=event.kind, key=event.call.key, call=call, cpu=time.thread_time())

    def odd(self, oddity):
        """A line."""
        self._say(kind="Oddity", key=oddity.call, why=f"{oddity.what}: {oddity.message} {oddity.why}")

    def asked(self, call, asked):
        """Not of interest here."""

    def performed(self, call, step, outcome):
        """Not of interest here."""

    def skipped(self, call, why):
        """Not of interest here."""

    def closed(self, call):
        """Not of interest here."""


if __name__ == "__main__":
    config, told, *classes = sys.argv[1:]
    serve.Service = partial(serve.Service, watcher=Teller(Path(told)))
    if classes:
        AmiClient.open_session = partialmethod(AmiClient.open_session, events=classes[0])
    main(["-c", config, "serve"])
