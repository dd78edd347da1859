"""Where in a recording something is tried: nearly everywhere, in the slow run everywhere."""

from __future__ import annotations

import random

import pytest

SEED = 20261122
SMALL = 24
"""Up to so many messages a recording is tried at each of them."""


@pytest.fixture(params=["sampled", pytest.param("every", marks=pytest.mark.slow)])
def places(request):
    """The places (0 … n) at which a recording of n messages is tried: first, last, and many between."""

    def of(count, most=10):
        if count <= SMALL or (request.param == "every" and count <= 2000):
            return range(count + 1)
        most *= 20 if request.param == "every" else 1
        between = random.Random(SEED + count).sample(range(1, count), min(most, count - 1))
        return [0, *sorted(between), count]

    return of
