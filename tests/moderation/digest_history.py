"""Ninety days of a department, made by the services: posts with what can become of them, rounds, holds, differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.db import transaction

from divisions.models import Channel
from moderation.models import CheckItem, CheckRound, DriftCase
from moderation.services import rounds
from posts.models import Post
from posts.services import correct, hold, review, withdraw
from posts.services.correct import Typed
from records.services import ledger
from tests import stories

FIRST = datetime(2026, 8, 3, 15, 0, tzinfo=UTC)
LAST = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)  # half past eleven of 31 October in Texas
OCTOBER = datetime(2026, 10, 2, 15, 0, tzinfo=UTC)


def make(d: SimpleNamespace, first: datetime = FIRST) -> None:
    """All of it: a post every third day to the last hour of October where the department is, a round a week."""
    writers = ((d.northeast, d.officer, d.supervisor), (d.central, d.stranger, d.smo), (d.headquarters, d.smo, d.boss))
    for n in range((LAST - first).days // 3):
        place, by, boss = writers[n % 3]
        at = first + timedelta(days=3 * n, hours=n % 11)
        page = Channel.objects.get(division=place, platform="website")
        inside: dict[str, Any] = {"audience": "internal", "kind": "internal_notice"} if n % 9 == 8 else {}
        where = {} if inside else {"channels": [page]}
        post = stories.live(place, by, boss, now=at, title=f"Post number {n}", **where, **inside)
        if not inside:
            _becomes(d, post, boss, n, at + timedelta(hours=2))
    last = {"channels": [d.northeast_website], "title": "In the last hour of the month"}
    stories.live(d.northeast, d.officer, d.supervisor, now=LAST, **last)
    _sent_back(d)
    weeks = [first + timedelta(days=7 * week) for week in range((LAST - first).days // 7 + 1)]
    _rounds(d, weeks)
    _holds_and_differences(d, weeks)


def _becomes(d: SimpleNamespace, post: Post, boss: Any, n: int, at: datetime) -> None:
    """Every second of Northeast's is corrected; some are taken down, some failed somewhere."""
    if n % 6 == 0:
        typed = Typed(was_wrong="The wrong street.", reason="A reader said so.", title="Elm", text="It is Elm Street.")
        asked = correct.ask(post=post, typed=typed, by=boss, now=at)
        correct.confirm(correction=asked, by=d.smo, now=at + timedelta(minutes=n))
    elif n % 5 == 1:
        withdraw.ask(post=post, ground="consent", reason="Consent was withdrawn.", by=boss, now=at)
    elif n % 4 == 1:
        facts = {"delivery": 1, "channel": "facebook-northeast", "cause": "It said no."}
        about = ("post", post.pk)
        with transaction.atomic():
            ledger.remember("posts.delivery.failed", about, by=None, now=at, data=facts, division=post.division)


def _sent_back(d: SimpleNamespace) -> None:
    at = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    revision = stories.submitted(d.northeast, d.officer, now=at, channels=[d.northeast_website], title="Sent back")
    review.request_changes(revision=revision, by=d.supervisor, note="Name the block.", now=at + timedelta(minutes=5))


def _rounds(d: SimpleNamespace, weeks: Sequence[datetime]) -> None:
    """One a week and account; every fifth is left for the week after."""
    Channel.objects.update(created_at=weeks[0] - timedelta(days=9))
    for week, at in enumerate(weeks):
        rounds.open_due(now=at)
        opened = CheckRound.objects.filter(signed_at=None).order_by("pk")
        rows = [row for number, row in enumerate(opened) if (number + week) % 5 != 4]
        items = CheckItem.objects.filter(round__in=rows)
        items.filter(asked_of="person").update(answer="yes", answered_by=d.smo, answered_at=at)
        items.filter(answer="").update(answer="yes", answered_at=at)
        rounds.sign_several(rows=rows, by=d.smo, now=at)


def _holds_and_differences(d: SimpleNamespace, weeks: Sequence[datetime]) -> None:
    for week in range(0, len(weeks), 2):
        at = weeks[week] + timedelta(days=1)
        placed = hold.place(scope="division", division=d.northeast, reason="A fire.", by=d.smo, now=at, drill=week == 4)
        hold.release(hold=placed, by=d.smo, now=at + timedelta(hours=1))
        decided = {"decision": "claim", "who": "We", "reason": "Our own.", "decided_by": d.smo, "decided_at": at}
        known: dict[str, Any] = {**decided, "closed_at": at} if week else {}
        about = {"channel": d.facebook_northeast, "kind": "posted", "found_at": at}
        DriftCase.objects.create(**about, remote_id=str(week), fingerprint=str(week), **known)
