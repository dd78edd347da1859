"""The doctor's look at what the rules name: sources, pipelines, stages, employees, and the CRM's mode.

A word that the portal does not know is taken by it in silence and written as something else, so each is
compared with the portal's own lists and told with the nearest that exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.config.schema_rules import CreationSettings
from itgrix_core.config.wording import nearest
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.bitrix24.answers import mapping, number, rows
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.directory import Directory

Finding = tuple[bool, str]
Rules = Mapping[str, CreationSettings]
"""By their place in the settings: `creation[0]`."""

_WITHOUT_LEADS = 2
_LEADS_STAGE = ("lead", "STATUS_ID")


def wanted_scopes(settings: BitrixSettings) -> set[str]:
    """The scopes that the loop of missed calls needs besides those of filing."""
    missed = settings.missed
    if missed.ask == "nothing":
        return set()
    wanted = {"task"}  # a to-do without a client becomes one, too
    if missed.remind_minutes or missed.escalate_minutes:
        wanted.add("im")
    if missed.escalate_minutes:
        wanted.add("department")
    return wanted


class RuleDoctor:
    """Compares the settings of one account with its portal."""

    def __init__(self, client: Client, directory: Directory, settings: BitrixSettings) -> None:
        self._client = client
        self._directory = directory
        self._settings = settings
        self._rules: Rules = {f"creation[{place}]": rule for place, rule in enumerate(settings.creation)}

    def check(self) -> Iterator[Finding]:
        """One sentence for each word that the portal does not know, one where all are known."""
        problems = [
            *self._mode(),
            *self._sources(),
            *self._stages(),
            *self._users(),
            *self._fields(),
            *self._automatic_lines(),
        ]
        yield from ((False, problem) for problem in problems)
        if not problems and (self._rules or self._settings.sources or self._settings.rules):
            yield True, "The portal knows the sources, stages, employees and fields that the rules name."

    def _mode(self) -> Iterator[str]:
        """A rule that needs leads, in a portal that works without."""
        wanting = [place for place, rule in self._rules.items() if rule.create == "lead"]
        if not wanting:
            return
        reply = self._client.call("crm.settings.mode.get")
        if isinstance(reply, Reply) and number(reply.result) == _WITHOUT_LEADS:
            for place in wanting:
                yield (
                    f"{place}: create: lead, but this portal works without leads (its CRM's mode is simple): "
                    "write create: deal, or switch leads on there."
                )

    def _sources(self) -> Iterator[str]:
        wanted = {f"sources.{name}": source for name, source in self._settings.sources.items()}
        wanted |= {f"{place}.source": rule.source for place, rule in self._rules.items() if rule.source}
        wanted |= {place: text for place, _, name, text in self._written() if name == "SOURCE_ID"}
        yield from self._unknown("source", "SOURCE", wanted)

    def _stages(self) -> Iterator[str]:
        """Stages of leads; pipelines of deals, and the stages of those that exist."""
        leads = {p: r.stage for p, r in self._rules.items() if r.create == "lead" and r.stage}
        leads |= {place: text for place, kind, name, text in self._written() if (kind, name) == _LEADS_STAGE}
        yield from self._unknown("stage of leads", "STATUS", leads)
        deals = {place: rule for place, rule in self._rules.items() if rule.create == "deal"}
        pipelines = self._pipelines() if deals else {}
        for place, rule in deals.items():
            if pipelines and rule.pipeline not in pipelines:
                known = ", ".join(f"{key} ({name})" for key, name in pipelines.items())
                yield f"{place}.pipeline: the portal has no pipeline {rule.pipeline}; known there: {known}."
            elif rule.stage:
                which = f"DEAL_STAGE_{rule.pipeline}" if rule.pipeline else "DEAL_STAGE"
                yield from self._unknown("stage of this pipeline", which, {f"{place}.stage": rule.stage})

    def _users(self) -> Iterator[str]:
        """Responsibles of rules, and employees with a wish of their own for cards."""
        wanted = {f"{p}.responsible": r.responsible for p, r in self._rules.items() if r.responsible}
        missed = self._settings.missed
        wanted |= {f"missed.owners.{line}": user for line, user in missed.owners.items()}
        wanted |= {f"missed.members[{place}]": user for place, user in enumerate(missed.members)}
        wanted |= {f"cards.users.{user}": user for user in self._settings.cards.users}
        wanted |= {
            f"rules[{place}].owners[{which}]": user
            for place, rule in enumerate(self._settings.rules)
            for which, user in enumerate(rule.owners)
        }
        responsibles = {place: text for place, _, name, text in self._written() if name == "ASSIGNED_BY_ID"}
        wanted |= {place: int(text) for place, text in responsibles.items() if text.isdecimal()}
        try:
            users = self._directory.snapshot().users if wanted else {}
        except CrmUnavailable:
            return  # told by the doctor himself
        for place, user in wanted.items():
            if user not in users:
                yield f"{place}: the portal has no active employee with the id {user}; set another."

    def _fields(self) -> Iterator[str]:
        """Fields of entities, which the portal would leave out without a word."""
        kinds = dict.fromkeys(kind for _, kind, _, _ in self._written())
        for kind in kinds:
            reply = self._client.call(f"crm.{kind}.fields")
            known = list(mapping(reply.result)) if isinstance(reply, Reply) else []
            for place, of, name, _ in self._written():
                if known and of == kind and name not in known:
                    yield f"{place}: a {kind} of the portal has no field {name}; {nearest(name, known)}"

    def _written(self) -> Iterator[tuple[str, str, str, str]]:
        """(place, kind of entity, field, text) of all that the rules write into clients."""
        for place, rule in enumerate(self._settings.rules):
            for kind, texts in rule.fields.items():
                for name, text in texts.items():
                    yield f"rules[{place}].fields.{kind}.{name}", kind, name, text

    def _automatic_lines(self) -> Iterator[str]:
        """A line that creates for calls out by itself, though there are rules of ours."""
        if not self._rules or self._settings.is_creating_outbound:
            return
        reply = self._client.call("telephony.externalLine.get")
        lines = rows(reply.result) if isinstance(reply, Reply) else []
        ours = set(self._settings.lines.values())
        for line in lines:
            if line.get("NUMBER") in ours and line.get("CRM_AUTO_CREATE") == "Y":
                yield (
                    f"Line {line['NUMBER']} creates for calls out by itself, besides the rules in "
                    "`creation`: `itgrix serve` switches that off when it starts next."
                )

    def _pipelines(self) -> dict[int, str]:
        reply = self._client.call("crm.category.list", {"entityTypeId": 2})
        found = rows(mapping(reply.result).get("categories")) if isinstance(reply, Reply) else []
        return {int(row["id"]): str(row.get("name")) for row in found if str(row.get("id")).isdecimal()}

    def _unknown(self, what: str, entity_id: str, wanted: Mapping[str, str]) -> Iterator[str]:
        """Words that a list of the portal does not have; nothing where the list cannot be read."""
        reply = self._client.call("crm.status.list", {"filter": {"ENTITY_ID": entity_id}}) if wanted else None
        known = [str(row.get("STATUS_ID")) for row in rows(reply.result)] if isinstance(reply, Reply) else []
        for place, word in wanted.items():
            if known and word not in known:
                yield f"{place}: the portal has no {what} {word}; {nearest(word, known)}"
