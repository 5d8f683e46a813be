"""Which mails of a delivery went: one row each, committed before and after it is handed over (P3).

The e-mail connector asks here what to send next and says what became of it. Everything is fenced by the delivery's
attempt: a worker that froze, lost its claim or was overtaken by a hold begins no mail more. Who is on a list, and how
people come and go, stands in `subscribing`; nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q

from connectors.mailing_port import Fate, Left, Recipient
from divisions.models import Channel
from posts.kinds import Kind
from posts.models import Delivery, MailCopy, Subscriber
from posts.models.mailing import CopyState
from posts.selectors import mail_links
from posts.states import Act

AFTER_A_BREAK = timedelta(seconds=30)  # the line is lost, not the mail
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))
ALERT_WAITS = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))  # its grace is five minutes
MOST_REFUSALS = 2
NO_SUCH_ADDRESS = "5.1.1"
TOO_LATE = "its time was over"
TWICE = 2

_EVERYBODY = """
INSERT INTO posts_mailcopy (delivery_id, subscriber_id, state, attempt, tries, ready_at, at, words)
SELECT %(delivery)s, s.id, 'pending', 0, 0, %(now)s, %(now)s, ''
FROM posts_subscription m JOIN posts_subscriber s ON s.id = m.subscriber_id
WHERE m.channel_id = %(channel)s AND m.ended_at IS NULL AND s.suspended_at IS NULL
  AND (%(first)s::bigint IS NULL OR EXISTS (
      SELECT 1 FROM posts_mailcopy c
      WHERE c.delivery_id = %(first)s AND c.subscriber_id = s.id AND c.state IN ('sent', 'uncertain')))
ORDER BY s.id
ON CONFLICT DO NOTHING
"""
# Who left the list or was suspended since the rows were written gets no mail.
_GONE = """
UPDATE posts_mailcopy c SET state = 'left', at = %(now)s
WHERE c.delivery_id = %(delivery)s AND c.state = 'pending' AND NOT EXISTS (
    SELECT 1 FROM posts_subscription m JOIN posts_subscriber s ON s.id = m.subscriber_id
    WHERE m.subscriber_id = c.subscriber_id AND m.channel_id = %(channel)s AND m.ended_at IS NULL
      AND s.suspended_at IS NULL)
