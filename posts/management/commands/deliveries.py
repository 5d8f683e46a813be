"""`manage.py deliveries --since T [--format jsonl]`: one JSON line a delivery."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from divisions.errors import BadInput
from posts.selectors import deliveries


class Command(BaseCommand):
    """Exit 2 on a time that cannot be read."""

    help = "Print the deliveries due since a time, one JSON object a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """When, and in which form."""
        parser.add_argument("--since", required=True, help="RFC 3339 with offset, or a span like 2h")
        parser.add_argument("--format", choices=["jsonl"], default="jsonl")

    def handle(self, *args: Any, **options: Any) -> None:
        """Stream the lines."""
        try:
            moment = deliveries.since(options["since"], now=timezone.now())
        except BadInput as error:
            self.stderr.write(f"{error.field}: {error}")
            sys.exit(2)
        for line in deliveries.lines(moment):
            self.stdout.write(json.dumps(line, ensure_ascii=False))
