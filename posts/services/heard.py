"""Tells writers what became of their posts: live, or in trouble. By the beat, never in the deliverer's way.

What was heard since the last look is read in one statement; the look remembers how far it came in a heartbeat row,
whose lock keeps two of them from telling the same. A settle that commits later than `LAG` after its time is not told:
its post shows it, and so does the desk of whoever has to decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from divisions import access
from divisions.permissions import Reach, Right
from divisions.services import notices
from divisions.services.notices import News
from posts.models import Delivery, Heartbeat, Post
from posts.selectors import presence
from posts.services.news import writer_id
from posts.states import Act, DeliveryState

_S = DeliveryState
NAME = "told"
LAG = timedelta(seconds=10)
FURTHEST_BACK = timedelta(hours=1)  # after a longer pause the desk says it better than a flood of notices
LONGEST_WAY = timedelta(days=3)  # from due_at to what was heard: bounds the search by its index
DOUBTS_FOR = timedelta(hours=2)
TOGETHER = 10  # of one person, more posts than this in one look are told together
_HEARD = (_S.DELIVERED, _S.FAILED, _S.MISSED, _S.AWAITING_PROOF)
_BAD = (_S.FAILED, _S.MISSED, _S.UNCERTAIN, _S.AWAITING_PROOF)
_OPEN = (_S.QUEUED, _S.IN_FLIGHT, _S.AWAITING_RETRY, _S.UNCERTAIN)
Heard = dict[int, list[Delivery]]


@transaction.atomic
def tell(*, now: datetime) -> int:
    """Tell what was heard since the last look; returns of how many posts. Two at once are harmless.

    Three queries while nothing was heard. The very first look tells nothing: what went before is history.
    """
    until = now - LAG
    Heartbeat.objects.get_or_create(name=NAME, defaults={"beat_at": until})
    mark = Heartbeat.objects.select_for_update(skip_locked=True).filter(name=NAME, beat_at__lt=until).first()
    if mark is None:
        return 0
    since = max(mark.beat_at, until - FURTHEST_BACK)
    heard = _by_post([*_since(since, until), *_doubts(now)])
    if heard:
        notices.tell_each(_news(heard), now=now)
    Heartbeat.objects.filter(name=NAME).update(beat_at=until)
    return len(heard)


def _since(since: datetime, until: datetime) -> Iterable[Delivery]:
    rows = Delivery.objects.filter(state__in=_HEARD, state_at__gt=since, state_at__lte=until)
    return _light(rows.filter(due_at__gte=since - LONGEST_WAY)).exclude(act=Act.WITHDRAW, state=_S.DELIVERED)


def _doubts(now: datetime) -> Iterable[Delivery]:
    """What nobody could find out by looking: a person decides. Told once, by its key."""
    rows = Delivery.objects.filter(state=_S.UNCERTAIN, look_at__isnull=True, state_at__gt=now - DOUBTS_FOR)
    return _light(rows.filter(due_at__gte=now - LONGEST_WAY))


def _light(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.select_related("channel").defer("payload", "steps", "step_state", "channel__credentials")


def _by_post(rows: Iterable[Delivery]) -> Heard:
    found: Heard = defaultdict(list)
    for row in rows:
        found[row.post_id].append(row)
    return found


def _news(heard: Heard) -> list[News]:
    posts = Post.objects.in_bulk(list(heard))
    stand = presence.of_posts(posts.values())
    deciders = _deciders({posts[pk].division_id for pk, rows in heard.items() if _bad(rows)})
    live: dict[int, list[Post]] = defaultdict(list)
    bad: dict[int, list[Post]] = defaultdict(list)
    for pk, rows in heard.items():
        post = posts[pk]
        if _bad(rows):
            for person in {writer_id(post), *_who_else(rows, deciders.get(post.division_id, ()))}:
                bad[person].append(post)
        elif _is_settled(rows, stand[pk]):
            live[writer_id(post)].append(post)
    told = [news for person, mine in live.items() for news in _live(person, mine, heard, stand)]
    return told + [news for person, mine in bad.items() for news in _trouble(person, mine, heard, stand)]


def _bad(rows: Iterable[Delivery]) -> list[Delivery]:
    return [row for row in rows if row.state in _BAD]


def _is_settled(rows: Iterable[Delivery], stands: presence.Presence) -> bool:
    """Whether something of it came out just now and nothing is on its way any more: one notice a post."""
    came_out = any(row.act == Act.PUBLISH for row in rows)
    return came_out and not any(stands.counts.get(state) for state in _OPEN)


def _deciders(division_ids: Iterable[int]) -> dict[int, list[int]]:
    """Each division's own people who decide; who oversees all of it has the wall."""
    return {
        pk: [person.pk for person in access.people_with(Right.DECIDE_DELIVERY, pk, reach=Reach.OWN)]
        for pk in division_ids
    }


