"""What a reviewer reads: the queue, what changed since the last approval, facts in words, next in line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from connectors import registry
from connectors.contract import Act, Outgoing
from divisions.access import Rights
from divisions.permissions import Right
from divisions.services.accounts import capabilities_of
from posts.kinds import SPECS, Flag
from posts.models import Approval, Post, Revision, RevisionMedia, Variant
from posts.selectors import carried, posts, rrules
from posts.selectors.approving import CENTRAL_SEAT
from posts.selectors.candidate import Preview
from posts.selectors.word_diff import Piece, count, pieces
from posts.states import Basis


def waiting(mine: Rights) -> QuerySet[Post]:
    """Posts in review that wait for this person's word, soonest `approve_by` first.

    Without what they approved already, and without what only a central officer's approval is missing of.
    """
    given = Approval.objects.filter(revision=OuterRef("revision"), voided_at__isnull=True)
    central = Q(division__in=mine.overseen_ids(Right.REVIEW_POST))
    return (
        posts.to_review(mine)
        .filter(~own_work(mine.user_id))
        .exclude(Exists(given.filter(approved_by=mine.user_id)))
        .filter(central | ~Exists(given.exclude(seat=CENTRAL_SEAT)))
    )


def first_for(rows: QuerySet[Post], division_ids: Collection[int]) -> QuerySet[Post]:
    """The same posts, those of some divisions first: where somebody stands in for who is away."""
    if not division_ids:
        return rows
    ahead = Case(When(division__in=division_ids, then=0), default=1, output_field=IntegerField())
    return rows.order_by(ahead, "approve_by", "pk")


def own(mine: Rights) -> QuerySet[Post]:
    """Posts in review that the person could decide about, had they not written or changed them (P2)."""
    return posts.to_review(mine).filter(own_work(mine.user_id))


def own_work(user_id: int | None) -> Exists:
    """For a queryset of posts in review: whether the person wrote or changed it since the last approval (P2).

    The same rule as `services.review.editors`, for a whole list in one query; a test holds the two together.
    """
    approved = Approval.objects.filter(revision__post=OuterRef("post"), completes=True, basis=Basis.REVIEW).order_by(
        "-revision__number"
    )
    since = Coalesce(Subquery(approved.values("revision__number")[:1]), Value(0), output_field=IntegerField())
    touched = Q(post__author=user_id) | Q(submitted_by=user_id) | Q(editor_ids__contains=[user_id])
    return Exists(Revision.objects.filter(touched, post=OuterRef("pk"), number__gt=since))


def next_waiting(mine: Rights, after: Post | None = None) -> Post | None:
    """The next post the person can decide about: the soonest that is not their own, another one than `after`."""
    rest = waiting(mine)
    return (rest.exclude(pk=after.pk) if after else rest).first()


# ---- what will go out


def previews(revision: Revision) -> tuple[Preview, ...]:
    """The frozen variants as each connector would send them now. Two queries."""
    variants = revision.variants.select_related("channel__division").prefetch_related("media")
    return tuple(_preview(revision, variant) for variant in variants)


def pictures(revision: Revision) -> list[RevisionMedia]:
    """The frozen pictures and videos, each once, in order."""
    return _each_once(revision.variants.prefetch_related("media"))


def _each_once(variants: Iterable[Variant]) -> list[RevisionMedia]:
    """Not every channel carries all of them."""
    seen: dict[str, RevisionMedia] = {}
    for variant in variants:
        for item in variant.media.all():
            seen.setdefault(item.sha256, item)
    return sorted(seen.values(), key=lambda item: item.position)


def _preview(revision: Revision, variant: Variant) -> Preview:
    connector = registry.get(variant.channel.platform, variant.channel.mode)
    outgoing = Outgoing(
        act=Act(variant.act),
        key="preview",
        planned_at=revision.created_at,
        title=revision.title,
        text=variant.text,
        language=revision.language,
        link=variant.link or None,
        media=carried.of_rows(variant.media.all()),
    )
    return Preview(
        channel=variant.channel,
        text=variant.text,
        own_words=variant.text != revision.text.strip(),
        rendered=connector.render(outgoing, capabilities_of(variant.channel)),
        link=variant.link,
        media=tuple(variant.media.all()),
    )


def facts(revision: Revision) -> list[tuple[str, str]]:
    """The facts in words: (label, value) pairs, choices by their label, wall-clock times as the desk writes them."""
    told = []
    for fact in SPECS[revision.post.kind].facts:
        value = str(revision.facts.get(fact.name) or "")
        if value:
            told.append((fact.label, dict(fact.choices).get(value, _wall(value) if fact.type == "moment" else value)))
    return told


def touches(revision: Revision) -> str:
    """What the post touches, in words: “a child, a death”; empty for nothing."""
    return ", ".join(str(Flag(flag).label) for flag in revision.flags if flag in Flag.values)


def _wall(value: str) -> str:
    try:
        return datetime.fromisoformat(value).strftime("%a %-d %b %Y, %H:%M")
    except ValueError:
        return value


# ---- what changed


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs; `parts` are the words with old and new runs."""

    label: str
    parts: list[Piece]


