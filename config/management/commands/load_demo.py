"""`manage.py load_demo`: the demo department with thirty days of posts. A second run changes nothing."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from config.demo import loader


class Command(BaseCommand):
    """Exit 2 without SANDBOX=1: made-up people with a printed password have no place in production."""

    help = "Load the demo department into an empty database (only with SANDBOX=1)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, or say that there is something already."""
        if not settings.SANDBOX:
            self.stderr.write("SANDBOX: the demo is only loaded with SANDBOX=1, never beside real accounts")
            sys.exit(2)
        logging.getLogger("connectors.http").setLevel(logging.WARNING)  # a line a seeded post is noise
        if loader.load(now=timezone.now(), say=self.stdout.write):
            self.stdout.write("The demo department is loaded.")
        else:
            self.stdout.write("There are posts already; everything stays as it is.")
