"""A long recording is posted to the address that the portal gives for it; base64 is the other way."""

import pytest

from itgrix_core.crm.adapter import Blocked, Done, Unknown
from itgrix_core.crm.bitrix24.attaching import SHORT_BYTES
from itgrix_core.crm.bitrix24.multipart import FilePart
from itgrix_core.filing.commands import AttachRecording
from itgrix_core.sandbox.bitrix.faults import Fault, FaultKind

ATTACH, UPLOAD = "telephony.externalCall.attachRecord", "upload"


@pytest.fixture
def long_recording(tmp_path):
    """A file of several pieces, with another byte at each place."""
    file = tmp_path / 'in-"101".WAV'
    file.write_bytes(b"RIFF" + bytes(number % 251 for number in range(SHORT_BYTES + 100_000)))
    return file


@pytest.fixture
def ended(office):
    """A call that is finished."""
    office.file(office.registration())
    office.file(office.end())
    return office


def kept(office):
    """The files that the portal has."""
    with office.portal.lock:
        return [(file.name, file.content) for file in office.portal.world.files.values()]


def attach(office, file):
    """Attach it; the outcome."""
    (outcome,) = office.file(AttachRecording(office.key, str(file)))
    return outcome


def test_a_long_recording_is_posted_as_it_is(ended, long_recording):
    """Under its name with a small ending; no request holds it in base64."""
    assert isinstance(attach(ended, long_recording), Done)
    ((name, content),) = kept(ended)
    assert content == long_recording.read_bytes()
    assert name.endswith(".wav")
    assert ended.filed.recording_id
    (asked,) = ended.portal.ledger.entries(ATTACH)
    assert "FILE_CONTENT" not in asked.params
    assert ended.executed(UPLOAD) == 1


def test_a_short_one_spares_the_second_request(ended, recording):
    """In base64."""
    attach(ended, recording)
    assert (ended.executed(ATTACH), ended.executed(UPLOAD)) == (1, 0)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, UPLOAD, code="ACCESS_DENIED", status=403),
        Fault(FaultKind.ANSWER, UPLOAD, code="NO_AUTH_FOUND", status=401),
        Fault(FaultKind.ANSWER, UPLOAD, code="", status=413),
        Fault(FaultKind.WRONG, ATTACH, value={}),
        Fault(FaultKind.WRONG, ATTACH, value={"uploadUrl": "https://elsewhere.example.com/rest/upload.json"}),
        Fault(FaultKind.WRONG, ATTACH, value={"uploadUrl": "file:///etc/passwd"}),
        Fault(FaultKind.WRONG, ATTACH, value={"uploadUrl": "http://[::1/"}),
        Fault(FaultKind.WRONG, ATTACH, value=[]),
    ],
    ids=[
        "no right",
        "no key",
        "too large",
        "no address",
        "a stranger's",
        "a file's",
        "nonsense",
        "no object",
    ],
)
def test_where_nothing_is_taken_it_goes_in_base64(ended, long_recording, fault):
    """Nothing is sent to whom we do not know, and the portal is not left alone for it."""
    ended.portal.faults.add(fault)
    assert isinstance(attach(ended, long_recording), Done)
    ((_, content),) = kept(ended)
    assert content == long_recording.read_bytes()
    assert ended.executed(UPLOAD) == 0
    assert isinstance(attach(ended, long_recording), Done)


@pytest.mark.parametrize("method", [ATTACH, UPLOAD])
def test_a_lost_answer_is_looked_up_and_the_file_is_there_once(ended, long_recording, method):
    """Whichever of the two it was."""
    ended.lose(method)
    assert isinstance(ended.settle(AttachRecording(ended.key, str(long_recording))), Done)
    assert [content for _, content in kept(ended)] == [long_recording.read_bytes()]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(FaultKind.ANSWER, UPLOAD, code="QUERY_LIMIT_EXCEEDED", status=503), Blocked),
        (Fault(FaultKind.HTML, UPLOAD), Unknown),
    ],
    ids=["the limit", "a proxy's page"],
)
def test_a_portal_that_is_busy_gets_it_later(ended, long_recording, fault, outcome):
    """Not in base64 at once: that would be more of the same."""
    ended.portal.faults.add(fault)
    assert isinstance(attach(ended, long_recording), outcome)
    assert ended.executed(ATTACH) == 1


def test_no_name_leaves_its_header(tmp_path):
    """Quotes and line ends of a name are written as browsers do it."""
    file = tmp_path / "x.wav"
    file.write_bytes(b"sound")
    with FilePart("file", 'a"\r\nX-Evil: 1.wav', file) as part:
        size, body = len(part), b""
        while piece := part.read(7):
            body += piece
    assert len(body) == size
    assert b'filename="a%22%0D%0AX-Evil: 1.wav"\r\n' in body
    assert body.count(b"\r\n\r\nsound\r\n--") == 1