"""
# The fence: the delivery is still in flight under the very attempt that took this batch, and nothing holds it.
_BEGIN = """
UPDATE posts_mailcopy c SET state = 'sending', attempt = %(attempt)s, tries = c.tries + 1, at = %(now)s
FROM posts_delivery d JOIN divisions_channel h ON h.id = d.channel_id
WHERE c.id = %(copy)s AND c.state = 'pending' AND d.id = c.delivery_id AND d.state = 'in_flight'
  AND d.attempt = %(attempt)s AND d.hold_id IS NULL AND h.state = 'connected'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The call in whose name mails are sent. `now` is the moment it began."""

    delivery: Delivery
    attempt: int
    now: datetime


class Mailing:
    """The keeper of one list's mails (`connectors.mailing_port.MailingList`)."""

    def __init__(self, channel: Channel, sending: Sending | None = None) -> None:
        self._channel, self._sending = channel, sending

    @property
    def _call(self) -> Sending:
        if self._sending is None:
            raise RuntimeError("no delivery is being sent")
        return self._sending

    def take(self, limit: int) -> Sequence[Recipient]:
        """The next mails, at most `limit`. A fixed number of queries, however long the list is."""
        call = self._call
        mine = MailCopy.objects.filter(delivery=call.delivery)
        if not mine.exists():
            self._execute(_EVERYBODY)
        self._after_silence(mine.filter(state=CopyState.SENDING, attempt__lt=call.attempt))
        self._execute(_GONE)
        due = mine.filter(state=CopyState.PENDING, ready_at__lte=call.now).select_related("subscriber")
        return [self._recipient(copy) for copy in due.order_by("pk")[:limit]]

    def begin(self, recipient: Recipient) -> bool:
        """One statement, committed by itself: nothing is sent that does not stand here as being sent."""
        return self._execute(_BEGIN, copy=recipient.copy_id) == 1

    def end(self, recipient: Recipient, fate: Fate, *, status: int | None, words: str, hard: bool, lost: bool) -> None:
        """Write down what became of a mail; an address that is refused for good gets nothing more."""
        call = self._call
        copy = MailCopy.objects.filter(pk=recipient.copy_id, state=CopyState.SENDING, attempt=call.attempt)
        facts: dict[str, Any] = {"status": status, "words": words.replace("\x00", "")[:300], "at": call.now}
        if fate is Fate.UNCERTAIN:
            copy.update(**facts)
            self._after_silence(copy)
        elif fate is Fate.LATER:
            tries = copy.values_list("tries", flat=True).first() or 1
            copy.update(state=CopyState.PENDING, ready_at=call.now + self._wait(tries, lost), **facts)
        elif copy.update(state=CopyState(fate.value), **facts):
            self._about_the_address(recipient.number, fate, hard, facts["words"])

    def left(self) -> Left:
        """What could only go after the post's time is given up here, or the delivery would never end. Two queries."""
        call = self._call
        mine = MailCopy.objects.filter(delivery=call.delivery)
        late = mine.filter(state=CopyState.PENDING, ready_at__gt=call.delivery.grace_until)
        late.update(state=CopyState.REFUSED, words=TOO_LATE, at=call.now)
        rows = mine.order_by().values("state")
        found = list(rows.annotate(many=Count("pk"), soonest=Min("ready_at")))
        waiting = [row["soonest"] for row in found if row["state"] == CopyState.PENDING]
        return Left(
            next_at=max(min(waiting), call.now) if waiting else None,
            counts={row["state"]: row["many"] for row in found},
        )

    def counts(self, remote_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Mails by fate of deliveries of this list; one query."""
        rows = MailCopy.objects.filter(delivery__channel=self._channel, delivery__remote_id__in=list(remote_ids))
        found: dict[str, dict[str, int]] = {}
        for remote_id, state, many in (
            rows.order_by().values_list("delivery__remote_id", "state").annotate(many=Count("pk"))
        ):
            found.setdefault(remote_id, {})[state] = many
        return found

    def _after_silence(self, rows: Any) -> None:
        """Nobody knows whether these went. An alert is repeated once under the same Message-ID; all else is left."""
        if self._repeats():
            rows.filter(tries__lt=TWICE).update(state=CopyState.PENDING, ready_at=self._call.now)
        rows.filter(~Q(state=CopyState.PENDING)).update(state=CopyState.UNCERTAIN)

    def _repeats(self) -> bool:
        """The list's setting `repeat_uncertain`: alerts (default), always, never."""
        chosen = self._channel.settings.get("repeat_uncertain", "alerts")
        return chosen == "always" or (chosen == "alerts" and self._is_alert())

    def _is_alert(self) -> bool:
        return self._call.delivery.post.kind == Kind.SAFETY_ALERT

    def _wait(self, tries: int, lost: bool) -> timedelta:
        if lost and tries == 1:
            return AFTER_A_BREAK
        waits = ALERT_WAITS if self._is_alert() else WAITS
        return waits[min(max(tries - 1, 0), len(waits) - 1)]

    def _about_the_address(self, number: int, fate: Fate, hard: bool, words: str) -> None:
        reader = Subscriber.objects.filter(pk=number)
        if fate is Fate.SENT:
            reader.filter(refusals__gt=0).update(refusals=0)
        elif hard:
            reader.update(refusals=F("refusals") + 1)
            over = Q(refusals__gte=MOST_REFUSALS) | Q(pk__in=[number] if NO_SUCH_ADDRESS in words else [])
            reader.filter(over, suspended_at=None).update(suspended_at=self._call.now, suspended_why=words)

    def _recipient(self, copy: MailCopy) -> Recipient:
        reader = copy.subscriber
        return Recipient(
            copy_id=copy.pk,
            number=reader.pk,
            address=reader.address,
            manage_url=mail_links.manage(reader.pk),
            leave_url=mail_links.leave(reader.pk, self._channel.pk),
        )

    def _execute(self, statement: str, **values: Any) -> int:
        call = self._call
        first = call.delivery.publication_id if call.delivery.act == Act.REPLY else None
        given: dict[str, Any] = {
            "delivery": call.delivery.pk,
            "channel": self._channel.pk,
            "attempt": call.attempt,
            "now": call.now,
            "first": first,
        }
        with connection.cursor() as cursor:
            cursor.execute(statement, {**given, **values})
            return int(cursor.rowcount)
