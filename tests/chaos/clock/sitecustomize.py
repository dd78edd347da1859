"""Clocks that somebody sets, by the two numbers of seconds in the file that CHAOS_CLOCK names.

`time.time` is off by both: by the first somebody has set it, the second has really passed. The clock that
nobody can set (CLOCK_BOOTTIME) goes on by the second only. Python runs this before anything else in a process
that has this folder in its PYTHONPATH.
"""

import os
import time
from pathlib import Path

_true_time = time.time
_true_clock = time.clock_gettime
_setting = Path(os.environ["CHAOS_CLOCK"])


def _set_by() -> list[float]:
    return [float(each) for each in _setting.read_text().split()]


def _time() -> float:
    return _true_time() + sum(_set_by())


def _clock_gettime(which: int) -> float:
    return _true_clock(which) + (_set_by()[1] if which == time.CLOCK_BOOTTIME else 0.0)


time.time = _time
time.clock_gettime = _clock_gettime
