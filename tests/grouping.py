"""Which tests go to one xdist worker, one after another.

pytest-xdist 3.8 writes the group of `xdist_group` into an attribute that pytest 9.2 no longer reads, so
`--dist loadgroup` silently groups nothing. Here the place of a test decides instead.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Each starts servers of its own and kills them; two at once only get in each other's way.
TOGETHER = ("tests/faults/", "tests/config/test_run_demo.py")


def group_of(nodeid: str) -> str:
    """Return the place that keeps a test together with others, else the test itself."""
    return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)


class Scheduling(LoadScopeScheduling):
    """Gives each test to whichever worker is free, but those of one place to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Return the scheduler for `-n`."""
    return Scheduling(config, log)
