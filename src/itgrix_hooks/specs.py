"""The nine hooks, in the order in which a call meets them: all that can be changed on a call's way.

This file is the contract with authors, so it holds words only; how answers are composed and checked is data
in `itgrix_hooks.table`. The manual is made from the docstrings, which have the same six parts. For all hooks:

* A plugin names only the arguments that it wants. A spec may gain arguments, never lose them.
* `call` is frozen: the call as it is known at that moment.
* chain: built-ins first, then packages, then the site's files; each gets a private copy of what the one
  before left and answers the new value, `None` (leave it) or, where it says so, `CANCEL`.
* decide: the site's files first, then packages, then built-ins; the first answer that is not `None` counts.
* `raise RetryLater(seconds)`: nothing is decided, all are asked again. `raise GiveUp(reason)`: leave me out.
* An answer is saved before anything is sent; a repeated request does not ask again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from itgrix_hooks.answers import Cancel, Changes, Link
from itgrix_hooks.markers import hookspec
from itgrix_hooks.params import (
    ActivityFields,
    EntityFields,
    FinalParams,
    OriginateParams,
    RegistrationParams,
    TaskParams,
)
from itgrix_hooks.tools import Crm, Pbx, Settings, Store
from itgrix_hooks.values import (
    Activity,
    Call,
    Conversation,
    Entity,
    EntityKind,
    Filed,
    NumberUse,
    Owner,
    Party,
    PhoneNumber,
    Recording,
    Stage,
    User,
)
from itgrix_hooks.wishes import OriginateRequest

Role = Literal["bound", "created", "none"]
"""How an entity came to the call: it was there, the CRM made it for the call, or there is no entity."""

# In every signature the four extra arguments share one line, apart from the hook's own.
# fmt: off


@hookspec
def process_phone_number(
    number: PhoneNumber,
    party: Party,
    use: NumberUse,
    call: Call | None,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> PhoneNumber | str | None:
    """How a phone number is written before it is used.

    What it decides:
        The spelling of one number for one use: with or without a country code, a prefix, an extension.

    When and where it is asked:
        Before a number is used, each time. A chain. While the phone rings it shares the 1.5 s of all hooks.

    Arguments:
        number: as Asterisk or the CRM gave it.
        party: `client` for the outside party's number, `user` for an employee's.
        use: `search` in the CRM, `file` with the call, `dial` out, `route` a caller.
        call: the call; `None` for `dial` and `route`.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        A `PhoneNumber` or its text; `None` leaves the number. Default: as it is. It cannot be cancelled.

    What happens when it fails:
        The plugin is left out, the number stays as the one before left it, the call is filed.

    Example:
        examples/hooks/short/one_of_each.py
    """


@hookspec
def need_registration(
    call: Call,
    conversation: Conversation | None,
    stage: Stage,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> bool | None:
    """Whether the CRM is to know of this call.

    What it decides:
        Black and white lists: `False` keeps a call out of the CRM, and sticks. Decide it before the first
        registration: `False` afterwards hides the card and finishes the call, no more.

    When and where it is asked:
        Before the first registration, then at each stage. Decide: the most local answer counts. While the
        phone rings it shares the 1.5 s of all hooks.

    Arguments:
        call: the call so far.
        conversation: the phone in question; `None` for the call as a whole.
        stage: `conversation_requested`, `conversation_accepted`, `conversation_ended` or `call_ended`.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        `True` or `False`; `None` has no opinion. Default: `True`.

    What happens when it fails:
        The plugin is left out and the next one is asked.

    Example:
        examples/hooks/short/one_of_each.py
    """


@hookspec
def process_registration_params(
    params: RegistrationParams,
    call: Call,
    conversation: Conversation | None,
    user: User | None,
    clients: Sequence[Entity],
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> RegistrationParams | Cancel | None:
    """What the CRM is told when the call is registered.

    What it decides:
        The fields of the registration: on whom, tied to which entity, from which source, whose card.

    When and where it is asked:
        Once per call, before it is registered. A chain that can be cancelled; it shares the 1.5 s of all.

    Arguments:
        params: the CRM's own fields; `SHOW_TO` is ours: the users who see the card.
        call: the call so far.
        conversation: the phone that rings, or the employee who dials.
        user: the employee of that phone.
        clients: all entities with the client's number; asked of the CRM when first looked at.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        All params, changed; `None` leaves them; `CANCEL`: the call is not registered nor filed at all.
        Default: what the configuration and the employee's account give.

    What happens when it fails:
        The plugin is left out and the call is registered with what the others said.

    Example:
        examples/hooks/03_holding.py
    """


@hookspec
def process_originate_params(
    params: OriginateParams,
    request: OriginateRequest,
    user: User | None,
    clients: Sequence[Entity],
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> OriginateParams | Cancel | None:
    """How a click on a number in the CRM is dialled.

    What it decides:
        The PBX, channel, context, extension and variables of Asterisk's Originate.

    When and where it is asked:
        On a click or a callback, while somebody waits. A chain that can be cancelled, 1 s for all together.

    Arguments:
        params: what Asterisk is told to dial.
        request: what was clicked, by whom, on which line.
        user: the employee who clicked.
        clients: all entities with the number; asked of the CRM when first looked at.
        settings: this plugin's settings.
        pbx: the Asterisk that would dial.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        All params, changed; `None` leaves them; `CANCEL`: nothing is dialled and the CRM is told so.
        Default: what the configuration says of click-to-call.

    What happens when it fails:
        The plugin is left out and the number is dialled with what the others said.

    Example:
        examples/hooks/short/one_of_each.py
    """


@hookspec
def process_final_params(
    params: FinalParams,
    call: Call,
    user: User | None,
    owner: Owner,
    filed: Filed,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> FinalParams | Cancel | None:
    """What the CRM is told when the call is finished.

    What it decides:
        On whom the call is booked in the end, its length and its result.

    When and where it is asked:
        Once per call, after its end, before the finish is sent. A chain that can be cancelled, 5 s each.

    Arguments:
        params: the CRM's own fields; STATUS_CODE 304 is a missed call.
        call: the whole call.
        user: the employee on whom it is to be booked.
        owner: that user's id, and by which rule: `why` tells the entity's responsible from a mere default.
        filed: what this call has put into the CRM so far.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        All params, changed; `None` leaves them; `CANCEL`: the card is hidden and the call is not finished.
        Default: the employee who talked, or the owner of missed calls.

    What happens when it fails:
        The plugin is left out and the call is finished with what the others said.

    Example:
        examples/hooks/02_fair_missed.py
    """


@hookspec
def process_record_file_path(
    path: str | None,
    recording: Recording | None,
    call: Call,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> str | Link | Cancel | None:
    """Where the audio of the call is.

    What it decides:
        The file to attach (it may be converted on the way) or the link to give.

    When and where it is asked:
        After the finish of an answered call, for its recording or once without. Can be cancelled, 10 s each.

    Arguments:
        path: where this machine finds the file; `None` when it was not found.
        recording: what Asterisk said of it; `None` when it said nothing.
        call: the whole call.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        A path, an address (`http…`) or a `Link`; `None` leaves it; `CANCEL`: nothing is attached.
        Default: the file that was found.

    What happens when it fails:
        The plugin is left out and the file that was found is attached.

    Example:
        examples/hooks/short/one_of_each.py
    """


@hookspec
def get_updated_activity_fields(
    fields: ActivityFields,
    activity: Activity | None,
    call: Call,
    filed: Filed,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> ActivityFields | Cancel | None:
    """What is written into the call's activity.

    What it decides:
        Subject, description and other fields of the entry that the CRM made of the call.

    When and where it is asked:
        Once per call, after the finish. A chain that can be cancelled, 5 s each.

    Arguments:
        fields: what will be written so far, by earlier plugins.
        activity: the activity as the CRM has it; `None` when the call is bound to nothing. Read when named.
        call: the whole call.
        filed: what this call has put into the CRM so far.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        The fields that you want written: they are merged over those of earlier plugins. `None` leaves them;
        `CANCEL`: nothing is written. Default: nothing.

    What happens when it fails:
        The plugin is left out; the others' fields are written.

    Example:
        examples/hooks/01_waiting_time.py
    """


@hookspec
def get_updated_entity_fields(
    fields: EntityFields,
    entity: Entity | None,
    kind: EntityKind | None,
    role: Role,
    call: Call,
    filed: Filed,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> Changes | list[Changes] | Cancel | None:
    """What the call changes in leads, contacts, companies and deals.

    What it decides:
        Fields of one entity, and actions (create one, update another, bind the call, comment).

    When and where it is asked:
        At the end, for each entity that the call is bound to, and once with `None` (the place to create a
        missing lead). A chain that can be cancelled, 5 s each.

    Arguments:
        fields: what will be written into this entity so far, by earlier plugins.
        entity: the entity as the CRM has it, or `None`. Read when named.
        kind: what it is, which costs no request: `lead`, `contact`, `company`, `deal`, or `None`.
        role: `bound` (it was there), `created` (the CRM made it for this call), `none`.
        call: the whole call.
        filed: what this call has put into the CRM so far.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        A dict of fields, one of `Create`, `Update`, `Bind`, `Comment`, or a list of such. Fields are merged
        over those of earlier plugins, actions are added to theirs. With `entity=None` there is nothing to
        write into: only actions. `None` leaves it; `CANCEL` drops the fields and actions of all plugins for
        this entity. Default: nothing.

    What happens when it fails:
        The plugin is left out; the others' fields are written and their actions done.

    Example:
        examples/hooks/short/one_of_each.py
    """


@hookspec
def process_task_creation_params(
    params: TaskParams,
    call: Call,
    owner: Owner,
    filed: Filed,
    settings: Settings, pbx: Pbx, store: Store, crm: Crm,
) -> TaskParams | Cancel | None:
    """What the task of a missed call says.

    What it decides:
        Title, responsible and deadline of the task to call back.

    When and where it is asked:
        After a missed call, before its task is created. A chain that can be cancelled, 5 s each.

    Arguments:
        params: the CRM's own fields of the task.
        call: the whole call.
        owner: on whom the missed call was booked, and by which rule.
        filed: what this call has put into the CRM so far.
        settings: this plugin's settings.
        pbx: the Asterisk of the call.
        store: this plugin's durable memory.
        crm: the CRM.

    Answer and default:
        All params, changed; `None` leaves them; `CANCEL`: no task. Default: the task of the configuration.

    What happens when it fails:
        The plugin is left out and the task is created with what the others said.

    Example:
        examples/hooks/short/one_of_each.py
    """
