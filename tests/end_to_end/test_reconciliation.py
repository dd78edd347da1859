"""A day of calls in a portal into which twenty faults were put: all are named, what can be is repaired."""

import copy
import os
import wave
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
import spoiling
from delivering import delivered
from made_calls import inbound, outbound

from itgrix_core.filing.sheet import Fault, Remedy
from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.narrating import narrated
from itgrix_core.jobs.story import Archive
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.desk import Desk
from itgrix_core.sandbox.bitrix import Fault as Trouble
from itgrix_core.sandbox.bitrix import FaultKind, Seed, default_users, phones
from itgrix_core.sandbox.bitrix.view import state
from itgrix_hooks.testing import BEGAN
from itgrix_hooks.values import Recording

DAY = 86_400.0
CALLS, FEW = 28, 6
CLIENTS = 20
FAULTY = range(4, 24)
WRITES = (
    "telephony.externalCall.register",
    "telephony.externalCall.finish",
    "telephony.externalCall.attachRecord",
    "crm.activity.update",
    "crm.activity.binding.add",
    "crm.activity.binding.delete",
)


def number(place):
    """A client's, known to the portal."""
    return f"+7916000{place % CLIENTS:04}"


def seed():
    """Twenty contacts, the first 3001."""
    contacts = [{"NAME": f"C{place}", "PHONE": phones(number(place))} for place in range(CLIENTS)]
    return Seed(users=default_users(), contacts=tuple(contacts))


def calls(monitor, count):
    """Events of a day: by turns in and out, each recorded."""
    for place in range(count):
        make = inbound if place % 2 else outbound
        events = make(f"main/{place}.1", number(place), f"10{1 + place % 3}", at(place), is_answered=True)
        path = monitor / f"{place}.wav"
        with wave.open(str(path), "wb") as audio:
            audio.setnchannels(1)
            audio.setsampwidth(2)
            audio.setframerate(800)
            audio.writeframes(bytes(2 * 800 * 60))
        os.utime(path, (1, 1))
        recording = Recording(f"/var/spool/asterisk/monitor/{place}.wav", f"{place}.1", at(place))
        last = events[-1]
        yield from [*events[:-1], replace(last, call=replace(last.call, recordings=(recording,)))]


def at(place):
    """When a call begins."""
    return BEGAN + place * DAY / CALLS


def key(place):
    """Of a call."""
    return f"main/{place}.1"


def spoil(world):
    """Four faults of each sort; what was put into which call."""
    put = {}
    for count, place in enumerate(FAULTY):
        sort = (Fault.ABSENT, Fault.PERSON, Fault.DURATION, Fault.ENTITY, Fault.RECORDING)[count % 5]
        put[key(place)] = sort
        match sort:
            case Fault.ABSENT:
                spoiling.lose(world, key(place))
            case Fault.PERSON:
                spoiling.give(world, key(place), 17)
            case Fault.DURATION:
                spoiling.stretch(world, key(place), 5)
            case Fault.ENTITY:
                spoiling.move(world, key(place), 3001 + (place + 7) % CLIENTS)
            case Fault.RECORDING:
                spoiling.mute(world, key(place))
    return put


@contextmanager
def filed(folder, count):
    """A day after it was filed whole, and its portal."""
    monitor = folder / "monitor"
    monitor.mkdir()
    with delivered(folder / "data", seed=seed(), monitor=monitor) as (work, portal):
        work.now = BEGAN + DAY
        work.engine.put([job_of(event, event.at) for event in calls(monitor, count)])
        work.end()
        yield work, portal


@pytest.fixture
def day(tmp_path):
    """All of them."""
    with filed(tmp_path, CALLS) as made:
        yield made


@pytest.fixture
def few(tmp_path):
    """The first of them."""
    with filed(tmp_path, FEW) as made:
        yield made


def sheet_of(work, since=BEGAN, until=BEGAN + DAY):
    """The only account's."""
    (compared,) = work.reconciling.compare(since, until)
    return compared.sheet


def named(sheet):
    """Which fault was found at which call."""
    return {finding.key: finding.fault for finding in sheet.findings}


def repaired(work):
    """Ask for all repairs, and let the service do them."""
    asked = work.reconciling.repair(work.reconciling.compare(BEGAN, BEGAN + DAY), work.engine)
    work.end()
    return asked


def test_what_was_filed_is_found_as_it_was_filed(few):
    """Every call, in both directions."""
    work, _ = few
    sheet = sheet_of(work)
    assert sheet.figure == f"{FEW} calls compared, 0 lost or wrong"
    assert sheet.findings == ()
    assert sheet.is_clean


