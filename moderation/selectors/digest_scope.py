"""What a digest is about: whose, which divisions, from when until when. And one row behind a number, in plain words.

Days are the department's. Everything that a digest counts is asked for with a `Scope` and nothing else, so that the
number and its rows come from one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from moderation.models import Digest

Rows = QuerySet[Any] | list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`first` and `last` are days, both included; `division_ids` whose inside the reader may see."""

    kind: str
    person_id: int
    division_ids: frozenset[int]
    first: date
    last: date
    zone: str

    @property
    def start(self) -> datetime:
        """The first moment of it."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return midnight(self.last + timedelta(days=1), self.zone)

    def inside(self, field: str) -> dict[str, datetime]:
        """The filter that a moment lies in it."""
        return {f"{field}__gte": self.start, f"{field}__lt": self.end}

    def before(self) -> Scope:
        """The period before this one, of the same kind."""
        first, last = period(self.kind, self.first)
        return replace(self, first=first, last=last)

    def only(self, division_id: int) -> Scope:
        """The same for one division; for none where that is not the reader's."""
        return replace(self, division_ids=self.division_ids & {division_id})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row behind a number. `sign` and `word` make its chip; `url` is a page of the desk."""

    title: str
    text: str = ""
    url: str = ""
    at: datetime | None = None
    day: date | None = None
    sign: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number: what it is called, the rows it counts, and how one of them is told."""

    code: str
    label: str
    rows: Callable[[Scope], Rows]
    line: Callable[[Any], Line]


def count(rows: Rows) -> int:
    """How many rows there are."""
    return len(rows) if isinstance(rows, list) else rows.count()


def midnight(day: date, zone: str) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def period(kind: str, on: date) -> tuple[date, date]:
    """The last whole period before a day: the day before, the week before (from Monday), the month before."""
    if kind == Digest.Kind.DAILY:
        return on - timedelta(days=1), on - timedelta(days=1)
    if kind == Digest.Kind.WEEKLY:
        monday = on - timedelta(days=on.weekday())
        return monday - timedelta(days=7), monday - timedelta(days=1)
    last = on.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def days(scope: Scope) -> Iterable[date]:
    """Every day of it."""
    return (scope.first + timedelta(days=n) for n in range((scope.last - scope.first).days + 1))
