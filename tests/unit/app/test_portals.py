"""Accounts of the settings, put together: what two services on one machine share without being told."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from itgrix_core.app.portals import portals_of
from itgrix_core.config.schema import BitrixSettings, Settings
from itgrix_core.sandbox.bitrix import run_portal


@pytest.fixture
def office(tmp_path):
    """Makes the adapter of a service with a data folder of its own; closed afterwards."""
    made = []

    def make(data_folder, webhook, **crm):
        settings = Settings(
            data_folder=tmp_path / data_folder,
            crm={"office": BitrixSettings(webhook=SecretStr(webhook), **crm)},
        )
        made.append(portals_of(settings)["office"].adapter())
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()


def files():
    """The names of the state folder's files."""
    folder = Path(os.environ["XDG_STATE_HOME"]) / "itgrix"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_services_on_one_portal_count_its_requests_together(office):
    """Their data folders are different; the portal counts them as one."""
    with run_portal() as running:
        one, other = office("one", running.webhook), office("other", running.webhook)
        one.user(1)
        assert one.quota.is_shared
        assert one.quota.requests_left < 50
        assert other.quota.requests_left < 50
        one.close()


def test_another_portal_and_another_source_address_are_counted_apart(office):
    """Both change the name of the file, in which neither can be read."""
    before = files()
    for webhook, proxy in (
        ("https://one.example.com/rest/1/s3cr3tc0de/", ""),
        ("https://two.example.com/rest/1/s3cr3tc0de/", ""),
        ("https://two.example.com/rest/7/an0therc0de/", ""),
        ("https://two.example.com/rest/1/s3cr3tc0de/", "http://itgrix:pr0xy@proxy.example.com:3128"),
    ):
        assert office("one", webhook, proxy=SecretStr(proxy)).quota.is_shared
    assert len(files() - before) == 3
