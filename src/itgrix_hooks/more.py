"""Two hooks beside the nine: later ones of the product that have no home among them.

They are kept apart because the nine are the product's own set, and their table is a promise; these two may
still gain or lose. All that `itgrix_hooks.specs` says of hooks holds for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from itgrix_hooks.markers import hookspec
from itgrix_hooks.tools import Crm, Pbx, Settings, Store
from itgrix_hooks.values import Call, Entity, Filed
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

# In every signature the four extra arguments share one line, apart from the hook's own.
# fmt: off


@hookspec
def customize_autodistribution(
    answer: RouteAnswer,
    question: RouteQuestion,
    clients: Sequence[Entity],
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> RouteAnswer | None:
    """Who gets the caller.

    What it decides:
        The extension to which the dialplan sends a caller, and the name that its phone shows.

    When and where it is asked:
        When the dialplan asks, while the caller hears a ringing tone. A chain, 1 s for all of them together.

    Arguments:
        answer: what was found so far; without an extension the call goes its usual way.
        question: who calls, and on which of our numbers.
        clients: all entities with the caller's number, as the index of numbers knows them: names and
            responsibles, no fields. For a number that it lacks the CRM is asked when first looked at.
        settings: this plugin's settings.
        pbx: the Asterisk that asks.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        A `RouteAnswer`; `None` leaves it. `RouteAnswer()` sends the call its usual way, so it needs no
        cancelling. Default: the extension of the client's responsible.

    What happens when it fails:
        The plugin is left out; the dialplan gets what the others said, in time.

    Example:
        examples/hooks/short/one_of_each.py
    """


@hookspec
def post_registration(
    call: Call,
    filed: Filed,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> None:
    """Something of your own, right after the call was registered.

    What it decides:
        Nothing: the place for a side effect, such as a note in another system.

    When and where it is asked:
        After the CRM accepted the registration. All are told, built-ins first; 5 s each.

    Arguments:
        call: the call so far.
        filed: what this call has put into the CRM so far; `call_id` is known.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM; writes through it are done once for this call, whatever happens.

    Answer and default:
        None. A value is reported as nonsense, because nobody would use it.

    What happens when it fails:
        The plugin is named; the others are told, the call goes on.

    Example:
        examples/hooks/short/one_of_each.py
    """
