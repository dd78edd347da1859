"""Change one list in the text of a configuration file, and leave every other character as it is.

Dumping YAML anew would lose what operators write: comments, order, quotes. So the text is cut where PyYAML
says that the list stands. Only what is written plainly is understood; `rewriting` proves that nothing else
came to mean something else.
"""

from __future__ import annotations

import yaml

_SECTION, _KEY = "hooks", "disabled"


def with_disabled(text: str, names: list[str]) -> str:
    """The text with `hooks.disabled` holding these names.

    A list of a line per name keeps the lines of those that stay, comments included; another is written anew.

    Raises:
        ValueError: the file is written in a way that is not understood here.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or _is_null(root):
        return f"{_ended(text, newline)}{_SECTION}:{newline}  {_KEY}: {_flow(names)}{newline}"
    section = _child(root, _SECTION)
    if section is None:
        return _with_pair(text, root, f"{_SECTION}: {{{_KEY}: {_flow(names)}}}", newline)
    if _is_null(section):
        return _replaced(text, section, f"{newline}  {_KEY}: {_flow(names)}")
    listed = _child(section, _KEY)
    if listed is None:
        return _with_pair(text, section, f"{_KEY}: {_flow(names)}", newline)
    if isinstance(listed, yaml.SequenceNode) and text[listed.start_mark.index] == "-":
        return _by_lines(text, listed, names, newline)
    return _replaced(text, listed, _flow(names))


def _child(node: yaml.Node, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("it holds no settings")  # noqa: TRY004 - of the text, not of a type
    return next((child for name, child in node.value if name.value == key), None)


def _is_null(node: yaml.Node) -> bool:
    return node.tag == "tag:yaml.org,2002:null"


def _flow(names: list[str]) -> str:
    return yaml.safe_dump(names, default_flow_style=True, allow_unicode=True, width=10_000).strip()


def _ended(text: str, newline: str) -> str:
    return text if not text or text.endswith("\n") else text + newline


def _replaced(text: str, node: yaml.Node, new: str) -> str:
    """The text with a value in place of a node's; of one that is not written, behind its colon."""
    start, end = node.start_mark.index, node.end_mark.index
    space = " " if start == end and not new[0].isspace() else ""
    return text[:start] + space + new + text[end:]


def _with_pair(text: str, mapping: yaml.Node, pair: str, newline: str) -> str:
    """The text with one more `key: value` in front of a mapping's others, in the mapping's own style."""
    at = mapping.start_mark.index
    if text[at] == "{":
        return text[: at + 1] + pair + (", " if mapping.value else "") + text[at + 1 :]
    indent = " " * mapping.start_mark.column
    return text[:at] + pair + newline + indent + text[at:]


def _by_lines(text: str, listed: yaml.SequenceNode, names: list[str], newline: str) -> str:
    """A list of `- name` lines without those that go, and with those that come behind the others."""
    had = [item.value for item in listed.value]
    new = [name for name in names if name not in had]
    indent = " " * listed.start_mark.column
    after = _line_end(text, listed.value[-1].end_mark.index)
    text = text[:after] + "".join(f"{newline}{indent}- {_flow([name])[1:-1]}" for name in new) + text[after:]
    for item in reversed(listed.value):
        if item.value not in names:
            start = text.rfind("\n", 0, item.start_mark.index) + 1
            text = text[:start] + text[_line_end(text, item.end_mark.index) :].removeprefix(
                "\r"
            ).removeprefix("\n")
    return text


def _line_end(text: str, at: int) -> int:
    """Where the line ends that holds this place, before its line break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end
