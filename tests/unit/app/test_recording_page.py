"""The page to which links to recordings lead: a file in parts for its link, the same nothing for all else."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from itgrix_core.app.web.pages import create_app
from itgrix_core.app.web.recording import recording_pages
from itgrix_core.recordings.links import Linked, Links, revoke
from itgrix_core.telemetry.metrics import make_registry

CALL = "main/1700000000.1"
CONTENT = bytes(range(256)) * 40
ADDRESS = "https://pbx.example.com"


@pytest.fixture
def page(tmp_path):
    """`page.get(url, **headers)`, its `url` of a good link, its `folder` of recordings."""
    folder, data = tmp_path / "monitor", tmp_path / "data"
    for each in (folder, data):
        each.mkdir()
    (folder / "in.wav").write_bytes(CONTENT)
    (tmp_path / "secret.wav").write_bytes(b"secret")
    links = Links(data, ADDRESS, 0, lambda: {"main": folder})
    client = create_app(make_registry(dict), recording_pages(links)).test_client()

    def get(url, method="GET", **headers):
        with client.open(url.removeprefix(ADDRESS), method=method, headers=headers) as answer:
            return SimpleNamespace(status=answer.status_code, content=answer.data, headers=answer.headers)

    made = links.link(Linked(CALL, "main", "in.wav"))
    return SimpleNamespace(get=get, url=made, folder=folder, data=data, links=links)


def test_whoever_has_the_link_hears_it(page):
    """As audio, that nobody keeps or guesses the kind of."""
    got = page.get(page.url)
    assert (got.status, got.content) == (200, CONTENT)
    assert got.headers["Content-Type"] == "audio/wav"
    assert got.headers["Accept-Ranges"] == "bytes"
    assert got.headers["Cache-Control"] == "private, no-store"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert page.get(page.url, "HEAD").headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=100-", slice(100, None)), ("bytes=-7", slice(-7, None))],
)
def test_a_player_gets_the_part_that_it_asks_for(page, wanted, part):
    """So that one can jump in it."""
    got = page.get(page.url, Range=wanted)
    assert (got.status, got.content) == (206, CONTENT[part])
    assert got.headers["Content-Range"].endswith(f"/{len(CONTENT)}")


def test_a_part_that_is_not_there_is_refused_as_http_has_it(page):
    """With the length."""
    got = page.get(page.url, Range="bytes=99999999-")
    assert (got.status, got.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")


@pytest.mark.parametrize("path", [
    "/recording/guess/in.wav",
    "/recording/guess.of.mine/in.wav",
    "/recording/../../etc/passwd",
    "/recording/..%2f..%2fsecret.wav/in.wav",
    "/recording/%2e%2e/secret.wav",
    "/recording/x%0d%0aSet-Cookie:%20a=b/in.wav",
    "/recording/",
    "/recording//in.wav",
])  # fmt: skip
def test_guesses_and_tricks_are_refused_alike_and_logged_once(page, path):
    """Nothing that was sent comes back, in a header or in the log."""
    with capture_logs() as logs:
        for _ in range(3):
            got = page.get(path)
            assert got.status in {404, 308}
            assert b"secret" not in got.content
            assert "Set-Cookie" not in got.headers
    assert len(logs) <= 1
    assert all("Set-Cookie" not in str(entry) for entry in logs)


def test_a_link_with_another_name_behind_it_is_the_same_file(page):
    """The name is for people and portals."""
    stem = page.url.rpartition("/")[0]
    for name in ("passwd", "x%0d%0aX-Evil:%201", "..."):
        got = page.get(f"{stem}/{name}")
        assert (got.status, got.content) == (200, CONTENT)
        assert "X-Evil" not in got.headers


def test_a_revoked_link_and_a_file_that_is_gone_look_like_a_guess(page):
    """Whoever asks learns nothing; the log says which it was, once each."""
    guess = page.get("/recording/guess/in.wav")
    with capture_logs() as logs:
        (page.folder / "in.wav").unlink()
        gone = [page.get(page.url) for _ in range(3)]
        revoke(page.data, CALL)
        revoked = [page.get(page.url) for _ in range(3)]
    assert {(each.status, each.content) for each in (*gone, *revoked)} == {(404, guess.content)}
    assert [entry["event"].partition(" (")[0] for entry in logs] == [
        "/recording: refused: a link whose file is gone",
        "/recording: refused: a link that was revoked",
    ]


def test_a_file_whose_name_holds_anything_is_served_under_it(page):
    """It came from a caller's name."""
    name = 'in-"; filename=x.wav'
    (page.folder / name).write_bytes(CONTENT)
    got = page.get(page.links.link(Linked(CALL, "main", name)))
    assert (got.status, got.content) == (200, CONTENT)
