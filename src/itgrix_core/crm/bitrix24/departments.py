"""Who is above whom: the head of an employee's department."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itgrix_core.crm.bitrix24.answers import number, rows
from itgrix_core.crm.bitrix24.clients import Ask

_HIGHEST = 10
"""So many departments are climbed at most; a circle of them must not keep us."""


def head_of(ask: Ask, user_id: int) -> int | None:
    """The head of his first department, or of the one above where that is himself; `None` without one.

    Raises:
        CrmUnavailable, CrmError: the portal cannot be asked, or the webhook lacks the scope `department`.
    """
    found = rows(ask("user.get", {"FILTER": {"ID": user_id}, "select": ["ID", "UF_DEPARTMENT"]}))
    own = next((row.get("UF_DEPARTMENT") for row in found), None)
    department = number(own[0]) if isinstance(own, list) and own else None
    for _ in range(_HIGHEST):
        if department is None:
            return None
        row: Mapping[str, Any] = next(iter(rows(ask("department.get", {"ID": department}))), {})
        head = number(row.get("UF_HEAD"))
        if head and head != user_id:
            return head
        department = number(row.get("PARENT"))
    return None
