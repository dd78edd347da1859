"""Every documented method of Bitrix24: known, all its parameters taken, its answer of the documented types.

Three speak with the sandbox and meet the same expectations: plain HTTP, our own client, and the official
Python SDK (over TLS, as it knows nothing else).
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import yaml
from b24pysdk import BitrixApp, BitrixToken

from itgrix_core.crm.bitrix24.client import Client
from itgrix_core.sandbox.bitrix import Category, Settings, default_seed, run_portal
from itgrix_core.sandbox.bitrix.methods import NAMES

FOLDER = Path(__file__).parent / "bitrix24"
CONTRACT = {
    name: told
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "examples.yaml"
    for name, told in yaml.safe_load(path.read_text()).items()
}
EXAMPLES = yaml.safe_load((FOLDER / "examples.yaml").read_text())
TYPES = {"text": str, "number": (int, float), "boolean": bool}
TOKEN = "sandboxtoken"
ANSWERED_NOTHING = {"crm.automatedsolution.delete"}


def filled(value, names):
    """An example with its `$name`s replaced."""
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def differences(answer, shape, where="result"):
    """What an answer lacks or has of another type than its shape, a sentence each; additions are none."""
    if shape == "nothing" or answer is None:
        return []
    if isinstance(shape, dict):
        return map_differences(answer, shape, where)
    if isinstance(shape, list):
        if not isinstance(answer, list):
            return [f"{where} is {answer!r} and no list"]
        return [line for one in answer for line in differences(one, shape[0], f"{where}[]")] if shape else []
    if not isinstance(answer, TYPES[shape]) or isinstance(answer, bool) != (shape == "boolean"):
        return [f"{where} is {answer!r} and no {shape}"]
    return []


def map_differences(answer, shape, where):
    """The same for a map, which PHP writes as [] when empty; `*` speaks of every value, `name?` may lack."""
    if not isinstance(answer, dict):
        return [] if answer == [] and where != "result" else [f"{where} is {answer!r} and no map"]
    if "*" in shape:
        pairs = [(name, shape["*"]) for name in answer]
    else:
        pairs = [(name, part) for key, part in shape.items() if (name := key.rstrip("?")) in answer]
    missing = [f"{where} has no {name}" for name in shape if name not in answer and name[-1] not in "*?"]
    return missing + [
        line for name, part in pairs for line in differences(answer[name], part, f"{where}.{name}")
    ]


class Plain:
    """Calls methods by hand."""

    def __init__(self, running, _tls):
        self.url = f"{running.url}rest/"

    def ask(self, method, params):
        """Result and total."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(self.url + method, json={**params, "auth": TOKEN}, timeout=10)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return body["result"], body.get("total")


class TokenAuth:
    """Signs our client's requests with an access token."""

    def __init__(self, portal):
        self.portal = portal

    def sign(self, method, params):
        """As `Auth.sign`."""
        return f"{self.portal}/rest/{method}.json", {**params, "auth": TOKEN}

    def redact(self, text):
        """As `Auth.redact`."""
        return text.replace(TOKEN, "***")


class Ours:
    """Our own client."""

    def __init__(self, running, _tls):
        self.client = Client(TokenAuth(running.url.rstrip("/")))

    def ask(self, method, params):
        """Result and total."""
        reply = self.client.call(method, params)
        self.client.close()
        return reply.result, reply.total


class Official:
    """The official Python SDK."""

    def __init__(self, running, tls):
        tls.leads_to(running.port)
        self.token = BitrixToken(
            domain=tls.domain, auth_token=TOKEN, bitrix_app=BitrixApp(client_id="x", client_secret="y")
        )

    def ask(self, method, params):
        """Result and total."""
        body = self.token.call_method(method, params)
        return body["result"], body.get("total")


@pytest.fixture
def portal():
    """A portal on which every example finds what it speaks of, and the examples' names."""
    seed = default_seed()
    kinds = {"categories": (Category(0, "General"), Category(9, "Ninth")), "deals": ({"CONTACT_ID": 3001},)}
    with run_portal(Settings(limits=None), type(seed)(**{**vars(seed), **kinds})) as running:
        yield running, prepared(Plain(running, None))


