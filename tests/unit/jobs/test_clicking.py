"""A click is dialled once or not at all, and its call is finished whatever happens."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from itgrix_core.calls.masking import Masker
from itgrix_core.calls.topology import Topology
from itgrix_core.crm.adapter import CrmUnavailable
from itgrix_core.crm.adapter import Done as Filing
from itgrix_core.crm.bitrix24.clicks import CALLBACK, CLICK
from itgrix_core.crm.notice import Notice
from itgrix_core.errors import AmiError
from itgrix_core.filing.dialling import ClickRules, DialRules, LineRules
from itgrix_core.jobs.clicking import SETTLING_SECONDS, WATCH_SECONDS, Clicking
from itgrix_core.jobs.codec import event_of, job_of
from itgrix_core.jobs.dialling import Decider
from itgrix_core.jobs.narrating import narrated
from itgrix_core.jobs.story import Archive
from itgrix_core.outbox.desk import Desk as OutboxDesk
from itgrix_core.outbox.effects import Effects
from itgrix_core.outbox.engine import Attempt, Done, Job, Later
from itgrix_core.outbox.spool import Spool
from itgrix_core.outbox.tables import job as rows
from itgrix_core.wire.messages import Message
from itgrix_hooks import CANCEL
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import Disposition, Entity, User

NUMBER = "+7 (916) 000-00-01"


def response(word, text="Originate successfully queued"):
    """What Asterisk answers."""
    return Message(f"Response: {word}\r\nMessage: {text}\r\n\r\n".encode())


class Asterisk:
    """A line that keeps what it is asked.

    Attributes:
        said: the actions, as dicts of their headers.
        answers: to Originate, in order; an exception is raised.
        is_there: whether the channel that is looked for is found.
    """

    def __init__(self):
        self.said = []
        self.answers = []
        self.is_there = False
        self.state = SimpleNamespace(is_connected=True, connected_at=BEGAN - 100)

    def ask(self, action):
        """As the supervisor's."""
        headers = dict(action)
        self.said.append(headers)
        if headers["Action"] == "Getvar":
            return response("Success" if self.is_there else "Error", "No such channel")
        answer = self.answers.pop(0) if self.answers else response("Success")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def dialled(self):
        """The Originates."""
        return [each for each in self.said if each["Action"] == "Originate"]


class Desk:
    """Whoever takes clicks, on an office; `again` is a later try, maybe of another process."""

    def __init__(self, office):
        self.office = office
        self.asterisk = Asterisk()
        self.clicks = ClickRules("main")
        self.dial = {"main": DialRules()}
        self.histories = ()
        self.now = BEGAN

    def take(self, notice, seconds=0.0):
        """What becomes of a notice, so many seconds later."""
        self.now += seconds
        office = self.office
        tools = office.wired()
        decider = Decider(office.accounts, tools, {"fake": self.clicks}, self.dial)
        spool, effects = (
            Spool(office.database, lambda _lanes: None),
            Effects(office.database, lambda: self.now),
        )
        lines = {"main": self.asterisk}
        boards = {"main": "main"}
        consumer = Clicking(
            office.accounts, tools, effects, spool, decider, lambda: lines, boards, self.histories
        )
        return consumer(notice, Attempt(1, self.now))

    def click(self, seconds=0.0, **data):
        """A click of user 11, with other data."""
        return self.take(clicked(**data), seconds)

    @property
    def told(self):
        """The events that are in the outbox."""
        with self.office.database.read() as connection:
            found = connection.execute(select(rows).order_by(rows.c.seq)).all()
        return [
            Job(r.key, r.lane, r.kind, r.payload, r.born_at, r.not_before, r.is_provisional) for r in found
        ]

    def filed(self):
        """File what is in the outbox; the finishes' params."""
        jobs = self.told
        while jobs:
            jobs = jobs[getattr(self.office.deliver(jobs), "count", 1) :]
        return self.office.crm.of("finish")

    def key(self):
        """Of the call that was dialled."""
        return f"main/{self.asterisk.dialled[0]['ChannelId']}"

    @property
    def end(self):
        """The call as it ended."""
        return event_of(self.told[-1]).call


def clicked(event=CLICK, at=BEGAN, **data):
    """The notice of a click."""
    told = {"PHONE_NUMBER": NUMBER, "USER_ID": "11", "CALL_ID": "portal.1", "LINE_NUMBER": "", **data}
    return Notice("fake", event, {name: value for name, value in told.items() if value is not None}, at)


def ordered(at=BEGAN, **data):
    """The notice of a callback."""
    return clicked(CALLBACK, at, USER_ID=None, CALL_ID=None, TEXT="please", **data)


