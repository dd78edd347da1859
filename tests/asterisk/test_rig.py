"""The rig itself: real calls happen, and its truths agree with what Asterisk says."""

from __future__ import annotations

import socket

import pytest

pytestmark = pytest.mark.asterisk


def test_asterisk_lets_the_connector_in(asterisk):
    """AMI answers at the address of the fixture and accepts its account."""
    with socket.create_connection((asterisk.host, asterisk.port), timeout=5) as sock:
        login = (
            "Action: Login",
            f"Username: {asterisk.username}",
            f"Secret: {asterisk.secret}",
            "Events: off",
        )
        sock.sendall("\r\n".join([*login, "", ""]).encode())
        said = b""
        while b"Message: " not in said or not said.endswith(b"\r\n"):
            said += sock.recv(4096)
    assert b"Authentication accepted" in said


def test_an_inbound_call_is_answered(phones):
    """The phone rings, answers, and the truth tells who talked how long."""
    truth = phones.inbound_answered(extension="102", talk=1)
    assert truth["did"] == "74950000102"
    assert (truth["answered_by"], truth["disposition"], truth["hangup_by"]) == ("102", "answered", "external")
    assert truth["talk_s"] == pytest.approx(1, abs=0.5)


def test_an_inbound_call_is_missed(phones):
    """The phone rings and nobody answers."""
    truth = phones.inbound_missed(extension="103", ring=0.5)
    assert (truth["answered_by"], truth["disposition"]) == (None, "missed")
    assert [leg["result"] for leg in truth["legs"]] == ["no answer"]


def test_an_outbound_call_is_answered(phones):
    """The call leaves by provider1 with the trunk's number."""
    truth = phones.outbound_answered(number="79165550009", talk=1)
    assert (truth["external_number"], truth["trunk"]) == ("79165550009", "provider1")
    assert truth["caller_id_shown"] == "74950000100"
    assert truth["disposition"] == "answered"
