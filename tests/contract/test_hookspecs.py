"""What every hook's spec must have, so that the manual, the table and the code cannot part."""

import inspect
import re
from pathlib import Path

import pytest

from itgrix_hooks import more, specs
from itgrix_hooks.markers import PROJECT
from itgrix_hooks.table import EXTRAS, HOOKS, Kind

ROOT = Path(__file__).parents[2]

PARTS = [
    "What it decides",
    "When and where it is asked",
    "Arguments",
    "Answer and default",
    "What happens when it fails",
    "Example",
]

SIGNATURES = {
    "process_phone_number": "number party use call",
    "need_registration": "call conversation stage",
    "process_registration_params": "params call conversation user clients",
    "process_originate_params": "params request user clients",
    "process_final_params": "params call user owner filed",
    "process_record_file_path": "path recording call",
    "get_updated_activity_fields": "fields activity call filed",
    "get_updated_entity_fields": "fields entity kind role call filed",
    "process_task_creation_params": "params call owner filed",
    "customize_autodistribution": "answer question clients",
    "post_registration": "call filed",
}


def specs_of(module):
    """Names of the specs that a module holds."""
    return [name for name, value in vars(module).items() if hasattr(value, f"{PROJECT}_spec")]


def test_the_table_has_a_row_for_every_spec_in_the_order_of_a_call():
    """The nine of `specs`, then the two of `more`, and none besides."""
    rows = list(HOOKS)
    assert sorted(rows[:9]) == sorted(specs_of(specs))
    assert sorted(rows[9:]) == sorted(specs_of(more))
    assert set(rows) == set(SIGNATURES)


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_a_signature_is_the_promised_one(hook):
    """Own arguments in their order, then the four that every hook may name."""
    assert " ".join(hook.arguments) == " ".join([SIGNATURES[hook.name], *EXTRAS])


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_a_signature_is_typed(hook):
    """Arguments and answer."""
    signature = inspect.signature(hook.spec)
    annotations = [parameter.annotation for parameter in signature.parameters.values()]
    assert inspect.Signature.empty not in [*annotations, signature.return_annotation]


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_a_docstring_has_six_parts_in_order(hook):
    """Each of them with something in it."""
    found = re.findall(r"^([A-Z][^:\n]*):\n    \S", inspect.getdoc(hook.spec), flags=re.MULTILINE)
    assert found == PARTS


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_a_docstring_tells_each_argument(hook):
    """In the order of the signature."""
    told = inspect.getdoc(hook.spec).split("Arguments:\n")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^    (\w+): \S", told, flags=re.MULTILINE)) == hook.arguments


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_an_example_is_a_file_that_implements_the_hook_and_has_a_test(hook):
    """The path in the docstring leads to it."""
    example = ROOT / inspect.getdoc(hook.spec).split("Example:\n")[1].strip()
    assert f"def {hook.name}(" in example.read_text(encoding="utf-8")
    test = example.with_name(f"test_{example.name}").read_text(encoding="utf-8")
    assert f'"{hook.name}"' in test


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_a_row_fits_its_spec(hook):
    """A chain passes one of its arguments on; whether it can be cancelled stands in the text and the type."""
    assert (hook.value in hook.arguments) == (hook.kind is Kind.CHAIN)
    assert ("Cancel" in str(inspect.signature(hook.spec).return_annotation)) == hook.is_cancellable
    assert ("`CANCEL`" in hook.spec.__doc__) == hook.is_cancellable
