"""Opens, answers and signs check rounds. A signature freezes the round; what was answered "No" becomes tasks.

What the network knows (links, profiles) is `services.look`; how often an account is checked is `services.plan`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, NotVisible, SomebodyElseSaved, WrongMoment
from divisions.models import Channel, Department, Division, User
from divisions.permissions import Right
from divisions.selectors import register
from divisions.services import notices
from moderation.checks import BY_CODE, LEAVE_FOR_TASKS, LINKS, LINKS_BACK, asked
from moderation.models import CheckItem, CheckRound, Task
from moderation.selectors import answers, rounds, sample
from moderation.selectors.answers import Seen
from moderation.states import Answer, AskedOf
from records.services import ledger

BATCH = 200
MAX_NOTE = 500
FURTHEST_TASK = timedelta(days=92)
FROM_OUTSIDE = (LINKS, LINKS_BACK)  # answered by services.look; reading our own tables again leaves them


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed for one question; `owner` and `due_on` are for the task that a "No" becomes."""

    answer: str = ""
    note: str = ""
    owner: User | None = None
    due_on: date | None = None


def open_due(*, now: datetime | None = None) -> list[int]:
    """Open every round whose day has come, a batch a transaction; returns their ids. Twice at once opens none twice."""
    moment = now or timezone.now()
    opened: list[int] = []
    while found := _open_batch(moment):
        opened += found
    return opened


@transaction.atomic
def _open_batch(now: datetime) -> list[int]:
    ids = [channel.pk for channel in rounds.to_open(now=now)[:BATCH]]
    if not ids:
        return []
    locked = Channel.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(pk__in=ids)
    free = list(locked.values_list("pk", flat=True))
    due = rounds.to_open(now=now).filter(pk__in=free)  # read again under the lock: somebody may have been here
    return _open(list(due.select_related("division", "duty_officer")), now)


def _open(channels: Sequence[Any], now: datetime) -> list[int]:
    """Open one round each, with the system's answers. Channels carry what `rounds.with_checks` adds."""
    if not channels:
        return []
    opened = CheckRound.objects.bulk_create(
        CheckRound(
            channel=c, every_days=c.check_every, opened_at=now, due_at=c.check_due_at, looked_at=now
        )
        for c in channels
    )  # fmt: skip
    direct = sample.published_directly({c.pk: c.signed_at for c in channels}, now)
    for row in opened:
        row.sample = sample.draw(row.pk, direct.get(row.channel_id, ()))
    CheckRound.objects.bulk_update(opened, ["sample"])
    seen = answers.of_channels(channels, now=now)
    CheckItem.objects.bulk_create(item for row in opened for item in _items(row, seen[row.channel_id], now))
    ledger.append_many([_entry("opened", row, None, now, {"due_at": row.due_at.isoformat()}) for row in opened])
    return [row.pk for row in opened]


def _items(row: CheckRound, seen: Mapping[str, Seen], now: datetime) -> list[CheckItem]:
    questions = asked(row.channel.platform, row.channel.audience, sampled=bool(row.sample))
    items = []
    for position, question in enumerate(questions):
        item = CheckItem(
            round=row, code=question.code, asked_of=question.asked_of, position=position, words=question.words
        )
        if question.asked_of == AskedOf.SYSTEM:
            item.answer, item.detail = seen[question.code].answer, seen[question.code].detail[:300]
            item.answered_at = now
        items.append(item)
    return items


@transaction.atomic
def write_down(*, row: CheckRound, seen: Mapping[str, Seen], now: datetime) -> CheckRound:
    """Write the system's answers into an open round. Raises WrongMoment when it is signed."""
    row = locked(row)
    items = [item for item in row.items.filter(asked_of=AskedOf.SYSTEM) if item.code in seen]
    for item in items:
        item.answer, item.detail = seen[item.code].answer, seen[item.code].detail[:300]
        item.answered_at = now
    CheckItem.objects.bulk_update(items, ["answer", "detail", "answered_at"])
    row.looked_at = now
    row.save(update_fields=["looked_at"])
    return row


