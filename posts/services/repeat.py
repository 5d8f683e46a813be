"""Posts that repeat: the pattern begins with its approval, its occurrences are made ahead of time, somebody stops it.

An occurrence is a post of its own with its own draft, revision, hash and deliveries. It rests on the approval of its
pattern (`posts.services.resting` says when that counts). What the checks, a right or a channel forbid by then is not
scheduled: it waits as a draft, with the reason, for its author or a supervisor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from posts.models import Approval, Pattern, Post, Revision
from posts.selectors import recurrence, repeats, rrules
from posts.selectors.recurrence import Occurrence
from posts.services import resting, submit
from posts.services.compose import end_pattern, lock
from posts.services.memory import remember
from posts.services.occurrence import Making, make_all

log = logging.getLogger(__name__)

AHEAD = timedelta(days=14)
PATTERNS_AT_ONCE = 20
OCCURRENCES_AT_ONCE = 10  # of one pattern in one transaction, which shares the hold's lock: it has to be short
MAX_REASON = 200
_TICK = timedelta(microseconds=1)


def begin(*, post: Post, revision: Revision, approval: Approval, now: datetime) -> Pattern | None:
    """Write the pattern of a revision that repeats, in the transaction that approves it; None where it does not."""
    if not revision.repeats:
        return None
    rule = rrules.read(revision.repeats)
    every = list(recurrence.occurrences(rule, revision.wall_time, revision.zone))
    pattern = Pattern.objects.create(revision=revision, made_until=_reach(every[1:], every[-1]))
    facts = {"pattern": pattern.pk, "rule": revision.repeats, "words": rule.words, "number": approval.number}
    remember("pattern.started", post, by=None, now=now, **facts)
    return pattern


def materialise(*, now: datetime) -> int:
    """Make the occurrences of the next 14 days that do not exist yet; returns how many were scheduled.

    Two queries when there is nothing to do. Safe however often, by however many, and in whatever steps of time it
    runs. Patterns on which nothing may rest any more are ended first.
    """
    over = resting.to_end().order_by("pk").values_list("pk", flat=True)[:PATTERNS_AT_ONCE]
    due = Pattern.objects.filter(ended_at__isnull=True, made_until__lt=now + AHEAD).order_by("made_until")
    return _each(over, _end_if_over, now) + _each(due.values_list("pk", flat=True)[:PATTERNS_AT_ONCE], _make_some, now)


def _each(pks: Iterable[int], act: Callable[[int, datetime], int], now: datetime) -> int:
    """One after another; one that cannot be handled does not stop the others."""
    made = 0
    for pk in pks:
        try:
            made += act(pk, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("pattern %s could not be continued; the others are", pk)
    return made


@transaction.atomic
def stop(*, pattern: Pattern, reason: str, by: User, now: datetime | None = None) -> Pattern:
    """End a pattern and drop its occurrences that have not begun to go out; the first post is left as it is.

    Raises BadInput (field `reason`) without one, NotAllowed for whoever may neither re-time nor is its author,
    WrongMoment when it has ended already.
    """
    post = lock(pattern.revision.post)
    mine = access.rights(by)
    if not repeats.may_stop(post, mine):
        access.require(by, Right.RETIME_POST, post.division, has=mine)
    reason = reason.strip()
    if not reason:
        raise BadInput("reason", "Say why it stops.", cure="One sentence; it stays in the record.")
    if len(reason) > MAX_REASON:
        raise BadInput("reason", f"{len(reason)} of {MAX_REASON} characters.", cure="Shorten it.")
    if "\x00" in reason:
        raise BadInput("reason", "There is an invisible character that cannot be stored.", cure="Type it again.")
    if not Pattern.objects.filter(pk=pattern.pk, ended_at__isnull=True).exists():
        raise WrongMoment("It does not repeat any more.")
    end_pattern(post, by=by, now=now or timezone.now(), reason=reason)
    pattern.refresh_from_db()
    return pattern


@transaction.atomic
def _end_if_over(pk: int, now: datetime) -> int:
    pattern = _locked(pk)
    if pattern is not None:
        _is_over(pattern, now)
    return 0


def _is_over(pattern: Pattern, now: datetime) -> bool:
    """Whether nothing may rest on a locked pattern any more; then it is ended, with the reason."""
    why = resting.why_over([pattern]).get(pattern.pk)
    if why:
        end_pattern(pattern.revision.post, by=None, now=now, reason=why)
    return why is not None


def _locked(pk: int) -> Pattern | None:
    """A pattern that runs, locked; None when another has it, who then does what is to be done."""
    return (
        Pattern.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related(
            "revision__post__division", "revision__post__author", "revision__post__owner", "revision__submitted_by"
        )
        .filter(pk=pk, ended_at__isnull=True)
        .first()
    )


@transaction.atomic
def _make_some(pk: int, now: datetime) -> int:
    """Continue one pattern."""
    pattern = _locked(pk)
    if pattern is None or pattern.made_until >= now + AHEAD or _is_over(pattern, now):
        return 0
    source = pattern.revision
    every = list(recurrence.occurrences(rrules.read(source.repeats), source.wall_time, source.zone))
    to_come = [o for o in every[1:] if o.place > pattern.made_until]
    if not to_come:
        _through(pattern, now)
        return 0
    batch = [o for o in to_come if o.place <= now + AHEAD][:OCCURRENCES_AT_ONCE]
    made = make_all(Making(pattern, access.rights(source.post.owner or source.submitted_by), now), batch)
    pattern.made_until = max(pattern.made_until, _reach(to_come[len(batch) :], every[-1]))
    pattern.save(update_fields=["made_until"])
    return made


def _reach(to_come: Sequence[Occurrence], last: Occurrence) -> datetime:
    """Just before what comes next; after the last one as late as it takes until that one may not go out any more."""
    return to_come[0].place - _TICK if to_come else last.place + submit.APPROVED_RANGE + AHEAD


def _through(pattern: Pattern, now: datetime) -> None:
    """The last occurrence is past: it ends by itself, and nothing is dropped."""
    pattern.ended_at, pattern.end_reason = now, "Its last time is past."
    pattern.save(update_fields=["ended_at", "end_reason"])
    facts = {"pattern": pattern.pk, "reason": pattern.end_reason, "dropped": 0}
    remember("pattern.ended", pattern.revision.post, by=None, now=now, **facts)
