"""Links to recordings from end to end: the portal gets one, it can be heard, and it can be taken back."""

import io
import time
import wave

import pytest
import requests

from itgrix_core.app.demo import demo_seed, demo_settings
from itgrix_core.app.service import Service
from itgrix_core.calls.events import CallEnded
from itgrix_core.config.schema import HookSettings, WebSettings
from itgrix_core.config.schema_recordings import LinkSettings, RecordingSettings
from itgrix_core.sandbox.bitrix import Settings as PortalSettings
from itgrix_core.sandbox.bitrix import run_portal
from itgrix_core.sandbox.pbx import run_pbx
from itgrix_core.sandbox.recordings import FOLDER

ATTACH = "telephony.externalCall.attachRecord"


class Asterisk:
    """Writes what it recorded when a call has ended; the rest of a watcher is not wanted."""

    def __init__(self, folder):
        self._folder = folder

    def happened(self, event):
        """Three seconds of silence."""
        for recording in event.call.recordings if isinstance(event, CallEnded) else ():
            path = self._folder / recording.path.partition("/monitor/")[2]
            path.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(path), "wb") as audio:
                audio.setnchannels(1)
                audio.setsampwidth(2)
                audio.setframerate(8000)
                audio.writeframes(bytes(16000 * 3))

    def __getattr__(self, name):
        return lambda *_: None


def until(condition):
    """Wait until something is true."""
    deadline = time.monotonic() + 60
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return value


@pytest.mark.parametrize("mp3", [False, True])
def test_a_link_is_given_heard_and_taken_back(tmp_path, free_port, itgrix, mp3):
    """To the PBX's file, or to the MP3 that was made of it."""
    monitor = tmp_path / "monitor"
    log = FOLDER / "cyrillic_name.ami.gz"
    with (
        run_portal(PortalSettings(limits=None), demo_seed()) as portal,
        run_pbx([log], pace=5, settle=0.5) as pbx,
    ):
        settings = demo_settings(tmp_path, monitor, portal.webhook, pbx.port)
        recordings = RecordingSettings(folder=monitor, give="link", mp3=mp3)
        asterisk = settings.asterisk["demo"].model_copy(update={"recordings": recordings})
        links = LinkSettings(address=f"http://127.0.0.1:{free_port}")
        web = WebSettings(port=free_port, links=links)
        changed = {"hooks": HookSettings(), "asterisk": {"demo": asterisk}, "web": web}
        with Service(settings.model_copy(update=changed), watcher=Asterisk(monitor)):
            (entry,) = until(lambda: portal.portal.ledger.entries(ATTACH))
            url = entry.params["RECORD_URL"]
            assert url.endswith(".mp3" if mp3 else ".wav")
            got = requests.get(url, timeout=30)
            assert got.status_code == 200
            if mp3:
                assert len(got.content) > 1000
            else:
                with wave.open(io.BytesIO(got.content)) as audio:
                    assert audio.getnframes() > 0
            part = requests.get(url, headers={"Range": "bytes=0-99"}, timeout=30)
            assert (part.status_code, part.content) == (206, got.content[:100])
            call = entry_call(portal)
            told = itgrix("links", "revoke", call, config=f"data_folder: {tmp_path / 'data'}\n")
            assert told.exit_code == 0
            assert requests.get(url, timeout=30).status_code == 404


def entry_call(portal):
    """The call's key, as it was registered."""
    (entry,) = portal.portal.ledger.entries("telephony.externalCall.register")
    return entry.params["EXTERNAL_CALL_ID"]


def test_what_cannot_be_taken_back_is_said(itgrix, tmp_path):
    """Nothing was named, nothing was made, or it is no call."""
    config = f"data_folder: {tmp_path}\n"
    assert "Name calls by their keys, or --all" in itgrix("links", "revoke", config=config).output
    assert "No link was ever made" in itgrix("links", "revoke", "main/1.1", config=config).output
    (tmp_path / "links.key").write_text("key")
    assert "is no call's key" in itgrix("links", "revoke", "101", config=config).output
    assert "No link that was made" in itgrix("links", "revoke", "--all", config=config).output


def test_links_want_a_page(itgrix):
    """Else they would lead nowhere."""
    result = itgrix("check", config="asterisk: {main: {recordings: {folder: /tmp, give: link}}}\n")
    assert "recordings.give: is link; write web.port and web.links.address, too" in result.output
