"""Settings that are each right and do not fit together; and settings without which nothing works.

`disagreements` are mistakes of the file. `missing` is asked by the verbs that need Asterisk and the CRM
(`serve`, `check`): a demo or a replay works without credentials.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from itgrix_core.config.addresses import is_safe
from itgrix_core.config.agreement_rules import disagreements_of_rules
from itgrix_core.config.mistakes import KeyPath
from itgrix_core.config.schema import BitrixSettings, Settings
from itgrix_core.config.schema_asterisk import TlsSettings
from itgrix_core.config.wording import nearest
from itgrix_hooks.numbers import is_region


def disagreements(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """(where, sentence with the way out) of everything that does not fit together."""
    crms = list(settings.crm)
    for name, asterisk in settings.asterisk.items():
        here: KeyPath = ("asterisk", name)
        if asterisk.crm is None and len(crms) > 1:
            yield (*here, "crm"), f"must say which crm gets its calls; write one of: {', '.join(crms)}"
        elif asterisk.crm is not None and asterisk.crm not in crms:
            yield (*here, "crm"), _no_crm(asterisk.crm, crms)
        if asterisk.extensions.min_length > asterisk.extensions.max_length:
            yield (*here, "extensions"), "min_length is more than max_length; swap the two"
        for log, table in (("cel", asterisk.history.cel), ("cdr", asterisk.history.cdr)):
            if table.file is not None and table.url.get_secret_value():
                yield (*here, "history", log), "has both file and url; leave one of them"
        if len(places := asterisk.recordings.places) > 1:
            yield (*here, "recordings"), f"names several places; leave one of: {', '.join(places)}"
        yield from (((*here, "tls", what), sentence) for what, sentence in _of_tls(asterisk.tls))
        region = asterisk.numbers.region
        if region and not is_region(region):
            yield (
                (*here, "numbers", "region"),
                f'"{region}" has no phone numbers; write a country as RU or DE',
            )
        yield from _links(settings, name)
        if not _is_timezone(asterisk.timezone):
            yield (*here, "timezone"), _no_timezone(asterisk.timezone)
    for name, account in settings.crm.items():
        yield from ((("crm", name, *where), sentence) for where, sentence in _of_account(account))
        yield from _of_clicks(settings, name)
    yield from ((("routing", what), sentence) for what, sentence in _of_routing(settings))
    for trunk, crm in settings.routes.items():
        if crm not in crms:
            yield ("routes", trunk), _no_crm(crm, crms)


def _of_routing(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, sentence): a door of its own, and hours that are some."""
    routing = settings.routing
    if routing.token.get_secret_value() and settings.web.port is None:
        yield "token", "is for /route, and no pages are served; write web.port, or use agi_port instead"
    if routing.hours.begin >= routing.hours.end:
        yield "hours", "begin is not before end; swap the two"


def _of_tls(tls: TlsSettings) -> Iterator[tuple[str, str]]:
    """(setting, sentence): whoever names a certificate wants it to be used."""
    if tls.key_file is not None and tls.certificate_file is None:
        yield "key_file", "is a key without a certificate; write certificate_file, too"
    if not tls.enabled and any((tls.ca_file, tls.certificate_file, tls.server_name)):
        yield "enabled", "is false, but other settings of tls are there; write true, or take them out"


def _of_clicks(settings: Settings, account: str) -> Iterator[tuple[KeyPath, str]]:
    """Clicks are dialled by an Asterisk that files into the same account, and come before they spoil."""
    crm = settings.crm[account]
    here: KeyPath = ("crm", account, "clicks")
    own = [name for name, each in settings.asterisk.items() if (each.crm or account) == account]
    named: list[tuple[KeyPath, str | None]] = [((*here, "asterisk"), crm.clicks.asterisk)]
    named += [((*here, "lines", name, "asterisk"), line.asterisk) for name, line in crm.clicks.lines.items()]
    for where, asterisk in named:
        if asterisk is not None and asterisk not in own:
            hint = nearest(asterisk, own) if own else "none files there"
            yield where, f'there is no entry "{asterisk}" under asterisk that files into {account}; {hint}'
    if crm.is_clicked and not crm.events.handler and crm.events.poll_seconds >= crm.clicks.good_seconds:
        yield (
            (*here, "good_seconds"),
            "is not more than events.poll_seconds, so fetched clicks are too old; raise it or fetch sooner",
        )


