"""Whoever took the call owns the client, unless somebody has already brought a deal to a working stage.

hooks:
settings:
estate_agency:
working_stages: [PREPARATION, EXECUTING]    # of deals that stay with their responsible
"""

from itgrix_hooks import Call, Changes, Create, Crm, Entity, EntityFields, Filed, Settings, User, hookimpl


@hookimpl
def get_updated_entity_fields(
    entity: Entity | None, call: Call, filed: Filed, crm: Crm, settings: Settings
) -> Changes | None:
    """Leads and contacts follow who took the call; the deal of a working stage keeps its own."""
    agent = crm.user_of_extension(call.last_agent or "")
    if agent is None or call.client_number is None:
        return None
    if entity is not None:
        return taken_over(entity, agent, crm, settings)
    if next(iter(filed.entities), None) is None:
        phone = [{"VALUE": str(call.client_number), "VALUE_TYPE": "WORK"}]
        title = f"Call from {call.client_number}"
        return Create("lead", {"TITLE": title, "ASSIGNED_BY_ID": agent.id, "PHONE": phone})
    return None


def taken_over(entity: Entity, agent: User, crm: Crm, settings: Settings) -> EntityFields | None:
    """The new responsible; `None` where he is that already, or where a colleague works on a deal."""
    if entity.responsible_id == agent.id or entity.kind not in {"lead", "contact"}:
        return None
    if entity.kind == "contact":
        stages = list(settings.get("working_stages", []))
        question = {"filter": {"CONTACT_ID": entity.id, "STAGE_ID": stages, "CLOSED": "N"}, "select": ["ID"]}
        if stages and crm.read("crm.deal.list", question):
            return None
    return {"ASSIGNED_BY_ID": agent.id}
