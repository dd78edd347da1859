"""A missed call of somebody without an open lead makes one.

hooks:
settings:
lead_on_missed:
title: "Missed call from {number}"
source: CALL
"""

from itgrix_hooks import Call, Create, Crm, Entity, Filed, Settings, hookimpl


@hookimpl
def get_updated_entity_fields(
    entity: Entity | None, call: Call, filed: Filed, crm: Crm, settings: Settings
) -> Create | None:
    """Asked once for the call as a whole (`entity` is `None`): there a missing lead is created."""
    if entity is not None or not call.is_missed or call.client_number is None:
        return None
    if any(made.kind == "lead" for made in filed.created):
        return None  # the CRM's own rules have made one for this call
    leads = [client.id for client in crm.clients_of(call.client_number) if client.kind == "lead"]
    if leads and crm.read("crm.lead.list", {"filter": {"ID": leads, "STATUS_SEMANTIC_ID": "P"}}):
        return None
    title = settings.get("title", "Missed call from {number}").format(number=call.client_number)
    phone = [{"VALUE": str(call.client_number), "VALUE_TYPE": "WORK"}]
    return Create("lead", {"TITLE": title, "SOURCE_ID": settings.get("source", "CALL"), "PHONE": phone})
