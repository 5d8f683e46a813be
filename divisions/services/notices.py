"""Tells people things: a row on the desk and, for whoever wants it, a mail; both are owed with the act itself.

Rows are written in the caller's transaction, mails go out by the beat (`mailing`): a mail server that is down, slow or
wrong stops nothing. Kinds and their defaults stand in `divisions.notice_kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.models import Channel, Notice, NoticeChoice, User
from divisions.notice_kinds import BY_CODE, DEFAULT, KINDS, NoticeKind, Way
from divisions.permissions import Right

Ways = frozenset[Way]
_ALL, _DESK = frozenset(Way), frozenset({Way.DESK})
_SUBJECT, _TEXT, _PATH, _KEY = 200, 4000, 300, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing for one person. `path` is the page of the desk where something can be done; see `tell` for `key`.

    `by_mail` = False for what has a mail of its own (a digest).
    """

    user_id: int
    kind: str
    subject: str
    text: str
    path: str
    key: str = ""
    by_mail: bool = True


def account_is_broken(channel: Channel) -> None:
    """Tell that an account no longer takes posts. Called once, when the channel is flagged."""
    _about(
        channel,
        "account_broken",
        f"{channel.name} on {channel.get_platform_display()} needs you",
        f"{channel.state_reason}\n\nNothing more goes out there until somebody reconnects it.",
    )


def sign_in_ends(channel: Channel, left: timedelta) -> None:
    """Tell that a sign-in ends soon."""
    days = max(left.days, 0)
    when = "has ended" if left <= timedelta(0) else f"ends in {days} {'day' if days == 1 else 'days'}"
    _about(
        channel,
        "sign_in_ends",
        f"The connection to {channel.name} {when}",
        f"Our sign-in at {channel.get_platform_display()} for {channel.name} {when}. Reconnect it before then, "
        "or posts that are due will not go out.",
    )


def tell(
    people: Iterable[User],
    subject: str,
    text: str,
    path: str,
    *,
    kind: str = DEFAULT,
    key: str = "",
    now: datetime | None = None,
) -> None:
    """Tell some people one thing, with the page where something can be done about it (a path of the desk).

    With a `key`, nobody is told the same twice. Two queries, however many people; none for nobody.
    """
    ids = dict.fromkeys(user.pk for user in people if user.is_active)
    news = [News(user_id=pk, kind=kind, subject=subject, text=text, path=path, key=key) for pk in ids]
    tell_each(news, now=now)


def tell_each(news: Sequence[News], *, now: datetime | None = None) -> None:
    """Tell different people different things; who asked not to be told of a kind is not. Two queries for all of it."""
    if not news:
        return
    moment = now or timezone.now()
    chosen = ways_of(n.user_id for n in news)
    owed = ((n, chosen[n.user_id, n.kind] & (_ALL if n.by_mail else _DESK)) for n in news)
    rows = [_row(n, ways, moment) for n, ways in owed if ways]
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)


def ways_of(user_ids: Iterable[int]) -> dict[tuple[int, str], Ways]:
    """By which ways each of some people wants each kind. One query."""
    ids = set(user_ids)
    found = {(pk, kind.code): kind.ways | kind.kept for pk in ids for kind in KINDS}
    for choice in NoticeChoice.objects.filter(user__in=ids, kind__in=list(BY_CODE)):
        found[choice.user_id, choice.kind] = _chosen(choice)
    return found


@transaction.atomic
def choose(*, wanted: dict[str, Ways], by: User, now: datetime | None = None) -> None:
    """Save by which ways somebody wants some kinds; what may not be switched off stays on. One query."""
    moment = now or timezone.now()
    rows = [
        NoticeChoice(
            user=by,
            kind=code,
            on_desk=Way.DESK in ways | BY_CODE[code].kept,
            by_mail=Way.MAIL in ways | BY_CODE[code].kept,
            changed_at=moment,
        )
        for code, ways in wanted.items()
    ]
    _keep(rows)


@transaction.atomic
def stop_mail(*, user_id: int, kind: NoticeKind, now: datetime | None = None) -> bool:
    """End the mails of one kind to one person (the signed link of a mail); what stands on the desk is left alone.

    False when this kind may not be ended. For somebody who is gone nothing is done and nothing is said.
    """
    if Way.MAIL in kind.kept:
        return False
    if not User.objects.filter(pk=user_id).exists():
        return True
    before = ways_of([user_id])[user_id, kind.code]
    moment = now or timezone.now()
    on_desk = Way.DESK in before
    _keep([NoticeChoice(user_id=user_id, kind=kind.code, on_desk=on_desk, by_mail=False, changed_at=moment)])
    Notice.objects.filter(user=user_id, kind=kind.code, mail_due_at__isnull=False).update(mail_due_at=None)
    return True


def see(*, by: User, pk: int | None = None, now: datetime | None = None) -> int:
    """Mark one notice of theirs as seen, or all of them; returns how many were not before."""
    rows = Notice.objects.filter(user=by, seen_at__isnull=True)
    if pk is not None:
        rows = rows.filter(pk=pk)
    return rows.update(seen_at=now or timezone.now())


def _keep(rows: list[NoticeChoice]) -> None:
    NoticeChoice.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["on_desk", "by_mail", "changed_at"],
    )


def _chosen(choice: NoticeChoice) -> Ways:
    said = ((Way.DESK, choice.on_desk), (Way.MAIL, choice.by_mail))
    return frozenset(way for way, wanted in said if wanted) | BY_CODE[choice.kind].kept


def _row(news: News, ways: Ways, now: datetime) -> Notice:
    return Notice(
        user_id=news.user_id,
        kind=news.kind,
        subject=_line(news.subject, _SUBJECT),
        text=news.text.replace("\x00", "")[:_TEXT],
        path=news.path[:_PATH],
        key=news.key[:_KEY],
        created_at=now,
        on_desk=Way.DESK in ways,
        seen_at=None if Way.DESK in ways else now,
        mail_due_at=now if Way.MAIL in ways else None,
    )


def _line(words: str, most: int) -> str:
    """One line: no break can become a header of a mail."""
    said = " ".join(words.replace("\x00", "").split())
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"


def _about(channel: Channel, kind: str, subject: str, text: str) -> None:
    tell(_people(channel), subject, text, f"/desk/channels/{channel.slug}/", kind=kind)


def _people(channel: Channel) -> list[User]:
    managers = access.people_with(Right.MANAGE_CHANNEL, channel.division_id)
    duty = [channel.duty_officer] if channel.duty_officer and channel.duty_officer.is_active else []
    return [*duty, *managers]
