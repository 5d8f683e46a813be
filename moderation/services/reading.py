"""Reads what the public wrote below our posts: by the hour, bounded in posts, pages and time.

Calls are made outside transactions, behind what is to be sent. The words are strangers': cleaned and cut here, before
they are kept. A platform that is down makes "not read", with since when, never a number.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from connectors.contract import Account, Comment, Connector, Remote
from connectors.errors import ConnectorError, Refused
from divisions.errors import BadInput
from divisions.models import Channel
from divisions.services import tokens
from divisions.services.accounts import account_of, connector_of
from moderation.models import CommentWatch, Contribution
from moderation.selectors.contributions import heard
from moderation.services import turns
from moderation.states import (
    COMMENTS_BACK,
    COMMENTS_EVERY,
    COMMENTS_FAR_BACK,
    COMMENTS_FAR_EVERY,
    Answered,
)
from posts.models import Delivery
from posts.states import Act, DeliveryState

log = logging.getLogger(__name__)

POSTS = 25  # of the newest, and as many of the older ones, a look
PAGES = 3  # of comments, a post
SECONDS = 30.0  # in one look, no further post is asked for after so long
SECONDS_OF_ALL = 45.0  # of the beat, no further account is begun
MAX_TEXT, MAX_AUTHOR, MAX_URL, MAX_ID = 5_000, 150, 500, 200
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """What stands below one post of ours; `whole` = to the last page, so that what is not in it is not there."""

    post: Delivery
    said: tuple[Comment, ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Which posts are asked for: the newest, and where it is time (`goes_far`) some older ones; `more` = not all."""

    near: Sequence[Delivery] = ()
    far: Sequence[Delivery] = ()
    goes_far: bool = False
    more: bool = False


def enrol(*, now: datetime) -> None:
    """Begin to read what can be read and is not read yet, spread over the hour."""
    rows = [
        CommentWatch(channel=channel, next_at=now + timedelta(seconds=channel.pk * 1013 % 3600))
        for channel in heard().filter(comment_watch__isnull=True)
    ]
    CommentWatch.objects.bulk_create(rows, ignore_conflicts=True)


def read_due(*, now: datetime | None = None, most: int = 20) -> int:
    """Read the accounts whose time has come; returns how many. The clock goes on between them, unless given."""
    enrol(now=now or timezone.now())
    count, ends = 0, time.monotonic() + SECONDS_OF_ALL
    while count < most and time.monotonic() < ends and (found := _claim_next(now or timezone.now())) is not None:
        _read_safely(found, now or timezone.now())
        count += 1
    return count


def _claim_next(now: datetime) -> CommentWatch | None:
    due = CommentWatch.objects.filter(next_at__lte=now, channel__in=heard())
    return turns.claim(due.order_by("next_at"), now)


