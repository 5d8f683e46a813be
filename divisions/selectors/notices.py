"""A person's notices for their page and the bell, and what they can choose. Reads only; everybody sees their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Department, Notice, NoticeChoice
from divisions.notice_kinds import BY_CODE, KINDS, Group, NoticeKind, Way
from divisions.permissions import Right


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind in the table of choices: how the person gets it now, and which ways stay on."""

    kind: NoticeKind
    ways: frozenset[Way]

    @property
    def cells(self) -> list[tuple[str, str, bool, bool]]:
        """For each way: its code, its words, whether it is on, whether it has to stay on."""
        words = {Way.DESK: "On the desk", Way.MAIL: "By mail"}
        return [(way.value, words[way], way in self.ways, way in self.kind.kept) for way in Way]


def of_person(mine: Rights, *, show: str = "") -> QuerySet[Notice]:
    """The notices of a person's desk, newest first; `show` = new: those they have not seen."""
    rows = Notice.objects.filter(user=mine.user_id, on_desk=True)
    if show == "new":
        rows = rows.filter(seen_at__isnull=True)
    return rows.order_by("-created_at", "-pk")


def unseen(mine: Rights) -> QuerySet[Notice]:
    """What the bell counts."""
    return of_person(mine, show="new")


def get_own(mine: Rights, pk: int) -> Notice:
    """One notice of the person's own. Raises NotVisible."""
    found = Notice.objects.filter(user=mine.user_id, pk=pk).first() if mine.user_id else None
    if found is None:
        raise NotVisible
    return found


def label(code: str) -> str:
    """What a kind is called; of one that is no longer told, its code."""
    kind = BY_CODE.get(code)
    return kind.label if kind else code.replace("_", " ")


def choices(mine: Rights) -> list[tuple[Group, list[Choice]]]:
    """What the person can choose, by group: kinds that can reach them. Two queries."""
    is_chief = Department.objects.filter(chief=mine.user_id, chief__isnull=False).exists()
    offered = [kind for kind in KINDS if _reaches(kind, mine) or (is_chief and _of_chief(kind))]
    said = {choice.kind: choice for choice in NoticeChoice.objects.filter(user=mine.user_id)}
    rows = [Choice(kind, _ways(kind, said.get(kind.code))) for kind in offered]
    return [(group, found) for group in Group if (found := [row for row in rows if row.kind.group == group])]


def _reaches(kind: NoticeKind, mine: Rights) -> bool:
    """Whether the person can be told of it; a daily digest is for who writes for a division of their own."""
    if kind.code == "digest_daily":
        return bool(mine.division_ids(Right.DRAFT_POST) - mine.overseen_ids(Right.DRAFT_POST))
    return kind.right is None or mine.anywhere(kind.right)


def _of_chief(kind: NoticeKind) -> bool:
    return kind.code in ("digest_monthly", "alert_unreviewed")


def _ways(kind: NoticeKind, said: NoticeChoice | None) -> frozenset[Way]:
    if said is None:
        return kind.ways | kind.kept
    return frozenset(_on((Way.DESK, said.on_desk), (Way.MAIL, said.by_mail))) | kind.kept


def _on(*said: tuple[Way, bool]) -> Iterable[Way]:
    return (way for way, wanted in said if wanted)
