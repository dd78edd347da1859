"""What a service asks for at each job and may be replaced while it runs: settings, hooks, who goes by it."""

from __future__ import annotations

from dataclasses import dataclass

from itgrix_core.config.schema import Settings
from itgrix_core.jobs.accounts import Accounts
from itgrix_core.jobs.questions import Tools
from itgrix_core.jobs.routing import Router
from itgrix_core.outbox.engine import Handler
from itgrix_core.plugins.manager import Plugins


@dataclass(frozen=True, slots=True)
class Edition:
    """One version, never changed.

    Attributes:
        settings: all of them.
        plugins: the hooks.
        accounts: the CRM accounts, with their rules.
        tools: what asking needs.
        handler: files a lane's jobs.
        router: answers the dialplan, where routing is on.
    """

    settings: Settings
    plugins: Plugins
    accounts: Accounts
    tools: Tools
    handler: Handler
    router: Router | None

    def end(self) -> None:
        """Nobody goes by it any more."""
        self.plugins.close()
