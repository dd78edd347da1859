"""What of asterisk-ami is used, and what never: six of its faults lie in parts that stay out of this house.

5: AutoReconnect pings twice a second and never backs off. 25: the answer to `Command` is misread where it is
`Response: Follows`. 26: an event filter lets events pass that lack the attribute. 27: an Action cannot be
copied. 28: AMIClientAdapter gives all actions the same variables. 33: the package `asterisk` is shared.
"""

import ast
from importlib import metadata
from pathlib import Path

import pytest

import itgrix_core
from itgrix_core.ami.package import check_package
from itgrix_core.errors import AmiError

ROOT = Path(itgrix_core.__file__).parent
TREES = {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


NODES = [(path, node) for path, tree in TREES.items() for node in ast.walk(tree)]


def found(wanted):
    """Where in src a syntax node fulfils a condition: "file:line"."""
    return [f"{path}:{getattr(node, 'lineno', 0)}" for path, node in NODES if wanted(node)]


def mentions(name):
    """Whether a node is a name, an attribute, an import or an argument of this name."""
    return lambda node: any(getattr(node, field, None) == name for field in ("id", "attr", "name", "arg"))


def test_the_search_finds_what_is_there():
    """A search that finds nothing at all would prove nothing."""
    assert found(mentions("AMIClient"))
    assert found(mentions("send_action"))


def test_only_the_room_ami_imports_the_library():
    """Everybody else reads `wire.Message`s."""

    def imports_it(node):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        return any(str(module).split(".")[0] == "asterisk" for module in modules)

    places = found(imports_it)
    assert places
    assert {Path(place).parts[0] for place in places} == {"ami"}


@pytest.mark.parametrize("part", ["AutoReconnect", "AMIClientAdapter", "EventListener"])
def test_05_26_28_parts_that_are_not_used(part):
    """Our supervisor connects again; headers are pairs; the tracker looks at every event itself."""
    assert found(mentions(part)) == []


@pytest.mark.parametrize("place", ["add_event_listener", "white_list", "black_list"])
def test_26_no_event_is_filtered_by_the_library(place):
    """Listeners with attributes are EventListeners."""
    assert found(mentions(place)) == []


def test_27_no_action_is_copied():
    """Nothing in the room ami copies anything by `copy`."""
    assert [
        place for place in found(mentions("copy")) + found(mentions("deepcopy")) if place.startswith("ami")
    ] == []


def test_25_no_command_is_sent_and_no_response_read_by_the_library():
    """Its Response.read and Event.read are replaced; `Command` is what a user may be refused anyway."""
    assert [
        place for place in found(lambda node: getattr(node, "value", None) == "Command") if "ami/" in place
    ] == []
    readers = found(
        lambda node: (
            isinstance(node, ast.Attribute)
            and node.attr == "read"
            and getattr(node.value, "id", "") in {"Response", "Event"}
        )
    )
    assert readers == []


def test_33_the_package_asterisk_is_ours():
    """`itgrix check` says which version is in force."""
    assert check_package() == "0.1.7"


def test_33_another_owner_of_the_package_is_named(monkeypatch):
    """pyst2 installs the same top-level package; the text says what to type."""
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"asterisk": ["asterisk-ami", "pyst2"]})
    with pytest.raises(AmiError, match=r"pip uninstall pyst2 && pip install --force-reinstall asterisk-ami"):
        check_package()


def test_33_a_missing_or_other_version_is_named(monkeypatch):
    """The mended version is the only one that was looked at."""
    monkeypatch.setattr(metadata, "version", lambda _name: "0.2.0")
    with pytest.raises(AmiError, match=r"0\.2\.0, but its reader is mended for 0\.1\.7"):
        check_package()

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(AmiError, match="not installed"):
        check_package()


def test_33_a_package_without_the_library_in_it_is_named(monkeypatch):
    """What is left when the other one was uninstalled."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(AmiError, match="not asterisk-ami's part"):
        check_package()
