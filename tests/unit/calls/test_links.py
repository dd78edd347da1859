"""The ends of a trunk between two of our PBXes: what they are asked, and what becomes of those left alone."""

import pytest

from itgrix_core.calls.events import CallEnded, Oddity
from itgrix_core.calls.handlers.links import PATIENCE_SECONDS
from itgrix_core.calls.topology import Topology
from itgrix_core.calls.tracker import Exchange, Tracker
from itgrix_core.wire.messages import make_message

TO_BRANCH, TO_MAIN = "PJSIP/to-branch-00000009", "PJSIP/to-main-00000009"


class Linked:
    """main and branch, which both begin to count at 1.0; each word takes a tenth of a second.

    Attributes:
        told: all that was told. questions: what each word made us ask, as headers, by PBX.
    """

    def __init__(self, header=""):
        exchange = Exchange()
        links = {"main": {"to-branch": "branch"}, "branch": {"to-main": "main"}}
        self.trackers = {
            pbx: exchange.tracker(pbx, Topology(links=own, link_header=header)) for pbx, own in links.items()
        }
        self.told, self.questions = [], {"main": [], "branch": []}
        self.at = 1000.0

    def feed(self, pbx, message):
        """Any message of a PBX."""
        self.at += 0.1
        self.told += self.trackers[pbx].feed(message, self.at)
        question = self.trackers[pbx].question_about(message)
        self.questions[pbx] += [dict(question)] if question else []

    def say(self, pbx, name, **headers):
        """An event; `Uniqueid` is also its Linkedid unless one is given."""
        headers.setdefault("Linkedid", headers.get("Uniqueid", ""))
        self.feed(pbx, make_message(("Event", name), *headers.items()))

    def tell_call_id(self, pbx, uniqueid, call_id="c1"):
        """The answer to our question about an end; "" is an error."""
        head = [("Response", "Success" if call_id else "Error"), ("ActionID", f"itgrix-wire-{uniqueid}")]
        self.feed(pbx, make_message(*head, *([("Value", call_id)] if call_id else [])))

    def begin(
        self, pbx="main", *, channel="PJSIP/provider1-00000001", state="Ring", exten="74950005201", **more
    ):
        """The channel that calls: 1.0."""
        self.say(
            pbx, "Newchannel", Uniqueid="1.0", Channel=channel, ChannelStateDesc=state, Exten=exten,
            **{"CallerIDNum": "79161234567", **more},
        )  # fmt: skip

    def go_out(self, pbx="main", channel=TO_BRANCH):
        """It dials over the link: 1.1 is the link's end here."""
        self.say(pbx, "Newchannel", Uniqueid="1.1", Linkedid="1.0", Channel=channel, ChannelStateDesc="Down")
        self.say(
            pbx, "DialBegin", Uniqueid="1.0", DestUniqueid="1.1", DestLinkedid="1.0", DestChannel=channel,
            DialString="201@to-branch",
        )  # fmt: skip

    def come_in(self, pbx="branch", channel=TO_MAIN, number="79161234567", phone="201"):
        """The link's other end is born there, and a phone rings: 1.0 and 1.1 of that PBX."""
        self.begin(pbx, channel=channel, exten="201", CallerIDNum=number)
        leg = {"DestUniqueid": "1.1", "DestLinkedid": "1.0", "DestChannel": f"PJSIP/{phone}-00000001"}
        self.say(
            pbx, "Newchannel", Uniqueid="1.1", Linkedid="1.0", Channel=f"PJSIP/{phone}-00000001",
            ChannelStateDesc="Down",
        )  # fmt: skip
        self.say(pbx, "DialBegin", Uniqueid="1.0", DialString=phone, **leg)
        self.say(pbx, "DialState", Uniqueid="1.0", DialStatus="RINGING", **leg)

    def bridge(self, pbx, *uniqueids):
        """These channels of a PBX hear each other."""
        for uniqueid in uniqueids:
            self.say(
                pbx, "BridgeEnter", Uniqueid=uniqueid, Linkedid="1.0", ChannelStateDesc="Up",
                BridgeUniqueid=f"b{uniqueids[-1]}", BridgeType="basic",
            )  # fmt: skip

    def hang_up(self, pbx, uniqueid, cause="16"):
        """A channel is gone."""
        self.say(pbx, "Hangup", Uniqueid=uniqueid, Linkedid="1.0", Cause=cause)

    def hang_up_all(self):
        """All that `begin`, `go_out` and `come_in` made."""
        for pbx in ("branch", "main"):
            for uniqueid in ("1.1", "1.0"):
                self.hang_up(pbx, uniqueid)

    def wait(self, seconds, pbx):
        """Time goes on at a PBX: some event that means nothing."""
        self.at += seconds
        self.say(pbx, "DeviceStateChange")

    @property
    def kinds(self):
        """What was told, by kind and PBX of the call."""
        return [(event.kind, event.call.pbx) for event in self.told if not isinstance(event, Oddity)]

    @property
    def ended(self):
        """The ended calls."""
        return [event.call for event in self.told if isinstance(event, CallEnded)]


