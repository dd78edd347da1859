"""Who is there, in which order they are asked, and what they are given."""

import threading

import pytest

from itgrix_core.config.schema import BreakerSettings, HookLimits, HookSettings
from itgrix_core.plugins.manager import Plugins
from itgrix_core.plugins.records import Level, Status
from itgrix_hooks import PhoneNumber
from itgrix_hooks.table import HOOKS, Limit
from itgrix_hooks.testing import FakeCrm, FakePbx, MemoryStore

FINAL = {"params": {}, "call": None, "user": None, "owner": None, "filed": None, "clients": ()}
ASK_FINAL = ("process_final_params", FINAL)
REGISTER = {"call": None, "conversation": None, "stage": "call_ended"}

PACKAGE = """
    @hookimpl
    def process_final_params(params):
        return {**params, "TRAIL": params.get("TRAIL", "") + "p"}

    @hookimpl
    def need_registration():
        return True
"""


def record(plugins, name):
    """The only record of this name."""
    (one,) = (record for record in plugins.records if record.name == name)
    return one


class TestDefaults:
    """Our own behaviour is a plugin."""

    def test_without_any_plugin_ours_answer(self):
        """Every call is registered, numbers stay, nothing else is touched."""
        plugins = Plugins.load()
        number = {"number": PhoneNumber("n"), "party": "client", "use": "file", "call": None}
        assert plugins.ask("need_registration", REGISTER).answer is True
        assert plugins.ask("process_phone_number", number).answer == PhoneNumber("n")
        assert plugins.ask(*ASK_FINAL).answer is FINAL["params"]
        rules, ours = map(str, plugins.records)
        where, hooks = "built-in, itgrix_core.plugins.defaults", "need_registration, process_phone_number"
        assert ours == f"defaults ({where}): enabled: {hooks}"
        assert rules.startswith("crm_rules (built-in, itgrix_core.plugins.rules): enabled: ")

    def test_ours_run_on_the_asking_thread(self):
        """They need no guard."""
        before = threading.active_count()
        asked = Plugins.load().ask("need_registration", REGISTER)
        assert (asked.is_default, asked.trace[0].plugin) == (True, "defaults")
        assert threading.active_count() == before

    def test_ours_can_be_disabled_too(self, plugins):
        """The table's default holds then."""
        loaded = plugins(disabled=["defaults"])
        assert loaded.ask("need_registration", REGISTER).answer is True
        assert record(loaded, "defaults").status is Status.DISABLED


class TestOrder:
    """Level, tryfirst and trylast, the setting, the name."""

    def test_a_chain_goes_by_level_then_name(self, trail, installed, plugins):
        """Packages before the site's files; the site has the last word."""
        installed("acme", {"acme_hooks": PACKAGE}, {"zulu": "acme_hooks"})
        trail("bravo", "b")
        trail("alpha", "a")
        assert plugins().ask(*ASK_FINAL).answer == {"TRAIL": "pab"}

    def test_the_setting_comes_before_the_name(self, trail, plugins):
        """Those that it does not name come afterwards."""
        for name in ("alpha", "bravo", "charlie"):
            trail(name, name[0])
        assert plugins(order=["charlie", "bravo"]).ask(*ASK_FINAL).answer == {"TRAIL": "cba"}

    def test_tryfirst_and_trylast_come_before_the_setting(self, trail, installed, plugins):
        """Within their level only."""
        installed("acme", {"acme_hooks": PACKAGE}, {"acme": "acme_hooks"})
        trail("alpha", "a", "(trylast=True)")
        trail("bravo", "b")
        trail("charlie", "c", "(tryfirst=True)")
        assert plugins(order=["alpha"]).ask(*ASK_FINAL).answer == {"TRAIL": "pcba"}

    def test_a_decision_asks_the_most_local_first(self, site, installed, plugins):
        """The site's no counts before the package's yes."""
        installed("acme", {"acme_hooks": PACKAGE}, {"acme": "acme_hooks"})
        site("mine", "@hookimpl\ndef need_registration(): return False")
        asked = plugins().ask("need_registration", REGISTER)
        assert (asked.answer, [entry.plugin for entry in asked.trace]) == (False, ["mine"])


