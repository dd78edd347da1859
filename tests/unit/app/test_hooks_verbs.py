"""`itgrix hooks`: the list, one hook, one plugin, what is wrong, and switching off and on."""

import textwrap

import pytest

from itgrix_hooks.table import HOOKS

FINAL = "from itgrix_hooks import hookimpl\n@hookimpl\ndef process_final_params(params):\n    return params\n"
FOLDER = "hooks: {folder: hooks}\n"


@pytest.fixture
def site(tmp_path):
    """Write a plugin file of this source into the folder that `FOLDER` names."""
    folder = tmp_path / "hooks"
    folder.mkdir()

    def write(name, source=FINAL):
        file = folder / f"{name}.py"
        file.write_text(textwrap.dedent(source))
        return file

    write.folder = folder
    return write


class TestList:
    """Who is there."""

    def test_the_bare_verb_is_the_list(self, itgrix, site):
        """As it always was."""
        site("fair")
        assert itgrix("hooks", config=FOLDER).output == itgrix("hooks", "list", config=FOLDER).output

    def test_without_a_file_the_installed_ones_are_listed(self, itgrix, tmp_path, monkeypatch):
        """For who has just begun; it is said, so that nobody misses his own."""
        monkeypatch.chdir(tmp_path)
        result = itgrix("hooks")
        assert result.exit_code == 0
        assert result.stdout.startswith("crm_rules (built-in")
        assert "no itgrix.yaml here" in result.stderr

    def test_a_file_that_was_named_has_to_be_there(self, itgrix, tmp_path):
        """Else a misspelt --config would list nobody."""
        assert itgrix("-c", str(tmp_path / "nowhere.yaml"), "hooks").exit_code == 2


class TestShow:
    """One hook or plugin."""

    @pytest.mark.parametrize("hook", HOOKS)
    def test_a_hook_is_shown_with_all_its_parts(self, itgrix, hook):
        """Signature, kind, limit, the docstring's parts."""
        shown = itgrix("hooks", "show", hook, config="workers: 1\n").stdout
        assert f"def {hook}(" in shown
        assert "Time limit:" in shown
        assert all(f"    {argument}: " in shown for argument in HOOKS[hook].arguments)
        for part in ("What it decides", "When and where it is asked", "Answer and default", "Example"):
            assert f"\n{part}:\n" in shown

    @pytest.mark.parametrize(
        ("hook", "order"),
        [("process_final_params", ["crm_rules", "a", "z"]), ("need_registration", ["crm_rules", "defaults"])],
    )
    def test_a_hook_tells_who_answers_in_which_order(self, itgrix, site, hook, order):
        """As it is asked."""
        site("z")
        site("a")
        lines = itgrix("hooks", "show", hook, config=FOLDER).stdout.splitlines()
        place = lines.index("Who answers, in the order of asking:")
        assert [line.split()[1] for line in lines[place + 1 :]] == order

    def test_a_hook_that_nobody_answers_says_so(self, itgrix):
        """Instead of an empty list."""
        shown = itgrix("hooks", "show", "post_registration", config="workers: 1\n").stdout
        assert shown.endswith("Nobody answers it.\n")

    def test_a_plugin_tells_its_place_among_those_who_answer(self, itgrix, site):
        """Where it is from, and as which of how many it is asked."""
        site("a")
        file = site("z")
        shown = itgrix("hooks", "show", "z", config=FOLDER)
        assert shown.exit_code == 0
        assert str(file) in shown.stdout
        assert "process_final_params, as number 3 of 3" in shown.stdout

    def test_a_plugin_that_is_out_tells_every_problem(self, itgrix, site):
        """And ends with 1, as the list does."""
        site("bad", "from itgrix_hooks import hookimpl\n@hookimpl\ndef post_registration(cal, flied): ...\n")
        shown = itgrix("hooks", "show", "bad", config=FOLDER)
        assert shown.exit_code == 1
        assert "did you mean 'call'?" in shown.stdout
        assert "did you mean 'filed'?" in shown.stdout

    def test_a_misspelt_name_meets_the_nearest(self, itgrix):
        """Of hooks and plugins."""
        result = itgrix("hooks", "show", "proces_final_params", config="workers: 1\n")
        assert result.exit_code == 1
        assert "did you mean process_final_params?" in result.stderr


