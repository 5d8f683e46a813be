"""`manage.py make_digest`: makes one person's digest by hand, as the beat would have; or only prints what it says."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from divisions.models import User
from divisions.services import letters
from moderation.models import Digest
from moderation.selectors.digest_archive import zone
from moderation.selectors.digest_scope import period
from moderation.services import digests


class Command(BaseCommand):
    """Exit 2 on bad input, with the field, the limit and the cure."""

    help = "Make a digest of the last whole period before a day; the mail goes with the next hour."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which kind, for whom, before which day."""
        parser.add_argument("--kind", choices=Digest.Kind.values, required=True)
        parser.add_argument("--to", required=True, help="The e-mail of who gets it.")
        parser.add_argument("--on", help="A day, for example 2026-11-01: the period before it. Default: today.")
        parser.add_argument("--print", action="store_true", help="Print the mail's text; nothing is kept or sent.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or say why not."""
        person = User.objects.filter(email=options["to"].strip().lower(), is_active=True).first()
        if person is None:
            self._refuse(f"--to: nobody active has the e-mail {options['to']}; give the one they sign in with")
        day = self._day(options["on"])
        if options["print"]:
            self._print(options["kind"], person, day)
            return
        made = digests.make(kind=options["kind"], recipient=person, on=day)
        first, _ = period(options["kind"], day)
        said = f"{options['kind']} digest of {first:%-d %B %Y} for {person.email}"
        self.stdout.write(f"Made: {said}." if made else f"Not made, it is there or has nothing to say: {said}.")

    def _print(self, kind: str, person: User, day: date) -> None:
        """Make it, print it, and take it back."""
        with transaction.atomic():
            Digest.objects.filter(kind=kind, recipient=person, starts_on=period(kind, day)[0]).delete()
            made = digests.make(kind=kind, recipient=person, on=day)
            text = str(letters.compose(digests.letter_of(made)).body) if made else "It has nothing to say.\n"
            transaction.set_rollback(True)
        self.stdout.write(text)

    def _day(self, typed: str | None) -> date:
        today = timezone.now().astimezone(ZoneInfo(zone())).date()
        try:
            day = datetime.strptime(typed, "%Y-%m-%d").date() if typed else today  # noqa: DTZ007 - a day, no moment
        except ValueError:
            self._refuse(f"--on: {typed!r} is no day; write it as 2026-11-01")
        if day > today + timedelta(days=1):
            self._refuse(f"--on: {day} has not come; the period before it is not over")
        return day

    def _refuse(self, words: str) -> NoReturn:
        self.stderr.write(words)
        sys.exit(2)