def _of_account(crm: BitrixSettings) -> Iterator[tuple[KeyPath, str]]:
    """Two ways to one portal, addresses over which secrets would be readable, missed calls of nobody."""
    application = crm.application
    if application.client_id and crm.webhook.get_secret_value():
        yield ("webhook",), "stands beside an application; leave one of the two"
    for name, address in (("portal", application.portal), ("oauth_server", application.oauth_server)):
        if address and not is_safe(address):
            yield ("application", name), f'"{address}" is no address of the shape https://HOST; write it so'
    if crm.events.handler and not is_safe(crm.events.handler):
        yield ("events", "handler"), "has to begin with https://, as Bitrix24 posts to no other"
    if crm.missed_owner in {"turn", "free"} and not crm.missed.members:
        yield (
            ("missed_owner",),
            f'"{crm.missed_owner}" chooses among `missed.members`, which is empty; name users there',
        )
    if crm.missed.hours.begin >= crm.missed.hours.end:
        yield ("missed", "hours"), "begin is not before end; swap the two"
    yield from disagreements_of_rules(crm)


def missing(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """(where, sentence with the way out) of each credential that is empty."""
    for name, asterisk in settings.asterisk.items():
        if not asterisk.secret.get_secret_value():
            yield (
                ("asterisk", name, "secret"),
                f"is empty; write the secret of [{asterisk.username}] in Asterisk's manager.conf",
            )
    for name, crm in settings.crm.items():
        yield from ((("crm", name, *where), sentence) for where, sentence in way_to(crm))


def way_to(crm: BitrixSettings) -> Iterator[tuple[KeyPath, str]]:
    """What keeps an account from having a way to its portal: an application's three, or the webhook."""
    application = crm.application
    if not application.client_id and not crm.webhook.get_secret_value():
        yield (
            ("application",),
            "is empty; `itgrix connect bitrix24` leads through making one (or set an inbound webhook)",
        )
    elif application.client_id:
        if not application.portal:
            yield ("application", "portal"), "is empty; write the portal's address, https://…"
        if not application.client_secret.get_secret_value():
            yield (
                ("application", "client_secret"),
                "is empty; write the application's key from its form in Bitrix24",
            )


def _links(settings: Settings, name: str) -> Iterator[tuple[KeyPath, str]]:
    """A link leads to another Asterisk, which knows by what endpoint its calls come in."""
    own = settings.asterisk[name]
    others = [other for other in settings.asterisk if other != name]
    for endpoint, other in own.links.items():
        here: KeyPath = ("asterisk", name, "links", endpoint)
        if other == name:
            yield here, "leads to this Asterisk itself; write the name of the other one"
        elif other not in others:
            hint = nearest(other, others) if others else "there is only this one"
            yield here, f'there is no entry "{other}" under asterisk; {hint}'
        elif name not in settings.asterisk[other].links.values():
            there = f"asterisk.{other}.links"
            yield here, f"is named on one side only; write {other}'s trunk to {name} under {there}"
        elif own.link_header != settings.asterisk[other].link_header:
            yield here, f"asterisk.{other} has another link_header; write the same one on both sides"


def _no_crm(name: str, crms: list[str]) -> str:
    return f'there is no entry "{name}" under crm; {nearest(name, crms)}'


def _is_timezone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _no_timezone(name: str) -> str:
    close = nearest(name, sorted(zoneinfo.available_timezones()))
    hint = close if close.startswith("did you") else "write an IANA name like Europe/Berlin"
    return f'there is no time zone "{name}"; {hint}'
