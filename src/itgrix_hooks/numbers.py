"""How phone numbers are written: internationally for a CRM, as the trunk wants it for dialling.

The rules are those of the world's numbering plans (package `phonenumberslite`, imported when first needed). A
number that they do not know stays as it is: an inside number, a short code, something that no plan allows.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Literal

from itgrix_hooks.values import PhoneNumber

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber as ParsedNumber

DialStyle = Literal["as given", "national", "international", "e164"]
"""How a trunk wants a number of the world. One of Moscow, dialled in Russia: as given; 84951234567, as any
subscriber there dials it; 74951234567; +74951234567. One of Berlin in national style: 8104930…."""


def in_e164(number: PhoneNumber | str, region: str) -> PhoneNumber:
    """A number as the whole world writes it: "8 (916) 123-45-67" in RU → "+79161234567".

    Args:
        number: in any spelling; an extension behind it is left out.
        region: the country in which it would be dialled, two letters (ISO 3166); "" changes nothing.

    Returns:
        The number in E.164, or unchanged where the numbering plans do not know it.
    """
    parsed = _parsed(str(number), region)
    if parsed is None:
        return PhoneNumber(str(number))
    plans = _plans()
    return PhoneNumber(plans.format_number(parsed, plans.PhoneNumberFormat.E164))


def as_dialled(number: PhoneNumber | str, region: str, style: DialStyle, prefix: str = "") -> PhoneNumber:
    """A number as it is given to Asterisk.

    Args:
        number: in any spelling.
        region: where it is dialled, two letters; "" changes nothing but the prefix.
        style: see `DialStyle`.
        prefix: digits that the PBX wants before a number outside ("9"), "" for none.
    """
    parsed = _parsed(str(number), region) if style != "as given" else None
    text = str(number) if parsed is None else _styled(parsed, region, style)
    return PhoneNumber(prefix + text)


def is_region(region: str) -> bool:
    """Whether this is the code of a country with a numbering plan, in capitals."""
    return region in _plans().SUPPORTED_REGIONS


def _plans() -> ModuleType:
    import phonenumbers  # noqa: PLC0415 - 23 ms that only those pay who have a region

    return phonenumbers


def _parsed(text: str, region: str) -> ParsedNumber | None:
    """The number by its country's plan; `None` where it is none, or where no region is known."""
    if not region:
        return None
    plans = _plans()
    try:
        parsed: ParsedNumber = plans.parse(text, region)
    except plans.NumberParseException:
        return None
    parsed.extension = None
    return parsed if plans.is_valid_number(parsed) else None


def _styled(parsed: ParsedNumber, region: str, style: DialStyle) -> str:
    plans = _plans()
    if style == "national":
        return PhoneNumber(plans.format_out_of_country_calling_number(parsed, region)).digits
    e164: str = plans.format_number(parsed, plans.PhoneNumberFormat.E164)
    return e164 if style == "e164" else e164.removeprefix("+")
