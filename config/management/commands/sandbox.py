"""`manage.py sandbox`: the sandbox network in the foreground, on this checkout's port and file. Needs no database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from connectors.sandbox.server import HOST, serve, serve_socket


class Command(BaseCommand):
    """Serves until INT or TERM."""

    help = "Run the sandbox network: made-up Facebook and X that channels in sandbox mode talk to."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the port, the address to listen on and the state file."""
        parser.add_argument("--port", type=int, default=None, help="default: the port of SANDBOX_URL")
        parser.add_argument("--fd", type=int, default=None, help="a socket that listens already, instead of a port")
        parser.add_argument("--host", default=HOST, help="default: this machine only")
        parser.add_argument("--state", type=Path, default=None, help="its one file; default: in var/")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve in the foreground."""
        state = options["state"] or Path(settings.SANDBOX_STATE).with_suffix(".sqlite3")
        mail = getattr(settings, "EMAIL_FILE_PATH", None)
        if options["fd"] is not None:
            serve_socket(options["fd"], state, mail)
            return
        port = options["port"] or urlsplit(settings.SANDBOX_URL).port or 8025
        self.stdout.write(f"Sandbox network: http://{options['host']}:{port}/")
        self.stdout.flush()
        serve(port, state, options["host"], mail)
