"""Who gets a caller: his own manager if that one can be rung, else somebody who can, else nobody by name."""

from datetime import datetime, time

import pytest

from itgrix_core.calls.presence import Presence
from itgrix_core.calls.topology import Topology
from itgrix_core.filing.missed import WorkingHours
from itgrix_core.filing.routing import Employee, RoutingRules, caller, question_of, route, safe
from itgrix_core.wire.messages import make_message
from itgrix_hooks.values import Entity, PhoneNumber, User
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

THURSDAY_NOON = datetime(2026, 11, 26, 12, 0)
EVA = Entity("contact", 5, "Eva", responsible_id=11)
STAFF = {number: Employee(User(number, f"user {number}", str(90 + number))) for number in (11, 12, 13)}


def phones(**states):
    """A PBX's phones, `_101="INUSE"`, and `dnd="101"`."""
    presence = Presence(Topology)
    for name, state in states.items():
        device = f"Custom:DND{state}" if name == "dnd" else f"PJSIP/{name.strip('_')}"
        presence.hear(
            make_message(
                ("Event", "DeviceStateChange"),
                ("Device", device),
                ("State", "BUSY" if name == "dnd" else state),
            )
        )
    return presence


def routed(*clients, staff=None, at=THURSDAY_NOON, presence=None, **rules):
    """The answer."""
    staff = STAFF if staff is None else staff
    return route(clients, staff.get, presence or phones(), RoutingRules(**rules), at)


def test_a_client_gets_his_responsible_by_the_clients_name():
    """And the answer says why."""
    assert routed(EVA) == RouteAnswer("101", "Eva", "responsible of contact 5")


def test_a_stranger_goes_the_usual_way():
    """So does a client whom nobody has."""
    assert routed() == RouteAnswer(why="nobody of the CRM has this number")
    assert routed(Entity("lead", 1, "A"), fallback=("104",)) == RouteAnswer(
        name="A", why="its clients have no responsible"
    )


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ({"staff": {}}, "responsible of contact 5 (dismissed, or unknown here)"),
        ({"staff": {11: Employee(User(11))}}, "responsible of contact 5 (no extension)"),
        ({"staff": {11: Employee(User(11, "", "0079005550000"))}}, "responsible of contact 5 (no extension)"),
        ({"presence": phones(dnd="101")}, "responsible of contact 5 (101 do not disturb)"),
        ({"presence": phones(_101="UNAVAILABLE")}, "responsible of contact 5 (101 not registered)"),
        ({"presence": phones(_101="INUSE")}, "responsible of contact 5 (101 busy)"),
        (
            {"staff": {11: Employee(User(11, "", "101"), "CLOSED")}, "needs_open_day": True},
            "responsible of contact 5 (101 off shift)",
        ),
    ],
)
def test_whoever_cannot_be_rung_is_passed_over_for_the_next_who_can(trouble, why):
    """A colleague who stands in, then the others; without any the usual way, with the client's name."""
    assert routed(EVA, **trouble) == RouteAnswer(None, "Eva", why)
    others = routed(EVA, fallback=("109", "108"), **trouble)
    assert (others.extension, others.why) == ("109", f"{why} / takes what others cannot")
    stand_in = routed(EVA, fallback=("109",), stand_ins={11: "102"}, **trouble)
    assert (stand_in.extension, stand_in.why) == ("102", f"{why} / stands in for user 11")


def test_what_is_not_known_keeps_nobody_from_being_rung():
    """A phone of which nothing was heard, a working day that the CRM did not tell."""
    assert routed(EVA, presence=phones(_101="UNKNOWN"), needs_open_day=True).extension == "101"


def test_somebody_who_talks_is_rung_where_the_settings_want_it():
    """Call waiting; do-not-disturb still counts."""
    assert routed(EVA, presence=phones(_101="INUSE"), is_skipping_busy=False).extension == "101"
    assert routed(EVA, presence=phones(dnd="101"), is_skipping_busy=False).extension is None


def test_of_several_clients_the_contact_comes_first_and_the_next_ones_are_tried_after_him():
    """Whatever the order in which they were found; of one kind the oldest."""
    firm, lead = Entity("company", 2, "Firm", 12), Entity("lead", 1, "Lead", 13)
    younger = Entity("contact", 9, "Young", 13)
    assert routed(lead, firm, younger, EVA).extension == "101"
    assert routed(lead, firm, EVA, presence=phones(_101="INUSE")).extension == "102"
    assert routed(lead, firm).name == "Firm"


def test_callers_are_put_through_in_working_time():
    """At all other times they keep their names and go the usual way."""
    hours = WorkingHours(time(9), time(18), frozenset(range(5)))
    assert routed(EVA, hours=hours).extension == "101"
    for late in (datetime(2026, 11, 26, 18, 0), datetime(2026, 11, 26, 8, 59), datetime(2026, 11, 28, 12)):
        assert routed(EVA, at=late, hours=hours) == RouteAnswer(None, "Eva", "out of hours")


@pytest.mark.parametrize(
    "extension",
    [
        "101&PJSIP/provider1/0079005550000",
        "*72900",
        "101@from-internal",
        "101,20,U(x)",
        "1" * 21,
        "101\r\n102",
        "Local/1",
        "\u0661\u0660\u0661",
    ],
)
def test_no_extension_dials_more_than_a_number(extension):
    """Whoever may write his profile, or a hook, must not write the dialplan."""
    answer = safe(RouteAnswer(extension, "Eva", "hook"))
    assert (answer.extension, answer.name) == (None, "Eva")


def test_a_name_cannot_break_what_it_is_put_into():
    """SIP headers, AGI's quotes, dialplan variables, our own line; letters of all alphabets stay."""
    name = 'Жужа "O\'Neil" <sip:x>\r\nContact: y\u2028 | ${SHELL(x)}; \\ \x00' + "ж" * 200
    cleaned = safe(RouteAnswer("101", name, "a\nb|c")).name
    assert cleaned.startswith("Жужа O'Neil sip:x Contact: y SHELL(x)")
    assert len(cleaned) <= 60
    assert not set(cleaned) & set('"<>|;\\${}\r\n\u2028\x00')
    assert safe(RouteAnswer("101", "", "a\nb|c")).why == "a bc"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+7 (916) 000-00-01", "+79160000001"),
        ("89160000001", "89160000001"),
        ("unknown", ""),
        ("", ""),
        ("Anonymous", ""),
    ],
)
def test_a_callers_number_is_read_as_channels_have_it(text, number):
    """Also that of nobody."""
    assert caller(text) == PhoneNumber(number)


@pytest.mark.parametrize("text", ["79160000001\nSet: x", "7916;ext=1", "7" * 40, "${EXTEN}", "'; DROP", "a"])
def test_what_is_no_number_is_none(text):
    """It is not searched for, and not asked about."""
    assert caller(text) is None
    assert question_of(text, "74950000001", "PJSIP/trunk-0000000a") is None


def test_a_question_has_the_line_and_the_trunk():
    """A trunk's name that is none is left out."""
    asked = question_of("79160000001", "74950000001", "PJSIP/trunk-main-0000000a")
    assert asked == RouteQuestion(PhoneNumber("79160000001"), "74950000001", "trunk-main")
    assert question_of("79160000001", "s", "PJSIP/a b\n-0000000a") == RouteQuestion(
        PhoneNumber("79160000001")
    )
