"""What a good file means, and what is said to a bad one."""

import os
from pathlib import Path

import pytest

from itgrix_core.config.load import load
from itgrix_core.config.schema import Settings
from itgrix_core.errors import ConfigError


def test_an_empty_file_means_all_defaults(loaded, tmp_path):
    """Also one that holds nothing but comments."""
    expected = Settings(data_folder=tmp_path / "var")
    assert loaded("") == expected
    assert loaded("# nothing\n") == expected


def test_values_are_taken_as_they_were_written(loaded):
    """YAML would make a number of `+7495…`, 65 of `0101` and true of `on`."""
    settings = loaded(
        """
        asterisk: {main: {secret: 0123, username: on, extensions: {trunks: [101, 0101]}}}
        crm: {bitrix: {lines: {+74950000000: 0100, 0049: 2}}}
        """
    )
    main = settings.asterisk["main"]
    assert main.secret.get_secret_value() == "0123"
    assert main.username == "on"
    assert main.extensions.trunks == ["101", "0101"]
    assert settings.crm["bitrix"].lines == {"+74950000000": "0100", "0049": "2"}


def test_a_key_without_a_value_counts_as_left_out(loaded):
    """Somebody has commented out what stood below."""
    settings = loaded("asterisk:\n  main:\nroutes:\nlog_level:\nhooks:\n  folder: null\n")
    assert list(settings.asterisk) == ["main"]
    assert settings.log_level == "info"
    assert settings.hooks.folder is None


def test_settings_of_plugins_keep_the_types_of_yaml(loaded):
    """They have no schema of ours."""
    settings = loaded(
        "hooks: {settings: {fair: {users: [1, 7], on: true, name: x, none: null, deep: {a: 1.5}}}}"
    )
    assert settings.hooks.settings == {
        "fair": {"users": [1, 7], "on": True, "name": "x", "none": None, "deep": {"a": 1.5}}
    }


def test_folders_are_relative_to_the_file(loaded, tmp_path, monkeypatch):
    """Wherever itgrix is started; absolute ones stay."""
    monkeypatch.chdir("/")
    settings = loaded(
        """
        data_folder: data
        asterisk: {main: {recordings: ../monitor}, two: {recordings: /var/spool/asterisk}}
        hooks: {folder: hooks}
        """
    )
    assert settings.data_folder == tmp_path / "data"
    assert settings.asterisk["main"].recordings.folder == tmp_path / "../monitor"
    assert settings.asterisk["two"].recordings.folder == Path("/var/spool/asterisk")
    assert settings.hooks.folder == tmp_path / "hooks"


def test_two_entries_may_share_settings_by_an_alias(loaded):
    """`<<` merges; what is written beside it wins."""
    settings = loaded(
        """
        asterisk:
          main: &common {port: 5039, username: one}
          two:
            <<: *common
            username: two
          three: *common
        """
    )
    assert [(one.port, one.username) for one in settings.asterisk.values()] == [
        (5039, "one"),
        (5039, "two"),
        (5039, "one"),
    ]


def test_secrets_come_from_the_file_the_environment_or_a_file_beside(loaded, tmp_path):
    """White space around them is not part of them."""
    (tmp_path / "hook.txt").write_text("https://portal.example/rest/1/code/\n")
    settings = loaded(
        "asterisk: {main: {secret: {env: AMI_SECRET}}}\ncrm: {bitrix: {webhook: {file: hook.txt}}}\n",
        AMI_SECRET="abc",
    )
    assert settings.asterisk["main"].secret.get_secret_value() == "abc"
    assert settings.crm["bitrix"].webhook.get_secret_value() == "https://portal.example/rest/1/code/"


def test_the_file_is_found_by_the_variable_or_in_the_working_directory(tmp_path, monkeypatch):
    """A named file comes first, then ITGRIX_CONFIG, then itgrix.yaml here."""
    for name, workers in (("named", 1), ("variable", 2), ("itgrix", 3)):
        (tmp_path / f"{name}.yaml").write_text(f"workers: {workers}\n")
    monkeypatch.chdir(tmp_path)
    assert load(Path("named.yaml"), {"ITGRIX_CONFIG": "variable.yaml"}).workers == 1
    assert load(None, {"ITGRIX_CONFIG": "variable.yaml"}).workers == 2
    assert load(None, {}).workers == 3


def test_all_mistakes_are_told_at_once_with_line_and_way_out(mistakes):
    """The order is the file's."""
    found = mistakes(
        """\
        data_foldr: x
        asterisk:
          main:
            port: abc
            port: 70000
            secret: {env: NOPE}
            timezone: Europe/Berln
            crm: bitrx
            extensions: {min_length: 5, max_length: 3}
            connect_timeout_seconds: [1]
        crm:
          bitrix:
            webhook: {file: nope.txt}
            create_for: [inbund, outbound]
            missed_owner: bob
            file_internal: maybe
        routes: {trunk: biitrix}
        hooks: [a]
        workers: 1.5
        """
    )
    assert [problem.removeprefix("itgrix.yaml:") for problem in found] == _ALL_MISTAKES.splitlines()


