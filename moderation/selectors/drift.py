"""Cases of drift for their pages, the wall and the navigation, and when each account was looked at. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Channel
from divisions.permissions import Right
from divisions.states import NOT_ACCOUNTS, ChannelState
from moderation.models import DriftCase
from moderation.selectors import readable as read
from moderation.states import LOOKED_LATE, DriftDecision, DriftKind
from posts.selectors.struck import phrases
from posts.selectors.word_diff import Piece, pieces

WHAT: dict[str, str] = {
    DriftKind.POSTED: "It shows a post that we did not send.",
    DriftKind.EDITED: "A post has other words than we sent.",
    DriftKind.LINK: "A post leads somewhere else.",
    DriftKind.PICTURES: "A post has other pictures.",
    DriftKind.DELETED: "A post of ours is gone.",
    DriftKind.PROFILE_NAME: "The account calls itself something else.",
    DriftKind.PROFILE_TEXT: "The account’s profile says something else.",
}
_LABELS = {"name": "Name", "handle": "Handle", "text": "Words", "link": "Link", "links": "Links", "picture": "Picture"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that can differ, both states as runs: `old` is struck in the first, `new` marked in the other."""

    label: str
    sent: tuple[Piece, ...]
    shown: tuple[Piece, ...]
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the last looks came to, over all accounts that can be read back."""

    accounts: int
    looked: int
    oldest: datetime | None
    failing: int


def readable() -> QuerySet[Channel]:
    """Accounts that can be read back: connected, not by hand, on a platform that lists an account's own posts."""
    return read.accounts(read.platforms(lambda can: can.list_own))


def may_open(mine: Rights) -> bool:
    """Whether the person sees the inside of any division, and so its accounts' cases."""
    return bool(mine.visible_division_ids())


def visible_to(mine: Rights) -> QuerySet[DriftCase]:
    """Cases of accounts of the divisions whose inside the person may see."""
    rows = DriftCase.objects.filter(channel__division__in=mine.visible_division_ids())
    return rows.select_related("channel__division", "delivery__post", "decided_by")


def open_to(mine: Rights) -> QuerySet[DriftCase]:
    """Those of them that somebody still has to do something about; undecided ones first, the newest first."""
    return visible_to(mine).filter(closed_at=None).order_by("decision", "-found_at", "-pk")


def get_visible(mine: Rights, pk: int) -> DriftCase:
    """One case. Raises NotVisible."""
    case = visible_to(mine).filter(pk=pk).select_related("channel__division", "channel__duty_officer").first()
    if case is None:
        raise NotVisible
    return case


def may_decide(case: DriftCase, mine: Rights) -> bool:
    """Whether the person decides about it."""
    return mine.can(Right.DECIDE_DRIFT, case.channel.division_id, case.channel)


def accounts(mine: Rights) -> QuerySet[Channel]:
    """Accounts the person sees, those first that were not looked at for longest; those that cannot be read last."""
    rows = Channel.objects.filter(division__in=mine.visible_division_ids()).exclude(platform__in=NOT_ACCOUNTS)
    rows = rows.exclude(state=ChannelState.RETIRED).select_related("division", "watch")
    can = readable().filter(pk=OuterRef("pk"))
    return rows.annotate(can_be_read=Exists(can)).order_by(
        "-can_be_read", F("watch__looked_at").asc(nulls_first=True), "pk"
    )


def summary(mine: Rights) -> Summary:
    """How many accounts can be read, how many were, when the one that waits longest was, how many looks failed."""
    rows = readable().filter(division__in=mine.visible_division_ids())
    found = rows.aggregate(
        accounts=Count("pk"),
        looked=Count("watch__looked_at"),
        failing=Count("pk", filter=~Q(watch__problem="") & Q(watch__isnull=False)),
    )
    oldest = rows.filter(watch__looked_at__isnull=False).order_by("watch__looked_at")
    return Summary(**found, oldest=oldest.values_list("watch__looked_at", flat=True).first())


def looked_late(summary_: Summary, now: datetime) -> bool:
    """Whether some account was not looked at for longer than it should."""
    return summary_.oldest is not None and now - summary_.oldest > LOOKED_LATE


def of_wall() -> dict[str, Any]:
    """The wall's columns: open differences of an account, and how many of them are posts that we did not send."""
    ours = DriftCase.objects.filter(channel=OuterRef("pk"), closed_at=None)
    return {"drifts": _count(ours), "strangers": _count(ours.filter(kind=DriftKind.POSTED, decision=""))}


def _count(rows: QuerySet[DriftCase]) -> Coalesce:
    grouped = rows.order_by().values("channel").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), Value(0))


def lines_of(case: DriftCase) -> list[Line]:
    """Both states side by side: the words always, links and pictures where they differ. One side alone is unmarked."""
    before, after = case.expected, case.shown
    if case.is_of_profile:
        return [_line(_LABELS[name], before.get(name, ""), after.get(name, "")) for name in before]
    words = _line("Words", before.get("text", ""), after.get("text", ""))
    others = [_line("Links", _links(before), _links(after)), _line("Pictures", _pictures(before), _pictures(after))]
    if not before or not after:
        others = [line for line in others if line.label == "Links" or _pictures(after or before) not in ("", "none")]
    return [words, *(line for line in others if line.changed)]


def takeover_of(case: DriftCase) -> DriftCase | None:
    """The open takeover of the same account, if there is one."""
    rows = DriftCase.objects.filter(channel=case.channel_id, decision=DriftDecision.COMPROMISE, closed_at=None)
    return rows.exclude(pk=case.pk).first()


def _line(label: str, sent: str, shown: str) -> Line:
    if not sent or not shown:
        return Line(label, _whole(sent), _whole(shown), sent != shown)
    runs = phrases(pieces(sent, shown))
    return Line(label, _without(runs, "new"), _without(runs, "old"), sent != shown)


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece("same", text),) if text else ()


def _without(runs: Iterable[Piece], how: str) -> tuple[Piece, ...]:
    return tuple(run for run in runs if run.how != how)


def _links(state: Mapping[str, Any]) -> str:
    return "\n".join(state.get("links", ()))


def _pictures(state: Mapping[str, Any]) -> str:
    number = state.get("pictures")
    return "" if number is None else "none" if number == 0 else str(number)
