"""The doctor: what this webhook may do in this portal, one sentence per question, the way out included.

Bitrix24's documentation lets webhooks register calls no longer, portals in the field still do: so it is
probed, by a registration without a user, which creates nothing whichever way it is answered.
"""

from __future__ import annotations

from collections.abc import Iterator

from itgrix_core.config.schema import BitrixSettings
from itgrix_core.config.wording import nearest
from itgrix_core.crm.adapter import Blocked, CrmUnavailable
from itgrix_core.crm.bitrix24.answers import mapping, rows
from itgrix_core.crm.bitrix24.checking_rules import RuleDoctor, wanted_scopes
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.directory import Directory
from itgrix_core.crm.bitrix24.errors import Failure, is_of_access
from itgrix_core.crm.bitrix24.methods import REGISTER, STATISTICS

Finding = tuple[bool, str]

_USER_SCOPES = frozenset({"user", "user_basic", "user_brief"})


class Doctor:
    """Examines one portal."""

    def __init__(self, client: Client, directory: Directory, settings: BitrixSettings) -> None:
        self._client = client
        self._directory = directory
        self._settings = settings

    def check(self) -> list[Finding]:
        """All findings; a portal that cannot be asked yields one."""
        reply = self._client.call("profile")
        if not isinstance(reply, Reply):
            return [(False, _way_out(reply))]
        return [
            (True, f"The portal answers ({self._client.portal}), the webhook is {_name(reply.result)}'s."),
            *self._scopes(),
            self._registration(),
            self._statistics(),
            *self._users(),
            *self._lines(),
            *RuleDoctor(self._client, self._directory, self._settings).check(),
        ]

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
                f"The webhook lacks {', '.join(sorted(missing))}: add it under the webhook's permissions.",
            )
        else:
            yield True, "The webhook has the scopes telephony, crm and user."

    def _registration(self) -> Finding:
        """Whether this kind of authorisation may register calls."""
        reply = self._client.call(REGISTER, {"TYPE": 2})
        if isinstance(reply, Blocked) and "WRONG_AUTH_TYPE" in reply.text.upper():
            return False, (
                "This portal registers calls for applications only, not for webhooks (WRONG_AUTH_TYPE): "
                "calls cannot be filed over this webhook."
            )
        if isinstance(reply, Blocked):
            return False, reply.text
        return True, "The webhook may register calls."

    def _statistics(self) -> Finding:
        """Needed to find out, after a lost answer, whether a call was finished."""
        reply = self._client.call(STATISTICS, {"FILTER": {"CALL_ID": "itgrix-check"}})
        if isinstance(reply, Reply):
            return True, "The call statistics can be read."
        if not is_of_access(reply):
            return False, reply.text
        return False, (
            "The call statistics cannot be read, so after a lost answer the call's entry may not be found: "
            'give the webhook\'s creator the right "Call statistics: view".'
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
        for extension, users in sorted(snapshot.duplicates.items()):
            names = " and ".join(f"{each.name or 'user'} ({each.id})" for each in users)
            yield (
                False,
                f"Extension {extension} belongs to {names}: its calls go to {users[0].id}; leave it to one.",
            )

    def _lines(self) -> Iterator[Finding]:
        """A line that the portal does not know would be created by the first call."""
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
                yield False, f"The portal has no line {line}, a call would create it: correct `lines`; {hint}"
        else:
            yield True, f"The portal knows the lines {', '.join(wanted)}."


def _name(profile: object) -> str:
    """Whose webhook it is."""
    found = mapping(profile)
    name = " ".join(str(found[key]) for key in ("NAME", "LAST_NAME") if found.get(key))
    return name or f"user {found.get('ID', 'unknown')}"


def _way_out(failure: Failure) -> str:
    """Why the portal cannot be asked, with what to look at."""
    if isinstance(failure, Blocked) and failure.why == "unreachable":
        return f"{failure.text}: see the address in `webhook`, DNS, proxy and firewall of this machine."
    return failure.text
