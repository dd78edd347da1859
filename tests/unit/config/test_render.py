"""What `itgrix config` prints."""

from pathlib import Path

import yaml

from itgrix_core.config import render
from itgrix_core.config.agreement import missing
from itgrix_core.config.schema import Settings
from itgrix_core.config.section import Section

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_example_in_the_repository_is_the_schemas():
    """Mend with: itgrix config --example > config/itgrix.yaml."""
    assert (REPOSITORY / "config" / "itgrix.yaml").read_text(encoding="utf-8") == render.example()


def test_the_example_means_the_defaults(loaded, tmp_path):
    """Every setting is in it, and none differs."""
    assert loaded(render.example()) == Settings(data_folder=tmp_path / "var")
    names = set(yaml.safe_load(render.example())["asterisk"]["main"])
    assert names == set(type(Settings().asterisk["main"]).model_fields)


def test_every_setting_of_the_example_has_a_sentence_above_it():
    """An operator needs no manual beside the file."""

    def without_sentence(section: type[Section]):
        return [
            name for name, info in section.model_fields.items() if not (info.description or "").endswith(".")
        ]

    assert not [without_sentence(one) for one in Section.__subclasses__() if without_sentence(one)]
    lines = render.example().splitlines()
    keys = [at for at, line in enumerate(lines) if line and not line.lstrip().startswith("#")]
    entries = {"  main:", "  bitrix:"}
    assert not [lines[at] for at in keys if "#" not in lines[at - 1] and lines[at] not in entries]


def test_the_effective_settings_can_be_read_back_and_hide_every_secret(loaded):
    """Masked: what the schema calls secret, and settings of plugins that are named like one."""
    settings = loaded(
        """
        asterisk: {main: {secret: s3cret, host: pbx.example}}
        crm: {bitrix: {webhook: "https://portal.example/rest/1/s3cret/"}}
        hooks: {settings: {sms: {api_key: s3cret, accounts: [{password: s3cret}], sender: Shop}}}
        """
    )
    text = render.effective(settings)
    data = yaml.safe_load(text)
    assert "s3cret" not in text
    assert data["asterisk"]["main"]["secret"] == "********"
    assert data["asterisk"]["main"]["host"] == "pbx.example"
    assert data["hooks"]["settings"]["sms"]["sender"] == "Shop"
    assert set(data) == set(Settings.model_fields)


def test_credentials_that_are_empty_are_named():
    """The file is right without them, the service cannot work without them."""
    assert [path for path, _ in missing(Settings())] == [
        ("asterisk", "main", "secret"),
        ("crm", "bitrix", "application"),
    ]