def test_twenty_faults_are_named_and_all_that_can_be_is_repaired_and_nothing_else_touched(day):
    """Afterwards only those are told that no request changes."""
    work, portal = day
    with portal.portal.changing() as world:
        put = spoil(world)
        before = copy.deepcopy(state(world))
    assert named(sheet_of(work)) == put
    portal.portal.ledger.clear()
    assert repaired(work) == 16
    sent = Counter(e.method for e in portal.portal.ledger.entries() if e.is_executed and e.method in WRITES)
    assert sent == dict(zip(WRITES, (4, 4, 8, 4, 4, 4), strict=True))
    after = sheet_of(work)
    left = Counter((finding.fault, finding.remedy) for finding in after.findings)
    assert left == {
        (Fault.DURATION, Remedy.NONE): 4,
        (Fault.PERSON, Remedy.DONE): 4,
        (Fault.ENTITY, Remedy.DONE): 4,
    }
    assert after.figure == f"{CALLS} calls compared, 4 lost or wrong"
    untouched = [key(place) for place in range(CALLS) if key(place) not in put]
    with portal.portal.lock:
        assert rows_of(state(portal.portal.world), untouched) == rows_of(before, untouched)
    portal.portal.ledger.clear()
    assert repaired(work) == 0
    assert not [e for e in portal.portal.ledger.entries() if e.method in WRITES]


def rows_of(told, keys):
    """Rows of calls, with their activities."""
    rows = [row for row in told["finished_calls"] if row["EXTERNAL_CALL_ID"] in keys]
    ids = {str(row["CRM_ACTIVITY_ID"]) for row in rows}
    return rows, [each for each in told["activities"] if str(each["ID"]) in ids]


def test_what_a_person_changed_in_the_meantime_is_left_to_him(few):
    """The activity says neither what was filed nor what the list has."""
    work, portal = few
    with portal.portal.changing() as world:
        spoiling.give(world, key(3), 17)
        row = spoiling.statistic_of(world, key(3))
        spoiling.activity_of(world, row)["RESPONSIBLE_ID"] = "18"
    (finding,) = sheet_of(work).findings
    assert (finding.fault, finding.remedy) == (Fault.PERSON, Remedy.NONE)
    assert "somebody changed it since" in finding.way_out
    assert repaired(work) == 0


def test_a_repair_whose_answer_is_lost_is_not_done_twice(few, tmp_path):
    """Filed again once, though the portal cut the connection after it had done it; the story tells of it."""
    work, portal = few
    with portal.portal.changing() as world:
        spoiling.lose(world, key(3))
    portal.portal.ledger.clear()
    for method in ("telephony.externalCall.register", "telephony.externalCall.finish"):
        portal.portal.faults.add(Trouble(FaultKind.CUT, method))
    assert repaired(work) == 1
    assert sheet_of(work).findings == ()
    with portal.portal.lock:
        rows = [
            each for each in portal.portal.world.finished.values() if each.call.external_call_id == key(3)
        ]
    assert len(rows) == 1
    with Database(tmp_path / "data") as database:
        told = "\n".join(narrated(Archive(database, work.now).story(Desk(database).find(key(3)))))
    assert "what the CRM has of it is to be repaired" in told
    assert "the comparison did not find the call" in told


def test_a_call_that_the_portal_has_at_another_time_is_not_filed_a_second_time(few):
    """It is looked for by its key before it is filed again."""
    work, portal = few
    with portal.portal.changing() as world:
        spoiling.statistic_of(world, key(3)).call.started_at -= 2 * DAY
    assert named(sheet_of(work)) == {key(3): Fault.ABSENT}
    portal.portal.ledger.clear()
    assert repaired(work) == 1
    assert not [e for e in portal.portal.ledger.entries() if e.method in WRITES]
    (finding,) = sheet_of(work).findings
    assert "the CRM has it by now" in finding.way_out


def test_what_others_filed_is_told_and_counts_for_nothing(few):
    """A call of which we know nothing."""
    work, portal = few
    row = {"USER_ID": 12, "PHONE_NUMBER": "+74951112233", "TYPE": 2, "CALL_START_DATE": moment(at(3) + 7)}
    call_id = asked(portal, "telephony.externalCall.register", row)["CALL_ID"]
    asked(portal, "telephony.externalCall.finish", {"CALL_ID": call_id, "USER_ID": 12, "DURATION": 9})
    sheet = sheet_of(work)
    (finding,) = sheet.findings
    assert (finding.fault, finding.key, finding.number) == (Fault.UNKNOWN, "", "74951112233")
    assert sheet.is_clean
    assert sheet_of(work, BEGAN - DAY, BEGAN).compared == 0


def moment(at):
    """As the portal wants times."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def asked(portal, method, params):
    """The portal's answer to somebody else."""
    answer = requests.post(portal.webhook + method, json=params, timeout=10)
    return answer.json()["result"]