_ALL_MISTAKES = """\
1: data_foldr: there is no such setting; did you mean data_folder?
5: asterisk.main.port: "70000" is too large; write 65535 or less
5: asterisk.main.port: is written twice, first in line 4; leave one of them
6: asterisk.main.secret: the environment variable NOPE is not set; set it where itgrix is \
started
7: asterisk.main.timezone: there is no time zone "Europe/Berln"; did you mean Europe/Berlin?
8: asterisk.main.crm: there is no entry "bitrx" under crm; did you mean bitrix?
9: asterisk.main.extensions: min_length is more than max_length; swap the two
10: asterisk.main.connect_timeout_seconds: a list is not a number; write digits, with a \
point for fractions
13: crm.bitrix.webhook: the file nope.txt does not exist; create it or correct the path
14: crm.bitrix.create_for[0]: "inbund" is not known here; choose from: inbound, outbound; \
did you mean inbound?
15: crm.bitrix.missed_owner: "bob" is not known here; choose from: responsible, last, default, turn, free
16: crm.bitrix.file_internal: "maybe" is neither true nor false; write true or false
17: routes.trunk: there is no entry "biitrix" under crm; did you mean bitrix?
18: hooks: a list is not a section; write its settings below it, indented, one `key: \
value` per line
19: workers: "1.5" is not a whole number; write digits only
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("asterisk: {main: {port: 0}}", 'asterisk.main.port: "0" is too small; write 1 or more'),
        ("asterisk: {main: {port: yes}}", 'asterisk.main.port: "yes" is not a whole number'),
        ("asterisk: {main: {ping_seconds: 0}}", 'ping_seconds: "0" is too small; write more than 0'),
        ("asterisk: {main: {ping_seconds: inf}}", 'ping_seconds: "inf" is too large; write 86400 or less'),
        ("asterisk: {main: {ping_seconds: .nan}}", 'ping_seconds: ".nan" is not a number'),
        ("asterisk: {}", "asterisk: holds nothing; write at least one entry"),
        ("asterisk: {main: 5}", 'asterisk.main: "5" is not a section'),
        ("asterisk: {main: {host: [a]}}", "asterisk.main.host: a list is not a text"),
        ("asterisk: {main: {secret: [a]}}", "asterisk.main.secret: is not a secret; write the secret itself"),
        ("asterisk: {main: {secret: {enw: A}}}", "asterisk.main.secret: is not a secret; write the secret"),
        (
            "asterisk: {main: {extensions: {trunks: a}}}",
            'extensions.trunks: "a" is not a list; write [one, two]',
        ),
        ("asterisk: {main: {extensions: {trunks: [~]}}}", "trunks[0]: is empty; write something behind"),
        ("crm: {b: {kind: amocrm}}", '"amocrm" is not known here; choose from: bitrix24; write bitrix24'),
        ("hooks: {settings: {fair: 3}}", 'hooks.settings.fair: "3" is not a section'),
        (
            "hooks: {settings: {fair: {a: !x 3}}}",
            "hooks.settings.fair.a: YAML cannot tell what this value is",
        ),
        ("zzz: 1", "zzz: there is no such setting; known here: data_folder, state_folder, asterisk, crm,"),
        ("? [a, b]\n: 1", "the file: a key must be plain text"),
        ("crm: {a: {}, b: {}}", "asterisk.main.crm: must say which crm gets its calls; write one of: a, b"),
        (
            "asterisk: {m: {timezone: /etc}}",
            'asterisk.m.timezone: there is no time zone "/etc"; write an IANA',
        ),
        ("asterisk: {m: {timezone: America}}", 'there is no time zone "America"'),
    ],
)
def test_each_kind_of_mistake_is_told_in_plain_words(mistakes, text, told):
    """No jargon of the libraries underneath."""
    assert told in mistakes(text)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: [1, 2\nc: 3", "itgrix.yaml:3: this is not YAML: "),
        ("a:\n\tb: 1", "itgrix.yaml:2: this is not YAML: found character '\\t' that cannot start any token"),
        ("workers: 1\nlog_level: \x07", "itgrix.yaml:2: a control character stands here; delete it"),
        ("workers: 1\n---\nworkers: 2", "itgrix.yaml:2: a second document begins here (---); leave one"),
        ("- a\n- b", "itgrix.yaml:1: the file is not a list of `key: value` lines"),
        ("just text", "itgrix.yaml:1: the file is not a list of `key: value` lines"),
        (b"workers: 1\n# \xe4\xf6\n", "itgrix.yaml:2: the file is not UTF-8 text here; save it as UTF-8"),
        ("hooks: {settings: {fair: &a {x: *a}}}", "is nested too deeply"),
        ("[" * 1500, "itgrix.yaml:1: the file is nested too deeply"),
        ("asterisk: {<<: 3}", "asterisk: cannot be merged"),
    ],
)
def test_a_file_that_is_no_good_yaml_is_told_with_its_line(mistakes, text, told):
    """Syntax, encoding, shape."""
    assert told in mistakes(text)[0]


def test_a_mark_of_byte_order_is_no_mistake(loaded):
    """Windows editors write one."""
    assert loaded(b"\xef\xbb\xbfworkers: 2\n").workers == 2


def test_a_secret_is_never_repeated_in_a_mistake(mistakes):
    """Neither where YAML stumbles over it nor where it stands in the wrong shape."""
    for text in ("asterisk: {main: {secret: *s3cret }}", "asterisk: {main: {secret: [s3cret]}}"):
        assert "s3cret" not in "".join(mistakes(text))


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "does not exist"), (b"", "is empty"), (b"\xff\xfe", "is not UTF-8 text")],
)
def test_a_secret_file_that_cannot_be_used_is_named(mistakes, tmp_path, content, told):
    """With what is wrong with it."""
    if content is not None:
        (tmp_path / "s.txt").write_bytes(content)
    (problem,) = mistakes("crm: {bitrix: {webhook: {file: s.txt}}}")
    assert f"crm.bitrix.webhook: the file s.txt {told}" in problem


def test_an_empty_variable_is_told_apart_from_a_missing_one(mistakes):
    """The way out differs."""
    (problem,) = mistakes("crm: {bitrix: {webhook: {env: HOOK}}}", HOOK="")
    assert "HOOK is empty" in problem


def test_one_wrong_entry_does_not_make_others_wrong(mistakes):
    """What names a crm is not doubted when the crm itself is broken."""
    found = mistakes("crm: {a: 3}\nroutes: {t: a}\nasterisk: {m: {crm: a}}")
    assert len(found) == 1


def test_a_missing_file_is_told_with_the_way_to_one(tmp_path):
    """The first thing that a newcomer meets."""
    with pytest.raises(
        ConfigError, match=r"there is no such file; create one with `itgrix config --example > "
    ):
        load(tmp_path / "none.yaml", {})


def test_a_folder_and_a_nonsense_path_are_told(tmp_path):
    """Instead of a file."""
    with pytest.raises(ConfigError, match="this is a folder"):
        load(tmp_path, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Path("a\0b"), {})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(tmp_path):
    """Permissions are named."""
    file = tmp_path / "itgrix.yaml"
    file.touch(0o000)
    with pytest.raises(ConfigError, match="Permission denied"):
        load(file, {})


def test_a_log_is_in_a_file_or_in_a_database(mistakes):
    """Not in both."""
    told = mistakes("asterisk: {main: {history: {cel: {file: a.csv, url: 'sqlite:///b'}}}}\n")
    assert "asterisk.main.history.cel: has both file and url; leave one of them" in told[0]


def test_an_ipv6_address_is_written_without_brackets(loaded, tmp_path):
    """The port stands beside it."""
    assert loaded('asterisk: {main: {host: "::1"}}').asterisk["main"].host == "::1"
    with pytest.raises(ConfigError, match=r'asterisk\.main\.host: "\[::1\]": .*without brackets'):
        loaded('asterisk: {main: {host: "[::1]"}}')


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.8", "0.0.0.0", "10.0.0.1"])
def test_pages_are_served_on_any_address_of_a_machine(loaded, host):
    """Browsers of administrators come to one in the LAN; the figures are for this machine all the same."""
    assert loaded(f'web: {{host: "{host}"}}').web.host == host


def test_pages_are_not_served_on_a_name_that_may_lead_anywhere(loaded):
    """With the way out."""
    with pytest.raises(ConfigError, match=r"must be an address of this machine: 127\.0\.0\.1"):
        loaded('web: {host: "pbx.example.com"}')


@pytest.mark.parametrize(
    ("crm", "sentence"),
    [
        ("application: {client_id: a, portal: 'http://b24.example.com'}", "of the shape https://HOST"),
        ("application: {client_id: a, oauth_server: oauth.example.com}", "of the shape https://HOST"),
        ("events: {handler: 'http://pbx.example.com'}", "has to begin with https://"),
        ("events: {poll_seconds: 1}", "write 3 or more"),
        (
            "{application: {client_id: a}, webhook: 'https://b24.example/rest/1/x/'}",
            "leave one of the two",
        ),
    ],
)
def test_ways_to_a_portal_that_will_not_do_are_mistakes(loaded, crm, sentence):
    """Before a secret goes over the wire."""
    with pytest.raises(ConfigError, match=sentence):
        loaded(f"crm: {{b: {crm if crm.startswith('{') else f'{{{crm}}}'}}}")


def test_files_of_tls_are_relative_to_the_configuration(loaded, tmp_path):
    """As all paths are."""
    tls = loaded("asterisk: {main: {tls: {enabled: true, ca_file: ca.pem}}}").asterisk["main"].tls
    assert (tls.enabled, tls.ca_file, tls.check_hostname) == (True, tmp_path / "ca.pem", True)


@pytest.mark.parametrize(
    ("tls", "sentence"),
    [
        ("{ca_file: ca.pem}", r"tls\.enabled: is false, but other settings of tls are there"),
        ("{enabled: true, key_file: key.pem}", r"tls\.key_file: is a key without a certificate"),
    ],
)
def test_settings_of_tls_that_would_not_be_used_are_mistakes(loaded, tls, sentence):
    """Nobody is to speak in the clear who thinks otherwise."""
    with pytest.raises(ConfigError, match=sentence):
        loaded(f"asterisk: {{main: {{tls: {tls}}}}}")


LINKED = """
asterisk:
  main: {{links: {main}, crm: null{more}}}
  branch: {{links: {branch}}}
