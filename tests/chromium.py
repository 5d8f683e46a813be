"""Finding a Chromium, and what happens to browser tests where there is none."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ABSENT = "no Chromium found (set CHROMIUM=/path/to/chromium, or install one)"


def find() -> str | None:
    """Return the browser that CHROMIUM names, else the first on PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def skip_or_refuse(items: list[pytest.Item]) -> None:
    """Skip browser tests with the reason, or refuse the run where REQUIRE_BROWSER=1 wants them."""
    wanting = [item for item in items if item.get_closest_marker("browser")]
    if not wanting or find():
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(f"REQUIRE_BROWSER=1, but {ABSENT}")
    for item in wanting:
        item.add_marker(pytest.mark.skip(reason=ABSENT))
