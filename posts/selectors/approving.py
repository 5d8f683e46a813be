"""What a post asks for before it may go out: the matrix weighed, and how far the asking has come.

The most specific row of the matrix wins (a channel's before a division's, a lower division's before a higher one's);
over the kind, the flags and the channels together the strictest counts. Where no row speaks, `DEFAULTS` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Channel, LinkRule
from divisions.states import Approver
from posts.kinds import Flag, Kind
from posts.models import Approval, MatrixRow, Post, Review, Revision
from posts.models.approving import ALWAYS_TWO, LOW_RISK, Asks
from posts.models.review import Verdict
from posts.states import Basis

DEFAULTS: dict[str, Asks] = {
    **{str(kind): Asks.ONE for kind in Kind},
    **{str(flag): Asks.TWO if flag in ALWAYS_TWO else Asks.ONE for flag in Flag},
}
CENTRAL_SEAT = 2
CENTRAL = "the social media officer"
_STRENGTH = {Asks.DIRECT: 0, Asks.ONE: 1, Asks.TWO: 2}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked for, and in a sentence why it is more than one person."""

    asks: Asks
    because: str = ""

    @property
    def seats(self) -> int:
        """How many people have to approve when it is reviewed: 1 or 2."""
        return 2 if self.asks is Asks.TWO else 1

    @property
    def rule(self) -> str:
        """As the review page says it."""
        if self.asks is Asks.DIRECT:
            return "Trusted: nobody has to approve it, some are looked at afterwards"
        if self.asks is Asks.ONE:
            return "One approver, not the author"
        return f"Two approvers, one of them {CENTRAL}, neither the author. {self.because}"

    def who(self, reviewer: str = "a supervisor") -> str:
        """Who has to approve, for a sentence: “a supervisor and the social media officer”."""
        return f"{reviewer} and {CENTRAL}" if self.asks is Asks.TWO else reviewer


def rules() -> list[MatrixRow]:
    """Every row of the matrix, for weighing several posts. One query."""
    return list(MatrixRow.objects.all())


def required(subject: Post | Revision, rows: Sequence[MatrixRow] | None = None) -> Requirement:
    """What a submitted revision (or a post by its newest one) asks for by the matrix as it is now.

    Never less than what was asked for when it was submitted. Two queries; one with `rows` of `rules()`.
    """
    revision = subject if isinstance(subject, Revision) else subject.revision
    if revision is None:
        assert isinstance(subject, Post)
        return of(subject, kind=subject.kind, flags=(), channels=(), rows=rows)
    channels = [v.channel_id for v in revision.variants.all()]
    found = weigh(
        rules() if rows is None else rows,
        kind=revision.post.kind,
        flags=revision.flags,
        path=revision.post.division.path,
        channels=channels,
    )
    if revision.approvals_needed > found.seats:
        return Requirement(Asks.TWO, "The rule was stricter when it was submitted.")
    return found


def of(
    post: Post, *, kind: str, flags: Iterable[str], channels: Iterable[Channel], rows: Sequence[MatrixRow] | None = None
) -> Requirement:
    """The same for what is only typed yet. One query; none with `rows`."""
    ids = [channel.pk for channel in channels]
    return weigh(rules() if rows is None else rows, kind=kind, flags=flags, path=post.division.path, channels=ids)


def weigh(
    rows: Sequence[MatrixRow], *, kind: str, flags: Iterable[str], path: str, channels: Iterable[int]
) -> Requirement:
    """Weigh the matrix for a kind, flags and channels in the division with this `path`. Pure."""
    depth = {int(pk): n for n, pk in enumerate(path.strip("/").split("/")) if pk}
    places: list[int | None] = [*channels] or [None]
    asked = {
        key: max((_asked(rows, key, is_flag, depth, place) for place in places), key=_STRENGTH.__getitem__)
        for key, is_flag in ((kind, False), *((flag, True) for flag in flags))
    }
    strictest = max(asked.values(), key=_STRENGTH.__getitem__)
    return Requirement(strictest, _because(asked, kind) if strictest is Asks.TWO else "")


def _asked(rows: Sequence[MatrixRow], key: str, is_flag: bool, depth: dict[int, int], channel: int | None) -> Asks:
    """What the most specific row says for one key in one place."""
    best, rank = DEFAULTS.get(key, Asks.TWO), (-1, -1)
    for row in rows:
        if (row.flag if is_flag else row.kind) != key or row.channel_id not in (None, channel):
            continue
        if row.division_id is not None and row.division_id not in depth:
            continue
        specific = (int(row.channel_id is not None), depth.get(row.division_id or 0, -1))
        if specific > rank:
            best, rank = Asks(row.asks), specific
    return best