@pytest.fixture
def pbxes():
    """Two linked PBXes."""
    return Linked()


# ---- one wire ---------------------------------------------------------------------------------------------
def test_two_ends_with_one_call_id_are_one_wire(pbxes):
    """The client's call has the branch's phone, although both PBXes gave the same Uniqueids."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.tell_call_id("main", "1.1")
    pbxes.come_in()
    pbxes.tell_call_id("branch", "1.0")
    assert pbxes.kinds == [("CallStarted", "main"), ("ConversationRequested", "main")]
    (conversation,) = pbxes.told[-1].call.conversations
    assert (conversation.key, conversation.pbx, conversation.extension) == ("branch/1.1", "branch", "201")
    pbxes.hang_up_all()
    (call,) = pbxes.ended
    assert (call.key, call.linkedid, call.trunk) == ("main/1.0", "1.0", "provider1")


def test_a_phone_rang_when_it_rang_also_if_the_proof_came_later(pbxes):
    """The ring is told with the wire, and dated to when it was seen."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.tell_call_id("main", "1.1")
    pbxes.come_in()
    rang_at = pbxes.at
    pbxes.wait(1.0, "branch")
    pbxes.tell_call_id("branch", "1.0")
    assert pbxes.told[-1].call.conversations[0].rang_at == rang_at


def test_an_employees_call_to_a_colleague_there_is_internal(pbxes):
    """Nothing is told before it is known that it stays inside."""
    pbxes.begin(channel="PJSIP/101-00000001", exten="201", CallerIDNum="101")
    pbxes.go_out()
    pbxes.tell_call_id("main", "1.1")
    pbxes.come_in(number="101")
    assert pbxes.kinds == []
    pbxes.tell_call_id("branch", "1.0")
    call = pbxes.told[-1].call
    assert (call.direction, call.extension, call.dialled, call.key) == ("internal", "101", "201", "main/1.0")


@pytest.mark.parametrize("order", [("main", "branch"), ("branch", "main")])
def test_whichever_end_tells_first(pbxes, order):
    """The call that went out is the older one."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.come_in()
    for pbx in order:
        pbxes.tell_call_id(pbx, {"main": "1.1", "branch": "1.0"}[pbx])
    assert {event.call.key for event in pbxes.told} == {"main/1.0"}


def test_a_colleague_of_the_same_extension_there_is_somebody_else(pbxes):
    """101 of main sends the client to 101 of the branch: two legs, and the transfer went through."""
    pbxes.begin(exten="74950000101")
    phone = {"DestUniqueid": "1.2", "DestLinkedid": "1.0", "DestChannel": "PJSIP/101-00000002"}
    pbxes.say("main", "DialBegin", Uniqueid="1.0", DialString="101", **phone)
    pbxes.bridge("main", "1.0", "1.2")
    pbxes.say(
        "main", "BlindTransfer", Result="Success", IsExternal="Yes", TransfererUniqueid="1.2",
        TransfererLinkedid="1.0", TransfererChannel="PJSIP/101-00000002", TransfereeUniqueid="1.0",
        TransfereeLinkedid="1.0", Extension="5101",
    )  # fmt: skip
    pbxes.hang_up("main", "1.2")
    pbxes.go_out()
    pbxes.tell_call_id("main", "1.1")
    pbxes.come_in(phone="101")
    pbxes.tell_call_id("branch", "1.0")
    pbxes.bridge("main", "1.0", "1.1")
    pbxes.bridge("branch", "1.0", "1.1")
    pbxes.hang_up_all()
    (call,) = pbxes.ended
    assert [(c.pbx, c.extension, c.result) for c in call.conversations] == [
        ("main", "101", "answered"),
        ("branch", "101", "answered"),
    ]
    assert [transfer.is_done for transfer in call.transfers] == [True]


# ---- ends that stay alone ---------------------------------------------------------------------------------
def test_without_a_counterpart_the_end_is_a_trunk_after_a_while(pbxes):
    """The other PBX is away: the caller gets his card all the same."""
    pbxes.come_in()
    pbxes.tell_call_id("branch", "1.0")
    pbxes.wait(PATIENCE_SECONDS - 1, "branch")
    assert pbxes.kinds == []
    pbxes.wait(2.0, "branch")
    assert pbxes.kinds == [("CallStarted", "branch"), ("ConversationRequested", "branch")]
    call = pbxes.told[-1].call
    assert (call.direction, call.trunk, call.did) == ("inbound", "to-main", "201")


def test_the_other_pbxs_clock_does_not_count(pbxes):
    """Only words of the PBX that waits make it wait no longer."""
    pbxes.come_in()
    pbxes.wait(PATIENCE_SECONDS + 1, "main")
    assert pbxes.kinds == []


def test_an_end_that_cannot_tell_waits_no_longer(pbxes):
    """Getvar answers with an error, or with nothing."""
    pbxes.come_in()
    pbxes.tell_call_id("branch", "1.0", "")
    assert pbxes.kinds == [("CallStarted", "branch"), ("ConversationRequested", "branch")]


def test_a_call_that_ends_before_the_proof_is_told(pbxes):
    """Once its other end has been waited for: it was somebody's call, whoever called."""
    pbxes.come_in()
    pbxes.hang_up("branch", "1.1", "17")
    pbxes.hang_up("branch", "1.0", "17")
    assert pbxes.kinds == []
    pbxes.wait(PATIENCE_SECONDS + 1, "branch")
    (call,) = pbxes.ended
    assert [(c.extension, c.result) for c in call.conversations] == [("201", "busy")]


