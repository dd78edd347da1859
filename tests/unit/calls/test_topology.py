"""What a channel's name and a DialString tell."""

import pytest

from itgrix_core.calls.topology import ChannelKind, Topology, endpoint_of, number_in


@pytest.mark.parametrize(
    ("channel", "endpoint", "kind"),
    [
        ("PJSIP/101-0000002a", "101", ChannelKind.PHONE),
        ("PJSIP/provider1-00000002", "provider1", ChannelKind.TRUNK),
        ("PJSIP/74950000100-00000002", "74950000100", ChannelKind.TRUNK),
        ("PJSIP/99101-00000002", "99101", ChannelKind.PHONE),
        ("SIP/101-0000002a", "101", ChannelKind.PHONE),
        ("SIP/my-trunk-0000002a", "my-trunk", ChannelKind.TRUNK),
        ("IAX2/branch-3456", "branch-3456", ChannelKind.TRUNK),
        ("DAHDI/i1/74950000100-1b", "i1/74950000100-1b", ChannelKind.TRUNK),
        ("Local/101@from-queue-0000000c;1", "101@from-queue", ChannelKind.LOCAL),
        ("Local/101@from-queue-0000000c;2", "101@from-queue", ChannelKind.LOCAL),
        ("Local/101@from-queue/n-0000000c;2", "101@from-queue/n", ChannelKind.LOCAL),
        ("ConfBridge/600-00000001", "600", ChannelKind.PBX),
        ("Message/ast_msg_queue", "ast_msg_queue", ChannelKind.PBX),
        ("Surrogate/PJSIP/101-0000002a", "PJSIP/101", ChannelKind.PBX),
        ("PJSIP/", "", ChannelKind.TRUNK),
        ("101", "", ChannelKind.PBX),
        ("", "", ChannelKind.PBX),
    ],
)
def test_a_name_tells_the_endpoint_and_what_is_behind_it(channel, endpoint, kind):
    """Short numbers are phones, the rest of the real technologies trunks, all others nobody."""
    assert endpoint_of(channel) == endpoint
    assert Topology().kind_of(channel) is kind


def test_lists_overrule_the_rule_of_length():
    """A trunk named 100, a phone named after its owner."""
    topology = Topology(trunks=frozenset({"100"}), internal=frozenset({"boris"}))
    assert topology.kind_of("PJSIP/100-00000001") is ChannelKind.TRUNK
    assert topology.kind_of("PJSIP/boris-00000001") is ChannelKind.PHONE
    assert topology.kind_of("PJSIP/101-00000001") is ChannelKind.PHONE


@pytest.mark.parametrize(
    ("number", "inside"),
    [
        ("1", False),
        ("12", True),
        ("12345", True),
        ("123456", False),
        ("", False),
        ("+12", False),
        ("*78", False),
    ],
)
def test_inside_numbers_are_digits_of_the_right_length(number, inside):
    """Two to five digits, unless the settings say otherwise."""
    assert Topology().is_inside(number) is inside


def test_the_length_of_inside_numbers_is_a_setting():
    """A PBX with six-digit extensions."""
    assert Topology(min_length=6, max_length=6).kind_of("PJSIP/600101-00000001") is ChannelKind.PHONE


@pytest.mark.parametrize(
    ("dial_string", "number"),
    [
        ("79165550010@provider1", "79165550010"),
        ("provider1/79165550010", "79165550010"),
        ("provider1/sip:79165550010@10.0.0.1", "79165550010"),
        ("+79165550010@provider1", "+79165550010"),
        ("101/sip:101@127.0.0.1:5101", "101"),
        ("provider1", ""),
        ("", ""),
    ],
)
def test_the_number_that_goes_out_is_found_in_a_dial_string(dial_string, number):
    """PJSIP and chan_sip write it on different sides."""
    assert number_in(dial_string) == number
