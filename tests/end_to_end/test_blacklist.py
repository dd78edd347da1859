"""Whom FreePBX's own blacklist shuts out does not reach the CRM."""

from pathlib import Path

RECORDED = Path(__file__).parents[1] / "recorded" / "ast22-freepbx"
CALLS = [RECORDED / f"{name}.ami.gz" for name in ("freepbx_trunk_context", "freepbx_blacklisted")]


def test_a_caller_is_filed_and_a_blacklisted_one_is_not(stand):
    """Neither a call nor a lead nor a task; the log says why. The first call tells that AstDB has devices."""
    portal, pbx = stand.portal(), stand.pbx(CALLS, overlap=1, settle=0.3)
    stand.configure(pbx.port, portal.webhook)
    serve = stand.serve()
    pbx.says("all served")
    stand.until(lambda: portal.entries("telephony.externalcall.finish"), "the other call to be filed")
    stand.is_done(portal)
    told = [entry.params for entry in portal.entries()]
    assert any("79168880102" in str(params) for params in told)
    assert not any("79168880198" in str(params) for params in told)
    assert serve.says("the client's number is on the PBX's own blacklist")
