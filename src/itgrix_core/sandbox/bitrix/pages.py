"""The page for people: who sees which card now, what the CRM holds, what was asked and told; and buttons.

Plain HTML of one template; every two seconds a few lines of script fetch it again. English and Russian.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from flask import Flask, Response, abort, redirect, render_template, request

from itgrix_core.sandbox.bitrix import deeds, view
from itgrix_core.sandbox.bitrix.errors import SYSTEM, RestError
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind
from itgrix_core.sandbox.bitrix.portal import Portal

TEMPLATES = Path(__file__).parent / "templates"
_RUSSIAN: dict[str, str] = yaml.safe_load((TEMPLATES / "russian.yaml").read_text(encoding="utf-8"))
_SHOWN = 50
_LANGUAGES = ("en", "ru")


def add(app: Flask, portal: Portal) -> None:
    """Put the page at `/` and its buttons into an application."""

    @app.before_request
    def only_from_here() -> None:
        """Another site that is open in the same browser presses no button."""
        origin = request.headers.get("Origin")
        if request.path.startswith("/sandbox/") and origin not in (None, request.host_url.rstrip("/")):
            abort(403)

    @app.get("/")
    def page() -> str:
        language = request.args.get("lang") or request.accept_languages.best_match(_LANGUAGES) or "en"
        told = request.args.get("told", "")
        return render_template(
            "portal.html", t=_translator(language), language=language, told=told, **_seen(portal)
        )

    @app.post("/sandbox/press/<deed>")
    def press(deed: str) -> Any:
        """A button: one of `deeds.DEEDS`, or a fault; then the page again with what came of it."""
        form = request.form.to_dict()
        language = form.pop("lang", "en")
        try:
            _press(portal, deed, form)
            told = ""
        except RestError as error:
            told = error.text
        except (KeyError, TypeError, ValueError) as error:
            return Response(f"This button cannot be pressed: {error}", status=400, mimetype="text/plain")
        return redirect("/?" + urlencode({"lang": language, **({"told": told} if told else {})}))


def _press(portal: Portal, deed: str, form: dict[str, str]) -> None:
    if deed == "fault":
        portal.faults.add(_fault(form))
    elif deed == "no_faults":
        portal.faults.clear()
    else:
        deeds.DEEDS[deed](portal, **form)


def _fault(form: dict[str, str]) -> Fault:
    """The fault that the form describes: one of the system's errors, or another kind of trouble."""
    what, method = form["what"], form.get("method") or "*"
    times = int(form.get("times") or 1)
    if what in SYSTEM:
        return Fault.from_json({"error": what, "method": method, "times": times})
    return Fault(FaultKind(what), method, times=times)


def _translator(language: str) -> Callable[[str], str]:
    return lambda text: _RUSSIAN.get(text, text) if language == "ru" else text


def _seen(portal: Portal) -> dict[str, Any]:
    """What the template shows: the state, the newest requests and events, what can be made to fail."""
    with portal.lock:
        state = view.state(portal.world)
        names = {user.id: user.full_name for user in portal.world.users.values()}
    return {
        "state": state,
        "names": names,
        "entries": portal.ledger.entries()[-_SHOWN:][::-1],
        "faults": portal.faults.rules(),
        "troubles": [kind.value for kind in FaultKind if kind is not FaultKind.ANSWER] + sorted(SYSTEM),
        "settings": portal.settings,
    }