def _because(asked: dict[str, Asks], kind: str) -> str:
    flags = [str(Flag(key).label) for key, asks in asked.items() if asks is Asks.TWO and key != kind]
    if flags:
        return f"It touches {' and '.join(flags)}."
    return f"The kind “{Kind(kind).label}” asks for two."


def is_low_risk(revision: Revision, rows: Sequence[MatrixRow]) -> bool:
    """Whether it may be approved together with others: a kind that harms nobody, no flag, no warning, one approver.

    No query where `post__division` and `variants` are loaded.
    """
    plain = not revision.flags and all(finding["severity"] == "note" for finding in revision.findings)
    return revision.post.kind in LOW_RISK and plain and required(revision, rows).seats == 1


def was_sent_back(post: Post) -> bool:
    """Whether a reviewer asked for a change of it at any time. One query."""
    return Review.objects.filter(revision__post=post.pk, verdict=Verdict.CHANGES).exists()


def keep_own_approver(division_id: int, channel_ids: Iterable[int]) -> bool:
    """Whether one of these channels is another division's and asks its own reviewers. One query."""
    links = LinkRule.objects.filter(target_channel__in=channel_ids, approver=Approver.TARGET, revoked_at__isnull=True)
    return links.filter(source_channel__division=division_id).exists()


# ---- the rules themselves, for reading


def everywhere() -> list[tuple[str, list[str]]]:
    """What holds where no exception does: what is asked for -> the kinds and flags, strictest first. One query."""
    rows = list(MatrixRow.objects.filter(division=None, channel=None))
    said = {row.kind or row.flag: Asks(row.asks) for row in rows}
    found = []
    for asks in (Asks.TWO, Asks.ONE, Asks.DIRECT):
        kinds = [str(kind.label) for kind in Kind if said.get(kind, DEFAULTS[kind]) is asks]
        flags = [str(flag.label) for flag in Flag if said.get(flag, DEFAULTS[flag]) is asks]
        labels = [*kinds, *([f"whatever touches {', '.join(flags)}"] if flags else [])]
        if labels:
            found.append((str(asks.label), labels))
    return found


def visible_rules(mine: Rights) -> QuerySet[MatrixRow]:
    """The rows of the matrix, but for those of divisions that do not exist for the person (P5)."""
    seen = mine.visible_division_ids()
    return (
        MatrixRow.objects.filter(Q(division=None) | Q(division__in=seen))
        .filter(Q(channel=None) | Q(channel__division__in=seen))
        .select_related("division", "channel__division", "changed_by")
    )


def visible_rule(mine: Rights, pk: int) -> MatrixRow:
    """One of them. Raises NotVisible."""
    row = visible_rules(mine).filter(pk=pk).first()
    if row is None:
        raise NotVisible
    return row


# ---- how far it has come


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the approval of a revision has come: who gave one, out of how many."""

    seats: int
    given: tuple[Approval, ...]

    @property
    def half(self) -> bool:
        """Whether somebody approved and somebody else still has to."""
        return bool(self.given) and len(self.given) < self.seats

    @property
    def waits_for(self) -> str:
        """Who still has to, in words; empty when nobody does."""
        taken = {approval.seat for approval in self.given}
        if len(taken) >= self.seats:
            return ""
        if self.seats == 1:
            return "a supervisor"
        if not taken:
            return f"a supervisor and {CENTRAL}"
        return "a supervisor" if CENTRAL_SEAT in taken else CENTRAL


def live(revision: Revision) -> list[Approval]:
    """The reviews of a revision that count, the first seat first. One query."""
    return list(
        Approval.objects.filter(revision=revision, basis=Basis.REVIEW, voided_at__isnull=True)
        .select_related("approved_by")
        .order_by("seat")
    )


def standing(revision: Revision, rows: Sequence[MatrixRow] | None = None) -> Standing:
    """How far the approval of a revision in review has come. Three queries."""
    given = tuple(sorted(live(revision), key=lambda approval: (approval.approved_at, approval.pk)))
    asked = max(required(revision, rows).seats, *(a.seats for a in given), 1)
    return Standing(asked, given)


def halves(posts: Iterable[Post]) -> dict[int, Standing]:
    """Those posts of a list that somebody approved and somebody else still has to, by id. One query."""
    by_revision = {post.revision_id: post.pk for post in posts if post.revision_id}
    given: dict[int, list[Approval]] = {}
    rows = Approval.objects.filter(revision__in=by_revision, basis=Basis.REVIEW, voided_at__isnull=True)
    for approval in rows.select_related("approved_by").order_by("approved_at", "pk"):
        given.setdefault(by_revision[approval.revision_id or 0], []).append(approval)
    found = {pk: Standing(max(a.seats for a in several), tuple(several)) for pk, several in given.items()}
    return {pk: standing for pk, standing in found.items() if standing.half}
