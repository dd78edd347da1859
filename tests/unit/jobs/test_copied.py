"""Hooks' `clients` out of the local copy: at once where somebody is known, else from the CRM."""

from contextlib import closing
from dataclasses import replace

import pytest

from itgrix_core.directory.numbers import NumberIndex, Progress
from itgrix_core.jobs.copied import Copied
from itgrix_hooks.values import Entity, PhoneNumber

KINDS = ("contact", "company", "lead")
EVA, NEW = Entity("company", 5, "Eva's", 11), Entity("lead", 9, "New")
CALLER, STRANGER = PhoneNumber("79160000001"), PhoneNumber("79160000002")


@pytest.fixture
def index(tmp_path):
    """One that knows the caller."""
    with closing(NumberIndex(tmp_path)) as made:
        made.put("fake", "company", [(EVA, [CALLER])], [], Progress())
        yield made


@pytest.fixture
def account(office, index):
    """Of a CRM that finds another client."""
    office.crm.clients = (NEW,)
    return replace(office.account, copied=Copied(index, "fake", KINDS))


def whole(index):
    """Everything is copied."""
    for kind in KINDS:
        index.finish("fake", kind, Progress(is_whole=True))


def test_a_copied_client_costs_no_request(office, index, account):
    """Without fields."""
    whole(index)
    assert account.clients_of(CALLER) == (EVA,)
    assert office.crm.asked == []


def test_nobody_in_the_copy_may_be_somebody_in_the_crm(index, account):
    """Who is new is known there first."""
    whole(index)
    assert account.clients_of(STRANGER) == (NEW,)


def test_half_a_copy_is_not_believed(index, account):
    """Somebody else may have the number as well."""
    assert account.clients_of(CALLER) == (NEW,)
    whole(index)


def test_a_copy_that_cannot_be_read_is_no_reason_to_wait(index, account):
    """The CRM is there."""
    whole(index)
    index.close()
    assert account.clients_of(CALLER) == (NEW,)


def test_without_a_copy_the_crm_is_asked(office):
    """As it is by default."""
    office.crm.clients = (NEW,)
    assert office.account.clients_of(CALLER) == (NEW,)
