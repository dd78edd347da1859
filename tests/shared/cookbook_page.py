"""The cookbook, made from the examples themselves: `python cookbook_page.py FILE`.

Each case of the product's documentation is one entry. What is shown is the file that runs in the tests; only
what needs no hook is told in words here. A test keeps docs/cookbook.md equal to it.
"""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Case:
    """One documented case: its title, and its file (a pattern below examples) or words."""

    title: str
    file: str = ""
    words: str = ""

    @property
    def path(self) -> Path:
        """The one file that the pattern means."""
        (path,) = EXAMPLES.glob(self.file)
        return path

    @property
    def test(self) -> Path:
        """Its test, beside it or, of a package's module, in the package's folder of tests."""
        (path,) = EXAMPLES.rglob(f"test_{self.path.name}")
        return path

    @property
    def table(self) -> Path | None:
        """The YAML beside the code, if it has one."""
        path = self.path.with_suffix(".yaml")
        return path if path.exists() else None


_MISSED_OWNER = """\
Needs no hook: `missed_owner` says who owns a missed call, `missed.members` among whom it goes by turn or to
who has the fewest open, `missed.owners` who has a line of his own.

```yaml
crm:
  portal:
    missed_owner: turn        # responsible, last, default, turn, free
    missed:
      ask: task
      members: [7, 8, 9]
      owners: {"74950000101": 17}
```

By hour, queue, known or unknown client: a rule with `owners` ([rules.md](rules.md#who-owns-a-missed-call)).
"""
_DIALPLAN = """\
Needs no hook: it is the dialplan that answers a caller, before anything is known of him. In FreePBX this
belongs into `extensions_custom.conf`; the destination of the inbound route is then the custom destination
`by-hours,s,1`.

```asterisk
[by-hours]
exten => s,1,Set(CALLERID(name)=Sales: ${CALLERID(name)})       ; the trunk's word on the phone's display
 same => n,GotoIfTime(09:00-18:00,mon-fri,*,*?open)
 same => n,Goto(ext-group,700,1)                                ; at night: who is on duty
 same => n(open),Goto(ext-queues,600,1)
```

The client's name on the display and his own manager's phone: [routing.md](routing.md), or a hook of your own,
[`customize_autodistribution`](hooks.md#customize_autodistribution).
"""

CASES = (
    Case("Waiting time and talking time in the activity", "hooks/0?_waiting_time.py"),
    Case("Missed calls evenly among some employees", "hooks/0?_fair_missed.py"),
    Case("Estate agency: who took the call owns the client", "acme_itgrix/src/*/estate_agency.py"),
    Case("Holding: the company of the employee's own division", "hooks/0?_holding.py"),
    Case("A responsible for each trunk's missed calls", "hooks/cookbook/responsible_of_trunk.py"),
    Case("The owner of missed calls", words=_MISSED_OWNER),
    Case("Black and white list of extensions", "hooks/cookbook/extension_lists.py"),
    Case("Black and white list of trunks", "hooks/cookbook/trunk_lists.py"),
    Case("Click-to-call: the last ten digits with a prefix", "hooks/cookbook/dial_last_ten.py"),
    Case("Click-to-call: another context, trunk, caller id", "hooks/cookbook/dial_context.py"),
    Case("The number's format for the CRM", "hooks/cookbook/number_format.py"),
    Case("Recordings under other names", "hooks/cookbook/recording_names.py"),
    Case("Recordings as MP3", "hooks/cookbook/mp3.py"),
    Case("Working hours, the trunk's name on the display", words=_DIALPLAN),
    Case("A lead on a missed call", "hooks/cookbook/lead_on_missed.py"),
)
"""In the order in which the product's documentation counts them."""

_HEAD = """\
# Cookbook

<!-- Made by `make docs` from examples; change the examples, not this page. -->

What people ask for most, each as a file to copy into the folder of hooks, with the table beside it if it has
one; the estate agency's comes in a package, [acme_itgrix](../examples/acme_itgrix/README.md). All are typed,
and each is tested on calls of a real Asterisk by its `test_` file ([testing-hooks.md](testing-hooks.md)).
"""


def page() -> str:
    """The whole page."""
    rows = [f"| {n} | [{case.title}](#{_anchor(n, case)}) | {_by(case)} |" for n, case in _numbered()]
    table = "\n".join(["", "| | case | answered by |", "| --- | --- | --- |", *rows, ""])
    return "".join([_HEAD, table, *(_entry(number, case) for number, case in _numbered())])


def hooks_of(path: Path) -> list[str]:
    """The hooks that a file implements."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [each.name for each in functions if "hookimpl" in map(ast.unparse, each.decorator_list)]


def _numbered() -> list[tuple[int, Case]]:
    return list(enumerate(CASES, 1))


def _by(case: Case) -> str:
    return ", ".join(f"`{name}`" for name in hooks_of(case.path)) if case.file else "no hook"


def _anchor(number: int, case: Case) -> str:
    words = "".join(letter for letter in case.title.lower() if letter.isalnum() or letter in " -")
    return f"{number}-{words.replace(' ', '-')}"


def _entry(number: int, case: Case) -> str:
    head = f"\n## {number}. {case.title}\n\n"
    if not case.file:
        return head + case.words
    tested = f"{_link(case.path)}, tested by {_link(case.test, case.test.name)}.\n\n"
    table = f"\n{_link(case.table)}:\n\n{_block('yaml table', case.table)}" if case.table else ""
    return head + tested + _block("python", case.path) + table


def _link(path: Path, name: str = "") -> str:
    place = path.relative_to(ROOT).as_posix()
    return f"[{name or place}](../{place})"


def _block(info: str, path: Path) -> str:
    return f"```{info}\n{path.read_text(encoding='utf-8')}```\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