@transaction.atomic
def save(
    *, row: CheckRound, version: int, typed: Mapping[str, Typed], by: User, now: datetime | None = None
) -> CheckRound:
    """Keep what a person answered, whole or in part; nothing is signed by it.

    Raises SomebodyElseSaved when the form is older than the last save, WrongMoment when the round is signed, BadInput
    (field `<what>-<code>`), NotAllowed without `sign_check`. What the system answers, a person cannot answer for it.
    """
    row, moment = locked(row), now or timezone.now()
    access.require(by, Right.SIGN_CHECK, row.channel.division, channel=row.channel)
    if row.version != version:
        raise SomebodyElseSaved("Somebody else answered in this round meanwhile.", cure="Compare, then save again.")
    items = list(row.items.all())
    people = {user.pk for user in register.duty_candidates(row.channel)}
    changed = [item for item in items if item.code in typed and _take(item, typed[item.code], people, by, moment)]
    if changed:
        fields = ["answer", "note", "owner", "due_on", "answered_by", "answered_at"]
        CheckItem.objects.bulk_update(changed, fields)
        row.version += 1
        row.save(update_fields=["version"])
    return row


def _take(item: CheckItem, typed: Typed, people: set[int], by: User, now: datetime) -> bool:
    """Put what was typed into an item; says whether anything is different."""
    _check(item, typed, people, now)
    before = (item.answer, item.note, item.owner_id, item.due_on)
    item.note, item.owner, item.due_on = typed.note.strip(), typed.owner, typed.due_on
    if item.asked_of == AskedOf.PERSON and typed.answer != item.answer:
        item.answer, item.answered_by, item.answered_at = typed.answer, by, now
    return before != (item.answer, item.note, item.owner_id, item.due_on)


def _check(item: CheckItem, typed: Typed, people: set[int], now: datetime) -> None:
    if typed.answer not in ("", Answer.YES, Answer.NO, Answer.NA):
        raise BadInput(f"answer-{item.code}", "That is no answer.", cure="Yes, No or N/A.")
    if len(typed.note.strip()) > MAX_NOTE:
        over = len(typed.note.strip()) - MAX_NOTE
        raise BadInput(f"note-{item.code}", f"It is longer than {MAX_NOTE} characters.", cure=f"Shorten by {over}.")
    if typed.owner is not None and typed.owner.pk not in people:
        raise BadInput(f"owner-{item.code}", "They do not belong to this division.", cure="Choose one of those shown.")
    if typed.due_on is None or typed.due_on == item.due_on:
        return
    if not now.date() - timedelta(days=1) <= typed.due_on <= now.date() + FURTHEST_TASK:
        raise BadInput(f"due-{item.code}", "That day is past or too far away.", cure="Within three months from today.")


def sign(*, row: CheckRound, by: User, now: datetime | None = None) -> CheckRound:
    """Sign a round: name and time go under it, it never changes again, and each "No" becomes a task.

    Raises WrongMoment while a question is open or when it is signed already, NotAllowed without `sign_check`.
    """
    return sign_several(rows=[row], by=by, now=now)[0]


@transaction.atomic
def sign_several(*, rows: Sequence[CheckRound], by: User, now: datetime | None = None) -> list[CheckRound]:
    """Sign rounds that are answered, all of them or none; as many queries for thirty as for one. Errors as `sign`."""
    moment, mine = now or timezone.now(), access.rights(by)
    found = _all_locked(rows)
    for row in found:
        access.require(by, Right.SIGN_CHECK, row.channel.division, channel=row.channel, has=mine)
        _refuse_open(row)
    made = _make_tasks(found, by, moment)
    _tell_owners(made, by, moment)
    facts: dict[str, Any] = {"signed_at": moment, "signed_by": by, "signed_name": by.name}
    CheckRound.objects.filter(pk__in=[row.pk for row in found]).update(**facts)
    for row in found:
        row.signed_at, row.signed_by, row.signed_name = moment, by, by.name
    ledger.append_many([_entry("signed", row, by, moment, _told(row, made)) for row in found])
    return found


def _all_locked(rows: Sequence[CheckRound]) -> list[CheckRound]:
    """The rounds under lock, in id order, with items and pictures. Raises WrongMoment for a signed one."""
    held = _lockable().filter(pk__in=[row.pk for row in rows]).order_by("pk")
    return [_unsigned(row) for row in held.prefetch_related("items__owner", "screenshots")]


