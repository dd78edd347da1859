"""The service on a real Asterisk, live: what it understands is what the phones did.

A scenario is one of the rig's; `itgrix serve` listens meanwhile as in production, with the class mask, and
its calls are compared with the phones' truth as recordings are. Each scenario is recorded as well: where a
test fails, the recording that shows why lies in the folder that it names.
"""

from __future__ import annotations

import pytest
from comparing import differences, files_of, not_known
from serving import PBX, Serve, ended, line_of, oddities, settings_of, still_open

from itgrix_core.sandbox.bitrix import Settings, default_seed, problems, run_portal

pytestmark = pytest.mark.asterisk

ON_22 = (
    ("inbound", "inbound_answered inbound_declined inbound_forward_busy inbound_second_missed"),
    ("inbound", "inbound_call_waiting inbound_dnd inbound_hold inbound_redirected inbound_forwarded_outside"),
    ("inbound", "anonymous_missed cyrillic_name two_calls_same_number ami_hangup"),
    ("outbound", "outbound_answered outbound_busy outbound_failover outbound_failed outbound_early_sound"),
    ("outbound", "outbound_blind_transfer outbound_attended_transfer"),
    ("internal", "internal_busy internal_to_group internal_transferred feature_code_echo internal_to_mobile"),
    ("groups", "ringgroup_local_optimised ringgroup_mixed ringgroup_mixed_missed inbound_busy_group"),
    ("follow me", "followme_mobile_wins followme_desk_wins"),
    ("queues", "queue_answered queue_second_round queue_declined_then_abandoned queue_transfer_to_queue"),
    ("queues", "queue_leaves_while_another_talks queue_sip_abandoned"),
    ("transfers", "blind_transfer_refer blind_transfer_code blind_transfer_no_answer blind_transfer_busy"),
    ("transfers", "attended_transfer_refer attended_transfer_code attended_transfer_declined"),
    ("transfers", "attended_transfer_code_declined attended_transfer_external transfer_of_a_transfer"),
    ("transfers", "blonde_transfer_code blonde_transfer_no_answer"),
    ("rooms", "pickup_ext pickup_group parking parking_timeout parking_abandoned conference_three chanspy"),
    ("menus", "ivr_to_group ivr_abandoned announcement_only no_answer_then_announcement"),
    ("click to call", "originate_answered originate_agent_declined originate_client_no_answer_sip"),
    ("click to call", "originate_internal_local"),
    ("FreePBX", "freepbx_inbound freepbx_blacklisted"),
    ("restarts", "pbx_restart pbx_restart_queue"),
)
"""Families and their scenarios, in the order in which they are played."""

ON_16 = (
    ("inbound", "inbound_answered inbound_declined inbound_hold cyrillic_name anonymous_missed"),
    ("outbound", "outbound_answered outbound_failover outbound_attended_transfer"),
    ("internal", "internal_declined internal_transferred"),
    ("groups", "ringgroup_local_optimised ringgroup_mixed followme_mobile_wins"),
    ("queues", "queue_answered queue_second_round queue_agent_hangup"),
    ("transfers", "blind_transfer_refer blind_transfer_busy attended_transfer_refer blonde_transfer_code"),
    ("rooms", "pickup_ext pickup_group parking parking_abandoned conference_three"),
    ("menus", "ivr_to_group ivr_abandoned"),
    ("click to call", "originate_answered originate_agent_declined_sip originate_client_no_answer"),
    ("restarts", "pbx_restart"),
)

SCENARIOS = [
    pytest.param(version, name, id=f"{version}-{name}")
    for version, families in (("22", ON_22), ("16", ON_16))
    for _, names in families
    for name in names.split()
]


@pytest.fixture(scope="module")
def live(asterisk_of, phones_of, tmp_path_factory):
    """`live(version)`: the service and the phones of that Asterisk, the same for all scenarios."""
    begun = {}
    with run_portal(Settings(limits=None), default_seed()) as portal:

        def on(version):
            if version not in begun:
                folder = tmp_path_factory.mktemp(f"live{version}")
                serve = Serve(
                    folder, settings_of({PBX: line_of(asterisk_of(version))}, portal.webhook)
                ).start()
                begun[version] = serve, phones_of(version), folder
            return begun[version]

        yield on
        for serve, _, _ in begun.values():
            serve.stop()
        assert [call for serve, _, _ in begun.values() for call in serve.kept_calls()] == []
        assert problems(portal.portal.ledger.entries()) == []


@pytest.mark.parametrize(("version", "name"), SCENARIOS)
def test_what_is_understood_is_what_the_phones_did(live, version, name):
    """Number of calls, parties, phones, times, transfers, sound files, how it ended; nothing odd or open.

    Only where nobody talked a file may stay unknown: a call that is refused at once is over before its name
    could be asked for.
    """
    serve, phones, folder = live(version)
    serve.wait_for(lambda: serve.is_connected, "the line to Asterisk")
    before = len(serve.told)
    truth = phones.perform(name, folder / "scenarios")
    count = len(truth["calls"])
    serve.wait_for(lambda: len(ended(serve.told[before:])) >= count, f"{count} ended calls")
    told = serve.told[before:]
    calls = ended(told)
    found = differences(truth["calls"], calls, not_known(f"live{version}/{name}"))
    assert not found, "\n".join([*found, f"Its recording: {folder}/scenarios/{name}.ami.gz"])
    appeared = {file["file"] for file in truth["recordings"]}
    unknown = appeared - set(files_of(calls))
    assert set(files_of(calls)) <= appeared
    assert not (unknown and any(call["talk_s"] for call in calls)), unknown
    assert (oddities(told), still_open(told)) == ([], set())