@dataclass(slots=True)
class Changes:
    """A revision beside an earlier one. `approved` = that one was approved (its approval is over)."""

    since: Revision | None = None
    approved: Approval | None = None
    changed: list[Change] = field(default_factory=list)
    same: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many places differ."""
        return sum(count(change.parts) for change in self.changed)


def changes(revision: Revision) -> Changes:
    """What differs from the last approved revision, else from the one before; empty for a first revision."""
    approval = (
        Approval.objects.filter(revision__post=revision.post_id, revision__number__lt=revision.number, completes=True)
        .select_related("revision")
        .order_by("-revision__number")
        .first()
    )
    before = approval.revision if approval else revision.post.revisions.filter(number=revision.number - 1).first()
    if before is None:
        return Changes()
    before.post = revision.post
    found = Changes(since=before, approved=approval)
    for label, old, new in _sides(before, revision):
        if old != new:
            found.changed.append(Change(label, pieces(old, new)))
    touched = {_group(change.label) for change in found.changed}
    found.same = [group for group in dict.fromkeys(_GROUPS.values()) if group not in touched]
    return found


_GROUPS = {
    "Title": "title",
    "Text": "text",
    "Own words": "own words of the channels",
    "Facts": "facts",
    "Pictures": "pictures and their texts",
    "Channels": "channels",
    "Time": "time",
    "Repeats": "how it repeats",
    "Comes down": "the day it comes down",
    "It touches": "what it touches",
}


def _group(label: str) -> str:
    """What a changed part belongs to, for the line that says what stayed the same."""
    return _GROUPS.get("Own words" if label.startswith("Text for") else label, _GROUPS["Facts"])


def _sides(before: Revision, after: Revision) -> list[tuple[str, str, str]]:
    """Every part of two revisions as text: (label, old, new)."""
    old, new = _parts(before), _parts(after)
    labels = list(dict.fromkeys([*new, *old]))
    return [(label, old.get(label, ""), new.get(label, "")) for label in labels if old.get(label) or new.get(label)]


def _parts(revision: Revision) -> dict[str, str]:
    variants = list(revision.variants.select_related("channel").prefetch_related("media"))
    parts = {"Title": revision.title, "Text": revision.text}
    for variant in variants:
        if variant.text != revision.text.strip():
            parts[f"Text for {variant.channel}"] = variant.text
    parts |= dict(facts(revision))
    parts["Channels"] = ", ".join(str(v.channel) for v in variants)
    parts["Pictures"] = "\n".join(_told(m) for m in _each_once(variants))
    parts["Time"] = revision.wall_time.replace("T", " ") or "as soon as approved"
    if revision.repeats:
        parts["Repeats"] = f"{rrules.read(revision.repeats).words}, {rrules.read(revision.repeats).end_words}"
    parts["Comes down"] = f"{last_day(revision.expires_at):%Y-%m-%d}" if revision.expires_at else ""
    parts["It touches"] = touches(revision)
    return parts


def _told(item: RevisionMedia) -> str:
    """One picture or video in words. The hash tells apart two versions of captions or of a poster."""
    words = f"{item.alt} ({item.credit})" if item.credit else item.alt
    if not item.is_video:
        return words
    captions = f"captions {item.captions_sha256[:8]}" if item.captions_sha256 else "no captions"
    return f"Video: {words}, {'nobody speaks in it' if item.no_speech else captions}, still {item.poster_sha256[:8]}"


def last_day(expires_at: datetime) -> datetime:
    """A moment inside the last day on which it is up: `expires_at` is the midnight after it."""
    return expires_at - timedelta(seconds=1)
