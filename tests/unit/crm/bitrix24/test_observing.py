"""Who looks on at the wire is told each request as the portal counts it."""

import pytest
import requests

from itgrix_core.crm.bitrix24.address import webhook
from itgrix_core.crm.bitrix24.bucket import Bucket
from itgrix_core.crm.bitrix24.client import Client, Reply
from itgrix_core.crm.bitrix24.methods import FINISH
from itgrix_core.crm.bitrix24.observing import observed


@pytest.fixture
def watched(portal, clock):
    """`watched(url)`: a client of this address, and what was told of its requests."""
    made = []

    def make(url=None):
        told = []
        client = Client(
            webhook(url or portal.url), 2.0, Bucket(capacity=2, clock=clock), clock, lambda _: None,
            observe=lambda *one: told.append(one),
        )  # fmt: skip
        made.append(client)
        return client, told

    yield make
    for client in made:
        client.close()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (True, "ok"),
        ((400, {"error": "", "error_description": "Call is not found"}), "refused"),
        ((401, {"error": "expired_token"}), "refused"),
        ((302, {}), "refused"),
        ((503, {"error": "QUERY_LIMIT_EXCEEDED"}), "limit"),
        ((429, {"error": "OPERATION_TIME_LIMIT"}), "limit"),
        ((500, {"error": "INTERNAL_SERVER_ERROR"}), "failed"),
        ((502, b"<html>502 Bad Gateway</html>"), "failed"),
        ((200, b"<html>maintenance</html>"), "failed"),
    ],
)
def test_an_answer_is_told_by_its_outcome(portal, watched, answer, outcome):
    """With its method and the seconds that it took."""
    portal.says(FINISH, answer)
    client, told = watched()
    client.call(FINISH)
    ((method, found, seconds),) = told
    assert (method, found) == (FINISH, outcome)
    assert 0 <= seconds < 5


def test_what_is_sent_again_is_two_requests(portal, watched, words):
    """A reading method after a cut: the portal has counted both."""
    portal.says("profile", words.cut, {"ID": "1"})
    client, told = watched()
    assert isinstance(client.call("profile"), Reply)
    assert [outcome for _, outcome, _ in told] == ["cut", "ok"]
    assert len(portal.requests) == 2


def test_what_our_own_bucket_holds_back_is_no_request(portal, watched):
    """Nothing left for the portal."""
    portal.says(FINISH, True)
    client, told = watched()
    for _ in range(4):
        client.call(FINISH)
    assert len(told) == len(portal.requests) == 2


def test_what_could_not_be_connected_was_not_sent(watched):
    """Each try is told, and none of them counts as a request."""
    client, told = watched("http://127.0.0.1:1/rest/1/code/")
    client.call(FINISH)
    assert {outcome for _, outcome, _ in told} == {"not sent"}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(requests.ReadTimeout(), "cut"), (requests.ConnectTimeout(), "not sent"), (ValueError(), "not sent")],
)
def test_an_exception_passes_through_and_is_told(error, outcome):
    """The client knows what it means for the call."""
    told = []

    def post(url, payload):
        raise error

    sent = observed(post, "m", lambda *one: told.append(one), iter([1.0, 3.5]).__next__)
    with pytest.raises(type(error)):
        sent("http://example.com/", b"{}")
    assert told == [("m", outcome, 2.5)]