@pytest.fixture
def desk(office):
    """A desk in an office whose users have extensions."""
    users = {ext: replace(user, extension=ext) for ext, user in office.crm.users.items()}
    office.crm.users = users
    return Desk(office)


# ---- dialled -----------------------------------------------------------------------------------------------
def test_a_click_rings_the_employee_and_then_the_client(desk):
    """One Originate, whose id is the channel's, the call's, and the action's."""
    assert desk.click().seconds == 30 + WATCH_SECONDS
    (action,) = desk.asterisk.dialled
    assert action["Channel"] == "Local/101@from-internal"
    assert (action["Context"], action["Exten"], action["Priority"]) == ("from-internal", "+79160000001", "1")
    assert action["ActionID"] == action["ChannelId"]
    assert action["OtherChannelId"].startswith(action["ChannelId"])
    assert (action["Async"], action["Timeout"]) == ("true", "30000")


def test_a_clicks_id_is_no_number_that_a_recorded_log_would_mask(desk):
    """Else a redacted log would be of another call than the one that was seen."""
    for number in range(20):
        desk.click(CALL_ID=f"portal.{number}", PHONE_NUMBER=f"8916000{number:04}")
    ids = {action["ChannelId"] for action in desk.asterisk.dialled}
    masker = Masker(Topology(), b"secret")
    assert len(ids) == 20
    assert {masker.text(each) for each in ids} == ids


def test_the_portals_registration_is_the_calls_from_its_first_event_on(desk):
    """Nobody registers it again; what the portal has created is known."""
    desk.click(CRM_ENTITY_TYPE="CONTACT", CRM_ENTITY_ID="5", CRM_CREATED_LEAD="7")
    (action,) = desk.asterisk.dialled
    filed = desk.office.performer.filed(f"main/{action['ChannelId']}", desk.office.account)
    assert (filed.call_id, filed.user_id, filed.shown_to) == ("portal.1", 11, (11,))
    assert (filed.entity, [each.id for each in filed.created]) == (Entity("contact", 5), [7])
    assert desk.office.crm.kinds == []


def test_a_call_that_asterisk_tells_of_is_finished_on_the_portals_call_by_who_clicked(desk, story):
    """Though 101 is also a colleague's, whom the CRM finds first."""
    desk.click()
    key = desk.key()
    desk.office.crm.users = {"101": User(99, "Zed", "101"), "x": User(11, "Ann", "101")}
    told = story("outbound").start().dial().end(Disposition.ANSWERED)
    events = [replace(e, call=replace(e.call, key=key, is_click_to_call=True)) for e in told.events]
    jobs = [job_of(event, BEGAN) for event in events]
    while jobs:
        jobs = jobs[getattr(desk.office.deliver(jobs), "count", 1) :]
    (finish,) = desk.office.crm.of("finish")
    assert (finish["USER_ID"], finish["STATUS_CODE"]) == (11, "200")
    assert "register" not in desk.office.crm.kinds


def test_a_line_has_its_own_asterisk_context_prefix_and_variables(desk):
    """Found however its number is written; the usual variables stay."""
    desk.dial = {"main": DialRules(variables={"REALCALLERIDNUM": "{extension}", "KEPT": "{number}"})}
    line = LineRules(context="from-branch", prefix="9", variables={"LINE": "{line}"})
    desk.clicks = ClickRules("main", lines={"+7 495 000-00-01": line})
    desk.office.hooks(process_originate_params=lambda params: params)
    desk.click(LINE_NUMBER="74950000001")
    effect = next(e for e in desk.office.effects.of_call(desk.key()) if e.kind == "originate")
    assert effect.params["context"] == "from-branch"
    assert effect.params["extension"] == "979160000001"
    assert effect.params["variables"] == {
        "REALCALLERIDNUM": "101",
        "KEPT": "+79160000001",
        "LINE": "74950000001",
    }


def test_hooks_change_numbers_and_params(desk):
    """Each of them once: a retry dials what was decided."""
    asked = []

    def params_of(params, request, user, clients):
        asked.append((request, user, [each.id for each in clients]))
        return {**params, "channel": "PJSIP/101", "timeout_seconds": 5}

    desk.office.crm.clients = (Entity("contact", 5),)
    desk.office.hooks(
        process_phone_number=lambda number, use, party: (
            f"8{number.digits[-10:]}" if (use, party) == ("dial", "client") else None
        ),
        process_originate_params=params_of,
    )
    desk.asterisk.state.is_connected = False
    assert isinstance(desk.click(), Later)
    desk.asterisk.state.is_connected = True
    desk.click(2)
    (action,) = desk.asterisk.dialled
    assert (action["Channel"], action["Exten"]) == ("PJSIP/101", "89160000001")
    assert (action["Timeout"], "OtherChannelId" in action) == ("5000", False)
    ((request, user, clients),) = asked
    assert (request.user_id, request.call_id, str(request.number)) == (11, "portal.1", "+79160000001")
    assert (user.id, clients) == (11, [5])


