"""The two usual ways in which something of a person passes on: a field names somebody else, or a row ends.

Rooms describe what they have with these and register it (`divisions.belongings`); what is neither has its own mover.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from divisions.access import Rights
from divisions.belongings import Case, Line, Passing
from divisions.models import Handover, User

Words = tuple[str, str]  # one draft, many drafts
Needs = Callable[[Case, int, Rights], str]


def nothing_needed(case: Case, division_id: int, taker: Rights) -> str:
    """Whoever sees the division can take it."""
    return ""


def counted(rows: QuerySet[Any], place: str, words: Words, *, ends: bool = False) -> list[Line]:
    """A line for each division in which there are some."""
    found = Counter(rows.order_by().values_list(place, flat=True))
    one, many = words
    return [Line(division_id=pk, count=n, one=one, many=many, ends=ends) for pk, n in sorted(found.items())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """Rows that name who looks after them in the field `holder`; `place` leads to the id of their division."""

    name: str
    rows: Callable[[], QuerySet[Any]]
    holder: str
    place: str
    words: Words
    needs: Needs = nothing_needed

    def lines(self, case: Case) -> Sequence[Line]:
        """How many, by division."""
        return counted(self._theirs(case), self.place, self.words)

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """What is asked of whoever takes it, where there is something to take."""
        there = self._theirs(case).filter(**{self.place: division_id}).exists()
        return self.needs(case, division_id, taker) if there else ""

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """Name the taker of each row's division."""
        found = self._theirs(passing).select_for_update(of=("self",)).order_by("pk").values_list("pk", self.place)
        by_place: dict[int, list[int]] = defaultdict(list)
        for pk, place in found:
            by_place[place].append(pk)
        for place, pks in by_place.items():
            self._all().filter(pk__in=pks).update(**{self.holder: passing.takers[place]})
        return {"rows": [[pk, passing.takers[place].pk] for place, pks in by_place.items() for pk in pks]}

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """Back to the person, where the taker is still named and the thing is not over."""
        takers = dict(moved["rows"])
        rows = self.rows().filter(pk__in=takers).select_for_update(of=("self",)).order_by("pk")
        same = [row.pk for row in rows if getattr(row, f"{self.holder}_id") == takers[row.pk]]
        self._all().filter(pk__in=same).update(**{self.holder: handover.person})
        left = self._all().filter(pk__in=set(takers) - set(same)).order_by("pk")
        return [f"{row}: finished, or given to somebody else since." for row in left]

    def _theirs(self, case: Case) -> QuerySet[Any]:
        return self.rows().filter(**{self.holder: case.person}).exclude(**{f"{self.place}__in": case.stays})

    def _all(self) -> QuerySet[Any]:
        """Also what has ended or was finished since."""
        found: QuerySet[Any] = self.rows().model._default_manager.all()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Rows of a person that are never edited and end by the field `ended`; with `passes` the taker gets one instead.

    `rows` gives those that are not over at a moment; `fresh` what a row made now has otherwise than the one it copies.
    """

    name: str
    rows: Callable[[datetime], QuerySet[Any]]
    holder: str
    place: str
    words: Words
    ended: str
    fresh: Callable[[Any, User | None, datetime], Mapping[str, Any]]
    passes: bool = False
    needs: Needs = nothing_needed

    def lines(self, case: Case) -> Sequence[Line]:
        """How many, by division."""
        return counted(self._theirs(case), self.place, self.words, ends=not self.passes)

    def cannot_take(self, case: Case, division_id: int, taker: Rights) -> str:
        """What is asked of whoever takes it, where there is something to take."""
        there = self.passes and self._theirs(case).filter(**{self.place: division_id}).exists()
        return self.needs(case, division_id, taker) if there else ""

    def move(self, passing: Passing) -> Mapping[str, Any]:
        """End each; where it passes on, begin the taker's."""
        theirs = self._theirs(passing).order_by("pk")
        places = dict(theirs.values_list("pk", self.place))
        rows = list(theirs.select_for_update(of=("self",)))
        pairs = []
        for row in rows:
            setattr(row, self.ended, passing.now)
            row.save(update_fields=[self.ended])
            taker = passing.takers[places[row.pk]] if self.passes else None
            new = self._again(row, taker, passing.by, passing.now) if taker else None
            pairs.append([row.pk, new.pk if new else None])
        return {"rows": pairs}

    def undo(self, moved: Mapping[str, Any], handover: Handover, *, by: User | None, now: datetime) -> Sequence[str]:
        """End the taker's and begin the person's again, where the taker's still stands."""
        news, left = dict(moved["rows"]), []
        rows = {row.pk: row for row in self._all().filter(pk__in=[*news, *filter(None, news.values())])}
        for old, new in moved["rows"]:
            if new is not None and getattr(rows[new], self.ended) is not None:
                left.append(f"{rows[new]}: ended since.")
                continue
            if new is not None:
                setattr(rows[new], self.ended, now)
                rows[new].save(update_fields=[self.ended])
            if self._again(rows[old], handover.person, by, now) is None:
                left.append(f"{rows[old]}: there is another one since.")
        return left

    def _theirs(self, case: Case) -> QuerySet[Any]:
        rows = self.rows(case.now).filter(**{self.holder: case.person})
        return rows.exclude(**{f"{self.place}__in": case.stays})

    def _all(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.rows(timezone.now()).model._default_manager.all()
        return found

    def _again(self, row: Model, holder: User, by: User | None, now: datetime) -> Model | None:
        """The same for somebody, from now on; None where there is such a row already, or its time is over."""
        fresh = copy(row)
        fresh.pk, fresh._state = None, copy(row._state)
        fresh._state.adding = True
        for name, value in {self.holder: holder, self.ended: None, **self.fresh(row, by, now)}.items():
            setattr(fresh, name, value)
        try:
            with transaction.atomic():
                fresh.save(force_insert=True)
        except IntegrityError:
            return None
        return fresh
