"""Asks the example as the service would."""

from pathlib import Path

import pytest

from itgrix_hooks import Entity, User
from itgrix_hooks.lazy import LazySequence
from itgrix_hooks.testing import ask, load, make_call

HOOK = load(Path(__file__).with_name("03_holding.py"))
ANNA = User(5, "Anna", "101")
CLIENTS = (
    Entity("contact", 30, "the director", responsible_id=5),
    Entity("company", 31, "division North", responsible_id=4),
    Entity("company", 32, "division South", responsible_id=5),
)


def params(**arguments):
    """The registration's params after the hook."""
    return ask("process_registration_params", HOOK, params={"USER_ID": 5}, **arguments).answer


@pytest.mark.parametrize("shape", ["outbound", "answered"])
def test_the_call_goes_to_the_employees_own_company(shape):
    """Whether the employee calls or is called."""
    entity = {"CRM_ENTITY_TYPE": "COMPANY", "CRM_ENTITY_ID": 32}
    assert params(call=make_call(shape), user=ANNA, clients=CLIENTS) == {"USER_ID": 5, **entity}


def test_without_a_company_of_his_the_crm_decides():
    """Other kinds of client are left out of account."""
    assert params(user=User(6), clients=CLIENTS) == {"USER_ID": 5}


def test_for_an_unknown_extension_no_client_is_asked_for():
    """What the hook does not look at costs no request."""
    unread = LazySequence(lambda: pytest.fail("the clients were read"))
    assert params(user=None, clients=unread) == {"USER_ID": 5}