# ---- not dialled -------------------------------------------------------------------------------------------
INJECTED = "89160000001\r\nAction: Originate\r\nChannel: PJSIP/666"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"PHONE_NUMBER": INJECTED}, "control characters"),
        ({"PHONE_NUMBER": "89160000001&PJSIP/trunk/666"}, "no phone can dial"),
        ({"PHONE_NUMBER": "89160000001,60,G(x)"}, "no phone can dial"),
        ({"PHONE_NUMBER": "${SHELL(id)}"}, "no phone can dial"),
        ({"PHONE_NUMBER": ""}, "it is empty"),
        ({"USER_ID": "404"}, "has no extension"),
        ({"USER_ID": None}, "has no extension"),
    ],
)
def test_what_cannot_be_dialled_is_refused_told_once_and_finished(desk, data, why):
    """The portal's card is closed with the reason."""
    with capture_logs() as logs:
        assert desk.click(**data) == Done()
        assert desk.click(**data) == Done()
    assert desk.asterisk.said == []
    warnings = [entry["event"] for entry in logs if entry["log_level"] == "warning"]
    assert len(warnings) == 1
    assert why in warnings[0]
    assert "666" not in warnings[0]
    (finish,) = desk.filed()
    assert (finish["STATUS_CODE"], finish["DURATION"]) == ("603-S", 0)
    assert why in finish["FAILED_REASON"]
    assert "register" not in desk.office.crm.kinds


def test_an_injected_extension_of_the_event_is_not_used(desk):
    """The employee's own card counts then."""
    desk.click(EXTENSION="101\r\nAction: Logoff")
    assert desk.asterisk.dialled[0]["Channel"] == "Local/101@from-internal"


@pytest.mark.parametrize(
    "change",
    [
        {"caller_id": '"Evil\r\nVariable: X=1" <1>'},
        {"variables": {"NAME": "Evil\r\nVariable: X=1"}},
        {"variables": {"NAME": "a,__CALLED=1"}},
        {"variables": {"A=1\r\nX": "1"}},
        {"channel": "PJSIP/101\r\nX: 1"},
        {"channel": "PJSIP/101&PJSIP/102"},
        {"context": "from internal"},
        {"extension": "1,1"},
        {"pbx": "elsewhere"},
    ],
)
def test_what_a_hook_takes_from_a_name_injects_nothing(desk, change):
    """Refused as a whole."""
    desk.office.hooks(process_originate_params=lambda params: {**params, **change})
    assert desk.click() == Done()
    assert desk.asterisk.said == []
    assert desk.end.not_dialled


def test_a_hook_may_cancel(desk):
    """Nothing is dialled, and the CRM is told so."""
    desk.office.hooks(process_originate_params=lambda: CANCEL)
    assert desk.click() == Done()
    assert desk.asterisk.said == []
    assert "a hook cancelled it" in desk.filed()[0]["FAILED_REASON"]


def test_a_stale_click_is_not_dialled(desk):
    """Its employee is elsewhere; the portal's call is finished."""
    assert desk.click(21) == Done()
    assert desk.asterisk.said == []
    assert "21 s old" in desk.filed()[0]["FAILED_REASON"]


def test_a_second_click_on_the_same_number_is_none(desk):
    """Within five seconds, with another CALL_ID; later it is one."""
    desk.click()
    assert desk.click(2, CALL_ID="portal.2") == Done()
    assert len(desk.asterisk.dialled) == 1
    assert "just before" in desk.end.not_dialled


def test_a_click_after_one_that_came_to_nothing_is_no_repetition(desk):
    """However soon: its employee has found his telephone."""
    desk.asterisk.answers = [response("Error", "busy")]
    desk.click()
    desk.filed()
    desk.click(1, CALL_ID="portal.2")
    assert len(desk.asterisk.dialled) == 2


def test_a_click_without_call_id_is_no_click(desk):
    """There is nothing to file it on."""
    assert desk.click(CALL_ID=None) == Done()
    assert (desk.asterisk.said, desk.told) == ([], [])