def _who_else(rows: Iterable[Delivery], deciders: Iterable[int]) -> Iterable[int]:
    """Posting by hand is the writer's; everything else asks somebody who decides."""
    return deciders if any(row.state != _S.AWAITING_PROOF for row in _bad(rows)) else ()


def _live(person: int, posts: Sequence[Post], heard: Heard, stand: Mapping[int, presence.Presence]) -> Iterable[News]:
    if len(posts) > TOGETHER:
        text = "They went out since the last look. Each of them stands in the list with its places."
        key = f"live-{max(row.pk for post in posts for row in heard[post.pk])}"
        path = reverse("posts:list")
        yield News(user_id=person, kind="post_live", subject=f"{len(posts)} posts of yours are live", text=text,
                   path=path, key=key)  # fmt: skip
        return
    for post in posts:
        lines = [stand[post.pk].sentence, *(_link(row) for row in heard[post.pk] if row.act == Act.PUBLISH)]
        yield _one(person, post, "post_live", f"Live: {post}", lines, f"live-{_last(heard[post.pk])}")


def _trouble(
    person: int, posts: Sequence[Post], heard: Heard, stand: Mapping[int, presence.Presence]
) -> Iterable[News]:
    if len(posts) > TOGETHER:
        text = "Something of each of them did not go out. The list of what is stuck says why, and what to press."
        key = f"bad-{max(row.pk for post in posts for row in heard[post.pk])}"
        path = reverse("posts:list")
        yield News(user_id=person, kind="post_trouble", subject=f"{len(posts)} posts need somebody", text=text,
                   path=path, key=key)  # fmt: skip
        return
    for post in posts:
        rows = _bad(heard[post.pk])
        lines = [stand[post.pk].sentence, *(_problem(row) for row in rows)]
        yield _one(person, post, "post_trouble", f"{_worst(rows)}: {post}", lines, f"bad-{_last(rows)}")


def _one(person: int, post: Post, kind: str, subject: str, lines: Iterable[str], key: str) -> News:
    text, path = "\n".join(line for line in lines if line), reverse("posts:detail", args=[post.pk])
    return News(user_id=person, kind=kind, subject=subject, text=text, path=path, key=key)


def _last(rows: Iterable[Delivery]) -> str:
    """Names what was heard: the newest of it, and which of its calls."""
    newest = max(rows, key=lambda row: (row.state_at, row.pk))
    return f"{newest.pk}-{newest.state}-{newest.attempt}-{newest.state_at:%s}"


def _link(row: Delivery) -> str:
    url = row.remote_url if not row.remote_url.startswith("/") else settings.BASE_URL + row.remote_url
    return f"{row.channel}: {url}" if url and row.state == _S.DELIVERED else ""


def _problem(row: Delivery) -> str:
    if row.state == _S.AWAITING_PROOF and not row.problem:
        return f"{row.channel}: post it there by hand, then paste its link."
    return f"{row.channel}: {row.problem.get('cause') or 'it did not go out.'} {row.problem.get('press', '')}".strip()


def _worst(rows: Iterable[Delivery]) -> str:
    states = {row.state for row in rows}
    words = ((_S.FAILED, "Failed"), (_S.UNCERTAIN, "Look and decide"), (_S.MISSED, "Missed its time"))
    return next((said for state, said in words if state in states), "Post it by hand")
