"""What a plugin's author is told of mistakes, all at once."""

import textwrap
from types import ModuleType

import pytest

from itgrix_hooks import hookimpl, specs
from itgrix_hooks.reading import implementation, module_of, read


@pytest.fixture
def reading():
    """Read a module of this source."""

    def read_source(source):
        module = ModuleType("sample")
        exec("from itgrix_hooks import hookimpl\n" + textwrap.dedent(source), vars(module))
        return read("sample", module)

    return read_source


FAULTS = [
    (
        "@hookimpl\ndef need_registation(): ...",
        "'need_registation' is no hook: did you mean 'need_registration'?",
    ),
    ("@hookimpl\ndef xyz(): ...", "'xyz' is no hook: there are: process_phone_number, need_registration,"),
    (
        "@hookimpl\ndef process_final_params(parms): ...",
        "'process_final_params' has no argument 'parms': did you mean 'params'?",
    ),
    (
        "@hookimpl\ndef process_final_params(params, limit=3): ...",
        "has no argument 'limit': there are: params, call, user, owner, filed, clients, settings, pbx",
    ),
    ("def need_registration(call): ...", "'need_registration' is named like a hook but lacks @hookimpl"),
    ("need_registration = True", "'need_registration' is named like a hook but lacks @hookimpl"),
    ("@hookimpl(wrapper=True)\ndef need_registration(): yield", "'need_registration' is a wrapper"),
    ("@hookimpl(hookwrapper=True)\ndef need_registration(): yield", "'need_registration' is a wrapper"),
    ("@hookimpl\ndef need_registration(): yield True", "'need_registration' is a generator or async"),
    ("@hookimpl\nasync def need_registration(): ...", "'need_registration' is a generator or async"),
    ("@hookimpl\ndef need_registration(**all): ...", "'need_registration' takes '**all': name the arguments"),
    ("@hookimpl\ndef need_registration(call, /): ...", "takes 'call': name the arguments"),
    (
        "@hookimpl\ndef need_registration(): ...\n@hookimpl(specname='need_registration')\ndef other(): ...",
        "'other' is a second implementation of 'need_registration'",
    ),
    ("def helper(): ...", "it has no hook: decorate"),
]


@pytest.mark.parametrize(("source", "sentence"), FAULTS)
def test_a_mistake_is_told_with_the_way_out(reading, source, sentence):
    """And nothing of the plugin is used."""
    assert sentence in reading(source).faults[0]


def test_all_mistakes_are_told_at_once(reading):
    """Not one at each start."""
    faults = reading("@hookimpl\ndef need_registration(cal, stag): ...\n@hookimpl\ndef xyz(): ...").faults
    assert len(faults) == 3


def test_helpers_and_imported_specs_are_no_hooks(reading):
    """Only what is decorated, or named like a hook."""
    found = reading(
        """
        from itgrix_hooks.specs import process_final_params
        def helper(anything): ...
        @hookimpl(optionalhook=True)
        def hook_of_a_later_version(): ...
        @hookimpl(tryfirst=True)
        def need_registration(call, crm): ...
        """
    )
    assert (found.faults, list(found.implementations)) == ((), ["need_registration"])
    one = found.implementations["need_registration"]
    assert (one.names, one.place) == (("call", "crm"), 0)


def test_an_object_with_methods_is_a_plugin():
    """Its properties are not run."""

    class Plugin:
        @property
        def trap(self):
            pytest.fail("a property was run")

        @hookimpl
        def need_registration(self, call):
            return self, call

    plugin = Plugin()
    one = read("sample", plugin).implementations["need_registration"]
    assert one.names == ("call",)
    assert one.function(call=1) == (plugin, 1)


def test_a_bare_function_can_be_tried():
    """Faults are raised."""
    assert implementation("need_registration", lambda call: call).names == ("call",)
    with pytest.raises(ValueError, match="did you mean 'call'"):
        implementation("need_registration", lambda cal: cal)


def test_a_file_that_fails_leaves_no_module_behind(tmp_path):
    """So that the mended one is not mixed up with it."""
    import sys

    file = tmp_path / "a.py"
    file.write_text("import sys\nassert __name__ in sys.modules\n1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        module_of(file, "sample_of_a_broken_file")
    assert "sample_of_a_broken_file" not in sys.modules


def test_the_specs_are_no_plugin():
    """They carry another mark."""
    assert read("specs", specs).faults == (
        "it has no hook: decorate a function that is named like a hook with @hookimpl",
    )
