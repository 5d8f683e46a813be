"""The pages about a correction: what differs, what each copy will say, which corrections wait for whom. Reads only.

What it says is composed in `corrections`; what each copy shows now stands in `copies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy as a_copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from connectors.contract import Rendered
from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import LinkRule
from divisions.permissions import Right
from posts.models import Approval, Correction, Post, Revision
from posts.selectors import review, struck
from posts.selectors.copies import CopyOf
from posts.selectors.corrections import Plan, plans
from posts.selectors.review import Change
from posts.selectors.word_diff import Piece, pieces
from posts.states import Act


def differences(
    old: Revision, title: str, text: str, facts: Mapping[str, Any], expires_at: datetime | None
) -> list[Change]:
    """Title, text, facts and the day it comes down, old beside new in phrases; what is the same is left out."""
    new_facts = {k: v for k, v in facts.items() if v not in ("", None)}
    before, after = {**told(old), "Title": old.title, "Text": old.text}, {"Title": title, "Text": text}
    shown = a_copy(old)
    shown.facts, shown.expires_at = dict(new_facts), expires_at
    after |= told(shown)
    labels = dict.fromkeys(["Title", "Text", *after, *before])
    sides = [(label, before.get(label, "").strip(), after.get(label, "").strip()) for label in labels]
    return [Change(label, _apart(struck.phrases(pieces(was, now)))) for label, was, now in sides if was != now]


def _apart(parts: list[Piece]) -> list[Piece]:
    """A space between what was and what is, where the words themselves have none."""
    out: list[Piece] = []
    for part in parts:
        if part.how == "new" and out and out[-1].how == "old" and not out[-1].text[-1:].isspace():
            out.append(Piece("same", " "))
        out.append(part)
    return out


def told(revision: Revision) -> dict[str, str]:
    """The facts of a revision in words, by their label."""
    found = dict(review.facts(revision))
    if revision.expires_at:
        day = review.last_day(revision.expires_at).astimezone(ZoneInfo(revision.zone))
        found["Comes down"] = day.strftime("%a %-d %b %Y")
    return found


@dataclass(frozen=True, slots=True)
class Wording:
    """What one act would say on one copy: exactly the text, and how it counts there. `is_main` = it is what happens."""

    act: Act
    rendered: Rendered
    is_main: bool

    @property
    def label(self) -> str:
        """How the page heads it."""
        return _HEADS[self.act][0 if self.is_main else 1]

    @property
    def counted(self) -> str:
        """ "143 of 280", as the platform counts."""
        limit = f" of {self.rendered.limit:,}" if self.rendered.limit else " characters"
        return f"{self.rendered.count:,}{limit}"

    @property
    def is_over(self) -> bool:
        """Whether it is too long there."""
        return self.rendered.limit is not None and self.rendered.count > self.rendered.limit


_HEADS = {
    Act.EDIT: ("It will read", "If it is out by then, it will read"),
    Act.REPLY: ("The reply", "If it cannot be edited any more, the reply"),
    Act.PUBLISH: ("It goes out as", "If it is not out by then, it goes out as"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One copy on the page: what happens there, in which words; on our own pages the words stand above."""

    plan: Plan
    wordings: tuple[Wording, ...]


def lines(copies: Iterable[CopyOf], said: Iterable[tuple[int, Act, Rendered]], *, now: datetime) -> list[Line]:
    """What happens to each copy, in which words. `said`: channel id, act and rendered text of each variant."""
    words: dict[int, list[tuple[Act, Rendered]]] = {}
    for pk, act, rendered in said:
        words.setdefault(pk, []).append((act, rendered))
    frozen = {pk: {act for act, _ in several} for pk, several in words.items()}
    found = plans(copies, frozen, now=now)
    return [Line(plan, _wordings(plan, words.get(plan.copy.channel.pk, []))) for plan in found]


def _wordings(plan: Plan, said: Iterable[tuple[Act, Rendered]]) -> tuple[Wording, ...]:
    if plan.copy.channel.is_own:
        return ()
    found = [Wording(act, rendered, act == plan.act) for act, rendered in said]
    return tuple(sorted(found, key=lambda wording: not wording.is_main))


def frozen_said(revision: Revision) -> list[tuple[int, Act, Rendered]]:
    """The same of a frozen correction. Three queries."""
    variants = list(revision.variants.all())
    shown = review.previews(revision)
    return [(v.channel_id, Act(v.act), p.rendered) for v, p in zip(variants, shown, strict=True)]


# ---- which there are


def of_post(post: Post) -> Correction | None:
    """The correction that waits for a second person, or None."""
    return post.corrections.filter(verdict="").select_related("asked_by").first()


def waiting(mine: Rights) -> QuerySet[Correction]:
    """Corrections that this person may decide, the oldest first: not their own work, nor what they approved already."""
    given = Approval.objects.filter(approved_by=mine.user_id, voided_at__isnull=True).values("revision")
    return (
        Correction.objects.filter(verdict="", post__division__in=mine.division_ids(Right.REVIEW_POST))
        .exclude(asked_by=mine.user_id)
        .exclude(post__author=mine.user_id)
        .exclude(revision__in=given)
        .select_related("post__division", "asked_by", "revision")
        .order_by("asked_at", "pk")
    )


def get_visible(mine: Rights, pk: int) -> Correction:
    """One correction in a division that the person sees, or of a post on a channel whose reviewers decide it.

    Raises NotVisible.
    """
    row = (
        Correction.objects.filter(pk=pk)
        .select_related(
            "post__division", "post__author", "post__revision", "revision__corrects", "asked_by", "decided_by"
        )
        .first()
    )
    if row is None:
        raise NotVisible
    row.revision.post = row.post
    if row.post.division_id in mine.visible_division_ids():
        return row
    theirs = LinkRule.objects.filter(
        source_channel__division=row.post.division_id,
        target_channel__division__in=mine.division_ids(Right.REVIEW_POST),
        target_channel__variants__revision=row.revision,
        approver="target",
        revoked_at__isnull=True,
    )
    if not theirs.exists():
        raise NotVisible
    return row