def _refuse_open(row: CheckRound) -> None:
    left = [item for item in row.items.all() if is_open(item)]
    if left:
        many = "One question is" if len(left) == 1 else f"{len(left)} questions are"
        raise WrongMoment(f"{many} still open.", cure="Answer them; a “No” also says what is wrong.")


def is_open(item: CheckItem) -> bool:
    """Whether a question still keeps its round from being signed (`rounds.OPEN`, for rows in hand)."""
    unsaid = item.answer == Answer.NO and item.asked_of == AskedOf.PERSON and not item.note
    return not item.answer or unsaid


def _make_tasks(rows: Sequence[CheckRound], by: User, now: datetime) -> list[Task]:
    """A task for each "No", but for those whose task of an earlier round is still open."""
    wrong = [(row, item) for row in rows for item in row.items.all() if item.answer == Answer.NO]
    if not wrong:
        return []
    still_open = Task.objects.filter(channel__in=[row.channel_id for row in rows], done_at__isnull=True)
    known = set(still_open.values_list("channel", "code"))
    return Task.objects.bulk_create(
        Task(
            item=item, channel=row.channel, division=row.channel.division, code=item.code, words=task_words(item),
            owner=item.owner, due_on=item.due_on or usual_day(row, now), made_by=by, made_at=now,
        )
        for row, item in wrong
        if (row.channel_id, item.code) not in known
    )  # fmt: skip


def _tell_owners(made: Sequence[Task], by: User, now: datetime) -> None:
    notices.tell_each(
        [
            notices.News(
                user_id=task.owner_id,
                kind="check_task",
                subject=f"A task for you by {task.due_on:%-d %B}: {task.words}",
                text=f"{by.name} looked at {task.channel} and found something to put right.",
                path=f"/desk/checks/tasks/{task.pk}/",
                key=f"task-{task.pk}",
            )
            for task in made
            if task.owner_id and task.owner_id != by.pk
        ],
        now=now,
    )


def task_words(item: CheckItem) -> str:
    """What the task asks: the person's own line, else the question's cure."""
    question = BY_CODE.get(item.code)
    return item.note or (question.task if question and question.task else item.words)


def usual_day(row: CheckRound, now: datetime) -> date:
    """The day a task is due unless somebody says otherwise, by the division's clock."""
    return (now + LEAVE_FOR_TASKS).astimezone(ZoneInfo(zone_of(row.channel.division))).date()


def zone_of(division: Division) -> str:
    """The division's time zone, or the department's."""
    return division.zone or Department.objects.values_list("zone", flat=True).first() or "UTC"


def _told(row: CheckRound, made: Sequence[Task]) -> dict[str, Any]:
    """Everything that was signed, for the ledger."""
    return {
        "due_at": row.due_at.isoformat(),
        "answers": {item.code: [item.answer, item.detail, item.note] for item in row.items.all()},
        "sample": row.sample,
        "screenshots": [shot.sha256 for shot in row.screenshots.all()],
        "tasks": [task.pk for task in made if task.channel_id == row.channel_id],
    }


def locked(row: CheckRound) -> CheckRound:
    """The open round, locked in the caller's transaction. Raises WrongMoment when it is signed."""
    found = _lockable().filter(pk=row.pk).first()
    if found is None:
        raise NotVisible
    return _unsigned(found)


def _lockable() -> QuerySet[CheckRound]:
    return CheckRound.objects.select_for_update(of=("self",)).select_related("channel__division")


def _unsigned(row: CheckRound) -> CheckRound:
    if row.signed_at is not None:
        raise WrongMoment(f"This round was signed by {row.signed_name}.", cure="The next one opens by itself.")
    return row


def _entry(act: str, row: CheckRound, by: User | None, now: datetime, data: dict[str, Any]) -> ledger.Entry:
    return ledger.Entry(
        type=f"moderation.round.{act}",
        subject_type="check_round",
        subject_id=row.pk,
        occurred_at=now,
        by=by,
        division=row.channel.division,
        data={"channel": row.channel.slug, **data},
    )
