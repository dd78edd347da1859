"""What somebody in front of the sandbox can do to it: click, dismiss, expire, rename, let time pass.

Each deed takes the portal and plain values, so that a button of the page, a test and a script of another
process do the same. They raise `RestError` where a portal would refuse, `ValueError` for what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from itgrix_core.sandbox.bitrix import clicks, events, oauth
from itgrix_core.sandbox.bitrix.php import as_int
from itgrix_core.sandbox.bitrix.portal import Portal
from itgrix_core.sandbox.bitrix.settings import Application, CrmMode


def click(portal: Portal, user_id: int | str, number: str, line: str = "", call_list: int | str = 0) -> str:
    """A user clicks a number; the CALL_ID that the portal has registered."""
    with portal.changing() as world:
        return clicks.click(world, as_int(user_id) or 0, number, line, as_int(call_list) or 0)


def call_back(portal: Portal, number: str, text: str = "", line: str = "") -> None:
    """A visitor orders a callback."""
    with portal.changing() as world:
        clicks.call_back(world, number, text, line)


def set_active(portal: Portal, user_id: int | str, is_active: bool | str = False) -> None:
    """Dismiss a user, or take him on again."""
    with portal.changing() as world:
        user = world.users.get(as_int(user_id) or 0)
        if user is None:
            raise ValueError(f"there is no user {user_id}")
        world.users[user.id] = replace(user, is_active=str(is_active).lower() in {"true", "1", "y"})


def set_timeman(portal: Portal, user_id: int | str, state: str) -> None:
    """Put a user's working day into a state: OPENED, PAUSED, CLOSED, EXPIRED."""
    with portal.changing() as world:
        user = world.users.get(as_int(user_id) or 0)
        if user is None:
            raise ValueError(f"there is no user {user_id}")
        world.users[user.id] = replace(user, timeman=state)


def expire_tokens(portal: Portal) -> None:
    """Every access token is past its hour."""
    with portal.changing() as world:
        oauth.expire_all(world)


def install(portal: Portal, app_id: str = "3") -> None:
    """The application is installed (again): ONAPPINSTALL to its install callback."""
    with portal.changing() as world:
        events.install(world, _application(portal, app_id))


def uninstall(portal: Portal, app_id: str = "3") -> None:
    """The application is removed: its lines, handlers and tokens go."""
    with portal.changing() as world:
        events.uninstall(world, _application(portal, app_id))


def register_application(portal: Portal, app_id: str = "3", **form: Any) -> None:
    """Change fields of an application's form: `handler`, `install_handler`, `name`, `scopes` and so on."""
    if "scopes" in form:
        form["scopes"] = frozenset(form["scopes"])
    changed = replace(_application(portal, app_id), **form)
    others = tuple(one for one in portal.settings.applications if one.app_id != app_id)
    portal.change(applications=(changed, *others))


def rename(portal: Portal, host: str) -> None:
    """The portal gets a new address; the old one leads there. `host` must reach this machine."""
    with portal.changing() as world:
        world.moved_to = host


def forward(portal: Portal, seconds: float) -> float:
    """Let time pass at once; the portal's time after it, Unix seconds."""
    portal.clock.forward(float(seconds))
    return portal.clock()


def switch(portal: Portal, **switches: Any) -> None:
    """Turn switches of `Settings` while the portal runs; `crm_mode` is 1 or 2."""
    if "crm_mode" in switches:
        switches["crm_mode"] = CrmMode(as_int(switches["crm_mode"]))
    if "features" in switches:
        switches["features"] = frozenset(switches["features"])
    portal.change(**switches)


def _application(portal: Portal, app_id: str) -> Application:
    application = portal.settings.application(app_id)
    if application is None:
        raise ValueError(f"there is no application {app_id}")
    return application


DEEDS: dict[str, Callable[..., Any]] = {
    deed.__name__: deed
    for deed in (
        click,
        call_back,
        set_active,
        set_timeman,
        expire_tokens,
        install,
        uninstall,
        register_application,
        rename,
        forward,
        switch,
    )
}
