"""`manage.py doctor [--json]`: every precondition with its state and the cure. It looks and changes nothing."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config import doctor
from config.doctor.seen import Finding, State


class Command(BaseCommand):
    """Exit 0 when nothing stops (warnings may stand), 1 on a finding that stops, 2 on bad input."""

    help = "Look at everything this installation needs and say what is wrong and how to cure it."
    requires_system_checks = ()  # a look at a broken place must not stop before it begins

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, print, and end with 1 when something stops."""
        found = doctor.examine(now=timezone.now())
        ok = all(finding.state is not State.STOP for finding in found)
        if options["json"]:
            checks = [asdict(finding) for finding in found]
            self.stdout.write(json.dumps({"ok": ok, "checks": checks}, ensure_ascii=False))
        else:
            self._say(found)
        if not ok:
            sys.exit(1)

    def _say(self, found: list[Finding]) -> None:
        for finding in found:
            self.stdout.write(f"{finding.state:<8} {finding.name:<13} {finding.seen}")
            if finding.cure:
                self.stdout.write(f"{'':<22} Cure: {finding.cure}")
        counts = {state: sum(f.state is state for f in found) for state in State}
        warnings = f"{counts[State.WARNING]} warning" + ("" if counts[State.WARNING] == 1 else "s")
        self.stdout.write(f"{counts[State.OK]} ok, {warnings}, {counts[State.STOP]} that stop")
