"""The doctor: what our credentials may do in this portal, a sentence per question, the way out included.

Bitrix24's documentation lets webhooks register calls no longer, portals in the field still do: so it is
probed, by a registration without a user, which creates nothing whichever way it is answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.config.wording import nearest
from itgrix_core.crm.adapter import Blocked, CrmUnavailable
from itgrix_core.crm.bitrix24.answers import mapping, rows
from itgrix_core.crm.bitrix24.checking_rules import RuleDoctor, wanted_scopes
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.directory import Directory
from itgrix_core.crm.bitrix24.errors import Failure, is_of_access
from itgrix_core.crm.bitrix24.methods import REGISTER, STATISTICS
from itgrix_hooks.values import User

Finding = tuple[bool, str]

NOT_INSTALLED = (
    "The application is not installed completely, so the portal sends no events: open it once in the portal, "
    "or mark it as API only in its form."
)
_NO_REST = "commercial plans"
"""A part of the portal's words where its plan has no REST."""

_SHOWN = 5
"""So many employees are named one by one."""

_USER_SCOPES = frozenset({"user", "user_basic", "user_brief"})


class Doctor:
    """Examines one portal."""

    def __init__(self, client: Client, directory: Directory, settings: BitrixSettings) -> None:
        self._client = client
        self._directory = directory
        self._settings = settings
        self._what = "application" if settings.application.client_id else "webhook"

    def check(self) -> list[Finding]:
        """All findings; a portal that cannot be asked yields one."""
        reply = self._client.call("profile")
        if not isinstance(reply, Reply):
            return [(False, self._way_out(reply))]
        return [
            (
                True,
                f"The portal answers ({self._client.portal}), the {self._what} is {_name(reply.result)}'s.",
            ),
            *self._application(),
            *self._scopes(),
            self._registration(),
            self._statistics(),
            *self._users(),
            *self._lines(),
            *RuleDoctor(self._client, self._directory, self._settings).check(),
        ]

    def _way_out(self, failure: Failure) -> str:
        """Why the portal cannot be asked, with what to look at."""
        if _NO_REST in failure.text.casefold():
            return f"REST is switched off by the portal's plan, so no connector can work: {failure.text}"
        if isinstance(failure, Blocked) and failure.why == "unreachable" and "OAuth" not in failure.text:
            place = "application.portal" if self._settings.application.client_id else "webhook"
            return f"{failure.text}: see the address in `{place}`, DNS, proxy and firewall of this machine."
        return failure.text

    def _application(self) -> Iterator[Finding]:
        """Whether the application is installed and paid for, and where its portal is by now."""
        if not self._settings.application.client_id:
            return
        reply = self._client.call("app.info")
        if not isinstance(reply, Reply):
            yield False, reply.text
            return
        info = mapping(reply.result)
        plan = str(info.get("LICENSE") or "unknown")
        if not info.get("INSTALLED"):
            yield False, NOT_INSTALLED
        elif info.get("PAYMENT_EXPIRED") == "Y":
            yield False, f"The portal's plan {plan} has ended: see its subscription."
        else:
            yield True, f"The application is installed (plan {plan})."
        if self._client.portal != self._settings.application.portal.rstrip("/"):
            yield True, f"The portal is at {self._client.portal} by now; write it into application.portal."

    def _scopes(self) -> Iterator[Finding]:
        """The three that filing needs."""
        reply = self._client.call("scope")
        if not isinstance(reply, Reply):
            yield False, reply.text
            return
        given = set(reply.result) if isinstance(reply.result, list) else set()
        wanted = {"telephony", "crm"} | wanted_scopes(self._settings)
        missing = wanted - given | (set() if given & _USER_SCOPES else {"user"})
        if missing:
            yield (
                False,
                (
                    f"The {self._what} lacks {', '.join(sorted(missing))}: "
                    f"add it under the {self._what}'s permissions."
                ),
            )
        else:
            yield True, f"The {self._what} has the scopes telephony, crm and user."

    def _registration(self) -> Finding:
        """Whether this kind of authorisation may register calls."""
        reply = self._client.call(REGISTER, {"TYPE": 2})
        if isinstance(reply, Blocked) and "WRONG_AUTH_TYPE" in reply.text.upper():
            return False, (
                "This portal registers calls for applications only, not for webhooks (WRONG_AUTH_TYPE): "
                "connect by an application instead (`itgrix connect bitrix24`)."
            )
        if (
            isinstance(reply, Blocked)
            and "METHOD_NOT_FOUND" in reply.text.upper()
            and not self._exists(REGISTER)
        ):
            return False, (
                "The portal has no telephony module, so calls cannot be filed: install it "
                "(boxed portals: Settings, Modules; in the cloud it is always there)."
            )
        if isinstance(reply, Blocked):
            return False, reply.text
        return True, f"The {self._what} may register calls."

    def _exists(self, method: str) -> bool:
        """Whether the portal knows the method at all, for us or for others."""
        reply = self._client.call("method.get", {"name": method})
        return isinstance(reply, Reply) and bool(mapping(reply.result).get("isExisting"))

    def _statistics(self) -> Finding:
        """Needed to find out, after a lost answer, whether a call was finished."""
        reply = self._client.call(STATISTICS, {"FILTER": {"CALL_ID": "itgrix-check"}})
        if isinstance(reply, Reply):
            return True, "The call statistics can be read."
        if not is_of_access(reply):
            return False, reply.text
        return False, (
            "The call statistics cannot be read, so after a lost answer the call's entry may not be found: "
            f'give the user of the {self._what} the right "Call statistics: view".'
        )

    def _users(self) -> Iterator[Finding]:
        """The default user, and extensions that several have."""
        wanted = self._settings.default_user
        try:
            snapshot = self._directory.snapshot()
            user = self._directory.user(wanted)
        except CrmUnavailable as error:
            yield False, str(error)
            return
        if user is None or not user.is_active:
            what = "does not exist" if user is None else "is not active"
            yield False, f"default_user {wanted} {what} in the portal: set the id of an active employee."
        else:
            yield True, f"Calls that nobody else gets go to {user.name or wanted} (default_user {wanted})."
        if not snapshot.by_extension:
            yield (
                False,
                "No employee has an extension: enter them in the portal (employee's card, extension number).",
            )
        elif self._settings.is_clicked and (without := sorted(u.id for u in snapshot.unreachable)):
            yield True, _clicks_in_vain(without, snapshot.users)
        for extension, users in sorted(snapshot.duplicates.items()):
            names = " and ".join(f"{each.name or 'user'} ({each.id})" for each in users)
            yield (
                False,
                f"Extension {extension} belongs to {names}: its calls go to {users[0].id}; leave it to one.",
            )

    def _lines(self) -> Iterator[Finding]:
        """A line that the portal does not know would be made, also one that is a slip."""
        wanted = sorted(set(self._settings.lines.values()))
        if not wanted:
            return
        reply = self._client.call("telephony.externalLine.get")
        if not isinstance(reply, Reply):
            yield True, f"The lines in `lines` could not be compared with the portal's ({reply.text})."
            return
        known = {str(row.get("NUMBER")) for row in rows(reply.result)}
        unknown = [line for line in wanted if line not in known]
        if unknown:
            for line in unknown:
                hint = nearest(line, sorted(known)) if known else "it has none yet"
                yield (
                    False,
                    (
                        f"The portal has no line {line}: correct `lines` if that is a slip, else "
                        f"`itgrix serve` makes it when it starts next; {hint}"
                    ),
                )
        else:
            yield True, f"The portal knows the lines {', '.join(wanted)}."


def _clicks_in_vain(ids: Sequence[int], users: Mapping[int, User]) -> str:
    """Not everybody has a telephone, so this is no mistake; the first few are named."""
    named = ", ".join(f"{users[each].name or 'user'} ({each})" for each in ids[:_SHOWN])
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"Without an extension, so that their clicks are not dialled: {named}{more}."


def _name(profile: object) -> str:
    """Whose webhook it is."""
    found = mapping(profile)
    name = " ".join(str(found[key]) for key in ("NAME", "LAST_NAME") if found.get(key))
    return name or f"user {found.get('ID', 'unknown')}"
