"""A reload inside the process: nothing of an old version stays, nothing of a refused one gets in."""

import gc
import sys
import weakref

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from itgrix_core.app import reloading
from itgrix_core.app.reloading import Reloading
from itgrix_core.app.service import Service
from itgrix_core.config.schema import BitrixSettings, HookSettings, Settings
from itgrix_core.config.schema_asterisk import AsteriskSettings
from itgrix_core.errors import ConfigError

HOOK = (
    "from itgrix_hooks import hookimpl\nclass Mark: ...\n@hookimpl\ndef process_final_params(params): ...\n"
)


@pytest.fixture
def folder(tmp_path):
    """With a hook in it."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "fair.py").write_text(HOOK)
    return folder


@pytest.fixture
def settings(tmp_path, folder):
    """Of a service whose Asterisk and portal are away."""
    return Settings(
        data_folder=tmp_path / "data",
        asterisk={"main": AsteriskSettings(port=1, secret=SecretStr("x"))},
        crm={"b": BitrixSettings(webhook=SecretStr("http://127.0.0.1:1/rest/1/nobodys-code/"))},
        hooks=HookSettings(folder=folder),
    )


@pytest.fixture
def service(settings):
    """It runs."""
    with Service(settings) as service:
        yield service


def reload(service, settings):
    """Whether it was taken up."""
    with capture_logs():
        return Reloading(service, lambda: settings).reload()


@pytest.fixture
def site_modules(folder):
    """Names of those that were made of the folder's files."""
    modules = sys.modules
    return lambda: [name for name in modules if _file(modules[name]).startswith(str(folder))]


def _file(module):
    return str(getattr(module, "__file__", None))


def test_old_modules_do_not_stay(service, settings, folder, site_modules):
    """However often it is reloaded; a file that is gone leaves no module."""
    old = weakref.ref(sys.modules["itgrix_site.fair"])
    for _ in range(3):
        assert reload(service, settings)
    gc.collect()
    assert old() is None
    (folder / "fair.py").rename(folder / "other.py")
    assert reload(service, settings)
    assert site_modules() == ["itgrix_site.other"]


def test_a_refused_version_leaves_the_running_modules_in_place(service, settings, folder, site_modules):
    """A class of theirs is still found by its module's name."""
    running = sys.modules["itgrix_site.fair"]
    (folder / "fair.py").write_text(f"{HOOK}# another\n")
    (folder / "new.py").write_text(HOOK)
    (folder / "wrong.py").write_text("import a_module_that_nobody_has\n")
    assert not reload(service, settings)
    assert sys.modules["itgrix_site.fair"] is running
    assert site_modules() == ["itgrix_site.fair"]
    assert [record.name for record in service.plugins.out] == []


def test_the_settings_of_the_new_version_count(service, settings):
    """For whoever asks the service afterwards."""
    crm = settings.crm["b"].model_copy(update={"default_user": 7})
    assert reload(service, settings.model_copy(update={"crm": {"b": crm}}))
    assert service.settings.crm["b"].default_user == 7


def test_what_needs_a_restart_is_refused_with_the_rest(service, settings):
    """Nothing of the version counts, not even what could."""
    crm = settings.crm["b"].model_copy(update={"default_user": 7})
    assert not reload(service, settings.model_copy(update={"crm": {"b": crm}, "workers": 9}))
    assert service.settings.crm["b"].default_user == 1
    (refusal,) = service.telling.reloads.status["refusals"]
    assert refusal.startswith("workers: counts from the next start only")


def test_an_empty_credential_is_refused(service, settings):
    """As `itgrix serve` refuses it at the start."""
    asterisk = {"main": settings.asterisk["main"].model_copy(update={"secret": SecretStr("")})}
    assert not reload(service, settings.model_copy(update={"asterisk": asterisk}))
    assert "asterisk.main.secret: is empty" in service.telling.reloads.status["refusals"][0]


def test_a_file_that_cannot_be_read_is_refused(service):
    """All its mistakes are told."""

    def read():
        raise ConfigError(["itgrix.yaml:3: one", "itgrix.yaml:7: two"])

    with capture_logs() as logs:
        assert not Reloading(service, read).reload()
    assert [entry["event"] for entry in logs][:2] == [
        "not reloaded: itgrix.yaml:3: one",
        "not reloaded: itgrix.yaml:7: two",
    ]


def test_whatever_goes_wrong_the_service_goes_on(service):
    """A fault of our own, too."""

    def read():
        raise ZeroDivisionError("by zero")

    with capture_logs():
        assert not Reloading(service, read).reload()
    assert "ZeroDivisionError" in service.telling.reloads.status["refusals"][0]


def test_a_package_that_was_installed_anew_counts_from_the_next_start():
    """A process imports a package once: the name would be the new one's and the code the old one's."""
    first = reloading.Record("acme", reloading.Level.PACKAGE, "acme 1.0, acme", "enabled")
    again = reloading.Record("acme", reloading.Level.PACKAGE, "acme 1.1, acme", "enabled")
    assert list(reloading._outdated([first], [first])) == []
    (refusal,) = reloading._outdated([first], [again])
    assert "acme 1.1, acme is installed, and acme 1.0, acme is running" in refusal
    assert "restart itgrix" in refusal
