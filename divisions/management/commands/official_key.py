"""`manage.py official_key [--rotate]`: show the key that signs the list of official accounts, or make a new one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from divisions.selectors import official
from divisions.services import signing


class Command(BaseCommand):
    """Prints fingerprints, since when and until when each key signed; never the private key."""

    help = "Show the keys that signed the list of official accounts; --rotate makes a new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Show, or make a new key."""
        parser.add_argument("--rotate", action="store_true", help="make a new key; the old one stays listed as retired")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a key, the newest first."""
        if options["rotate"]:
            signing.rotate_key(by=None)
            signing.current()
        for key in official.every_key():
            until = f"until {key.retired_at:%Y-%m-%d %H:%M} UTC" if key.retired_at else "in use"
            self.stdout.write(f"{key.fingerprint}  since {key.made_at:%Y-%m-%d %H:%M} UTC, {until}")