# ---- trouble -----------------------------------------------------------------------------------------------
def test_an_asterisk_that_is_away_is_waited_for_as_long_as_the_click_is_good(desk):
    """Then the card goes."""
    desk.asterisk.state.is_connected = False
    assert isinstance(desk.click(), Later)
    assert isinstance(desk.click(15), Later)
    assert desk.click(6) == Done()
    assert "is not connected" in desk.filed()[0]["FAILED_REASON"]
    desk.asterisk.state.is_connected = True
    assert desk.click(1) == Done()
    assert desk.asterisk.said == []


def test_a_refused_originate_says_what_is_missing(desk):
    """And is not tried again."""
    desk.asterisk.answers = [response("Error", "Permission denied")]
    assert desk.click() == Done()
    assert desk.click(1) == Done()
    assert len(desk.asterisk.dialled) == 1
    assert "give `write` of manager.conf `originate`" in desk.filed()[0]["FAILED_REASON"]
    database = desk.office.database
    told = list(narrated(Archive(database, desk.now).story(OutboxDesk(database).find(desk.key()))))
    assert any("Asterisk refused: " in line and "Permission denied" in line for line in told)


def test_an_originate_whose_answer_was_lost_is_looked_up_by_its_channel(desk):
    """Alive: it was dialled, once."""
    desk.asterisk.answers = [AmiError("no response in time")]
    assert isinstance(desk.click(), Later)
    desk.asterisk.is_there = True
    assert desk.click(2).seconds == 28 + WATCH_SECONDS
    assert len(desk.asterisk.dialled) == 1
    assert desk.asterisk.said[-1]["Channel"] == desk.asterisk.dialled[0]["ChannelId"]
    assert desk.told == []


def test_a_crash_between_note_and_originate_dials_nothing_afterwards(desk):
    """What may have been sent is never sent again; the card goes when no channel of it is found."""
    desk.asterisk.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        desk.click()
    desk.office.reopen()
    desk.asterisk.said.clear()
    assert isinstance(desk.click(1), Later)
    assert desk.click(SETTLING_SECONDS) == Done()
    assert desk.asterisk.dialled == []
    assert "not known" in desk.filed()[0]["FAILED_REASON"]


def test_where_the_history_can_be_read_its_account_is_waited_for(desk):
    """An end that a better one may replace."""
    desk.histories = ("main",)
    desk.asterisk.answers = [AmiError("cut")]
    desk.click()
    desk.click(SETTLING_SECONDS + 1)
    assert [job.is_provisional for job in desk.told] == [False, True]


def test_an_unknown_originate_waits_for_the_line(desk):
    """Without one nobody can tell."""
    desk.asterisk.answers = [AmiError("cut")]
    desk.click()
    desk.asterisk.state.is_connected = False
    assert isinstance(desk.click(100), Later)
    assert desk.told == []


def test_a_call_that_never_tells_of_itself_is_finished(desk):
    """After its phone must have stopped ringing."""
    desk.click()
    assert isinstance(desk.click(59), Later)
    assert desk.click(2) == Done()
    assert "told nothing" in desk.filed()[0]["FAILED_REASON"]


def test_an_unknown_originate_of_which_asterisk_has_told_was_dialled(desk):
    """Nobody has to be asked for that."""
    desk.asterisk.answers = [AmiError("cut")]
    desk.click()
    Spool(desk.office.database, lambda _lanes: None).commit("main", [], {desk.key(): b"{}"}, None)
    asked = len(desk.asterisk.said)
    assert isinstance(desk.click(2), Later)
    assert desk.click(100) == Done()
    assert len(desk.asterisk.said) == asked


def test_a_click_of_an_account_that_is_gone_is_put_aside(desk):
    """Its settings were taken out while it waited."""
    gone = replace(clicked(), account="former")
    assert "no entry former" in desk.take(gone).reason


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_call_that_asterisk_has_told_of_is_left_to_it(desk, is_saved):
    """Live as the tracker has it, or ended."""
    desk.click()
    key = desk.key()
    spool = Spool(desk.office.database, lambda _lanes: None)
    if is_saved:
        spool.commit("main", [], {key: b"{}"}, None)
    else:
        spool.commit("main", [Job(f"{key}/CallEnded", key, "CallEnded", b"{}", BEGAN)], {}, None)
    before = len(desk.told)
    assert desk.click(100) == Done()
    assert len(desk.told) == before


def test_a_portal_that_cannot_be_asked_is_asked_again(desk):
    """Nothing is decided meanwhile."""
    desk.office.crm.broken = CrmUnavailable(3.0, "the portal is down")
    assert desk.click().seconds == 3.0
    desk.office.crm.broken = None
    desk.click(3)
    assert len(desk.asterisk.dialled) == 1


