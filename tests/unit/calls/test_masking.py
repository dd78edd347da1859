"""What a redacted message shows, and what it does not."""

from hypothesis import given
from hypothesis import strategies as st

from itgrix_core.calls.masking import MASKED_DIGITS, Masker
from itgrix_core.calls.topology import Topology
from itgrix_core.wire.messages import Message, make_message

KEY = b"secret of a run"
AT = 1795379452.0
DIGITS = st.text("0123456789", min_size=6, max_size=14)


def masker(key=KEY, **rules):
    """A masker of a PBX with these rules."""
    return Masker(Topology(**rules), key)


def redacted(*headers, by=None):
    """The redacted message of these headers."""
    return Message((by or masker()).block(make_message(*headers).raw, AT))


def same_ends(one, other):
    """How many last digits two numbers share."""
    count = 0
    while count < min(len(one), len(other)) and one[-1 - count] == other[-1 - count]:
        count += 1
    return count


@given(DIGITS, DIGITS)
def test_numbers_share_as_many_last_digits_as_before(one, other):
    """So the tracker compares them alike: 8916… and 7916… are one subscriber, no two become one."""
    hide = masker().text
    shared = same_ends(one, other)
    assert min(same_ends(hide(one), hide(other)), MASKED_DIGITS) == min(shared, MASKED_DIGITS)
    assert len(hide(one)) == len(one)
    assert hide(one).isdigit()
    assert hide(one)[:-MASKED_DIGITS] == one[:-MASKED_DIGITS]


def test_numbers_are_masked_alike_within_a_run_and_differently_in_the_next():
    """Nobody can compare two runs."""
    one, again, other = masker().text, masker().text, masker(b"another").text
    assert one("79161234567") == again("79161234567") != "79161234567"
    assert one("79161234567") != other("79161234567")


def test_signs_stay_where_they_are():
    """The shape of a number is a part of it."""
    hide = masker().text
    assert hide("+79161234567") == "+" + hide("79161234567")
    written = hide("+7 (916) 123-45-67")
    assert [c for c in written if not c.isdigit()] == [c for c in "+7 (916) 123-45-67" if not c.isdigit()]
    assert "".join(filter(str.isdigit, written)) == hide("79161234567")


def test_inside_numbers_stay():
    """The tracker has to understand the same; how long they are is a rule, some endpoints a list."""
    assert masker().text("101") == "101"
    assert masker(max_length=7).text("2001234") == "2001234"
    assert masker(internal=frozenset({"200123"})).text("200123") == "200123"
    assert masker().text("200123") != "200123"


def test_numbers_may_be_kept_and_names_and_addresses_go_all_the_same():
    """`--numbers keep`."""
    hide = masker(None)
    said = redacted(("Event", "Newchannel"), ("CallerIDNum", "79161234567"), ("CallerIDName", "Ann"), by=hide)
    assert (said.get("CallerIDNum"), said.get("CallerIDName")) == ("79161234567", "Name 1")
    assert hide.text("101/sip:101@10.1.2.3:5060") == "101/sip:101@192.0.2.1:5060"


def test_a_channel_keeps_its_technology_and_its_own_number():
    """A trunk may be named by its number, a guest of chan_sip by an address."""
    hide = masker()
    said = [
        redacted(("Event", "Hangup"), ("Channel", channel), by=hide).get("Channel")
        for channel in (
            "PJSIP/101-00000002",
            "PJSIP/74951234567-0000001a",
            "Local/79161234567@from-internal-0000000c;1",
            "SIP/10.1.2.3-00000012",
        )
    ]
    assert said == [
        "PJSIP/101-00000002",
        f"PJSIP/{hide.text('74951234567')}-0000001a",
        f"Local/{hide.text('79161234567')}@from-internal-0000000c;1",
        "SIP/192.0.2.1-00000012",
    ]


