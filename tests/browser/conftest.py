"""A real Chromium for tests marked `browser`; Debian's own, never a downloaded one."""

import os

import pytest
from playwright.sync_api import expect

from tests.chromium import find

# Playwright's loop runs in the test's own thread, and Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# How long a page may take on a busy machine: as long as the browser itself waits for anything. No test sets less.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def base_url() -> None:
    """Replace the plugin's fixture, which warns."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Start the Chromium that was found on this machine."""
    return {**browser_type_launch_args, "executable_path": find()}
