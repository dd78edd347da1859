"""The shortest sensible implementation of each hook that has no example of its own.

Take out what you need. Without settings none of them changes anything:

    hooks:
      settings:
        one_of_each:
          not_filed: ["199"]                  # extensions whose calls the CRM never sees
          prefix: "8"                         # dialled before the last ten digits
          links: https://pbx.example/rec/     # recordings are given as links below this address
          takes_over: true                    # who talked last becomes responsible for new leads
          task_title: "Call back {number}"
          vip: {"5550100200": "101"}          # numbers that go straight to an extension
"""

from pathlib import PurePosixPath

from itgrix_hooks import (
    Call,
    Comment,
    Conversation,
    Crm,
    Entity,
    EntityFields,
    Filed,
    Link,
    OriginateParams,
    OriginateRequest,
    PhoneNumber,
    RouteAnswer,
    RouteQuestion,
    Settings,
    Store,
    TaskParams,
    hookimpl,
)


@hookimpl
def process_phone_number(number: PhoneNumber, use: str, settings: Settings) -> str | None:
    """Our trunks want a prefix and ten digits, whatever the CRM's card says."""
    if use == "dial" and "prefix" in settings and len(number.digits) > 10:
        return f"{settings['prefix']}{number.digits[-10:]}"
    return None


@hookimpl
def need_registration(conversation: Conversation | None, settings: Settings) -> bool | None:
    """A black list. `None`, not `True`, for the others: let the next plugin have its say."""
    if conversation is not None and conversation.extension in settings.get("not_filed", []):
        return False
    return None


@hookimpl
def process_originate_params(
    params: OriginateParams, request: OriginateRequest, settings: Settings
) -> OriginateParams | None:
    """Click-to-call through the line that was chosen in the CRM."""
    if request.line is None or "prefix" not in settings:
        return None
    return {**params, "variables": {**params.get("variables", {}), "LINE": request.line}}


@hookimpl
def process_record_file_path(path: str | None, settings: Settings) -> Link | None:
    """Links instead of uploads."""
    if path is None or "links" not in settings:
        return None
    return Link(settings["links"] + PurePosixPath(path).name)


@hookimpl
def get_updated_entity_fields(
    entity: Entity | None, role: str, call: Call, crm: Crm, settings: Settings
) -> list[EntityFields | Comment] | None:
    """A lead that this call has made belongs to whoever talked last; the lead's timeline says so."""
    if entity is None or role != "created" or not settings.get("takes_over") or call.last_agent is None:
        return None
    user = crm.user_of_extension(call.last_agent)
    if user is None:
        return None
    return [{"ASSIGNED_BY_ID": user.id}, Comment(entity, f"Taken over by {user.name} after the call.")]


@hookimpl
def process_task_creation_params(params: TaskParams, call: Call, settings: Settings) -> TaskParams | None:
    """Another title for the task of a missed call."""
    if "task_title" not in settings:
        return None
    return {**params, "TITLE": settings["task_title"].format(number=call.client_number)}


@hookimpl
def customize_autodistribution(question: RouteQuestion, settings: Settings) -> RouteAnswer | None:
    """Some callers go straight to their extension."""
    for number, extension in settings.get("vip", {}).items():
        if PhoneNumber(number).same_as(question.number):
            return RouteAnswer(extension, why="vip list")
    return None


@hookimpl
def post_registration(call: Call, filed: Filed, store: Store) -> None:
    """Remembers which call was the last one, as an example of `store`."""
    store.set("last", {"call": call.key, "crm": filed.call_id})
