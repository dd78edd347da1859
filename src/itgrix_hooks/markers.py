"""pluggy's two markers: what makes a function a hook, and what makes one an implementation of it.

They stand below the specs because both of the specs' modules and every plugin need them.
"""

from __future__ import annotations

import pluggy

PROJECT = "itgrix"
"""The name under which specs and implementations meet."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