def prepared(plain):
    """Calls, activities, lists and events for the examples."""

    def ask(method, **params):
        return plain.ask(method, params)[0]

    call = {"USER_ID": 11, "TYPE": 2, "PHONE_NUMBER": "+79160000001"}
    done = ask("telephony.externalCall.register", **call, EXTERNAL_CALL_ID="1")["CALL_ID"]
    ask("telephony.externalCall.finish", CALL_ID=done, USER_ID=11, DURATION=5)
    ask("crm.activity.binding.add", activityId=7001, entityTypeId=1, entityId=1001)
    said = [{"SIDE": "User", "START_TIME": 0, "STOP_TIME": 1, "MESSAGE": "Hello"}]
    ask("telephony.call.attachTranscription", CALL_ID=done, MESSAGES=said)
    ask("crm.activity.todo.add", ownerTypeId=3, ownerId=3001, deadline="2027-01-01T10:00:00")
    ask("crm.calllist.add", ENTITY_TYPE="CONTACT", ENTITIES=[3001])
    for types in ([129], []):
        ask("crm.automatedsolution.add", fields={"title": "HR", "typeIds": types})
    ask("tasks.task.add", fields={"TITLE": "Call back", "RESPONSIBLE_ID": 11})
    ask("crm.contact.company.add", id=3001, fields={"COMPANY_ID": 4001})
    mail = {"EMAIL": [{"VALUE": "client@example.com"}]}
    ask("crm.contact.update", id=3001, fields=mail)
    ask("crm.lead.update", id=1001, fields={"IM": [{"VALUE": "client", "VALUE_TYPE": "TELEGRAM"}]})
    ask("event.bind", event="ONCRMCONTACTADD", event_type="offline")
    ask("crm.contact.add", fields={"NAME": "First", **mail})
    process = ask("event.offline.get", clear=0)["process_id"]
    ask("crm.contact.add", fields={"NAME": "Second", **mail})
    return {
        "$done": done,
        "$open": ask("telephony.externalCall.register", **call, EXTERNAL_CALL_ID="2")["CALL_ID"],
        "$process": process,
        "$date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@pytest.mark.parametrize("speaker", [Plain, Ours, Official])
@pytest.mark.parametrize("method", CONTRACT)
def test_every_method_takes_what_is_documented_and_answers_as_documented(portal, tls, method, speaker):
    """With every parameter of its page; a list must hold something, or nothing would be compared."""
    running, names = portal
    result, total = speaker(running, tls).ask(method, filled(EXAMPLES[method], names))
    told = CONTRACT[method]
    assert result or method in ANSWERED_NOTHING or told.get("result") == []
    assert differences(result, told.get("result", "nothing")) == []
    assert (total is not None) or not told.get("counts")
    assert [name for name in told.get("names", []) if name not in result] == []


def test_every_example_names_every_documented_parameter():
    """So that none of them is ever refused unnoticed."""
    assert {method: sorted(params) for method, params in EXAMPLES.items()} == {
        method: sorted(told["params"]) for method, told in CONTRACT.items()
    }


def test_every_documented_method_has_the_documented_spelling():
    """Names are matched in any case; the ledger writes them as the documentation does."""
    assert [name for name in CONTRACT if NAMES.get(name.lower()) != name] == []


def test_a_wrong_type_and_a_missing_key_are_noticed():
    """Or the comparison above would compare nothing."""
    shape = {"ID": "text", "rows": [{"n": "number"}], "flag": "boolean"}
    assert differences({"ID": "1", "rows": [{"n": 1.5}], "flag": True, "more": 1}, shape) == []
    assert differences({"ID": 1, "rows": [{"n": "1"}, {}], "flag": 1}, shape) == [
        "result.ID is 1 and no text",
        "result.rows[].n is '1' and no number",
        "result.rows[] has no n",
        "result.flag is 1 and no boolean",
    ]