def test_from_an_inside_number_nobody_outside_has_called(pbxes):
    """A colleague at a PBX that is away is no client."""
    pbxes.come_in(number="101")
    pbxes.wait(0.0, "branch")
    pbxes.wait(PATIENCE_SECONDS + 1, "branch")
    assert pbxes.told[-1].call.direction == "internal"


def test_to_an_inside_number_over_a_link_no_client_is_called(pbxes):
    """The other PBX tells nothing."""
    pbxes.begin(channel="PJSIP/101-00000001", exten="201", CallerIDNum="101")
    pbxes.go_out()
    pbxes.hang_up("main", "1.1", "34")
    pbxes.wait(PATIENCE_SECONDS + 1, "main")
    assert [event.call.direction for event in pbxes.told][-1] == "internal"


def test_late_proof_merges_what_had_become_two_calls(pbxes):
    """The younger ends in the older; its phone rings and talks there."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.come_in()
    for pbx in ("main", "branch"):
        pbxes.wait(0.0, pbx)
        pbxes.wait(PATIENCE_SECONDS + 1, pbx)
    assert {event.call.key for event in pbxes.told} == {"main/1.0", "branch/1.0"}
    pbxes.tell_call_id("main", "1.1")
    pbxes.tell_call_id("branch", "1.0")
    assert ("CallMerged", "branch") in pbxes.kinds
    pbxes.hang_up_all()
    (call,) = pbxes.ended
    assert [(c.key, c.pbx) for c in call.conversations] == [("branch/1.1", "branch")]


def test_late_proof_makes_an_outgoing_call_an_internal_one(pbxes):
    """Two colleagues; the branch had taken main's number for a client's."""
    pbxes.begin(channel="PJSIP/101-00000001", exten="589161234567", CallerIDNum="101")
    pbxes.go_out()
    pbxes.come_in(number="74950000100")
    for pbx in ("main", "branch"):
        pbxes.wait(0.0, pbx)
        pbxes.wait(PATIENCE_SECONDS + 1, pbx)
    pbxes.tell_call_id("main", "1.1")
    pbxes.tell_call_id("branch", "1.0")
    pbxes.hang_up_all()
    (call,) = pbxes.ended
    assert (call.direction, call.extension, call.client_number) == ("internal", "101", None)


def test_a_wire_that_is_gone_before_it_could_tell_is_known_by_its_number(pbxes):
    """A phone far away refuses at once; the branch answers that there is no such channel."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.tell_call_id("main", "1.1")
    pbxes.hang_up("main", "1.1", "17")
    pbxes.come_in()
    pbxes.hang_up("branch", "1.1", "17")
    pbxes.hang_up("branch", "1.0", "17")
    pbxes.tell_call_id("branch", "1.0", "")
    pbxes.hang_up("main", "1.0", "17")
    (call,) = pbxes.ended
    assert [(c.extension, c.pbx, c.result) for c in call.conversations] == [("201", "branch", "busy")]


