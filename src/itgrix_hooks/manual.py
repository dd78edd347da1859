"""The manual of the hooks, made from the specs: `python -m itgrix_hooks.manual FILE`.

Written by hand it would be wrong after the second change. Signatures, docstrings, kinds and limits come from
the specs and the table; only what holds for all hooks is told here. A test keeps docs/hooks.md equal to it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from itgrix_hooks.by_crm import BY_CRM
from itgrix_hooks.table import EXTRAS, HOOKS, Hook, Kind, Limit
from itgrix_hooks.tools import Crm, Pbx, Store
from itgrix_hooks.trace import Outcome

_LIMITS = {
    Limit.RINGING: "1.5 s for all hooks of a ringing phone together (`ringing_seconds`)",
    Limit.QUESTION: "1 s for all plugins together (`question_seconds`)",
    Limit.RECORDING: "10 s for each plugin (`recording_seconds`)",
    Limit.OTHER: "5 s for each plugin (`other_seconds`)",
}
_KINDS = {
    Kind.CHAIN: "chain: each plugin gets what the one before left",
    Kind.DECIDE: "decide: the first answer that is not `None` counts",
    Kind.NOTIFY: "notify: all are told, nobody answers",
}
_OUTCOMES = {
    Outcome.ANSWERED: "The answer was taken.",
    Outcome.LEFT_IT: "It returned `None`, or what it was given. If it changed its copy and returned `None`, "
    "the trace says so: the commonest slip.",
    Outcome.CANCELLED: "It returned `CANCEL`: the chain ends, the request is not sent.",
    Outcome.FAILED: "It raised. The reason names the error, the file and the line.",
    Outcome.TOO_SLOW: "It exceeded its time limit. A late answer is ignored. With three threads of its own "
    "that do not come back a plugin rests until they do.",
    Outcome.NONSENSE: "It returned something that is no answer of this hook: another type, data that JSON "
    "cannot hold, a field of the wrong type.",
    Outcome.NO_TIME: "Those before it have used up the time that all hooks of this moment have together.",
    Outcome.RESTING: "It failed too often in a row (`hooks.breaker`: five times) and rests: 30 s, then one "
    "asking tries it, and each failure doubles the pause, up to half an hour.",
    Outcome.GAVE_UP: "It raised `GiveUp(reason)`: left out of this call on purpose.",
}

_HEAD = """\
# Hooks

<!-- Made by `make docs` from src/itgrix_hooks; change the specs, not this page. -->

A hook is a moment at which Itgrix asks you. A plugin is a Python file that answers some of them. How to try
one without a telephone: [testing-hooks.md](testing-hooks.md); what people ask for most:
[cookbook.md](cookbook.md).
`itgrix hooks new NAME` begins one, with its test; with `--package` a pip package. `itgrix hooks show HOOK` is
this page's part on a hook in the terminal, with the plugins that answer it.

A whole plugin:

```python
from itgrix_hooks import hookimpl


@hookimpl
def process_final_params(params, call, settings):
    if call.is_missed and "owner" in settings:
        return {**params, "USER_ID": settings["owner"]}
```

## Where plugins come from

- *built-in*: Itgrix's own defaults, and the [rules without code](rules.md) of the call's account.
- *package*: installed, named under the entry point group `itgrix.hooks`.
- *site*: each `.py` file of the folder `hooks.folder`, except names that begin with `_`, `.` or `test_`, and
  `conftest.py`. The plugin is called as its file, without `.py`.

`itgrix hooks` lists all with their status: enabled, disabled (`hooks.disabled`), refused (a misspelt hook or
argument, with the nearest right name; a wrapper; a hook's name without `@hookimpl`; a second plugin of the
same name), load error; `itgrix status` tells who rests meanwhile. `itgrix hooks show PLUGIN` tells
all about one, `itgrix hooks check` all that is wrong, by file and line. `itgrix hooks disable NAME` and
`itgrix hooks enable NAME` change that one list in the configuration file; comments and the rest stay.

