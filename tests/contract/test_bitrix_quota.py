"""Two services share one portal with the cloud's limits; all three live on one clock that a test moves."""

import heapq
import itertools
from collections import Counter

import pytest

from itgrix_core.crm import urgency
from itgrix_core.crm.adapter import Blocked, Unknown
from itgrix_core.crm.bitrix24.address import webhook
from itgrix_core.crm.bitrix24.breaker import LIVE_PAUSE_SECONDS
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.methods import FINISH, REGISTER
from itgrix_core.crm.bitrix24.shared_level import SharedLevel
from itgrix_core.sandbox.bitrix.costs import cost_of
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind
from itgrix_core.sandbox.bitrix.server import run_portal
from itgrix_core.sandbox.bitrix.settings import Limits, Settings

START = 1_795_000_000.0
INTENSITY = 2.0
OPERATING = 480 / 600
LOOKED_UP_AFTER_SECONDS = 2.0


class Day:
    """The portal, two services with a client each, and what they have to do, by the time at which it is due.

    Attributes:
        answered: when which method was executed, by the services' own account.
        live_waits: how long each live request waited.
    """

    def __init__(self, limits, file):
        self.at = START
        self.portal = run_portal(Settings(limits=limits), clock=self.now)
        self.clients = [self._client(file) for _ in range(2)]
        self.answered = []
        self.live_waits = []
        self._due = []
        self._numbers = itertools.count()

    def now(self):
        """Unix seconds, for the portal too."""
        return self.at

    def _client(self, file):
        bucket = Bucket(50, INTENSITY, self.now, SharedLevel(file))
        return Client(webhook(self.portal.webhook), 20.0, bucket, self.now, lambda _: None)

    def put(self, client, requests, at=START, *, is_live=False):
        """A lane: requests in order, the parameters perhaps made from the answer before."""
        heapq.heappush(self._due, (at, next(self._numbers), client, requests, is_live, at))

    def live_through(self, until=float("inf")):
        """Let time go on from one due lane to the next."""
        while self._due and self._due[0][0] <= until:
            at, number, client, requests, is_live, asked_at = heapq.heappop(self._due)
            self.at = max(self.at, at)
            left, seconds = self._turn(client, requests, is_live=is_live)
            if is_live and not left:
                self.live_waits.append(self.at - asked_at)
            if left:
                again = (self.at + seconds, number, client, left, is_live, asked_at)
                heapq.heappush(self._due, again)

    def _turn(self, client, requests, *, is_live):
        """What is left of a lane when it has to wait, and for how long."""
        left = list(requests)
        with urgency.work(is_live=is_live):
            while left:
                method, params = left[0]
                reply = self.clients[client].call(method, params)
                if isinstance(reply, Blocked):
                    return left, reply.seconds
                if isinstance(reply, Unknown):
                    return left, LOOKED_UP_AFTER_SECONDS
                assert isinstance(reply, Reply), reply
                self.answered.append((self.at, method))
                del left[0]
                if left and callable(left[0][1]):
                    left[0] = (left[0][0], left[0][1](reply.result))
        return [], 0.0

    @property
    def statuses(self):
        """How often the portal answered with which HTTP status."""
        return Counter(entry.status for entry in self.portal.portal.ledger.entries())

    def close(self):
        """Stop the portal and the clients."""
        for client in self.clients:
            client.close()
        self.portal.stop()


@pytest.fixture
def day(tmp_path):
    """A day with the limits of an ordinary plan."""
    made = Day(Limits(50, INTENSITY, 480), tmp_path / "state" / "quota.json")
    yield made
    made.close()


def test_two_services_use_all_of_the_intensity_and_meet_no_503(day):
    """Two hundred lanes of an outage in each, while phones ring; no card waits for any of them."""
    for client in (0, 1):
        for _ in range(120):
            day.put(client, [("user.get", {})] * 3)
        for second in range(7, 300, 10):
            day.put(client, [("user.get", {})], START + second, is_live=True)
    day.live_through(START + 300)
    spent = [at for at, _ in day.answered if at > START + 30]
    rate = len(spent) / (max(spent) - START - 30)
    assert set(day.statuses) == {200}
    assert rate >= 0.95 * INTENSITY
    assert len(day.live_waits) == 60
    assert max(day.live_waits) == 0.0


def call(key):
    """A call's two requests: the second takes the CALL_ID from the first one's answer."""
    told = {"USER_ID": 1, "PHONE_NUMBER": "+79160000001", "TYPE": 2, "EXTERNAL_CALL_ID": key}
    return [
        (REGISTER, told),
        (FINISH, lambda answer: {"CALL_ID": answer["CALL_ID"], "USER_ID": 1, "DURATION": 60}),
    ]


@pytest.mark.slow
def test_two_services_use_all_of_a_methods_operating_time_and_meet_no_429(day):
    """Half an hour of nothing but calls: finishing takes longest, so it runs out before the requests do."""
    for client in (0, 1):
        for number in range(800):
            day.put(client, call(f"main/{client}.{number}"))
    day.live_through(START + 1800)
    ends = [at for at, method in day.answered if method == FINISH]
    rate = sum(at > START + 600 for at in ends) * cost_of(FINISH).operating / 1200
    assert set(day.statuses) == {200}
    assert rate >= 0.95 * OPERATING


def test_after_an_outage_live_calls_are_first_and_the_backlog_loses_no_time(day):
    """Two thousand lanes have waited for half an hour; meanwhile they have hardly asked the portal."""
    over = START + 1800
    day.portal.portal.faults.add(Fault(FaultKind.HTML, times=0, for_seconds=1800))
    for client in (0, 1):
        for _ in range(1000):
            day.put(client, [("user.get", {})] * 2)
    day.live_through(over - 1)
    probes = sum(day.statuses.values())
    for second in range(0, 400, 20):
        day.put(0, [("user.get", {})], over + second + 0.5, is_live=True)
    day.live_through(over + 400)
    answered = [at for at, _ in day.answered if over + 60 < at <= over + 360]
    assert probes < 100
    assert max(day.live_waits) <= LIVE_PAUSE_SECONDS
    assert len(answered) >= 0.95 * INTENSITY * 300
    assert set(day.statuses) == {200, 502}
