"""Recordings, lines and the statistics of calls."""

import base64

import pytest

ATTACH = "telephony.externalCall.attachRecord"
AUDIO = b"ID3\x03" + bytes(range(256))


@pytest.fixture
def call_id(client):
    """A finished call with an activity."""
    number = client.register(PHONE_NUMBER="+79160000001", EXTERNAL_CALL_ID="own")["CALL_ID"]
    client.finish(number, DURATION=5)
    return number


def test_a_recording_in_base64_arrives_whole(client, call_id):
    """Bytes, name, the statistics' file id and the activity's file."""
    content = base64.b64encode(AUDIO).decode()
    number = client.result(ATTACH, CALL_ID=call_id, FILENAME="a.mp3", FILE_CONTENT=content)["FILE_ID"]
    file = client.portal.world.files[number]
    assert (file.name, file.content) == ("a.mp3", AUDIO)
    assert client.result("voximplant.statistic.get")[0]["RECORD_FILE_ID"] == number
    assert client.portal.world.activities.get(7001)["FILES"][0]["id"] == number


def test_a_name_alone_leads_to_an_upload(client, call_id):
    """One multipart request to the given address and field; the address works once."""
    place = client.result(ATTACH, CALL_ID=call_id, FILENAME="a.mp3")
    assert (list(place), place["fieldName"]) == (["uploadUrl", "fieldName"], "file")
    send = {"files": {"file": ("b.wav", AUDIO)}, "timeout": 10}
    number = client.session.post(place["uploadUrl"], **send).json()["result"]["FILE_ID"]
    assert client.portal.world.files[number].content == AUDIO
    assert client.session.post(place["uploadUrl"], **send).status_code == 400


def test_the_uploaded_part_needs_a_sound_files_name_of_its_own(client, call_id):
    """The name given to attachRecord does not help it."""
    place = client.result(ATTACH, CALL_ID=call_id, FILENAME="a.mp3")
    answer = client.session.post(place["uploadUrl"], files={"file": ("b.txt", AUDIO)}, timeout=10)
    assert answer.json()["error_description"] == "Wrong file extension. Only wav and mp3 are allowed"


def test_a_link_is_written_down_and_not_fetched(client, call_id):
    """The file's name is that of the link."""
    link = "https://pbx.invalid/rec/c.wav?sign=1"
    number = client.result(ATTACH, CALL_ID=call_id, RECORD_URL=link)["FILE_ID"]
    assert (client.portal.world.files[number].url, client.portal.world.files[number].name) == (link, "c.wav")


def test_a_second_recording_takes_the_place_of_the_first(client, call_id):
    """One record per call."""
    for name in ("a.mp3", "b.mp3"):
        client.result(ATTACH, CALL_ID=call_id, FILENAME=name, FILE_CONTENT="SUQz")
    assert [file.name for file in client.portal.world.files.values()] == ["b.mp3"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Required parameters are not set. Request should contain or URL or FILENAME parameter"),
        ({"FILENAME": ""}, "File name is empty"),
        ({"FILENAME": "a.ogg"}, "Wrong file extension. Only wav and mp3 are allowed"),
        ({"FILENAME": "a.mp3", "FILE_CONTENT": ""}, "File content is empty."),
        (
            {"FILENAME": "a.mp3", "FILE_CONTENT": "no base64!"},
            "File content is not properly encoded. Base64 encoding is expected.",
        ),
    ],
)
def test_attach_says_what_is_wrong(client, call_id, params, text):
    """Each sentence of the documentation."""
    assert client.error(ATTACH, CALL_ID=call_id, **params) == (400, "ERROR_CORE", text)


def test_a_recording_before_the_finish_is_refused(client):
    """An active call is not in the statistics."""
    active = client.register()["CALL_ID"]
    text = "Call is not found in the statistic table. Looks like it is not finished yet."
    assert client.error(ATTACH, CALL_ID=active, FILENAME="a.mp3")[2] == text


def test_lines_are_added_listed_changed_and_deleted(client):
    """The id is a number when added and text when changed; deleting answers an empty list."""
    line = "telephony.externalLine."
    number = client.result(line + "add", NUMBER="500", NAME="Sales", CRM_AUTO_CREATE="N")["ID"]
    assert {"NUMBER": "500", "NAME": "Sales", "CRM_AUTO_CREATE": "N"} in client.result(line + "get")
    assert client.result(line + "update", NUMBER="500", NAME="Sale") == {"ID": str(number)}
    assert client.result(line + "delete", NUMBER="500") == []
    assert "500" not in [one["NUMBER"] for one in client.result(line + "get")]


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("add", {}, "NUMBER should not be empty"),
        ("add", {"NUMBER": "74950000001"}, "Line already exists"),
        ("update", {"NUMBER": "74950000001"}, "There are no fields to update"),
        ("update", {"NUMBER": "1", "NAME": "x"}, "Could not find line with number 1"),
        ("delete", {"NUMBER": "1"}, "Could not find line with number 1"),
    ],
)
def test_lines_say_what_is_wrong(client, method, params, text):
    """Each sentence of the documentation."""
    assert client.error(f"telephony.externalLine.{method}", **params) == (400, "ERROR_CORE", text)


def test_an_application_sees_its_own_lines_only(start):
    """A line added by an application is none of a webhook's."""
    client = start(token="sandboxtoken")
    client.result("telephony.externalLine.add", NUMBER="500")
    client.token = None
    assert "500" not in [one["NUMBER"] for one in client.result("telephony.externalLine.get")]


def test_statistics_are_strings(client, call_id):
    """All but the recording's id."""
    row = client.result("voximplant.statistic.get")[0]
    assert {name: type(value) for name, value in row.items() if not isinstance(value, str | None)} == {}
    assert (row["CALL_DURATION"], row["COST"], row["CALL_TYPE"]) == ("5", "0.0000", "2")
    assert row["CALL_ID"] == call_id


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ({"EXTERNAL_CALL_ID": "own"}, 1),
        ({"EXTERNAL_CALL_ID": "other"}, 0),
        ({">CALL_DURATION": 4}, 1),
        ({">CALL_DURATION": 5}, 0),
        ({">=CALL_START_DATE": "2020-01-01T00:00:00+00:00"}, 1),
        ({"<CALL_START_DATE": "2020-01-01T00:00:00+00:00"}, 0),
        ({"!CALL_FAILED_CODE": "200"}, 0),
        ({"%PHONE_NUMBER": "916"}, 1),
        ({"><CALL_DURATION": [1, 5]}, 1),
        ({"!><CALL_DURATION": [1, 5]}, 0),
        ({"PORTAL_USER_ID": [11, 12]}, 1),
    ],
)
def test_statistics_are_asked_with_operators(client, call_id, condition, count):
    """So a connector learns what became of its call."""
    assert client.body("voximplant.statistic.get", FILTER=condition)["total"] == count
