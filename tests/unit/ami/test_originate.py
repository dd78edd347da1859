"""An Originate says what it should and nothing that a stranger wrote between the lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itgrix_core.ami.actions import encode
from itgrix_core.ami.originate import auto_answer, originate

GOOD = {
    "channel": "Local/101@from-internal",
    "context": "from-internal",
    "extension": "+79160000001",
    "priority": 1,
    "caller_id": "<+79160000001>",
    "timeout_seconds": 30.0,
    "variables": {"REALCALLERIDNUM": "101", "PJSIP_HEADER(add,Call-Info)": "<sip:x>;answer-after=0"},
}


def test_the_bytes_of_an_originate():
    """In this order; variables each in a header of their own."""
    assert encode(originate(GOOD, "itgrix-1")).decode() == (
        "Action: Originate\r\n"
        "ActionID: itgrix-1\r\n"
        "ChannelId: itgrix-1\r\n"
        "OtherChannelId: itgrix-1;2\r\n"
        "Channel: Local/101@from-internal\r\n"
        "Context: from-internal\r\n"
        "Exten: +79160000001\r\n"
        "Priority: 1\r\n"
        "CallerID: <+79160000001>\r\n"
        "Timeout: 30000\r\n"
        "Async: true\r\n"
        "Variable: REALCALLERIDNUM=101\r\n"
        "Variable: PJSIP_HEADER(add,Call-Info)=<sip:x>;answer-after=0\r\n"
        "\r\n"
    )


@given(
    part=st.sampled_from(["channel", "context", "extension", "caller_id", "variable", "value"]),
    text=st.text(),
)
def test_no_text_makes_a_header_of_its_own(part, text):
    """Refused, or one line as every other; and no variable sets a second one."""
    variables = {"variable": {text: "1"}, "value": {"NAME": text}}.get(part)
    params = {**GOOD, "variables": variables} if variables else {**GOOD, part: text}
    try:
        raw = encode(originate(params, "itgrix-1")).decode()
    except ValueError:
        return
    lines = raw.removesuffix("\r\n\r\n").split("\r\n")
    assert len(lines) == 11 + len(params["variables"])
    assert not any(re.search(r"[\x00-\x1f]", line) for line in lines)
    assert all("," not in line.partition("=")[2] for line in lines if line.startswith("Variable"))


@pytest.mark.parametrize(
    ("channel", "header", "variables"),
    [
        (
            "PJSIP/101",
            "Call-Info: <sip:x>;answer-after=0",
            {"PJSIP_HEADER(add,Call-Info)": "<sip:x>;answer-after=0"},
        ),
        ("SIP/101", "Call-Info: auto", {"SIPADDHEADER51": "Call-Info: auto"}),
        ("Local/101@x", "Call-Info: auto", {"__SIPADDHEADER51": "Call-Info: auto"}),
        (
            "Local/101@x",
            "Alert-Info: info=alert-autoanswer",
            {
                "__SIPADDHEADER51": "Alert-Info: info=alert-autoanswer",
                "__ALERT_INFO": "info=alert-autoanswer",
            },
        ),
        ("PJSIP/101", "", {}),
    ],
)
def test_each_driver_is_told_of_a_header_in_its_own_way(channel, header, variables):
    """And what is told can be said."""
    assert auto_answer(channel, header) == variables
    originate({**GOOD, "channel": channel, "variables": variables}, "itgrix-1")
