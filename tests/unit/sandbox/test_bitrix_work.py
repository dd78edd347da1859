"""Reminders, tasks, dialling lists, workplaces, what was said in a call, and who works when."""

import pytest

DEADLINE = "2027-03-01T10:00:00+03:00"


def todo(client, **params):
    """A reminder at contact 3001; its id."""
    usual = {"ownerTypeId": 3, "ownerId": 3001, "deadline": DEADLINE, "title": "Call"}
    return client.result("crm.activity.todo.add", **{**usual, **params})["id"]


def test_a_reminder_is_changed_piece_by_piece(client):
    """Deadline, text, colour and responsible have methods of their own."""
    number = todo(client, responsibleId=12)
    owner = {"id": number, "ownerTypeId": 3, "ownerId": 3001}
    client.result("crm.activity.todo.updateDeadline", **owner, value="2027-04-01T10:00:00+03:00")
    client.result("crm.activity.todo.updateDescription", **owner, value="Urgent")
    client.result("crm.activity.todo.updateResponsibleUser", **owner, responsibleId=13)
    client.result("crm.activity.todo.updateColor", **owner, colorId="3")
    row = client.result("crm.activity.get", id=number)
    assert (row["SUBJECT"], row["DESCRIPTION"], row["RESPONSIBLE_ID"]) == ("Call", "Urgent", "13")
    assert (row["DEADLINE"], row["SETTINGS"]["COLOR_ID"]) == ("2027-04-01T10:00:00+03:00", "3")


def test_a_reminder_is_named_by_itself_and_its_owner(client):
    """Another owner, another activity: not found."""
    number = todo(client)
    where = {"ownerTypeId": 4, "ownerId": 4001, "value": DEADLINE}
    assert client.error("crm.activity.todo.updateDeadline", id=number, **where)[1] == "NOT_FOUND"
    assert (
        client.error("crm.activity.todo.updateDeadline", id=5, **{**where, "ownerId": 5})[1]
        == "OWNER_NOT_FOUND"
    )
    assert client.error("crm.activity.todo.add", ownerTypeId=3, ownerId=3001)[1] == "100"


def test_an_activity_moves_from_one_client_to_another(client):
    """Its owner moves with the only tie."""
    number = todo(client)
    source = {"sourceEntityTypeId": 3, "sourceEntityId": 3001}
    client.result(
        "crm.activity.binding.move", activityId=number, **source, targetEntityTypeId=4, targetEntityId=4001
    )
    assert client.result("crm.activity.binding.list", activityId=number) == [
        {"entityTypeId": 4, "entityId": 4001}
    ]
    assert client.result("crm.activity.get", id=number)["OWNER_ID"] == "4001"
    again = {**source, "targetEntityTypeId": 4, "targetEntityId": 4001}
    assert client.error("crm.activity.binding.move", activityId=number, **again)[1] == "BINDING_NOT_FOUND"


def test_a_deleted_activity_is_gone(client):
    """Its ties, too."""
    number = todo(client)
    assert client.result("crm.activity.delete", id=number) is True
    assert client.error("crm.activity.delete", id=number)[2] == "Activity is not found"
    assert client.error("crm.activity.binding.list", activityId=number)[1] == "NOT_FOUND"


def test_a_task_is_changed_and_done_once(client):
    """Status 5 and by whom; a second time is refused."""
    fields = {"TITLE": "Call back", "RESPONSIBLE_ID": 11, "UF_CRM_TASK": ["C_3001"], "DEADLINE": DEADLINE}
    number = client.result("tasks.task.add", fields=fields)["task"]["id"]
    changed = client.result("tasks.task.update", taskId=number, fields={"RESPONSIBLE_ID": 12, "ID": 77})[
        "task"
    ]
    assert (changed["id"], changed["responsible"]["name"], changed["deadline"]) == (
        number,
        "Boris Petrov",
        DEADLINE,
    )
    done = client.result("tasks.task.complete", taskId=number)["task"]
    assert (done["status"], done["closedBy"]) == ("5", "1")
    assert client.error("tasks.task.complete", taskId=number)[0] == 400
    picked = client.result("tasks.task.get", taskId=number, select=["ID", "UF_CRM_TASK"])["task"]
    assert picked["ufCrmTask"] == ["C_3001"]
    assert "title" not in picked


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("tasks.task.get", {}, "100"),
        ("tasks.task.get", {"taskId": 9}, "ERROR_CORE"),
        ("tasks.task.add", {"fields": {"TITLE": "x"}}, "ERROR_CORE"),
        ("crm.calllist.get", {"ID": 9}, "ERROR_CORE"),
        ("crm.calllist.add", {"ENTITY_TYPE": "DEAL", "ENTITIES": [1]}, "ERROR_CORE"),
        ("crm.calllist.add", {"ENTITY_TYPE": "CONTACT", "ENTITIES": [9]}, "ERROR_CORE"),
        ("crm.automatedsolution.get", {"id": 9}, "NOT_FOUND"),
        ("crm.automatedsolution.add", {"fields": {}}, "BX_EMPTY_REQUIRED"),
        ("feature.get", {}, "100"),
        ("method.get", {}, "100"),
        ("timeman.status", {"USER_ID": 99}, ""),
        ("telephony.call.attachTranscription", {"CALL_ID": "x"}, "ERROR_CORE"),
        ("crm.activity.call.getTranscript", {"activityId": 9}, "NOT_FOUND"),
    ],
)
def test_what_is_missing_is_refused(client, method, params, code):
    """With the portal's code."""
    assert client.error(method, **params)[:2] == (400, code)


