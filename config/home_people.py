"""What Home says above everything else about people and accounts: nobody on duty, a takeover, a review of rights.

Lines with a link, not rows to be decided: what each asks for stands on its own page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.urls import reverse

from divisions.access import Rights
from divisions.permissions import Right
from divisions.selectors import access_review, duty, roster, takeover
from posts.selectors import ownerless

MOST = 3  # takeovers


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence with the page where something can be done; `tone` is a class of `note`."""

    words: str
    url: str
    link: str
    tone: str = "note--due"


def lines(mine: Rights, *, now: datetime, zone: str) -> list[Line]:
    """The lines of a person, the gravest first. Two queries; the roster and the posts are asked once a minute."""
    found = [*_bare(mine, now, zone), *_ownerless(mine, now), *_takeovers(mine, now), *_reviews(mine, now)]
    return sorted(found, key=lambda line: line.tone != "note--failed")


def _bare(mine: Rights, now: datetime, zone: str) -> list[Line]:
    n, first = roster.uncovered_of(mine, now=now, zone=zone)
    if not n:
        return []
    words = f"{first} has nobody on duty" if n == 1 else f"{n} accounts have nobody on duty, {first} first"
    return [
        Line(
            words=f"{words}: now or within seven days.",
            url=reverse("divisions:roster"),
            link="Open the roster",
            tone="note--failed",
        )
    ]


def _ownerless(mine: Rights, now: datetime) -> list[Line]:
    """Posts in the name of somebody who is no longer there. Counted once a minute, and only for who can move people."""
    if not mine.anywhere(Right.MANAGE_PEOPLE):
        return []
    key = f"ownerless-{mine.user_id}"
    found: list[tuple[int, str, int]] | None = cache.get(key)
    if found is None:
        found = [(person.pk, person.name, n) for person, n in ownerless.keepers(mine, now=now)[:MOST]]
        cache.set(key, found, roster.KEPT_S)
    return [
        Line(
            words=f"{n} {'post is' if n == 1 else 'posts are'} in the name of {name}, who no longer works there.",
            url=reverse("divisions:person", args=[pk]),
            link="Hand over",
        )
        for pk, name, n in found
    ]


def _takeovers(mine: Rights, now: datetime) -> list[Line]:
    return [
        Line(
            words=f"{row.channel} is to be taken over by {'you' if row.to_user_id == mine.user_id else row.to_user}"
            + (", and that is overdue." if takeover.is_overdue(row, now=now) else "."),
            url=reverse("divisions:takeover", args=[row.channel.slug]),
            link="Open the list",
            tone="note--failed" if takeover.is_overdue(row, now=now) else "note--due",
        )
        for row in takeover.waiting(mine, now=now)[:MOST]
    ]


def _reviews(mine: Rights, now: datetime) -> list[Line]:
    rows = list(access_review.waiting(mine))
    if not rows:
        return []
    first, today = rows[0], duty.day_of(now)
    late = sum(row.due_on < today for row in rows)
    if len(rows) == 1:
        what, url = first.division.short_name, reverse("divisions:access_review", args=[first.pk])
    else:
        what, url = f"{len(rows)} divisions", reverse("divisions:access_reviews")
    when = f"by {first.due_on:%a %-d %b}" if not late else "overdue" if len(rows) == 1 else f"{late} overdue"
    return [
        Line(
            words=f"Who still needs their rights? {what} to review, {when}.",
            url=url,
            link="Review access",
            tone="note--failed" if late else "note--due",
        )
    ]