class TestCheck:
    """What is wrong, all at once."""

    def test_everything_wrong_has_its_file_line_and_way_out(self, itgrix, site):
        """In all files, and several in one."""
        twice = "from itgrix_hooks import hookimpl\n\n@hookimpl\ndef need_registation(): ...\n"
        files = {
            "misspelt": (twice + "\n@hookimpl\ndef post_registration(cal): ...\n", (3, 6)),
            "no_python": ("x = 1\nif\n", (2,)),
            "raises": ("\n\nraise RuntimeError('no list')\n", (3,)),
            "no_module": ("import a_module_that_nobody_has\n", (1,)),
        }
        for name, (source, _) in files.items():
            site(name, source)
        site("empty", "x = 1\n")
        site("good")
        result = itgrix("hooks", "check", str(site.folder))
        assert result.exit_code == 1
        assert result.stdout == f"ok {site.folder}/good.py: process_final_params\n"
        told = result.stderr.splitlines()
        for name, (_, lines) in files.items():
            for line in lines:
                assert any(one.startswith(f"{site.folder}/{name}.py:{line}: ") for one in told), told
        assert f"{site.folder}/empty.py: it has no hook" in result.stderr
        assert "did you mean 'need_registration'?" in result.stderr

    def test_one_file_is_checked_alone(self, itgrix, site):
        """Its neighbours are not loaded."""
        site("bad", "raise RuntimeError\n")
        result = itgrix("hooks", "check", str(site("good")))
        assert (result.exit_code, result.stderr) == (0, "")

    def test_without_a_path_those_of_the_settings_are_checked(self, itgrix, site):
        """Settings for nobody are mistakes as well."""
        site("good")
        assert itgrix("hooks", "check", config=FOLDER).exit_code == 0
        result = itgrix("hooks", "check", config="hooks: {folder: hooks, order: [godo]}\n")
        assert result.exit_code == 1
        assert "did you mean 'good'?" in result.stderr

    @pytest.mark.parametrize("is_there", [True, False])
    def test_a_path_without_hooks_is_a_mistake(self, itgrix, tmp_path, is_there):
        """Nothing checked is not all well."""
        place = tmp_path / "place"
        if is_there:
            place.mkdir()
        result = itgrix("hooks", "check", str(place))
        assert result.exit_code == 2
        assert "itgrix hooks new NAME" in result.stderr

    def test_a_file_changed_within_a_second_is_read_as_it_is(self, itgrix, site):
        """Python's kept bytecode knows whole seconds only."""
        for hook in ("need_registration", "process_final_params"):
            site("one", FINAL.replace("process_final_params(params)", f"{hook}()")[:-7] + "None\n")
            assert hook in itgrix("hooks", "check", str(site.folder)).stdout


class TestSwitching:
    """Off and on again."""

    def test_a_plugin_is_disabled_and_enabled(self, itgrix, site, tmp_path):
        """The list sees it; the file is as before."""
        site("fair")
        before = "# ours\nhooks:\n  folder: hooks  # here\n"
        assert itgrix("hooks", "disable", "fair", config=before).exit_code == 0
        file = tmp_path / "itgrix.yaml"
        assert "fair (site" in itgrix("-c", str(file), "hooks").stdout
        assert "hooks/fair.py): disabled" in itgrix("-c", str(file), "hooks").stdout
        assert itgrix("-c", str(file), "hooks", "enable", "fair").exit_code == 0
        assert "hooks/fair.py): enabled" in itgrix("-c", str(file), "hooks").stdout
        assert file.read_text() == before.replace("  folder", "  disabled: []\n  folder")

    def test_one_that_is_so_already_is_no_mistake(self, itgrix, tmp_path):
        """Nothing is written."""
        config = "hooks: {disabled: [defaults]}\n"
        assert itgrix("hooks", "disable", "defaults", config=config).exit_code == 0
        assert itgrix("hooks", "enable", "fair", config=config).exit_code == 0
        assert (tmp_path / "itgrix.yaml").read_text() == config

    def test_a_misspelt_plugin_is_not_disabled(self, itgrix, site, tmp_path):
        """The nearest is named."""
        site("fair")
        result = itgrix("hooks", "disable", "fiar", config=FOLDER)
        assert result.exit_code == 1
        assert "did you mean fair?" in result.stderr
        assert (tmp_path / "itgrix.yaml").read_text() == FOLDER