BROKEN = {
    "raises": ("1 / 0", Status.LOAD_ERROR, "ZeroDivisionError: division by zero (line 2)"),
    "exits": ("import sys; sys.exit(3)", Status.LOAD_ERROR, "SystemExit: 3"),
    "cannot_import": (
        "import there_is_no_such_module",
        Status.LOAD_ERROR,
        "No module named 'there_is_no_such_module' (line 2); install what it needs and start again",
    ),
    "no_python": ("def (:", Status.LOAD_ERROR, "SyntaxError: invalid syntax (no_python.py, line 2)"),
    "misspelt": (
        "@hookimpl\ndef proces_final_params(): ...",
        Status.REFUSED,
        "'proces_final_params' is no hook: did you mean 'process_final_params'?",
    ),
    "misspelt_argument": (
        "@hookimpl\ndef process_final_params(parms): ...",
        Status.REFUSED,
        "has no argument 'parms': did you mean 'params'?",
    ),
    "wrapper": (
        "@hookimpl(wrapper=True)\ndef process_final_params(): yield",
        Status.REFUSED,
        "'process_final_params' is a wrapper",
    ),
    "look_alike": ("def process_final_params(params): ...", Status.REFUSED, "lacks @hookimpl"),
    "empty": ("", Status.REFUSED, "it has no hook"),
}


class TestOut:
    """One bad plugin never stops the others."""

    @pytest.mark.parametrize("name", BROKEN)
    def test_it_has_a_record_with_a_reason_and_the_others_are_asked(self, name, site, trail, plugins):
        """And is named in the summary."""
        source, status, reason = BROKEN[name]
        site(name, source)
        trail("good", "g")
        loaded = plugins()
        assert record(loaded, name).status is status
        assert reason in record(loaded, name).reason
        assert loaded.ask(*ASK_FINAL).answer == {"TRAIL": "g"}
        assert loaded.summary() == f"3 plugins enabled; out: {name} ({status})"

    def test_a_refused_one_is_not_half_registered(self, site, plugins):
        """Its right hook is not asked either."""
        site(
            "half",
            "@hookimpl\ndef process_final_params(): return {'VOTE': 1}\n@hookimpl\ndef xyz(): ...",
        )
        loaded = plugins()
        assert loaded.ask(*ASK_FINAL).answer == {}
        assert loaded._register.pluggy.has_plugin("half") is False
        assert record(loaded, "half").hooks == ()

    def test_a_disabled_one_is_not_even_imported(self, site, plugins):
        """Its code may do anything."""
        site("bad", "raise SystemExit")
        loaded = plugins(disabled=["bad"])
        assert record(loaded, "bad").status is Status.DISABLED
        assert "hooks.disabled" in record(loaded, "bad").reason

    def test_helpers_and_tests_in_the_folder_are_left_alone(self, site, plugins):
        """They are no plugins and have no record."""
        for name in ("_helper", "test_alpha", "conftest"):
            site(name, "1 / 0")
        (site.folder / "notes.txt").write_text("no Python")
        (site.folder / "folder.py").mkdir()
        assert [one.name for one in plugins().records] == ["crm_rules", "defaults"]

    def test_a_folder_that_is_not_there_is_a_problem_and_the_service_goes_on(self, tmp_path):
        """The sentence names the setting and the way out."""
        loaded = Plugins.load(HookSettings(folder=tmp_path / "nowhere"))
        (problem,) = loaded.problems
        assert problem.startswith("At 'hooks.folder': ")
        assert "nowhere cannot be read (No such file or directory)" in problem
        assert loaded.ask("need_registration", REGISTER).answer is True

    def test_a_file_in_place_of_the_folder_is_a_problem(self, tmp_path):
        """Likewise."""
        file = tmp_path / "hooks.py"
        file.write_text("")
        assert "Not a directory" in Plugins.load(HookSettings(folder=file)).problems[0]

    def test_settings_for_nobody_are_a_problem(self, trail, plugins):
        """With the nearest name."""
        trail("waiting_time", "w")
        problems = plugins(settings={"wating_time": {}}, order=["xyz"]).problems
        assert problems == (
            "At 'hooks.order': there is no plugin 'xyz'; there are: defaults, crm_rules, waiting_time",
            "At 'hooks.settings': there is no plugin 'wating_time'; did you mean 'waiting_time'?",
        )


