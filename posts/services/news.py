"""What people are told as a post goes its way: approved, sent back, expired, a second person needed, posting held.

Called by the service that does the thing, in its transaction. What became of deliveries is told by `heard`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import dateformat

from divisions import access
from divisions.models import Department, Division, LinkRule, User
from divisions.permissions import Right
from divisions.services import notices
from divisions.services.notices import News
from posts.models import Correction, Hold, Post, Review, Revision, Withdrawal
from posts.models.approving import Rung
from posts.models.review import Verdict
from posts.selectors import approving, ladder


def writer_id(post: Post) -> int:
    """Who looks after a post: its owner since the author moved on, else the author."""
    return post.owner_id or post.author_id


def approved(post: Post, *, by: User, now: datetime) -> None:
    """Its writer, that it goes out, and when."""
    due = post.revision.due_at if post.revision else None
    when = f"It goes out {_moment(due, post)}." if due and due > now else "It goes out now."
    _writer(post, "post_approved", f"Approved: {post}", f"{by.name} approved it. {when}", now)


def to_approve(revision: Revision, *, places: set[int], editors: set[int], now: datetime) -> None:
    """Whoever can give the approval that is missing, at once: an alert does not wait for the first reminder, nor does
    what one of two has approved. `places` are the divisions whose reviewers decide, `editors` who cannot (P2)."""
    post, standing = revision.post, approving.standing(revision)
    people = ladder.people(revision, Rung.REVIEWERS, division_ids=places, editors=editors, now=now)
    if standing.seats > 1 and not standing.given:
        people += ladder.people(revision, Rung.CENTRAL, division_ids=places, editors=editors, now=now)
    given = "".join(f" {approval.approved_by} has approved it as the first of two." for approval in standing.given)
    notices.tell(
        people,
        f"To approve: {post}",
        f"“{post}” of {post.division} waits for you to approve it.{given} Nothing goes out before.",
        reverse("posts:decide", args=[post.pk]),
        kind="review_waiting",
        key=f"to-approve-{revision.pk}-{len(standing.given)}",
        now=now,
    )


def sent_back(post: Post, review: Review, *, now: datetime) -> None:
    """Its writer, with the reviewer's words."""
    rejected = review.verdict == Verdict.REJECTED
    subject = f"Rejected: {post}" if rejected else f"Changes asked: {post}"
    ends = "It does not go out." if rejected else "Change it and submit it again."
    _writer(post, "changes_requested", subject, f"{review.by.name}: “{review.note}”\n\n{ends}", now)


def expired(posts: Iterable[Post], *, now: datetime) -> None:
    """The writers of what nobody approved in time. As many queries for many posts as for one."""
    text = "Nobody approved it in time, so nothing went out. Pick a new time and submit it again."
    notices.tell_each(
        [
            News(
                user_id=writer_id(post),
                kind="post_trouble",
                subject=f"Not approved in time: {post}",
                text=text,
                path=reverse("posts:detail", args=[post.pk]),
            )
            for post in posts
        ],
        now=now,
    )


def second_person(asked: Correction | Withdrawal, post: Post, *, by: User, now: datetime) -> None:
    """Whoever can decide about it: not who asked, and of a correction not who wrote the post."""
    taking_down = isinstance(asked, Withdrawal)
    right = Right.WITHDRAW_POST if taking_down else Right.REVIEW_POST
    without = {by.pk} if taking_down else {by.pk, post.author_id}
    people = [person for person in access.people_with(right, post.division_id) if person.pk not in without]
    does = "take it down" if taking_down else "correct it"
    why = f"{asked.get_ground_display()}. {asked.reason}" if isinstance(asked, Withdrawal) else asked.was_wrong
    notices.tell(
        people,
        f"To confirm, {'withdrawal' if taking_down else 'correction'}: {post}",
        f"{by.name} asks to {does}: “{why}”\n\nIt stands as it is until a second person decides.",
        reverse("posts:withdrawal" if taking_down else "posts:correction", args=[asked.pk]),
        kind="second_person",
        now=now,
    )


def held(hold: Hold, *, by: User, now: datetime) -> None:
    """Everybody who writes or decides in what it covers, but whoever pressed it; nobody of a drill."""
    if hold.drill:
        return
    places = _places(hold)
    ids = access.people_who(Right.DRAFT_POST, places) | access.people_who(Right.DECIDE_DELIVERY, places)
    if hold.released_at is None:
        subject = f"Posting is on hold for {hold.covers()}"
        text = f"{by.name}: “{hold.reason}”\n\nNothing covered by it goes out until somebody lifts the hold."
    else:
        subject = f"Posting is free again for {hold.covers()}"
        text = f"{by.name} lifted the hold. What it stopped waits: each post is kept, re-timed or dropped by a person."
    path = reverse("posts:hold", args=[hold.pk]) if hold.pk else reverse("posts:holds")
    news = [News(user_id=pk, kind="hold", subject=subject, text=text, path=path) for pk in sorted(ids - {by.pk})]
    notices.tell_each(news, now=now)


def _places(hold: Hold) -> Sequence[int]:
    """The divisions whose people a hold concerns."""
    if hold.channel:
        linked = LinkRule.objects.filter(target_channel=hold.channel, revoked_at__isnull=True)
        return [hold.channel.division_id, *linked.values_list("source_channel__division", flat=True)]
    if hold.division and not hold.with_tree:
        return [hold.division_id or 0]
    below = Division.objects.filter(path__startswith=hold.division.path) if hold.division else Division.objects.all()
    return list(below.values_list("pk", flat=True))


def _writer(post: Post, kind: str, subject: str, text: str, now: datetime) -> None:
    path = reverse("posts:detail", args=[post.pk])
    news = News(user_id=writer_id(post), kind=kind, subject=subject, text=text, path=path)
    notices.tell_each([news], now=now)


def _moment(moment: datetime, post: Post) -> str:
    zone = post.division.zone or Department.objects.values_list("zone", flat=True).first() or "UTC"
    return dateformat.format(moment.astimezone(ZoneInfo(zone)), "D j M, H:i T")