def _read_safely(watch: CommentWatch, now: datetime) -> None:
    """One account whose answers cannot be kept must not hinder the others."""
    try:
        _read(watch, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("the comments of %s could not be read", watch.channel.slug)
        _record(watch, [], _Plan(), error, now=now)


def _read(watch: CommentWatch, *, now: datetime) -> None:
    plan, found = _plan(watch, now), list[Below]()
    error: Exception | None = None
    try:
        channel = tokens.keep_fresh(watch.channel, now=now)
        connector, account = connector_of(channel), account_of(channel)
        turns.leave_room(channel, now)
        error = _ask(connector, account, [*plan.near, *plan.far], found)
    except (ConnectorError, BadInput) as trouble:
        error = trouble
    _record(watch, found, plan, error, now=now)


def _plan(watch: CommentWatch, now: datetime) -> _Plan:
    """The posts of the last days, and every few hours those before them, going on where the last look stopped."""
    out = Delivery.objects.filter(channel=watch.channel, act=Act.PUBLISH, state=DeliveryState.DELIVERED)
    out = out.filter(settled_at__gt=now - COMMENTS_FAR_BACK, settled_at__lte=now)
    out = out.exclude(remote_id="").exclude(remote_id__startswith="http").order_by("-settled_at", "-pk")
    near = list(out.filter(settled_at__gt=now - COMMENTS_BACK)[:POSTS])
    if watch.far_at is not None and watch.far_at > now - COMMENTS_FAR_EVERY:
        return _Plan(near=near)
    older = out.exclude(pk__in=[row.pk for row in near])
    if watch.resume_at is not None:
        older = older.filter(settled_at__lte=watch.resume_at)
    far = list(older[: POSTS + 1])
    return _Plan(near=near, far=far[:POSTS], goes_far=True, more=len(far) > POSTS)


def _ask(
    connector: Connector, account: Account, posts: Iterable[Delivery], found: list[Below]
) -> ConnectorError | None:
    """Fill `found` post by post; returns what stopped it. A post that is refused (gone, closed) is passed over."""
    ends, refused = time.monotonic() + SECONDS, None
    for post in posts:
        if time.monotonic() > ends:
            return None
        try:
            found.append(_below(connector, account, post))
        except Refused as error:
            refused = error
        except ConnectorError as error:
            return error
    return refused if not found else None


def _below(connector: Connector, account: Account, post: Delivery) -> Below:
    at = post.settled_at or post.due_at
    remote = Remote(remote_id=post.remote_id, url=post.remote_url, text="", created_at=at, ours=True)
    said: list[Comment] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = connector.fetch_comments(account, remote, cursor)
        said += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return Below(post=post, said=tuple(said), whole=cursor is None)


@transaction.atomic
def _record(
    watch: CommentWatch, found: Sequence[Below], plan: _Plan, error: Exception | None, *, now: datetime
) -> None:
    """Write down what was read, also where something stopped it; the watch's lock makes it one writer an account."""
    row = CommentWatch.objects.select_for_update().get(pk=watch.pk)
    if row.lease != watch.lease:
        return
    channel = row.channel = watch.channel
    ours = set(Channel.objects.filter(platform=channel.platform).exclude(remote_id="").values_list("remote_id"))
    _keep(channel, found, ours={name for (name,) in ours}, now=now)
    _let_go(channel, found, now)
    asked = {below.post.pk for below in found}
    if error is None:
        row.looked_at, row.problem, row.problem_since, row.next_at = now, "", None, now + COMMENTS_EVERY
        _go_on(row, plan, asked, now)
    else:
        turns.held_up(row, error, now)
    row.lease, row.lease_until = "", None
    row.save()


def _go_on(row: CommentWatch, plan: _Plan, asked: set[int], now: datetime) -> None:
    """Where the next look over the older posts begins; when none is left, in some hours from the newest."""
    if not plan.goes_far:
        return
    done = [post for post in plan.far if post.pk in asked]
    if plan.more or len(done) < len(plan.far):
        row.resume_at = done[-1].settled_at if done else row.resume_at
    else:
        row.far_at, row.resume_at = now, None


def _keep(channel: Channel, found: Sequence[Below], *, ours: set[str], now: datetime) -> None:
    """New comments, and what changed of known ones."""
    told = {
        one.remote_id: one for below in found for one in _rows(channel, below, ours=ours, now=now) if one is not None
    }
    known = {row.remote_id: row for row in Contribution.objects.filter(channel=channel, remote_id__in=list(told))}
    Contribution.objects.bulk_create([one for name, one in told.items() if name not in known], ignore_conflicts=True)
    Contribution.objects.filter(pk__in=[row.pk for row in known.values()]).update(fetched_at=now)
    changed = [row for name, row in known.items() if _took_over(row, told[name])]
    fields = ["author", "text", "url", "gone_at", "answered_how", "answered_at"]
    Contribution.objects.bulk_update(changed, fields)


def _took_over(row: Contribution, told: Contribution) -> bool:
    """Write what is shown now over what is known; what a person said about it stays. Whether anything changed."""
    if (row.gone_at is None) == (told.gone_at is None):
        told.gone_at = row.gone_at
    if row.answered_how or not told.answered_how:
        told.answered_how, told.answered_at = row.answered_how, row.answered_at
    names = ("author", "text", "url", "gone_at", "answered_how", "answered_at")
    changed = any(getattr(row, name) != getattr(told, name) for name in names)
    for name in names:
        setattr(row, name, getattr(told, name))
    return changed


def _rows(channel: Channel, below: Below, *, ours: set[str], now: datetime) -> list[Contribution | None]:
    """What the public said below a post, cleaned; None for what has no id that can be kept."""
    by_us = [one.ours or one.author_id in ours for one in below.said]
    answers = _answers(one for one, own in zip(below.said, by_us, strict=True) if own)
    theirs = (one for one, own in zip(below.said, by_us, strict=True) if not own)
    return [_row(channel, below.post, one, _answered_at(one, answers), now) for one in theirs]


def _answers(own: Iterable[Comment]) -> dict[str, list[datetime]]:
    """When we answered, by the comment that the answer stands below."""
    found: dict[str, list[datetime]] = {}
    for one in own:
        if one.parent_id:
            found.setdefault(one.parent_id, []).append(one.created_at)
    return found


def _answered_at(one: Comment, answers: dict[str, list[datetime]]) -> datetime | None:
    """The first answer of ours to it; where a platform has two levels only, one that came later in its thread."""
    direct = answers.get(one.remote_id, [])
    beside = [at for at in answers.get(one.parent_id or "", []) if at >= one.created_at]
    return min([*direct, *beside], default=None)


def _row(
    channel: Channel, post: Delivery, one: Comment, answered_at: datetime | None, now: datetime
) -> Contribution | None:
    if not 0 < len(one.remote_id) <= MAX_ID or clean(one.remote_id) != one.remote_id:
        return None
    url = clean(one.url)
    return Contribution(
        channel=channel,
        delivery=post,
        remote_id=one.remote_id,
        author=" ".join(clean(one.author).split())[:MAX_AUTHOR],
        text=clean(one.text).strip()[:MAX_TEXT],
        url=url if url.startswith(("https://", "http://")) and len(url) <= MAX_URL else "",
        said_at=min(max(one.created_at, post.due_at - A_DAY), now),
        fetched_at=now,
        gone_at=now if one.hidden else None,
        answered_how=Answered.SEEN if answered_at else "",
        answered_at=min(answered_at, now) if answered_at else None,
    )


def clean(text: str) -> str:
    """A stranger's text as the database can keep it: no NUL, no half of a character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _let_go(channel: Channel, found: Sequence[Below], now: datetime) -> None:
    """Comments that are not there any more, and those of posts that were taken down.

    Where a platform tells of some days only, what is older is not missed.
    """
    days = connector_of(channel).capabilities().comments.days
    there = Contribution.objects.filter(channel=channel, gone_at=None)
    there.filter(delivery__state=DeliveryState.WITHDRAWN).update(gone_at=now)
    read = [below for below in found if below.whole]
    gone = there.filter(delivery__in=[below.post for below in read])
    gone = gone.exclude(remote_id__in=[clean(one.remote_id) for below in read for one in below.said])
    if days is not None:
        gone = gone.filter(said_at__gt=now - timedelta(days=days) + timedelta(hours=1))
    gone.update(gone_at=now)
