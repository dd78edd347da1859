"""A hook that creates a lead itself, and a service that dies at every step of the call that it is for."""

import os
import subprocess
import sys
from pathlib import Path

import dying
import pytest

from itgrix_core.sandbox.bitrix import Settings, problems, run_portal
from itgrix_core.sandbox.bitrix.fields import Kind
from itgrix_core.sandbox.recordings import FOLDER

HOOK = """
from itgrix_hooks import hookimpl


@hookimpl
def process_final_params(params, crm):
    crm.write("crm.lead.add", {"fields": {"TITLE": "written by a hook"}})


@hookimpl
def get_updated_entity_fields(role):
    from itgrix_hooks import Create
    return Create("lead", {"TITLE": "asked for by a hook"}) if role == "none" else None
"""
TITLES = ["asked for by a hook", "written by a hook"]
MOST_STEPS = 200
NEVER = 1_000_000
SHARES = 4
"""Every fourth step in one test, so that they may run beside each other."""


def live(folder, portal, step):
    """One life of the service; whether it has died."""
    arguments = [folder / "data", portal.webhook, folder / "hooks", FOLDER / "inbound_answered.ami.gz", step]
    run = subprocess.run(
        [sys.executable, dying.__file__, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(dying.__file__).parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode in (0, dying.DIED), run.stderr
    return run.returncode == dying.DIED


def leads_of(portal):
    """Titles of the leads that the hook has made."""
    with portal.portal.lock:
        leads = portal.portal.world.entities[Kind.LEAD].rows()
    return sorted(lead["TITLE"] for lead in leads if lead["TITLE"] in TITLES)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, SHARES + 1))
def test_killed_at_any_step_a_hook_makes_each_lead_once(tmp_path, first):
    """A call dies at its first step and is filed by the next life, another at its second, and so on."""
    for step in range(first, MOST_STEPS, SHARES):
        folder = tmp_path / str(step)
        (folder / "hooks").mkdir(parents=True)
        (folder / "hooks" / "writer.py").write_text(HOOK)
        with run_portal(Settings(limits=None)) as portal:
            has_died = live(folder, portal, step)
            assert not live(folder, portal, NEVER)
            assert leads_of(portal) == TITLES, f"after a death at step {step}"
            assert problems(portal.portal.ledger.entries()) == []
        if not has_died:
            break
    assert 20 < step < MOST_STEPS - SHARES
