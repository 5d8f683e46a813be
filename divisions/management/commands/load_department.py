"""`manage.py load_department FILE`: load or update a department from one YAML or JSON file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand

from divisions.errors import BadInput
from divisions.services import load_department


class Command(BaseCommand):
    """Exit 0 when loaded, 2 on bad input (the message names the field, the limit and the cure)."""

    help = "Load or update a department from one YAML or JSON file. Absent rows are reported, never deleted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, load, report."""
        try:
            data = yaml.safe_load(options["file"].read_text(encoding="utf-8"))
            report = load_department.load(data or {})
        except (OSError, yaml.YAMLError) as error:
            self._refuse(f"file: {error}")
        except BadInput as error:
            self._refuse(f"{error.field}: {error}")
        for section in load_department.KEYS:
            made, changed = report.made.get(section, 0), report.changed.get(section, 0)
            if made or changed:
                self.stdout.write(f"{section}: {made} made, {changed} changed")
        for name in report.absent:
            self.stdout.write(f"not in the file, left as it is: {name}")

    def _refuse(self, message: str) -> None:
        self.stderr.write(message)
        sys.exit(2)
