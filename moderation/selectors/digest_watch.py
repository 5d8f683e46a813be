"""The numbers of digests that are about accounts and oversight: rounds, differences, holds, duty, tasks. Reads only.

Counted as of the end of the period wherever the rows know their days; an account's standing officer is only known as
it is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from divisions.models import Channel
from divisions.selectors import roster
from divisions.states import Audience, ChannelState
from moderation.models import CheckRound, DriftCase, Task
from moderation.selectors.digest_scope import Line, Number, Scope
from moderation.selectors.rounds import checked
from posts.models import BreakGlass, Delivery, Hold, Post
from posts.states import Act, DeliveryState

MORNING = timedelta(hours=8)


def accounts(scope: Scope) -> QuerySet[Channel]:
    """Every account that was in use by the end of it, but those that were retired since."""
    rows = checked().filter(division__in=scope.division_ids, created_at__lt=scope.end)
    return rows.select_related("division", "duty_officer").order_by("division__position", "platform", "pk")


def quiet(scope: Scope) -> list[Any]:
    """Accounts whose last post at the end of it was longer ago than they promise, with `silent_since`."""
    out = Delivery.objects.filter(
        channel=OuterRef("pk"),
        act=Act.PUBLISH,
        state__in=(DeliveryState.DELIVERED, DeliveryState.WITHDRAWN),
        settled_at__lt=scope.end,
    )
    last = Subquery(out.order_by("-settled_at").values("settled_at")[:1], output_field=DateTimeField())
    rows = accounts(scope).filter(cadence_days__isnull=False, state=ChannelState.CONNECTED)
    found: Any = rows.annotate(silent_since=Coalesce(last, "created_at"))
    late = (row for row in found if scope.end - row.silent_since > timedelta(days=row.cadence_days))
    return sorted(late, key=lambda row: (row.silent_since, row.pk))


def uncovered(scope: Scope) -> list[Any]:
    """Accounts that nobody was on duty for at some time of it, with `bare_days`: on how many of its days."""
    rows: list[Any] = list(accounts(scope).order_by("division__position", "pk"))
    found = roster.spans(rows, scope.start, scope.end, zone=scope.zone)
    for row in rows:
        row.bare_days = len({day for span in found[row.pk] if not span.people for day in _days(span, row, scope)})
    return [row for row in rows if row.bare_days]


def _days(span: roster.Span, row: Channel, scope: Scope) -> Iterable[date]:
    """The days that a stretch touches, none of them before the account was there."""
    tz = ZoneInfo(scope.zone)
    first = max(span.starts_at, row.created_at).astimezone(tz).date()
    last = (span.ends_at - timedelta(microseconds=1)).astimezone(tz).date()
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def duty(scope: Scope) -> list[Any]:
    """The accounts of it, each with `on_duty`: who is, on the morning after it."""
    rows: list[Any] = list(accounts(scope).order_by("division__position", "platform", "pk"))
    found = roster.on_duty(rows, now=scope.end + MORNING, zone=scope.zone)
    for row in rows:
        row.on_duty = ", ".join(person.name for person in found[row.pk])
    return rows


def rounds_due(scope: Scope) -> QuerySet[CheckRound]:
    """Check rounds whose day came in it."""
    rows = CheckRound.objects.filter(channel__division__in=scope.division_ids, **scope.inside("due_at"))
    rows = rows.exclude(signed_at__isnull=True, channel__state=ChannelState.RETIRED)
    return rows.select_related("channel__division").order_by("due_at", "pk")


def rounds_on_time(scope: Scope) -> QuerySet[CheckRound]:
    """Those of them that were signed by their day."""
    return rounds_due(scope).filter(signed_at__lte=F("due_at"))


def rounds_late(scope: Scope) -> QuerySet[CheckRound]:
    """Those of them that were not."""
    return rounds_due(scope).filter(Q(signed_at__isnull=True) | Q(signed_at__gt=F("due_at")))


def drift(scope: Scope) -> QuerySet[DriftCase]:
    """Differences that were found in it."""
    rows = DriftCase.objects.filter(channel__division__in=scope.division_ids, **scope.inside("found_at"))
    return rows.select_related("channel__division").order_by("-found_at", "-pk")


def drift_open(scope: Scope) -> QuerySet[DriftCase]:
    """Differences that were not explained by the end of it, whenever they were found."""
    rows = DriftCase.objects.filter(channel__division__in=scope.division_ids, found_at__lt=scope.end)
    rows = rows.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=scope.end))
    return rows.select_related("channel__division").order_by("-found_at", "-pk")


def holds(scope: Scope) -> QuerySet[Hold]:
    """Holds that were placed in it."""
    return _holds(scope).filter(drill=False)


def drills(scope: Scope) -> QuerySet[Hold]:
    """Holds that were rehearsed in it."""
    return _holds(scope).filter(drill=True)


def unsigned(scope: Scope) -> QuerySet[BreakGlass]:
    """Alerts that went out without review and that nobody had signed for by their day."""
    public = Post.objects.filter(division__in=scope.division_ids, audience=Audience.PUBLIC)
    rows = BreakGlass.objects.filter(review_due_at__lt=scope.end, approval__revision__post__in=public)
    rows = rows.filter(Q(signed_at__isnull=True) | Q(signed_at__gte=scope.end))
    return rows.select_related("approval__revision__post", "by").order_by("review_due_at", "pk")


def overdue(scope: Scope) -> QuerySet[Task]:
    """Tasks of check rounds whose day had passed undone by the end of it."""
    rows = Task.objects.filter(division__in=scope.division_ids, made_at__lt=scope.end, due_on__lte=scope.last)
    rows = rows.filter(Q(done_at__isnull=True) | Q(done_at__gte=scope.end))
    return rows.select_related("channel", "division", "owner").order_by("due_on", "pk")


def _holds(scope: Scope) -> QuerySet[Hold]:
    """A hold of everything or of a kind belongs to whoever sees any division; the others to their own."""
    mine = Q(division__in=scope.division_ids) | Q(channel__division__in=scope.division_ids)
    everywhere = Q(division__isnull=True, channel__isnull=True) if scope.division_ids else Q(pk__in=[])
    rows = Hold.objects.filter(mine | everywhere, **scope.inside("placed_at"))
    return rows.select_related("division", "channel", "placed_by").order_by("-placed_at", "-pk")


# ---- how a row is told


def _account(row: Channel) -> Line:
    return Line(title=str(row), text=row.division.short_name, url=reverse("divisions:channel", args=[row.slug]))


def _quiet(row: Any) -> Line:
    promise = f"{row.division.short_name}. Promised a post every {row.cadence_days} days."
    url = reverse("divisions:channel", args=[row.slug])
    return Line(title=str(row), text=promise, url=url, at=row.silent_since, sign="due", word="Last post")


def _nobody(row: Any) -> Line:
    days = f"on {row.bare_days} day{'' if row.bare_days == 1 else 's'}"
    url = reverse("divisions:channel", args=[row.slug])
    return Line(
        title=str(row), text=f"{row.division.short_name}. Nobody on duty {days}.", url=url, sign="due", word="Uncovered"
    )


def _on_duty(row: Any) -> Line:
    url = reverse("divisions:channel", args=[row.slug])
    sign, word = ("", "") if row.on_duty else ("due", "Nobody")
    return Line(title=str(row), text=row.on_duty or "Nobody is on duty.", url=url, sign=sign, word=word)


def _round(row: CheckRound) -> Line:
    on_time = row.signed_at is not None and row.signed_at <= row.due_at
    text = f"Signed by {row.signed_name}." if row.signed_at else "Not signed."
    url = reverse("moderation:round", args=[row.pk])
    word = "On time" if on_time else "Late" if row.signed_at else "Open"
    return Line(title=str(row.channel), text=text, url=url, at=row.due_at, sign="ok" if on_time else "late", word=word)


def _drift(row: DriftCase) -> Line:
    word = row.get_decision_display() if row.decision else "Not explained"
    text = row.get_kind_display()
    url = reverse("moderation:drift_case", args=[row.pk])
    sign = "plain" if row.decision else "failed"
    return Line(title=str(row.channel), text=text, url=url, at=row.found_at, sign=sign, word=word)


def _hold(row: Hold) -> Line:
    url = reverse("posts:hold", args=[row.pk])
    word = "Drill" if row.drill else "Hold"
    return Line(
        title=row.covers()[:1].upper() + row.covers()[1:], text=f"{row.placed_by.name}: “{row.reason}”", url=url,
        at=row.placed_at, sign="held", word=word,
    )  # fmt: skip


def _glass(row: BreakGlass) -> Line:
    post = row.approval.revision.post if row.approval.revision else None
    url = reverse("posts:detail", args=[post.pk]) if post else ""
    return Line(title=str(post), text=f"{row.by.name}: “{row.reason}”", url=url, at=row.at, sign="late", word="To sign")


def _task(row: Task) -> Line:
    who = row.owner.name if row.owner else row.division.short_name
    url = reverse("moderation:task", args=[row.pk])
    return Line(title=row.words, text=f"{row.channel}. For {who}.", url=url, day=row.due_on, sign="late", word="Late")


NUMBERS = (
    Number(code="accounts", label="accounts", rows=accounts, line=_account),
    Number(code="quiet", label="accounts quieter than they promise", rows=quiet, line=_quiet),
    Number(code="uncovered", label="accounts with nobody on duty", rows=uncovered, line=_nobody),
    Number(code="duty", label="accounts of your division and who is on duty", rows=duty, line=_on_duty),
    Number(code="rounds-due", label="check rounds due", rows=rounds_due, line=_round),
    Number(code="rounds-on-time", label="check rounds signed on time", rows=rounds_on_time, line=_round),
    Number(code="rounds-late", label="check rounds late", rows=rounds_late, line=_round),
    Number(code="drift", label="differences found on accounts", rows=drift, line=_drift),
    Number(code="drift-open", label="differences not explained", rows=drift_open, line=_drift),
    Number(code="holds", label="holds", rows=holds, line=_hold),
    Number(code="drills", label="holds rehearsed", rows=drills, line=_hold),
    Number(code="unsigned", label="alerts without review that nobody signed for", rows=unsigned, line=_glass),
    Number(code="overdue", label="tasks overdue", rows=overdue, line=_task),
)
