"""All that a plugin imports.

A whole plugin is a function with a hook's name and the arguments that it wants:

    from itgrix_hooks import hookimpl

    @hookimpl
    def process_final_params(params, call, settings):
        if call.is_missed and "owner" in settings:
            return {**params, "USER_ID": settings["owner"]}

Put it as a `.py` file into the folder of `hooks.folder`, or into a package under the entry point group
`itgrix.hooks`. The hooks are told in `itgrix_hooks.specs` and `.more`; `itgrix_hooks.testing` tries them.
"""

from itgrix_hooks.answers import (
    CANCEL,
    Action,
    Bind,
    Cancel,
    Changes,
    Comment,
    Create,
    GiveUp,
    Link,
    RetryLater,
    Update,
)
from itgrix_hooks.markers import hookimpl
from itgrix_hooks.params import (
    ActivityFields,
    EntityFields,
    FinalParams,
    OriginateParams,
    RegistrationParams,
    TaskParams,
)
from itgrix_hooks.tools import Crm, CrmKind, Pbx, Settings, Store
from itgrix_hooks.values import (
    Activity,
    Call,
    Conversation,
    Direction,
    Disposition,
    Entity,
    EntityKind,
    Filed,
    NumberUse,
    Owner,
    Party,
    PhoneNumber,
    Recording,
    Result,
    Role,
    Stage,
    Transfer,
    TransferKind,
    User,
)
from itgrix_hooks.wishes import OriginateRequest, RouteAnswer, RouteQuestion

__all__ = [
    "CANCEL",
    "Action",
    "Activity",
    "ActivityFields",
    "Bind",
    "Call",
    "Cancel",
    "Changes",
    "Comment",
    "Conversation",
    "Create",
    "Crm",
    "CrmKind",
    "Direction",
    "Disposition",
    "Entity",
    "EntityFields",
    "EntityKind",
    "Filed",
    "FinalParams",
    "GiveUp",
    "Link",
    "NumberUse",
    "OriginateParams",
    "OriginateRequest",
    "Owner",
    "Party",
    "Pbx",
    "PhoneNumber",
    "Recording",
    "RegistrationParams",
    "Result",
    "RetryLater",
    "Role",
    "RouteAnswer",
    "RouteQuestion",
    "Settings",
    "Stage",
    "Store",
    "TaskParams",
    "Transfer",
    "TransferKind",
    "Update",
    "User",
    "hookimpl",
]
