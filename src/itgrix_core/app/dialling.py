"""Whether an Asterisk can dial at the CRM's request: the contexts of its dialplan that the settings name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from itgrix_core.ami.actions import Headers
from itgrix_core.app.from_settings import click_rules_of
from itgrix_core.config.schema import Settings
from itgrix_core.wire.messages import Message

_CONTEXT_OF_LOCAL = re.compile(r"Local/[^@]*@([\w.-]+)")


def dialplan_findings(
    settings: Settings, pbx: str, ask: Callable[[Headers], Message]
) -> Iterator[tuple[bool, str]]:
    """(fine or not, sentence) for each context in which this Asterisk is to dial.

    `ask` sends an action and gives its response; the right to originate itself is seen at the login.
    """
    for context, setting in contexts_of(settings, pbx).items():
        answer = ask({"Action": "ShowDialPlan", "Context": context})
        if answer.get("Response").lower() == "success":
            yield True, f"dials at the CRM's request in the context {context}"
        elif "did not find" in answer.get("Message").lower():
            yield False, f"has no context {context} in its dialplan, so nothing is dialled; correct {setting}"


def contexts_of(settings: Settings, pbx: str) -> dict[str, str]:
    """The contexts, each with the setting that names it; none where no clicks can come."""
    found: dict[str, str] = {}
    dial, place = settings.asterisk[pbx].dial, f"asterisk.{pbx}.dial"
    for name, crm in settings.crm.items():
        rules = click_rules_of(settings, name)
        lines = {line: each for line, each in rules.lines.items() if (each.asterisk or rules.asterisk) == pbx}
        if not crm.is_clicked or not (lines or rules.asterisk == pbx):
            continue
        if local := _CONTEXT_OF_LOCAL.match(dial.channel):
            found.setdefault(local[1], f"{place}.channel")
        if rules.asterisk == pbx:
            found.setdefault(dial.context, f"{place}.context")
        for line, each in lines.items():
            setting = f"crm.{name}.clicks.lines.{line}.context" if each.context else f"{place}.context"
            found.setdefault(each.context or dial.context, setting)
    return found
