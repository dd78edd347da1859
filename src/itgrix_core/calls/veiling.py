"""Values about a call without what is nobody's business, consistent with its masked messages. Pure.

What a CRM is sent and answers is strangers' text: a title, a comment, a client's name. Of it only numbers,
dates and words without spaces stay, the numbers masked; every other text has a stand-in, the same for the
same, so that it can still be seen what changed. Our own sentences stay, with numbers and known names masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from itgrix_core.calls.masking import Masker, dates_around

NAMES: Final = frozenset({"client_name"})
"""Fields that hold the name of a person."""

FOREIGN: Final = frozenset({"params", "answer", "value", "added", "changed", "removed", "actions"})
"""Fields below which a CRM's or a hook's own text lies."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_WORD = re.compile(r"[!-~]*")


class Veil:
    """Hides what is private in JSON data about one call.

    Args:
        masker: that of the call's messages: who is masked there is masked alike here.
        names: of persons, to be found inside of sentences.
        at: when the call was (Unix seconds): that day may stay in the names of recordings.
    """

    def __init__(self, masker: Masker, names: Iterable[str], at: float) -> None:
        self._masker = masker
        self._names = {name: masker.name(name) for name in names if name}
        self._dates = dates_around(at)
        self._texts: dict[str, str] = {}

    def over(self, value: Any) -> Any:
        """JSON data with nothing private in it."""
        return self._over(value, "", is_foreign=False)

    def sentence(self, text: str) -> str:
        """A sentence of ours."""
        for name, instead in self._names.items():
            text = text.replace(name, instead)
        return self._masker.text(text, self._dates)

    def _over(self, value: Any, field: str, *, is_foreign: bool) -> Any:
        if isinstance(value, Mapping):
            return {
                self.sentence(key): self._over(item, key, is_foreign=is_foreign or key in FOREIGN)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._over(item, field, is_foreign=is_foreign) for item in value]
        if not isinstance(value, str) or _MOMENT.fullmatch(value):
            return value
        if field in NAMES:
            return self._masker.name(value)
        return self._foreign(value) if is_foreign else self.sentence(value)

    def _foreign(self, text: str) -> str:
        """A text that is not ours."""
        if text in self._names:
            return self._names[text]
        if _WORD.fullmatch(text) or self._masker.is_phone(text):
            return self._masker.text(text, self._dates)
        stand_in = f"text {len(self._texts) + 1} of {len(text)} characters"
        return self._texts.setdefault(text, stand_in)
