"""A PBX that serves recordings over AMI, for the demo and the tests.

In a process: `with run_pbx(recordings, pace=6) as pbx`. As one: `python -m itgrix_core.sandbox.pbx`.
"""

from itgrix_core.sandbox.pbx.server import SECRET, USERNAME, RunningPbx, run_pbx

__all__ = ["SECRET", "USERNAME", "RunningPbx", "run_pbx"]
