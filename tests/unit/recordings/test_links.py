"""Links to recordings: only ours lead anywhere, and only to their own file."""

import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from itgrix_core.recordings.links import KEY, Linked, LinkError, Links, revoke, revoke_all
from itgrix_core.recordings.shelf import KEPT, LinkShelf
from itgrix_core.telemetry.redaction import redact

CALL = "main/1700000000.1"
ADDRESS = "https://pbx.example.com/itgrix/"


@pytest.fixture
def monitor(tmp_path, record):
    """The folder of recordings, with one in it and a secret beside it."""
    record("monitor/2026/in 1.wav", 1)
    record("secret.wav", 1)
    return tmp_path / "monitor"


@pytest.fixture
def links(tmp_path, monitor):
    """Links of a data folder, for a time of so many days."""
    (tmp_path / "data").mkdir()
    roots = {"main": monitor, KEPT: tmp_path / "data" / "linked"}
    return lambda days=0.0: Links(tmp_path / "data", ADDRESS, days, lambda: roots)


def token(url):
    """The middle part of a link."""
    assert url.startswith("https://pbx.example.com/itgrix/recording/")
    return url.split("/")[-2]


def made(links, name="2026/in 1.wav", call=CALL, root="main"):
    """The middle part of a link to a file."""
    return token(links().link(Linked(call, root, name)))


def test_a_link_leads_to_its_file_and_ends_in_its_name(links, monitor):
    """The portal takes the recording's name from it."""
    url = links().link(Linked(CALL, "main", "2026/in 1.wav"))
    assert url.endswith("/in%201.wav")
    assert links().file(token(url)) == monitor / "2026" / "in 1.wav"


def leads(links, guess):
    """Whether a guess leads anywhere."""
    try:
        return bool(links.file(guess))
    except LinkError:
        return False


def test_no_character_of_it_can_be_another(links):
    """But the last of a part, in which base64 has bits to spare: they mean the same bytes."""
    good, opened = made(links), links()
    others = [good[:at] + ("B" if sign == "A" else "A") + good[at + 1 :] for at, sign in enumerate(good)]
    lead = {at for at, other in enumerate(others) if leads(opened, other)}
    assert lead <= {at for at in range(len(good)) if at == len(good) - 1 or good[at + 1] == "."}


@pytest.mark.parametrize(
    "guess", ["", ".", "..", "a.b.c", "A" * 5000, "\0", "..%2f..", "WyJhIl0.x.y", "é.é.é"]
)
def test_guesses_lead_nowhere(links, guess):
    """Before and after there is a key."""
    for _ in range(2):
        with pytest.raises(LinkError, match="none of ours"):
            links().file(guess)
        made(links)


@pytest.mark.parametrize(
    "name",
    ["../secret.wav", "2026/../../secret.wav", "/secret.wav", "link.wav", "2026", "", "list.txt", "gone.wav"],
)
def test_not_even_a_signed_one_leads_out_of_the_folder(links, monitor, name):
    """Whoever signs may be mistaken."""
    (monitor / "link.wav").symlink_to(monitor.parent / "secret.wav")
    (monitor / "list.txt").write_text("names")
    with pytest.raises(LinkError, match=r"gone|not set"):
        links().file(made(links, name))


def test_a_place_that_is_not_set_any_more_leads_nowhere(links):
    """The PBX was taken out."""
    with pytest.raises(LinkError, match="not set"):
        links().file(made(links, root="branch"))


def test_it_is_too_old_by_todays_setting(links, monkeypatch):
    """Also one that was made when none was set; 0 is for ever."""
    good, now = made(links), time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 3 * 86_400)
    assert links(4).file(good)
    assert links().file(good)
    with pytest.raises(LinkError, match="too old"):
        links(2).file(good)


def test_a_revoked_calls_links_lead_nowhere_others_do(links, tmp_path):
    """Those to its later talks neither."""
    talk, other = made(links, call=f"{CALL}/1700000000.5"), made(links, call=f"{CALL}2")
    good = made(links)
    revoke(tmp_path / "data", CALL)
    for each in (good, talk, made(links)):
        with pytest.raises(LinkError, match="revoked"):
            links().file(each)
    assert links().file(other)


def test_all_can_be_revoked_at_once(links, tmp_path):
    """By another key, which is ours alone."""
    good = made(links)
    revoke_all(tmp_path / "data")
    with pytest.raises(LinkError):
        links().file(good)
    assert links().file(made(links))
    assert stat.S_IMODE((tmp_path / "data" / KEY).stat().st_mode) == 0o600
    assert [each.name for each in (tmp_path / "data").iterdir()] == [KEY]


def test_many_who_need_the_first_key_get_the_same(links):
    """Threads of one service."""
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: made(links), range(32)))
    assert all(links().file(each) for each in tokens)


def test_an_empty_key_signs_nothing(links, tmp_path):
    """A full disk leaves one: with "" anybody could sign."""
    (tmp_path / "data" / KEY).touch()
    with pytest.raises(LinkError, match=r"links\.key is empty: take it away"):
        made(links)


def test_what_lies_elsewhere_is_kept_while_its_link_is_good(links, tmp_path, monitor, record):
    """A file of the PBX that lies here is not copied."""
    kept = tmp_path / "data" / "linked"
    shelf = LinkShelf(links(2), kept, 2, lambda: {"main": monitor})
    assert links(2).file(token(shelf.link(CALL, monitor / "2026" / "in 1.wav"))).parent == monitor / "2026"
    assert not kept.exists()
    bench = record("bench/in.wav", 2)
    good = token(shelf.link(CALL, bench))
    bench.unlink()
    assert links(2).file(good).is_relative_to(kept)


def test_copies_go_with_their_links(links, tmp_path, record, monkeypatch):
    """Looked for once an hour."""
    kept, now = tmp_path / "data" / "linked", time.time()
    shelf = LinkShelf(links(2), kept, 2, dict)
    shelf.link("main/1", record("bench/in.wav", 2))
    monkeypatch.setattr("itgrix_core.recordings.shelf.time.time", lambda: now + 2.5 * 86_400)
    shelf.link("main/2", record("bench/in.wav", 2))
    assert len(list(kept.iterdir())) == 1


def test_no_log_holds_a_link(links):
    """Whoever has it can hear the recording."""
    url = links().link(Linked(CALL, "main", "2026/in 1.wav"))
    assert redact(f"attach: {url}") == "attach: https://pbx.example.com/itgrix/recording/********/in%201.wav"
