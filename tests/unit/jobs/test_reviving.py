"""What was put aside and is tried again is filed as if it had never been refused."""

import pytest

from itgrix_core.jobs.codec import job_of
from itgrix_core.jobs.reviving import revive
from itgrix_core.outbox.desk import Desk
from itgrix_core.outbox.engine import Attempt, Dead, Done
from itgrix_core.outbox.sqlite import SqliteEngine, SqliteShelf
from itgrix_hooks.testing import BEGAN


@pytest.fixture
def lane(office):
    """The office's own database as its lanes: `work()` files what is due, once each."""
    shelf = SqliteShelf(office.database)

    def work():
        results = []
        while heads := shelf.heads(None):
            (head,) = heads.values()
            held = shelf.begin(head.lane, office.now)
            if not held:
                break
            results.append(office.deliver([each.job for each in held], Attempt(1, office.now)))
            shelf.settle(held, results[-1], office.now, 0)
        return results

    office.shelf, office.work = shelf, work
    return office


def retry(office, call):
    """As `itgrix outbox retry` does with a call."""
    aside = [job for job in Desk(office.database).find(call) if job.state == "dead"]
    return revive(office.database, SqliteEngine(office.database), aside)


def test_a_call_whose_registration_was_refused_is_filed_whole(lane, answered, outcomes):
    """Registered, finished and described, once somebody has mended what the CRM did not like."""
    lane.shelf.put([job_of(event, BEGAN) for event in answered.events])
    lane.crm.says("register", outcomes.refused("params"))
    assert [type(result) for result in lane.work()].count(Dead) == 2
    assert lane.crm.kinds == ["register"]
    assert retry(lane, answered.call.key) == 2
    assert all(isinstance(result, Done) for result in lane.work())
    assert lane.crm.kinds.count("register") == 2
    assert lane.crm.kinds.count("finish") == 1
    assert dict(lane.journal(answered.call))["finish"] == "done"


def test_hooks_are_asked_anew_where_nothing_of_their_decision_was_sent(lane, answered, outcomes):
    """Whoever has corrected a hook is heard."""
    answers = ["wrong", "right"]
    lane.hooks(process_registration_params=lambda params: {**params, "LINE_NUMBER": answers.pop(0)})
    lane.shelf.put([job_of(event, BEGAN) for event in answered.events])
    lane.crm.says("register", outcomes.refused("params"))
    lane.work()
    retry(lane, answered.call.key)
    lane.work()
    assert [params["LINE_NUMBER"] for params in lane.crm.of("register")] == ["wrong", "right"]


def test_what_was_done_is_not_done_again(lane, unheard, outcomes):
    """Of a call that was refused again the journal knows all that went well."""
    lane.shelf.put([job_of(event, BEGAN) for event in unheard.events])
    lane.crm.says("register", outcomes.refused("params"), outcomes.refused("params"))
    for _ in range(2):
        lane.work()
        assert retry(lane, unheard.call.key) == 1
    lane.work()
    kinds = lane.crm.kinds
    assert (kinds.count("register"), kinds.count("finish")) == (3, 1)
    assert retry(lane, unheard.call.key) == 0
