"""`manage.py rotate_field_keys`: put every stored secret under the newest of FIELD_KEYS."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from divisions.errors import BadInput
from divisions.services import field_keys


class Command(BaseCommand):
    """Exit 2 when a secret does not open with any key; then nothing was changed."""

    help = "Re-seal every stored secret with the newest of FIELD_KEYS; afterwards the older keys may be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        """All of it or nothing."""
        try:
            count = field_keys.rotate(by=None)
        except BadInput as error:
            self.stderr.write(f"{error.field}: {error}")
            sys.exit(2)
        self.stdout.write(f"{count} secrets are sealed with the newest key ({field_keys.newest()}).")
        self.stdout.write("Every process must know that key before the older ones leave FIELD_KEYS.")