A running service takes up what you change at a SIGHUP (`systemctl reload itgrix`), or by itself with
`hooks.reload: change`; with a mistake anywhere all stays as it was ([operating.md](operating.md#reload)).

## In which order they are asked

A *chain* goes built-in, package, site: the site has the last word. A *decision* goes site, package, built-in.
Within a level: pluggy's `tryfirst` and `trylast`, then the setting `hooks.order`, then the name.

A plugin changes a private copy. It answers the whole new value (for `fields`: those to be written), `None` to
leave it, or `CANCEL` where the hook says so. An answer is saved before anything is sent, so a repeated
request does not ask again.

## When one fails

It is left out of this call and named in the log with the reason. The others are asked, the call is filed.

A plugin that you do not trust, or that leaks, may run in a process of its own (`hooks.isolate`), for less
than a millisecond an asking: one that hangs is ended then instead of left behind, one that takes all memory
or crashes takes nobody along ([operating.md](operating.md#plugins-in-processes-of-their-own)). It notices
nothing of it: arguments, answers, `store` and `crm` are the same.
"""

_EXTRAS = """\

`raise RetryLater(seconds)` is none of these: nothing is decided, and all plugins are asked again after that
time. Meanwhile the call's lane waits; other calls go on.

## Arguments

Name only those that you want, in any order. Besides its own, every hook may name four more:
"""

_LAZY = """
`store` and `crm` end with the hook: kept and used later they raise an error.

`clients`, `activity` and `entity` cost a request to the CRM. `clients` is fetched when a plugin first looks
into it; `activity` and `entity` when the first plugin that *names* them is asked. So do not name what you do
not need. The fetching counts against the plugin's time limit.
"""

_ORDER = """
The order of the hooks at a call's end is the CRM's: Bitrix24 wants the finish first and is told the rest
afterwards, amoCRM stores a call once, so there the recording and the activity's fields are asked for before
`process_final_params`. Rely on `filed`, which says what is done, and not on another hook's having been asked.
"""


def manual() -> str:
    """The whole page."""
    parts = [_HEAD, _table(("outcome", "means"), _OUTCOMES.items()), _EXTRAS, *_extras(), _LAZY, _glance()]
    parts += [_page(hook) for hook in HOOKS.values()]
    return "".join(parts)


def signature(hook: Hook) -> str:
    """The hook's signature as an author reads it, one argument a line, the four extra ones on the last."""
    spec = inspect.signature(hook.spec)
    own = [f"    {_argument(spec.parameters[name])},\n" for name in hook.arguments if name not in EXTRAS]
    extras = ", ".join(_argument(spec.parameters[name]) for name in EXTRAS)
    return f"def {hook.name}(\n{''.join(own)}    {extras},\n) -> {spec.return_annotation}"


def rules(hook: Hook) -> str:
    """How its answers are composed, and how long an answer may take, in two sentences."""
    kind = _KINDS[hook.kind]
    return f"{kind[0].upper()}{kind[1:]}. Time limit: {_LIMITS[hook.limit]}."


def _argument(parameter: inspect.Parameter) -> str:
    return f"{parameter.name}: {parameter.annotation}"


def _table(heads: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(map(str, row)) for row in rows]
    return "\n" + "".join(f"| {line} |\n" for line in lines)


def _extras() -> Iterator[str]:
    """The four extra arguments: what each is, and what it can do."""
    yield "\n- `settings`: this plugin's section of the configuration, read only (`hooks.settings`).\n"
    yield "- `pbx`: the Asterisk of the call: "
    yield ", ".join(f"`{name}`" for name in vars(Pbx) if isinstance(vars(Pbx)[name], property)) + ".\n"
    for name, tool in (("store", Store), ("crm", Crm)):
        first, _, rest = inspect.cleandoc(tool.__doc__ or "").partition("\n\n")
        told = first.partition(": ")[2]
        yield f"- `{name}`: {_joined(told)} {_joined(rest)}\n"
        for method, function in vars(tool).items():
            if isinstance(function, property):
                yield f"  - `{name}.{method}`: {_joined(inspect.getdoc(function) or '')}\n"
            if not method.startswith("_") and callable(function):
                arguments = ", ".join(list(inspect.signature(function).parameters)[1:])
                yield f"  - `{name}.{method}({arguments})`: {_joined(inspect.getdoc(function) or '')}\n"


def _glance() -> str:
    """All hooks in one table, and what they mean in each CRM in another."""
    rows = [
        (
            f"[`{hook.name}`](#{hook.name})",
            hook.kind,
            "yes" if hook.is_cancellable else "no",
            hook.limit,
            "yes" if BY_CRM[hook.name].is_asked else "not yet",
        )
        for hook in HOOKS.values()
    ]
    crms = [(f"`{name}`", meaning.bitrix24, meaning.amocrm) for name, meaning in BY_CRM.items()]
    heads = ("hook", "kind", "can be cancelled", "time limit", "asked today")
    return (
        "\n## All hooks at a glance\n\nIn the order in which a call meets them; the last two stand beside "
        "the nine in `itgrix_hooks.more`.\n"
        + _table(heads, rows)
        + "\nWhat the params are of, in each CRM; `crm.kind` tells which it is. amoCRM is not built; its "
        "column says what will be, and its fields (`itgrix_hooks.amocrm`) have types already.\n"
        + _table(("hook", "Bitrix24", "amoCRM"), crms)
        + _ORDER
    )


def _page(hook: Hook) -> str:
    """One hook: signature, rules, the six parts of its docstring."""
    summary, _, body = inspect.cleandoc(hook.spec.__doc__ or "").partition("\n\n")
    return f"\n## {hook.name}\n\n{summary}\n\n```python\n{signature(hook)}\n```\n\n{rules(hook)}\n" + "".join(
        _part(part) for part in re.split(r"\n\n(?=\S)", body)
    )


def _part(part: str) -> str:
    """A section of a docstring as Markdown."""
    title, _, text = part.partition(":\n")
    text = inspect.cleandoc(text)
    if title == "Arguments":
        told = re.findall(r"^(\w+): (.*(?:\n[ ]+.*)*)", text, re.MULTILINE)
        return f"\n**{title}**\n\n" + "".join(
            f"- `{name}`: {_joined(about)}\n" for name, about in told if name not in EXTRAS
        )
    if title == "Example":
        return f"\n**{title}**: [{text}](../{text})\n"
    return f"\n**{title}.** {_joined(text)}\n"


def _joined(text: str) -> str:
    """Docstring text on one line."""
    return " ".join(text.split())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(manual(), encoding="utf-8")
