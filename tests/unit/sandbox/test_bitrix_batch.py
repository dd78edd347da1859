"""Many commands in one request."""

REGISTER = (
    "telephony.externalCall.register?USER_ID=11&PHONE_NUMBER=79990000000&TYPE=2&EXTERNAL_CALL_ID=a&SHOW=0"
)
FINISH = "telephony.externalCall.finish?CALL_ID=$result[reg][CALL_ID]&USER_ID=11"


def test_a_later_command_uses_the_answer_of_an_earlier_one(client):
    """A call is registered and finished in one request."""
    result = client.result("batch", halt=1, cmd={"reg": REGISTER, "fin": FINISH})
    assert result["result"]["fin"]["CALL_ID"] == result["result"]["reg"]["CALL_ID"]
    assert set(result["result_time"]) == {"reg", "fin"}
    assert (result["result_error"], result["result_total"], result["result_next"]) == ([], [], [])


def test_answers_of_lists_are_reached_by_index_and_counted(start):
    """`$result[users][0][ID]`; total and next by key."""
    result = start().result("batch", cmd={"u": "user.get?sort=ID", "l": "crm.lead.get?id=$result[u][1][ID]"})
    assert result["result_total"] == {"u": 8}
    assert result["result_error"] == {"l": {"error": "", "error_description": "Not found"}}


def test_commands_without_names_are_answered_in_a_list(client):
    """PHP's arrays with keys 0, 1, 2."""
    assert client.result("batch", cmd=["crm.settings.mode.get", "crm.settings.mode.get"])["result"] == [1, 1]


def test_a_batch_comes_as_a_form_too(client):
    """Query strings inside are encoded a second time."""
    form = {
        "halt": "0",
        "cmd[m]": "crm.settings.mode.get",
        "cmd[u]": "user.get?FILTER%5BUF_PHONE_INNER%5D=103",
    }
    result = client.session.post(client.address("batch"), data=form, timeout=10).json()["result"]["result"]
    assert (result["m"], result["u"][0]["ID"]) == (1, "13")


def test_after_an_error_the_rest_is_done_unless_it_halts(client):
    """A reference to what failed stays as text."""
    commands = {"reg": "telephony.externalCall.register", "fin": FINISH, "mode": "crm.settings.mode.get"}
    going_on = client.result("batch", halt=0, cmd=commands)
    assert (set(going_on["result_error"]), going_on["result"]) == ({"reg", "fin"}, {"mode": 1})
    assert going_on["result_error"]["fin"]["error_description"].startswith("Call is not found")
    halted = client.result("batch", halt=1, cmd=commands)
    assert (list(halted["result_error"]), halted["result"]) == (["reg"], [])


def test_a_batch_holds_fifty_commands_and_no_batch(client):
    """Those that are too many or forbidden fail alone."""
    many = client.result("batch", cmd={f"k{n}": "crm.settings.mode.get" for n in range(52)})
    assert len(many["result"]) == 50
    assert {key: one["error"] for key, one in many["result_error"].items()} == {
        "k50": "ERROR_BATCH_LENGTH_EXCEEDED",
        "k51": "ERROR_BATCH_LENGTH_EXCEEDED",
    }
    nested = client.result("batch", cmd={"b": "batch?cmd[x]=profile"})
    assert nested["result_error"]["b"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_unknown_methods_in_a_batch_are_named(client):
    """The status of the whole stays 200."""
    assert client.result("batch", cmd={"x": "nope"})["result_error"]["x"]["error"] == "ERROR_METHOD_NOT_FOUND"


def test_the_ledger_has_every_command_with_its_batch(client):
    """And the parameters as they were after substitution."""
    client.result("batch", cmd={"reg": REGISTER, "fin": FINISH, "bad": "nope"})
    outer, *inner = client.portal.ledger.entries()
    assert [(entry.method.rpartition(".")[2], entry.batch, entry.key) for entry in inner] == [
        ("register", outer.number, "reg"),
        ("finish", outer.number, "fin"),
        ("nope", outer.number, "bad"),
    ]
    assert inner[1].params["CALL_ID"] == inner[0].answer["CALL_ID"]
    assert [entry.is_executed for entry in inner] == [True, True, False]
