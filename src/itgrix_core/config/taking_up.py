"""Which settings a running service takes up at a reload, and which count from the next start only.

The two tables name every setting, a section for all that is in it; a test holds them against the schema. `*`
is the name of an entry under `asterisk` or `crm`. An entry that comes or goes is always the next start's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from itgrix_core.config.mistakes import KeyPath
from itgrix_core.config.schema import Settings
from itgrix_core.config.section import Section

TAKEN_UP: Final = frozenset(
    {
        "asterisk.*.dial",
        "asterisk.*.numbers",
        "asterisk.*.recordings",
        "crm.*.answered_owner",
        "crm.*.bind_deal",
        "crm.*.campaigns",
        "crm.*.card_seconds",
        "crm.*.cards",
        "crm.*.clicks",
        "crm.*.create_for",
        "crm.*.creation",
        "crm.*.default_user",
        "crm.*.entity",
        "crm.*.file_internal",
        "crm.*.lines",
        "crm.*.missed",
        "crm.*.missed_owner",
        "crm.*.never",
        "crm.*.only",
        "crm.*.owner_talk_seconds",
        "crm.*.rules",
        "crm.*.sources",
        "crm.*.transfers",
        "hooks",
        "log_level",
        "outbox.give_up_days",
        "reconcile",
        "routing.all_day",
        "routing.fallback",
        "routing.hours",
        "routing.portal_seconds",
        "routing.skip_busy",
        "routing.stand_ins",
    }
)
"""What every job asks for anew: rules of filing, of dialling, of routing, and all of the hooks."""

_LINE: Final = "the line to Asterisk is made of it"
_UNDERSTANDING: Final = "calls that are on are understood by it"
_WAY: Final = "the way to the portal is made of it"
_ACCOUNT: Final = "calls that are on would change their account"
_DOOR: Final = "a door that is open is made of it"

AT_START: Final[Mapping[str, str]] = {
    "asterisk.*.auth": _LINE,
    "asterisk.*.connect_timeout_seconds": _LINE,
    "asterisk.*.crm": _ACCOUNT,
    "asterisk.*.extensions": _UNDERSTANDING,
    "asterisk.*.history": "what reads CEL and CDR is made of it",
    "asterisk.*.host": _LINE,
    "asterisk.*.lag_seconds": _LINE,
    "asterisk.*.link_header": _UNDERSTANDING,
    "asterisk.*.links": _UNDERSTANDING,
    "asterisk.*.ping_seconds": _LINE,
    "asterisk.*.port": _LINE,
    "asterisk.*.resync_seconds": _LINE,
    "asterisk.*.secret": _LINE,
    "asterisk.*.timezone": _UNDERSTANDING,
    "asterisk.*.tls": _LINE,
    "asterisk.*.username": _LINE,
    "crm.*.application": _WAY,
    "crm.*.ca_file": _WAY,
    "crm.*.events": "the portal was told of it",
    "crm.*.kind": _WAY,
    "crm.*.operating_seconds": _WAY,
    "crm.*.proxy": _WAY,
    "crm.*.requests_at_once": _WAY,
    "crm.*.requests_per_second": _WAY,
    "crm.*.search": "what copies the CRM's clients is made of it",
    "crm.*.timeout_seconds": _WAY,
    "crm.*.webhook": _WAY,
    "data_folder": "all that waits lies there",
    "outbox.keep_days": "what tidies is made of it",
    "outbox.keep_dead_days": "what tidies is made of it",
    "outbox.keep_story_days": "what tidies is made of it",
    "routes": _ACCOUNT,
    "routing.agi_host": _DOOR,
    "routing.agi_port": _DOOR,
    "routing.allowed": _DOOR,
    "routing.open_day": "what copies the CRM's clients is made of it",
    "routing.poll_seconds": "what copies the CRM's clients is made of it",
    "routing.token": _DOOR,
    "state_folder": "requests are counted there",
    "web": _DOOR,
    "workers": "the threads that file are made of it",
}
"""What the rooms of a service are built of, and why."""

_NAMED: Final = frozenset({"asterisk", "crm"})


def only_at_start(running: Settings, wanted: Settings) -> Iterator[tuple[KeyPath, str]]:
    """(where, sentence with the way out) of each difference that a running service cannot take up."""
    for path in _differences(running, wanted):
        if entry_of(path) not in TAKEN_UP:
            why = AT_START.get(
                entry_of(path), "an entry that comes or goes changes what a service is made of"
            )
            yield path, f"counts from the next start only, as {why}; restart itgrix, or take the change back"


def entry_of(path: KeyPath) -> str:
    """The entry of the two tables that a setting belongs to; "" if there is none."""
    star = len(path) > 1 and path[0] in _NAMED
    parts = [("*" if star and at == 1 else str(part)) for at, part in enumerate(path)]
    names = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return next((name for name in names if name in TAKEN_UP or name in AT_START), "")


def _differences(one: Section, other: Section, here: KeyPath = ()) -> Iterator[KeyPath]:
    """Where two sections differ, as deep as there are sections."""
    for name in type(one).model_fields:
        mine, its = getattr(one, name), getattr(other, name)
        path = (*here, name)
        if mine == its:
            continue
        if isinstance(mine, Section) and isinstance(its, Section):
            yield from _differences(mine, its, path)
        elif not here and name in _NAMED:
            yield from _of_entries(mine, its, path)
        else:
            yield path


def _of_entries(mine: Mapping[str, Section], its: Mapping[str, Section], here: KeyPath) -> Iterator[KeyPath]:
    for name in {**mine, **its}:
        if name in mine and name in its:
            yield from _differences(mine[name], its[name], (*here, name))
        else:
            yield (*here, name)