# ---- callbacks ---------------------------------------------------------------------------------------------
def test_a_callback_is_registered_by_us_as_type_4_on_the_clients_responsible(desk):
    """His phone rings first; the card is his."""
    desk.office.crm.entity = lambda kind, entity_id: Entity(kind, entity_id, "", 12)
    desk.take(ordered(CRM_ENTITY_TYPE="CONTACT", CRM_ENTITY_ID="5"))
    (register,) = desk.office.crm.of("register")
    assert (register["TYPE"], register["USER_ID"], register["SHOW_TO"]) == (4, 12, [12])
    assert (register["CRM_ENTITY_TYPE"], register["CRM_ENTITY_ID"]) == ("CONTACT", 5)
    assert desk.asterisk.dialled[0]["Channel"] == "Local/102@from-internal"
    desk.take(ordered(CRM_ENTITY_TYPE="CONTACT", CRM_ENTITY_ID="5"), 1)
    assert len(desk.asterisk.dialled) == len(desk.office.crm.of("register")) == 1


def test_a_callback_of_nobody_rings_the_default_user_or_the_set_extension(desk):
    """A queue, for instance."""
    desk.office.rules = replace(desk.office.rules, default_user=13)
    desk.take(ordered())
    desk.clicks = ClickRules("main", callback_extension="600")
    desk.take(ordered(PHONE_NUMBER="89160000002"), 1)
    channels = [each["Channel"] for each in desk.asterisk.dialled]
    assert channels == ["Local/103@from-internal", "Local/600@from-internal"]


def test_a_callback_that_is_ordered_twice_is_one_call(desk):
    """A visitor who presses the button again."""
    desk.clicks = ClickRules("main", callback_extension="600")
    desk.take(ordered())
    assert desk.take(ordered(at=BEGAN + 3), 3) == Done()
    assert len(desk.asterisk.dialled) == 1
    assert desk.told == []


def test_a_callback_that_is_too_old_is_filed_as_one_that_came_to_nothing(desk):
    """So that somebody sees it."""
    assert desk.take(ordered(), 1000) == Done()
    assert desk.asterisk.said == []
    assert desk.office.crm.of("register")[0]["TYPE"] == 4
    assert "1000 s old" in desk.filed()[0]["FAILED_REASON"]


# ---- whose client it is ------------------------------------------------------------------------------------
OTHERS, OWN = Entity("company", 6, "", 12), Entity("company", 5, "", 11)


DIRECTOR = Entity("contact", 9, "", 12)


@pytest.mark.parametrize(
    ("ties", "changes"),
    [
        ((), [("bind", 5), ("unbind", 6)]),
        ((OTHERS,), [("bind", 5), ("unbind", 6)]),
        ((OTHERS, OWN), [("unbind", 6)]),
        ((DIRECTOR, OTHERS), [("bind", 5), ("unbind", 6)]),
        ((OTHERS, Entity("company", 7, "", 13)), [("bind", 5), ("unbind", 6), ("unbind", 7)]),
    ],
)
@pytest.mark.parametrize("by", ["a hook", "the setting", "the setting, with a hook that says nothing"])
def test_a_clicks_call_is_bound_to_the_clickers_own_company_after_the_finish(desk, story, by, ties, changes):
    """The portal has chosen another one, and asked nobody; no other company is left, whatever it has tied."""
    desk.office.crm.ties = ties
    own = {"CRM_ENTITY_TYPE": "COMPANY", "CRM_ENTITY_ID": 5}
    desk.office.crm.clients = (OTHERS, OWN)
    if by != "a hook":
        desk.office.rules = replace(desk.office.rules, is_choosing_by_employee=True)
    if by != "the setting":
        desk.office.hooks(
            process_registration_params=lambda params: {**params, **own} if by == "a hook" else None
        )
    desk.office.crm.says(
        "finish", Filing({"CRM_ACTIVITY_ID": 77, "CRM_ENTITY_TYPE": "COMPANY", "CRM_ENTITY_ID": 6})
    )
    desk.click(CRM_ENTITY_TYPE="COMPANY", CRM_ENTITY_ID="6")
    told = story("outbound").start().dial().end(Disposition.ANSWERED)
    call = {"key": desk.key(), "is_click_to_call": True}
    jobs = [job_of(replace(e, call=replace(e.call, **call)), BEGAN) for e in told.events]
    while jobs:
        jobs = jobs[getattr(desk.office.deliver(jobs), "count", 1) :]
    assert desk.office.crm.kinds == ["finish", *(kind for kind, _ in changes)]
    done = [(kind, each["entityId"]) for kind in ("bind", "unbind") for each in desk.office.crm.of(kind)]
    assert done == changes