def test_a_dialling_list_keeps_the_status_of_members_that_stay(client):
    """Members are contacts or companies; their status is a word of the list."""
    other = client.result("crm.contact.add", fields={"NAME": "Eve"})
    number = client.result("crm.calllist.add", ENTITY_TYPE="CONTACT", ENTITIES=[3001])
    client.portal.world.call_lists.by_id[number]["ITEMS"]["3001"] = "SUCCESS"
    client.result("crm.calllist.update", LIST_ID=number, ENTITY_TYPE="CONTACT", ENTITIES=[3001, other])
    items = client.result("crm.calllist.items.get", LIST_ID=number)
    assert [(one["ID"], one["STATUS"]) for one in items] == [(3001, "SUCCESS"), (other, "IN_WORK")]
    wanted = client.result("crm.calllist.items.get", LIST_ID=number, FILTER={"STATUS": "IN_WORK"})
    assert [one["ID"] for one in wanted] == [other]


def test_a_registered_call_may_name_its_dialling_list(client):
    """CALL_LIST_ID of the click."""
    call_id = client.register(CALL_LIST_ID=7)["CALL_ID"]
    assert client.portal.world.active[call_id].call_list == 7


def test_a_workplace_with_processes_is_not_deleted(client):
    """Only an empty one is."""
    made = client.result("crm.automatedsolution.add", fields={"title": "HR", "typeIds": [129]})
    number = made["automatedSolution"]["id"]
    assert client.error("crm.automatedsolution.delete", id=number)[1] == "HAS_BOUND_TYPES"
    client.result("crm.automatedsolution.update", id=number, fields={"typeIds": []})
    assert client.result("crm.automatedsolution.delete", id=number) is None


def test_what_was_said_is_read_back_by_the_activity(client):
    """And named in the statistics."""
    call_id = client.register(PHONE_NUMBER="+79160000001")["CALL_ID"]
    activity = client.finish(call_id, DURATION=5)["CRM_ACTIVITY_ID"]
    said = [
        {"SIDE": "Client", "START_TIME": 0, "STOP_TIME": 1, "MESSAGE": "Hello"},
        {"SIDE": "User", "START_TIME": 1, "STOP_TIME": 2, "MESSAGE": "Good day"},
    ]
    number = client.result("telephony.call.attachTranscription", CALL_ID=call_id, MESSAGES=said)[
        "TRANSCRIPT_ID"
    ]
    text = client.result("crm.activity.call.getTranscript", activityId=activity)["transcription"]
    assert text == "Client: Hello\nUser: Good day"
    assert client.result("voximplant.statistic.get")[0]["TRANSCRIPT_ID"] == str(number)
    for wrong in (
        [],
        [{"SIDE": "Robot", "START_TIME": 0, "STOP_TIME": 1, "MESSAGE": "x"}],
        [{"SIDE": "User"}],
    ):
        assert client.error("telephony.call.attachTranscription", CALL_ID=call_id, MESSAGES=wrong)[0] == 400


def test_people_are_searched_by_the_beginnings_of_their_names(client):
    """FIND looks anywhere."""

    def found(**conditions):
        return [user["LAST_NAME"] for user in client.result("user.search", FILTER=conditions)]

    assert found(NAME="an") == ["Ivanova"]
    assert found(FIND="petr") == ["Petrov"]
    assert found(LAST_NAME="Orlov", NAME="Anna") == []
    assert len(found(ACTIVE=True)) == 7


def test_server_time_is_the_portal_s_own(start, clock):
    """In its zone."""
    assert start(clock=clock).result("server.time") == "2027-01-15T11:00:00+03:00"