def test_a_wire_of_another_number_is_another_wire(pbxes):
    """Nor is one between others."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.hang_up("main", "1.1", "17")
    pbxes.begin("branch", channel=TO_MAIN, exten="202")
    assert pbxes.told[-1].call.key == "main/1.0"
    pbxes.hang_up("branch", "1.0", "17")
    pbxes.hang_up("main", "1.0", "17")
    for pbx in ("main", "branch"):
        pbxes.wait(PATIENCE_SECONDS + 1, pbx)
    assert {call.key for call in pbxes.ended} == {"main/1.0", "branch/1.0"}


# ---- questions --------------------------------------------------------------------------------------------
def test_each_end_is_asked_at_its_birth_with_its_own_id(pbxes):
    """The Call-ID, of chan_pjsip."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.come_in()
    wanted = {"Action": "Getvar", "Variable": "CHANNEL(pjsip,call-id)"}
    out, came = wanted | {"Channel": TO_BRANCH}, wanted | {"Channel": TO_MAIN}
    asked = {
        pbx: [each for each in said if each["Action"] == "Getvar"] for pbx, said in pbxes.questions.items()
    }
    assert asked["main"][0] == out | {"ActionID": "itgrix-wire-1.1"}
    assert asked["branch"][0] == came | {"ActionID": "itgrix-wire-1.0"}


def test_of_an_end_that_has_told_nothing_more_is_asked(pbxes):
    """Also when a list shows it again."""
    pbxes.begin()
    pbxes.go_out()
    pbxes.tell_call_id("main", "1.1")
    before = len(pbxes.questions["main"])
    pbxes.say("main", "CoreShowChannel", Uniqueid="1.1", Linkedid="1.0", Channel=TO_BRANCH)
    assert len(pbxes.questions["main"]) == before


def test_an_end_found_in_the_middle_is_asked(pbxes):
    """Its birth was not told."""
    pbxes.say("main", "CoreShowChannel", Uniqueid="7.7", Channel=TO_BRANCH, Application="AppDial")
    assert pbxes.questions["main"][-1]["ActionID"] == "itgrix-wire-7.7"


def test_chan_sip_keeps_its_call_id_in_a_variable(pbxes):
    """On older PBXes."""
    pbxes.say("main", "Newchannel", Uniqueid="7.7", Channel="SIP/to-branch-00000001")
    assert pbxes.questions["main"][-1]["Variable"] == "SIPCALLID"


def test_with_a_header_each_end_is_asked_when_it_can_know():
    """Who calls has it in a variable once the Dial has begun, who is called in the INVITE."""
    pbxes = Linked("X-Itgrix-Wire")
    pbxes.begin()
    pbxes.go_out()
    pbxes.come_in()
    asked = {
        pbx: [each["Variable"] for each in said if each["Action"] == "Getvar"]
        for pbx, said in pbxes.questions.items()
    }
    assert asked["main"] == ["ITGRIX_WIRE"]
    assert set(asked["branch"]) == {"PJSIP_HEADER(read,X-Itgrix-Wire)"}


def test_a_pbx_without_links_asks_nothing_of_the_kind():
    """Its trunks are trunks, also where the other PBX is not listened to."""
    tracker = Tracker("main", Topology(links={"to-branch": "branch"}))
    born = make_message(("Event", "Newchannel"), ("Uniqueid", "1.1"), ("Channel", TO_BRANCH))
    tracker.feed(born, 1.0)
    assert tracker.question_about(born) is None


# ---- saved rows -------------------------------------------------------------------------------------------
def test_rows_of_a_time_without_links_are_handed_back(pbxes):
    """Their ids bear no PBX; the channel list tells of those calls. And the other way round."""
    alone = Tracker("main")
    born = make_message(
        ("Event", "Newchannel"), ("Uniqueid", "1.0"), ("Linkedid", "1.0"), ("Channel", "PJSIP/provider1-1")
    )
    alone.feed(born, 1.0)
    assert pbxes.trackers["main"].load(alone.changes()) == ["main/1.0"]
    pbxes.begin()
    assert Tracker("main").load(pbxes.trackers["main"].changes()) == ["main/1.0"]
