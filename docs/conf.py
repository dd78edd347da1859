"""How Sphinx makes the manual out of these pages (`make manual`); its root is the repository's."""

from importlib.metadata import version as _version

project = "Itgrix"
version = release = _version("itgrix")
copyright = "the authors of Itgrix, MIT licence"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser"]
include_patterns = [
    "docs/**.md",
    "*.md",
    "benchmarks/README.md",
    "examples/**/README.md",
    "tests/**/README.md",
]
root_doc = "docs/index"
html_theme = "furo"
html_title = f"Itgrix {release}"
html_show_sourcelink = False
html_copy_source = False
myst_heading_anchors = 4
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # drawings and dialplans are no language of Pygments
