"""No secret passes, in any dress in which secrets travel."""

import json

import pytest

from itgrix_core.config.schema import Settings
from itgrix_core.telemetry.redaction import (
    MASK,
    forget_secrets,
    keep_secret,
    keep_secrets,
    redact,
    redact_value,
)

CODE = "k3y0fth3h00k"


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget_secrets()
    yield
    forget_secrets()


@pytest.mark.parametrize(
    "text",
    [
        f"https://portal.example/rest/1/{CODE}/crm.lead.add.json",
        f"https://portal.example/rest/17/{CODE}",
        f"POST /rest/1/{CODE}/batch HTTP/1.1",
        f"https://portal.example/rest/api/1/{CODE}/tasks.task.get",
        f"url=https%3A%2F%2Fportal.example%2Frest%2F1%2F{CODE}%2Fprofile",
        f'{{"url":"https:\\/\\/portal.example\\/rest\\/1\\/{CODE}\\/profile"}}',
        f"GET /rest/user.get?auth={CODE}&ID=1",
        f"auth[access_token]={CODE}&auth[domain]=portal.example",
        f"auth%5Baccess_token%5D={CODE}&x=1",
        f"{{'access_token': '{CODE}', 'expires': 3600}}",
        f'{{"refresh_token":"{CODE}"}}',
        f'"{{\\"refresh_token\\":\\"{CODE}\\"}}"',
        f"client_id=local.1&client_secret={CODE}&grant_type=refresh_token",
        f"application_token={CODE}",
        f"Action: Login\r\nUsername: itgrix\r\nSecret: {CODE} with spaces {CODE}\r\n\r\n",
        f"b'Action: Login\\r\\nSecret: {CODE}\\r\\nEvents: on\\r\\n'",
        f"sent: ('Secret', '{CODE}')",
        f"password={CODE}",
        f"password: '{CODE}'",
        f"DB_PASSWORD => {CODE}",
        f"postgresql://itgrix:{CODE}@127.0.0.1/itgrix",
        f"Authorization: Bearer {CODE}",
        f"headers={{'Authorization': 'Basic {CODE}='}}",
        f"X-Api-Key: {CODE}",
    ],
)
def test_secrets_are_known_by_where_they_stand(text):
    """A secret that nobody registered is masked because of what stands before it."""
    cleaned = redact(text)
    assert CODE not in cleaned
    assert MASK in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Call 1700000000.12 from +74950000001 answered by 101",
        "https://portal.example/rest/crm.lead.add?id=7",
        "Author: nobody, tokens spent: 3",
        "the passage was short, the monkey: brown",
        "authorised with 5 rights",
    ],
)
def test_ordinary_lines_stay_as_they_are(text):
    """Numbers, methods and prose are not masked."""
    assert redact(text) == text


def test_the_rest_of_a_masked_line_stays_readable():
    """Only the secret goes; method and neighbours stay."""
    assert redact(f"POST /rest/1/{CODE}/crm.lead.add?id=7") == f"POST /rest/1/{MASK}/crm.lead.add?id=7"
    assert redact(f"auth={CODE}&ID=1") == f"auth={MASK}&ID=1"


def test_a_registered_secret_is_masked_wherever_it_stands():
    """Without any name before it, and in the spellings of URLs, JSON and Python."""
    secret = "pä\"ss/w'örd+1"
    keep_secret(secret)
    import urllib.parse

    for dress in (
        secret,
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        json.dumps({"x": secret}),
        json.dumps({"x": secret}, ensure_ascii=False),
        repr(secret),
    ):
        cleaned = redact(f"see {dress} here")
        assert MASK in cleaned
        assert "rd" not in cleaned


def test_the_code_of_a_webhook_is_registered_with_its_address():
    """The bare code is as good as the address to whoever reads the log."""
    keep_secret(f"https://portal.example/rest/1/{CODE}/")
    assert redact(f"code {CODE}.") == f"code {MASK}."


def test_every_secret_of_the_configuration_is_registered():
    """AMI secrets and webhooks alike, at any depth."""
    keep_secrets(
        Settings.model_validate(
            {
                "asterisk": {"main": {"secret": "amisecret"}, "two": {"secret": "othersecret"}},
                "crm": {"bitrix": {"webhook": f"https://portal.example/rest/1/{CODE}/"}},
            }
        )
    )
    cleaned = redact(f"amisecret {CODE} othersecret")
    assert cleaned == f"{MASK} {MASK} {MASK}"


def test_an_empty_secret_masks_nothing():
    """The default secrets are empty; they must not eat every line."""
    keep_secret("")
    keep_secret("abc")
    assert redact("abcdef") == "abcdef"


def test_values_are_redacted_by_their_key_and_whatever_their_type():
    """A secret as a value under its name, in lists, bytes, numbers and strangers' objects."""

    class Stranger:
        def __str__(self):
            return f"auth={CODE}"

    cleaned = redact_value(
        {
            "Secret": CODE,
            "password": 123456,
            "inner": [{"access_token": CODE}],
            "raw": f"auth={CODE}".encode(),
        }
        | {"stranger": Stranger(), "count": 3, "is_token": True}
    )
    assert CODE not in json.dumps(cleaned)
    assert "123456" not in json.dumps(cleaned)
    assert cleaned["count"] == 3


def test_a_long_line_is_redacted_in_linear_time():
    """A megabyte without a break (a recording in base64) must not hold up the service."""
    text = "A" * 1_000_000 + f" auth={CODE}"
    assert CODE not in redact(text)


def test_our_own_sentences_stay_readable_and_hold_no_known_secret():
    """A mistake about a secret names the setting; the secret itself and webhooks are masked all the same."""
    keep_secret("amisecret")
    from itgrix_core.telemetry.redaction import redact_sentence

    assert redact_sentence("asterisk.main.secret: is empty") == "asterisk.main.secret: is empty"
    assert redact_sentence(f"no amisecret at /rest/1/{CODE}/") == f"no {MASK} at /rest/1/{MASK}/"


def test_the_password_of_a_database_is_registered_with_its_address():
    """Drivers may repeat it without the address."""
    keep_secret(f"mysql+pymysql://reader:{CODE}@db.example/asteriskcdrdb")
    assert redact(f"using password {CODE} of reader") == f"using password {MASK} of reader"
