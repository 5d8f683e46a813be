#!/usr/bin/env python
"""Django's command line for Substation."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

# These look at no table, so they start no server.
WITHOUT_SERVERS = {
    "help", "version", "--help", "-h", "--version", "check", "collectstatic", "compilemessages",
    "diffsettings", "makemessages", "preflight", "sandbox", "triage",
}  # fmt: skip


def servers(arguments: list[str]) -> AbstractContextManager[None]:
    """Return the embedded servers for a command that needs a database and was given none."""
    from config.embedded import attach

    asks_nothing = {"--help", "-h", "--codes"}.intersection(arguments)
    if not arguments or arguments[0] in WITHOUT_SERVERS or asks_nothing or os.environ.get("DATABASE_URL"):
        return nullcontext()
    return attach.servers()


def main() -> int:
    """Run one command; a setting or a machine that cannot be used ends with 2 and its cure."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config.local import LocalError

    try:
        with servers(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, LocalError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