class TestPackages:
    """Installed distributions with entry points."""

    def test_each_entry_point_stands_for_itself(self, installed, plugins):
        """One that works, one that cannot be imported, one that is misspelt."""
        installed(
            "acme-itgrix",
            {
                "acme_good": PACKAGE,
                "acme_broken": "import there_is_no_such_module",
                "acme_misspelt": "@hookimpl\ndef post_registraton(): ...",
            },
            {"success": "acme_good", "importerror": "acme_broken", "misspelt": "acme_misspelt"},
        )
        loaded = plugins()
        statuses = {one.name: one.status for one in loaded.records if one.level is Level.PACKAGE}
        assert statuses == {
            "success": Status.ENABLED,
            "importerror": Status.LOAD_ERROR,
            "misspelt": Status.REFUSED,
        }
        assert record(loaded, "success").origin == "acme-itgrix 1.2, acme_good"
        assert "did you mean 'post_registration'?" in record(loaded, "misspelt").reason
        assert loaded.ask(*ASK_FINAL).answer == {"TRAIL": "p"}

    def test_an_entry_point_may_be_a_class_or_an_attribute_that_is_missing(self, installed, plugins):
        """A class is made into an object; what is missing is a load error."""
        source = """
            class Plugin:
                @hookimpl
                def process_final_params(self, params):
                    return {**params, "VOTE": 5}
        """
        points = {"made": "acme_class:Plugin", "missing": "acme_class:Plugin2"}
        installed("acme", {"acme_class": source}, points)
        loaded = plugins()
        assert loaded.ask(*ASK_FINAL).answer == {"VOTE": 5}
        assert record(loaded, "missing").status is Status.LOAD_ERROR

    def test_of_two_plugins_of_one_name_the_second_is_refused(self, installed, trail, plugins):
        """Both origins are named; the first one works."""
        installed("acme", {"acme_hooks": PACKAGE}, {"twin": "acme_hooks"})
        file = trail("twin", "s")
        loaded = plugins()
        first, second = (one for one in loaded.records if one.name == "twin")
        assert (first.status, second.status) == (Status.ENABLED, Status.REFUSED)
        assert "acme 1.2, acme_hooks" in second.reason
        assert str(file) in second.reason
        assert loaded.ask(*ASK_FINAL).answer == {"TRAIL": "p"}

    def test_one_object_under_two_names_is_asked_once(self, installed, plugins):
        """The second name is refused."""
        installed("acme", {"acme_hooks": PACKAGE}, {"alpha": "acme_hooks", "bravo": "acme_hooks"})
        loaded = plugins()
        assert record(loaded, "bravo").reason == "it is the same object as plugin 'alpha'"
        assert loaded.ask(*ASK_FINAL).answer == {"TRAIL": "p"}


