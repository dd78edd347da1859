"""A site's folder, and packages that look installed."""

import sys
import textwrap

import pytest

from itgrix_core.config.schema import HookSettings
from itgrix_core.plugins.manager import Plugins

FINAL = """
from itgrix_hooks import hookimpl

@hookimpl{marks}
def process_final_params(params):
    return {{**params, "TRAIL": params.get("TRAIL", "") + "{mark}"}}
"""


@pytest.fixture
def site(tmp_path):
    """Write a plugin file of this source into the site's folder."""
    folder = tmp_path / "hooks"
    folder.mkdir()

    def write(name, source):
        file = folder / f"{name}.py"
        file.write_text("from itgrix_hooks import hookimpl\n" + textwrap.dedent(source), encoding="utf-8")
        return file

    write.folder = folder
    return write


@pytest.fixture
def trail(site):
    """Write a plugin file that leaves a mark in the params."""
    return lambda name, mark, marks="": site(name, FINAL.format(mark=mark, marks=marks))


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a distribution: modules by name to source, entry points by name to value."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))

    def install(distribution, modules, points):
        root = tmp_path / distribution
        info = root / f"{distribution.replace('-', '_')}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[itgrix.hooks]", *lines, ""]))
        for name, source in modules.items():
            (root / f"{name}.py").write_text("from itgrix_hooks import hookimpl\n" + textwrap.dedent(source))
        sys.path.append(str(root))

    return install


@pytest.fixture
def plugins(site):
    """Load everything, with these hook settings; ended with the test."""
    loaded = []

    def load(**settings):
        loaded.append(Plugins.load(HookSettings(folder=site.folder, **settings)))
        return loaded[-1]

    yield load
    for each in loaded:
        each.close()
