"""Case 4: a holding has the same client as several companies, one for each division.

The call is tied to the company whose responsible is the employee on the phone, before the CRM looks for one
itself. Clients of other kinds are left out of account; if no company is this employee's, the CRM decides.
"""

from collections.abc import Sequence

from itgrix_hooks import Entity, RegistrationParams, User, hookimpl


@hookimpl
def process_registration_params(
    params: RegistrationParams, user: User | None, clients: Sequence[Entity]
) -> RegistrationParams | None:
    """Ties the call to the employee's own company."""
    # An extension may belong to nobody; then `clients` is not looked into, which would cost a request.
    if user is None:
        return None
    for client in clients:
        if client.kind == "company" and client.responsible_id == user.id:
            return {**params, "CRM_ENTITY_TYPE": "COMPANY", "CRM_ENTITY_ID": client.id}
    return None
