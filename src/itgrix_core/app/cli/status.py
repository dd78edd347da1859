"""`itgrix status`: how the running service is, for people or as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from ipaddress import ip_address
from typing import cast

import click
import requests

from itgrix_core.app.cli.invocation import Invocation
from itgrix_core.config.schema import WebSettings
from itgrix_core.errors import ConfigError, ItgrixError
from itgrix_core.telemetry.status import (
    AccountStatus,
    LineStatus,
    OutboxStatus,
    PluginStatus,
    ReconciledStatus,
    ReloadStatus,
    Status,
)

_WAY_OUT = "Write `web: {port: 15038}` and start it again."
_SECONDS = 15.0
"""A database that is held by somebody else is waited for ten seconds before that is said."""


@click.command()
@click.option("--json", "is_json", is_flag=True, help="As /status tells it (docs/operating.md).")
@click.pass_obj
def status(invocation: Invocation, is_json: bool) -> None:
    """Show how the running service is; 1 when calls are not filed in time, or no service runs."""
    told = ask(address_of(invocation.settings().web))
    if is_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for line in lines(told, time.time()):
            click.echo(line)
    if not told["is_well"]:
        raise click.exceptions.Exit(1)


def address_of(web: WebSettings) -> str:
    """Where the service tells, as this machine reaches it.

    Raises:
        ConfigError: it tells nowhere, or not to this machine.
    """
    if web.port is None:
        raise ConfigError(["web.port: is not set, so a service tells nothing. " + _WAY_OUT])
    if web.host == "localhost":
        return f"http://localhost:{web.port}/status"
    address = ip_address(web.host)
    if not (address.is_loopback or address.is_unspecified):
        told = f"web.host: /status answers to this machine only, and not at {web.host}: take 127.0.0.1, "
        raise ConfigError([told + "or 0.0.0.0 where others have to reach /bitrix24."])
    here = address if address.is_loopback else "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004
    return f"http://[{here}]:{web.port}/status" if ":" in str(here) else f"http://{here}:{web.port}/status"


def ask(address: str) -> Status:
    """What the service says.

    Raises:
        ItgrixError: nobody answers there, or somebody else.
    """
    with requests.Session() as session:
        session.trust_env = False  # no proxy leads to this machine
        try:
            answer = session.get(address, timeout=_SECONDS, allow_redirects=False)
            told = answer.json() if answer.ok else None
        except requests.ConnectionError:
            raise ItgrixError(
                f"No service answers at {address}: `itgrix serve` does not run, or with another `web.port`."
            ) from None
        except requests.Timeout:
            raise ItgrixError(f"{address} gave no answer within {_SECONDS:g} s. The log says more.") from None
        except ValueError:
            told = None
    if not isinstance(told, dict) or "is_well" not in told:
        raise ItgrixError(f"At {address} answers something else than Itgrix, or another version of it.")
    return cast("Status", told)


def lines(told: Status, now: float) -> Iterator[str]:
    """The status for people; `now` in Unix seconds."""
    verdict = "all is well" if told["is_well"] else "something keeps calls from being filed in time"
    yield f"itgrix {told['version']} runs for {span(told['uptime_seconds'])}: {verdict}"
    for trouble in told["troubles"]:
        yield f"  ! {trouble}"
    for name, line in told["asterisk"].items():
        yield f"asterisk {name}: {_line(line, now)}"
    for name, account in told["crm"].items():
        yield f"crm {name}: {_account(account, now)}"
    yield f"outbox: {_outbox(told['outbox'])}"
    for reason, count in (told["outbox"] or {"reasons": {}})["reasons"].items():
        yield f"  {count} put aside: {reason}"
    yield from (f"hook {_plugin(plugin)}" for plugin in told["hooks"]["plugins"])
    yield from (f"  ! {problem}" for problem in told["hooks"]["problems"])
    yield from _reload(told["reload"], now)


def _line(line: LineStatus, now: float) -> str:
    if line["connected_at"] is None:
        since = f"no line for {span(now - line['lost_at'])}" if line["lost_at"] is not None else "no line"
        return f"{since} ({line['last_error']})" if line["last_error"] else since
    parts = [
        f"connected for {span(now - line['connected_at'])}",
        f"{line['events_per_second']:.1f} events/s",
        f"{max(line['lag_seconds'], line['asterisk_lag_seconds']):.1f} s behind",
    ]
    parts += [f"{line['shed_events']} events left out"] * bool(line["shed_events"])
    parts += [f"{count} odd ({kind})" for kind, count in line["oddities"].items()]
    return ", ".join([*parts, *line["missing_rights"]])


def _reconciled(told: ReconciledStatus, now: float) -> list[str]:
    """Its figure and how old it is; why the last one was not done."""
    words = []
    if told["at"] is not None:
        figure = f"{told['compared']} calls compared, {told['lost_or_wrong']} lost or wrong"
        words.append(f"{figure} ({span(now - told['at'])} ago)")
    return words + [f"not compared: {told['failure']}"] * bool(told["failure"])


def _account(account: AccountStatus, now: float) -> str:
    parts = [account["kind"]]
    if account["is_reachable"] is None:
        parts.append("nothing was asked yet")
    elif account["answered_at"] is not None:
        parts.append(f"answered {span(now - account['answered_at'])} ago")
    if account["is_reachable"] is False:
        parts.append(f"the last request had no answer ({account['failure']})")
    parts.append(f"{account['calls_filed']} calls filed")
    if account["requests_per_call"] is not None:
        parts.append(f"{account['requests_per_call']:.1f} requests a call")
    parts += [f"{count} not filed ({reason})" for reason, count in account["calls_not_filed"].items()]
    if quota := account["quota"]:
        parts.append(f"{quota['requests_left']:.0f} requests left")
        parts += [f"held back: {quota['why']}"] * (quota["breaker"] != "closed")
        closed = [name for name, method in quota["methods"].items() if method["closed_seconds"]]
        parts += [f"{name} is closed for {span(quota['methods'][name]['closed_seconds'])}" for name in closed]
    if missed := account["missed"]:
        parts.append(f"{missed['clients']} missed, {missed['saved']} of them talked with later")
    if index := account["index"]:
        known = f"{index['numbers']} numbers known" + ("" if index["is_whole"] else " and not yet all")
        since = "" if index["checked_at"] is None else f", as of {span(now - index['checked_at'])} ago"
        parts.append(f"{known}{since}")
    if reconciled := account["reconciled"]:
        parts += _reconciled(reconciled, now)
    return ", ".join(parts)


def _outbox(outbox: OutboxStatus | None) -> str:
    if outbox is None:
        return "cannot be read"
    waiting = outbox["waiting"] + outbox["running"]
    if not waiting:
        return f"nothing waits, {outbox['dead']} put aside"
    return (
        f"{waiting} wait (the oldest of a call that is on for {span(outbox['live_seconds'])}, "
        f"of others for {span(outbox['backlog_seconds'])}), {outbox['dead']} put aside"
    )


def _plugin(plugin: PluginStatus) -> str:
    told = f"{plugin['name']} ({plugin['level']}): {plugin['status']}"
    asked = sum(plugin["outcomes"].values())
    told += f", asked {asked} times, {plugin['failures']} failures" if asked else ""
    if plugin["memory_bytes"] is not None:
        told += f", in {plugin['process']} ({plugin['memory_bytes'] / 1e6:.0f} MB"
        told += f", started {plugin['starts']} times)" if (plugin["starts"] or 0) > 1 else ")"
    return f"{told}: {plugin['reason']}" if plugin["reason"] else told


def _reload(reload: ReloadStatus, now: float) -> Iterator[str]:
    """Nothing before the first one."""
    if reload["refusals"] and reload["refused_at"] is not None:
        yield f"reload: refused {span(now - reload['refused_at'])} ago, the old version goes on"
        yield from (f"  ! {problem}" for problem in reload["refusals"])
    elif reload["taken_up_at"] is not None:
        yield f"reload: hooks and settings were taken up {span(now - reload['taken_up_at'])} ago"


def span(seconds: float) -> str:
    """`12 s`, `7 min`, `3 h 05 min`, `2 d 4 h`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min" if minutes else f"{rest} s"
