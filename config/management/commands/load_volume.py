"""`manage.py load_volume`: made-up volume for measurements, approved by the real services."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from config import volume
from config.volume import Wanted
from divisions.errors import BadInput

DUE_IN = timedelta(seconds=60)


class Command(BaseCommand):
    """Exit 2 without SANDBOX=1 and on bad input, naming the option, the limit and the cure."""

    help = "Make divisions, channels and approved posts for measurements (only with SANDBOX=1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Counts, times, words and where to."""
        parser.add_argument("--divisions", required=True, help="how many divisions (made once, used again)")
        parser.add_argument("--channels", required=True, help="how many accounts, spread over the divisions")
        parser.add_argument("--posts", required=True, help="how many posts, one channel each in turn")
        parser.add_argument("--due-at", help="when the first is due, RFC 3339 with offset (default: in 60 s)")
        parser.add_argument("--spread-s", default="0", help="seconds from the first due post to the last (default: 0)")
        parser.add_argument("--text", default=volume.TEXT, help="the words; {n} becomes the number, from 0")
        parser.add_argument(
            "--base-url", default="", help="the channels' api_base (default: the sandbox of SANDBOX_URL)"
        )
        parser.add_argument("--platforms", default="x", help="x, facebook or both, comma between (default: x)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say how long it took."""
        if not settings.SANDBOX:
            self._refuse(BadInput("SANDBOX", "Volume is only made beside sandbox channels.", cure="SANDBOX=1"))
        now, begun = timezone.now(), time.monotonic()
        try:
            wanted = _wanted(options, now)
            count = volume.load(wanted, now=now, say=self.stdout.write)
        except BadInput as error:
            self._refuse(error)
        took_s = time.monotonic() - begun
        self.stdout.write(f"{count} posts approved in {took_s:.1f} s, {count / took_s:.0f} a second.")
        self._warn(wanted)

    def _warn(self, wanted: Wanted) -> None:
        """Say what would spoil a measurement."""
        if wanted.posts and timezone.now() > wanted.due_at:
            self.stderr.write("--due-at: the first posts were due before the last were written; pick a later time")
        if wanted.posts > wanted.channels and "{n}" not in wanted.text:
            self.stderr.write("--text: without {n} a channel says the same words twice, which platforms refuse")
        where = urlsplit(wanted.base_url or settings.SANDBOX_URL)
        if where.netloc not in settings.OUTBOUND_ALLOW and where.hostname in ("127.0.0.1", "localhost"):
            self.stderr.write(f"OUTBOUND_ALLOW: workers may not reach {where.netloc}; add it there")

    def _refuse(self, error: BadInput) -> NoReturn:
        self.stderr.write(f"{error.field}: {error.message} Cure: {error.cure}")
        sys.exit(2)


def _wanted(options: dict[str, Any], now: datetime) -> Wanted:
    """Read the options. Raises BadInput naming the first that cannot be read."""
    platforms = tuple(part.strip() for part in options["platforms"].split(",") if part.strip())
    if not platforms or set(platforms) - set(volume.SPOKEN):
        raise BadInput("--platforms", f"“{options['platforms']}” is not x, facebook or both.", cure="x,facebook")
    return Wanted(
        divisions=_whole("--divisions", options["divisions"]),
        channels=_whole("--channels", options["channels"]),
        posts=_whole("--posts", options["posts"]),
        due_at=_moment(options["due_at"]) if options["due_at"] else now + DUE_IN,
        spread_s=_seconds("--spread-s", options["spread_s"]),
        text=options["text"],
        base_url=(options["base_url"] or "").rstrip("/"),
        platforms=platforms,
    )


def _whole(name: str, value: str) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise BadInput(name, f"“{value}” is no whole number.", cure=f"{name} 10") from error


def _seconds(name: str, value: str) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise BadInput(name, f"“{value}” is no number of seconds.", cure=f"{name} 60") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        cure = "Write it like 2026-11-24T18:00:00-06:00"
        raise BadInput("--due-at", f"“{text}” is no time with an offset.", cure=cure)
    return moment
