"""Black and white lists: whose calls are filed at all. Pure.

Three kinds of names: employees' extensions, trunks, and numbers outside; a name that ends in `*` stands for
all that begin like it. A call with a listed trunk or number is not filed. An extension on the black list
counts as nobody's: it sees no card and owns no call; a call that only such ones had to do with is not filed.
Nor is a call of somebody whom the PBX itself shuts out.
"""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_hooks.values import Call, PhoneNumber


@dataclass(frozen=True, slots=True)
class Names:
    """One list.

    Attributes:
        extensions: inside numbers.
        trunks: endpoints through which calls come and go.
        numbers: outside numbers in any spelling, or their beginnings as the call has them.
    """

    extensions: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lists:
    """What is filed.

    Attributes:
        only: the white list; of each kind that is empty everything.
        never: the black list; it comes first.
    """

    only: Names = Names()
    never: Names = Names()

    def has_employee(self, extension: str) -> bool:
        """Whether this extension's calls are filed."""
        if is_among(extension, self.never.extensions):
            return False
        return not self.only.extensions or is_among(extension, self.only.extensions)

    def why_not(self, call: Call) -> str:
        """Why a call is not filed, "" if it may be; may change while more phones ring."""
        number = call.client_number
        if call.is_blacklisted:
            return "the client's number is on the PBX's own blacklist"
        if call.trunk and _is_shut_out(call.trunk, self.only.trunks, self.never.trunks):
            return f"trunk {call.trunk} is not filed, by the lists of the configuration"
        if number and is_listed(number, self.never.numbers):
            return "the client's number is on the black list of the configuration"
        if number and self.only.numbers and not is_listed(number, self.only.numbers):
            return "the client's number is not on the white list of the configuration"
        employees = employees_of(call)
        if employees and not any(self.has_employee(extension) for extension in employees):
            return f"calls of {', '.join(employees)} are not filed, by the lists of the configuration"
        return ""


def employees_of(call: Call) -> tuple[str, ...]:
    """The extensions that had to do with a call, each once."""
    named = [call.extension or "", *(c.extension for c in call.conversations)]
    return tuple(dict.fromkeys(extension for extension in named if extension))


def _is_shut_out(name: str, only: tuple[str, ...], never: tuple[str, ...]) -> bool:
    return is_among(name, never) or bool(only and not is_among(name, only))


def is_among(name: str, listed: tuple[str, ...]) -> bool:
    """Whether a name is in a list, or begins like an entry that ends in `*`."""
    return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in listed)


def is_listed(number: PhoneNumber, listed: tuple[str, ...]) -> bool:
    """Whether a number is in a list, however it is written there."""
    return any(
        number.digits.startswith(PhoneNumber(each).digits)
        if each.endswith("*")
        else number.same_as(PhoneNumber(each))
        for each in listed
    )