"""


@pytest.mark.parametrize(
    ("main", "branch", "more", "told"),
    [
        ("{to-main: main}", "{}", "", "asterisk.main.links.to-main: leads to this Asterisk itself"),
        (
            "{to-brunch: brunch}",
            "{}",
            "",
            'there is no entry "brunch" under asterisk; did you mean branch?',
        ),
        ("{to-branch: branch}", "{}", "", "is named on one side only; write branch's trunk to main under"),
        ("{x: branch}", "{y: main}", ", link_header: X-Wire", "asterisk.branch has another link_header"),
        ("{x: branch}", "{y: main}", ", link_header: 'X Wire'", "asterisk.main.link_header"),
    ],
)
def test_a_link_that_cannot_work_is_told(mistakes, main, branch, more, told):
    """Both ends of a wire are asked, so that both sides name their trunks."""
    assert any(told in mistake for mistake in mistakes(LINKED.format(main=main, branch=branch, more=more)))


def test_a_link_is_named_on_both_sides(loaded):
    """Each by its own endpoint."""
    settings = loaded(LINKED.format(main="{to-branch: branch}", branch="{to-main: main}", more=""))
    assert settings.asterisk["main"].links == {"to-branch": "branch"}


def test_rules_that_cannot_work_are_told(mistakes):
    """A turn among nobody, a day that ends before it begins, a text with a name that is none."""
    told = mistakes(
        """\
        crm:
          bitrix:
            missed_owner: turn
            missed:
              hours: {begin: "18:00", end: "09:00"}
              title: "{nmber}"
            creation:
              - {create: leed, fields: {UTM_SOURCE: "{"}}
        """
    )
    assert [text.partition(": ")[2].partition(":")[0] for text in told] == [
        "crm.bitrix.missed_owner",
        "crm.bitrix.missed.hours",
        "crm.bitrix.missed.title",
        "crm.bitrix.creation[0].create",
        "crm.bitrix.creation[0].fields.UTM_SOURCE",
    ]


def test_what_cannot_be_dialled_is_told(mistakes):
    """A channel of nobody, variables that Asterisk would part, lines of an Asterisk that is not there."""
    told = mistakes(
        """\
        asterisk:
          main:
            dial:
              channel: PJSIP/101
              context: "from internal"
              auto_answer: "a, b"
              variables: {A: "{nmber}"}
        crm:
          bitrix:
            clicks:
              asterisk: mian
              lines: {"1": {asterisk: other, prefix: "9&"}}
        """
    )
    assert [text.partition(": ")[2].partition(": ")[0] for text in told] == [
        "asterisk.main.dial.channel",
        "asterisk.main.dial.context",
        "asterisk.main.dial.auto_answer",
        "asterisk.main.dial.variables",
        "crm.bitrix.clicks.asterisk",
        "crm.bitrix.clicks.lines.1.asterisk",
        "crm.bitrix.clicks.lines.1.prefix",
    ]


def test_clicks_are_fetched_before_they_spoil(mistakes, loaded):
    """Where they are posted, or do not come at all, it does not matter how often is fetched."""
    crm = "crm: {{b: {{application: {{client_id: a}}, events: {{poll_seconds: 60{more}}}}}}}"
    (told,) = mistakes(crm.format(more=""))
    assert "crm.b.clicks.good_seconds: is not more than events.poll_seconds" in told
    for more in (", handler: 'https://pbx.example.com'", ", names: [ONCRMLEADADD]"):
        assert loaded(crm.format(more=more)).crm["b"].clicks.good_seconds == 20
