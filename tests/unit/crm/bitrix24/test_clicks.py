"""The portal's two events as wishes; nothing in them is ever an error."""

from hypothesis import given
from hypothesis import strategies as st

from itgrix_core.crm.bitrix24.answers import filed_of
from itgrix_core.crm.bitrix24.clicks import CALLBACK, CLICK, wish_of
from itgrix_core.crm.notice import Notice
from itgrix_hooks.values import Entity


def notice(event=CLICK, **data):
    """An event of an account."""
    return Notice("office", event, data, 1_700_000_000.0)


def test_a_click_says_who_what_and_under_which_call():
    """As a form has it: all text, lists by number."""
    wish = wish_of(
        notice(
            PHONE_NUMBER="+7 916 000-00-01",
            USER_ID="11",
            EXTENSION="101",
            CALL_ID="externalCall.1",
            LINE_NUMBER="74950000001",
            CRM_ENTITY_TYPE="COMPANY",
            CRM_ENTITY_ID="5",
            CRM_CREATED_ENTITIES={"0": {"ENTITY_TYPE": "LEAD", "ENTITY_ID": "7"}},
        )
    )
    assert (wish.number, wish.user_id, wish.extension) == ("+7 916 000-00-01", 11, "101")
    assert (wish.call_id, wish.line, wish.entity) == ("externalCall.1", "74950000001", Entity("company", 5))
    filed = filed_of([("register", wish.registration, wish.registered)])
    assert (filed.call_id, filed.user_id, filed.shown_to) == ("externalCall.1", 11, (11,))
    assert (filed.entity, filed.created) == (Entity("company", 5), (Entity("lead", 7),))


def test_a_callback_is_nobodys_and_no_call_yet():
    """It has a text."""
    wish = wish_of(notice(CALLBACK, PHONE_NUMBER="89160000001", TEXT="about the roof", CRM_ENTITY_ID="0"))
    assert (wish.is_callback, wish.user_id, wish.call_id, wish.entity) == (True, None, None, None)
    assert wish.text == "about the roof"


JUNK = st.recursive(
    st.text(max_size=9), lambda inner: st.dictionaries(st.text(max_size=9), inner, max_size=3)
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["PHONE_NUMBER", "USER_ID", "CALL_ID", "CRM_CREATED_ENTITIES", "CRM_ENTITY_ID", "TEXT"]
        ),
        JUNK,
    )
)
def test_whatever_an_event_holds_is_a_wish(data):
    """Fields come and go."""
    wish = wish_of(notice(**data))
    assert isinstance(wish.number, str)
    filed_of([("register", wish.registration, wish.registered)])
