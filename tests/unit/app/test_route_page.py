"""The question over HTTP: only with the token, one line of an answer, nothing for whoever is refused."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.route import route_pages
from itgrix_core.telemetry.metrics import make_registry
from itgrix_hooks.values import PhoneNumber
from itgrix_hooks.wishes import RouteAnswer, RouteQuestion

TOKEN = "a long token"
FORM = {
    "token": TOKEN,
    "number": "+79160000001",
    "did": "74950000001",
    "channel": "PJSIP/trunk-0000000a",
    "uniqueid": "1.1",
}


@pytest.fixture
def page():
    """`page.post(pbx, **changes)`, and `page.asked`."""
    asked = []

    def answer(*question):
        asked.append(question)
        return RouteAnswer("101", "Жужа", "responsible of contact 5")

    client = create_app(make_registry(dict), route_pages({"main"}, answer, TOKEN)).test_client()

    def post(pbx="main", **changes):
        return client.post(f"/route/{pbx}", data={**FORM, **changes})

    return SimpleNamespace(post=post, get=client.get, asked=asked)


def test_the_answer_is_one_line(page):
    """Extension, name, why: what CUT() can take apart."""
    got = page.post()
    assert (got.status_code, got.text) == (200, "101|Жужа|responsible of contact 5")
    question = RouteQuestion(PhoneNumber("+79160000001"), "74950000001", "trunk")
    assert page.asked == [("main", question, "1.1")]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"token": ""}, 403),
        ({"token": "another"}, 403),
        ({"token": "ж\ud800".encode("utf-8", "surrogatepass")}, 403),
        ({"number": "7916\nX: y"}, 400),
        ({"number": "7916;1"}, 400),
        ({"pbx": "other"}, 404),
    ],
)
def test_whoever_is_refused_gets_an_empty_answer_and_is_told_once(page, changes, status):
    """An empty text is what CURL() then has: the usual way."""
    with capture_logs() as logs:
        for _ in range(3):
            got = page.post(**changes)
            assert (got.status_code, got.text) == (status, "")
    assert len(logs) == 1
    assert "/route: refused: " in logs[0]["event"]
    assert TOKEN not in logs[0]["event"]
    assert page.asked == []


def test_a_token_in_the_address_is_not_looked_at(page):
    """It would be in logs."""
    assert page.get(f"/route/main?token={TOKEN}&number=79160000001").status_code == 405


def test_a_body_that_is_too_long_is_refused(page):
    """Before it is read."""
    assert page.post(number="7" * 100_000).status_code == 413
    assert page.asked == []