class TestAsking:
    """What implementations are given, and what becomes of bad ones."""

    def test_each_plugin_gets_its_own_extra_arguments(self, site, plugins):
        """Settings by its name; `store` and `crm` made for it."""
        site(
            "fair",
            """
            @hookimpl
            def process_final_params(settings, pbx, store, crm):
                store.set("seen", settings["users"])
                crm.write("crm.lead.add", {"TITLE": pbx.name})
            """,
        )
        stores, crm = {}, FakeCrm()
        asked = plugins(settings={"fair": {"users": [7]}}).ask(
            *ASK_FINAL,
            pbx=FakePbx("north"),
            store=lambda plugin: stores.setdefault(plugin, MemoryStore()),
            crm=lambda _plugin: crm,
        )
        assert asked.failures == ()
        assert stores["fair"].get("seen") == [7]
        assert crm.writes == [("crm.lead.add", {"TITLE": "north"})]

    def test_a_plugin_cannot_change_its_settings(self, site, plugins):
        """Each ask gets them as they are configured."""
        site(
            "a",
            "@hookimpl\ndef process_final_params(settings):\n    settings['users'].append(settings['users'])",
        )
        loaded = plugins(settings={"a": {"users": [7]}})
        loaded.ask(*ASK_FINAL)
        assert loaded._settings.settings == {"a": {"users": [7]}}

    def test_failures_are_named_and_the_others_answer(self, site, trail, plugins):
        """One raises, one answers nonsense, one is too slow."""
        site("raises", "@hookimpl\ndef process_final_params(): raise ValueError('no')")
        site("talks", "@hookimpl\ndef process_final_params(): return 'USER_ID=7'")
        site("sleeps", "import time\n@hookimpl\ndef process_final_params(): time.sleep(0.2)")
        trail("works", "w")
        loaded = plugins(limits=HookLimits(other_seconds=0.05))
        asked = loaded.ask(*ASK_FINAL)
        assert asked.answer == {"TRAIL": "w"}
        assert [(entry.plugin, str(entry.outcome)) for entry in asked.failures] == [
            ("raises", "failed"),
            ("sleeps", "too slow"),
            ("talks", "nonsense"),
        ]
        assert "ValueError: no (raises.py, line 3)" in asked.failures[0].reason

    def test_with_three_stuck_threads_a_plugin_rests(self, site, trail, plugins):
        """Its record and each trace say why; the others go on."""
        site(
            "stuck",
            """
            import threading
            go = threading.Event()
            @hookimpl
            def process_final_params():
                go.wait(30)
            """,
        )
        trail("works", "w")
        loaded = plugins(limits=HookLimits(other_seconds=0.01))
        for _ in range(3):
            assert record(loaded, "stuck").status is Status.ENABLED
            assert loaded.ask(*ASK_FINAL).answer == {"TRAIL": "w"}
        assert record(loaded, "stuck").status is Status.RESTING
        assert "3 of its threads did not come back in time" in record(loaded, "stuck").reason
        asked = loaded.ask(*ASK_FINAL)
        assert {entry.plugin: str(entry.outcome) for entry in asked.trace} == {
            "stuck": "resting", "works": "answered",
        }  # fmt: skip
        assert not asked.failures
        _wake("itgrix_site.stuck")

    def test_after_failures_in_a_row_a_plugin_rests(self, site, trail, plugins):
        """It is not asked, and named in the trace; the others answer."""
        site("raises", "@hookimpl\ndef process_final_params(): raise ValueError('no')")
        trail("works", "w")
        loaded = plugins(breaker=BreakerSettings(failures=2))
        for _ in range(2):
            assert loaded.ask(*ASK_FINAL).failures
        asked = loaded.ask(*ASK_FINAL)
        (resting,) = [entry for entry in asked.trace if entry.plugin == "raises"]
        assert (asked.answer, str(resting.outcome)) == ({"TRAIL": "w"}, "resting")
        assert "2 failures in a row, ValueError: no (raises.py, line 3)" in resting.reason
        assert [each.name for each in loaded.out] == ["raises"]

    def test_hooks_of_one_moment_share_a_deadline(self, plugins):
        """While it rings, and for questions; the others have a limit each."""
        loaded = plugins(limits=HookLimits(ringing_seconds=0.7))
        assert loaded.deadline(Limit.RINGING).seconds == 0.7
        assert loaded.deadline(Limit.QUESTION).seconds == 1.0
        assert loaded.deadline(Limit.OTHER) is None

    def test_a_deadline_that_has_passed_asks_only_ours(self, site, plugins):
        """The default decides then."""
        site("mine", "@hookimpl\ndef need_registration(): return False")
        loaded = plugins(limits=HookLimits(ringing_seconds=1e-9))
        asked = loaded.ask("need_registration", REGISTER)
        assert (asked.answer, asked.failures[0].plugin) == (True, "mine")

    def test_every_hook_can_be_asked(self, plugins):
        """With nobody there but ours."""
        loaded = plugins()
        for hook in HOOKS.values():
            arguments = dict.fromkeys(hook.arguments)
            assert loaded.ask(hook.name, arguments).is_default


def _wake(module):
    """Let the stuck threads of a test go."""
    import sys

    sys.modules[module].go.set()
