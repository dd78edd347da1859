"""The tokens and codes that the portal's OAuth server has given out, and what has become of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

ALPHABET_BYTES = 16


@dataclass(slots=True)
class Pair:
    """An access token of an application's user and the refresh token that came with it ("" for none).

    Times in Unix seconds. `is_spent` says that the refresh token was used.
    """

    access: str
    refresh: str
    app_id: str
    user_id: int
    access_until: float
    refresh_until: float
    is_spent: bool = False


@dataclass(slots=True)
class Code:
    """A code of the browser's way, good once and for seconds."""

    value: str
    app_id: str
    user_id: int
    until: float


@dataclass
class Keyring:
    """All that was given out.

    Attributes:
        expired: access tokens from the settings that were declared expired.
        uninstalled: ids of applications that were removed; nothing of theirs opens anything.
    """

    pairs: list[Pair] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    uninstalled: set[str] = field(default_factory=set)

    def by_access(self, token: str) -> Pair | None:
        """The pair of an access token."""
        return next((pair for pair in self.pairs if pair.access == token), None)

    def by_refresh(self, token: str) -> Pair | None:
        """The pair of a refresh token."""
        return next((pair for pair in self.pairs if token and pair.refresh == token), None)

    def forget(self, app_id: str) -> None:
        """The application was removed."""
        self.uninstalled.add(app_id)
        self.codes = {value: code for value, code in self.codes.items() if code.app_id != app_id}
        for pair in self.pairs:
            if pair.app_id == app_id:
                pair.is_spent = True


def fresh() -> str:
    """A token nobody can guess."""
    return secrets.token_hex(ALPHABET_BYTES)