def test_ids_of_channels_and_the_days_date_stay_in_a_files_name():
    """They are nobody's number, and tie the file to its call."""
    path = "/monitor/2026/11/22/in-74950000101-79161234567-20261122-203052-1795379452.4.wav"
    said = redacted(
        ("Event", "VarSet"),
        ("Uniqueid", "1795379452.4"),
        ("Variable", "MIXMONITOR_FILENAME"),
        ("Value", path),
    ).get("Value")
    assert said.endswith("-1795379452.4.wav")
    assert "-20261122-" in said
    assert "74950000101" not in said
    assert "79161234567" not in said


def test_names_get_others_of_the_same_alphabet_and_what_is_no_name_stays():
    """The same name is the same other one; a number in a name's place is a number."""
    hide = masker()
    names = ["Ann Lee", "Иван", "Ann Lee", "<unknown>", "anonymous", "", "79161234567"]
    said = [
        redacted(("Event", "Newstate"), ("CallerIDName", name), by=hide).get("CallerIDName") for name in names
    ]
    assert said == ["Name 1", "Имя 2", "Name 1", "<unknown>", "anonymous", "", hide.text("79161234567")]


def test_what_nobody_has_looked_at_goes():
    """Headers that are not known here, other variables, the dialplan's words, what tells of keys."""
    hide = masker()
    said = redacted(
        ("Event", "Hangup"), ("AccountCode", "acme"), ("SIPCallID", "8f2c@10.0.0.9"), ("Cause", "16"), by=hide
    )
    assert said.headers() == [("Event", "Hangup"), ("Cause", "16")]
    for name in ("Newexten", "UserEvent", "AuthDetail", "Cdr"):
        assert hide.block(make_message(("Event", name), ("Password", "x")).raw, AT) is None
    secret = make_message(("Event", "VarSet"), ("Variable", "SIPSECRET"), ("Value", "x"))
    assert hide.block(secret.raw, AT) is None
    status = redacted(
        ("Event", "Status"), ("Variable", "PIN=1234"), ("Variable", "MIXMONITOR_FILENAME=/m/a.wav"), by=hide
    )
    assert status.all("Variable") == ["MIXMONITOR_FILENAME=/m/a.wav"]
    asked = redacted(
        ("Response", "Success"), ("Variable", "MIXMONITOR_FILENAME"), ("Value", "/m/a.wav"), by=hide
    )
    assert asked.get("Value") == "/m/a.wav"


def test_of_a_dial_only_its_first_destination_is_told():
    """Options may hold anything; another application's data goes whole."""
    hide = masker()
    dial = [("Application", "Dial"), ("ApplicationData", "PJSIP/101/sip:101@pbx.example.com,20,U(pin^1234)")]
    assert redacted(("Event", "CoreShowChannel"), *dial, by=hide).get("ApplicationData") == (
        "PJSIP/101/sip:101@host.invalid"
    )
    system = [("Application", "System"), ("ApplicationData", "curl -u a:b")]
    assert redacted(("Event", "CoreShowChannel"), *system, by=hide).get("ApplicationData") == ""


def test_an_endpoints_answer_tells_whether_it_proves_itself_and_not_how():
    """What detection needs."""
    said = redacted(
        ("Event", "EndpointList"), ("ObjectName", "101"), ("Auths", "auth-101"), ("OutboundAuths", ""),
        ("Contacts", "101/sip:101@10.0.0.5:5060"),
    )  # fmt: skip
    assert said.headers()[1:] == [("ObjectName", "101"), ("Auths", "yes"), ("OutboundAuths", "")]
    detail = redacted(("Event", "EndpointDetail"), ("Callerid", "Boris Petrov <102>"))
    assert detail.get("Callerid") == "Name 1 <102>"


def test_the_rules_of_the_pbx_read_alike_for_masked_messages():
    """A mobile of an employee is his, masked or not; so is a trunk that is named by its number."""
    hide = masker(
        trunks=frozenset({"74951234567", "101"}), mobiles={"79161234567": "102"}, devices={"99101": "101"}
    )
    rules = hide.rules()
    assert rules.owner_of_mobile(hide.text("89161234567")) == "102"
    assert rules.trunks == {hide.text("74951234567"), "101"}
    assert rules.devices == {"99101": "101"}
