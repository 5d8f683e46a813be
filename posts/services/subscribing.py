"""How the public comes onto an e-mail list and leaves it: asked for, confirmed from the mailbox, ended by a press.

Nobody learns here who is on a list: whoever asks gets the same answer, and a mail goes to the address in every case.
Addresses are kept while they are needed: requests two days, of people on no list a month. Sending posts is `mailing`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel
from posts.models import MailCopy, Subscriber, SubscribeRequest, Subscription
from posts.models.mailing import CopyState, Ended, Source
from posts.selectors import mail_links, mailing

KEEP_REQUESTS = timedelta(seconds=mail_links.CONFIRM_WITHIN_S)
KEEP_ADDRESSES = timedelta(days=30)
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
PER_ADDRESS, PER_ORIGIN, IN_ALL = 3, 20, 500  # a day, an hour, an hour: this form can fill somebody's mailbox
LONGEST = 254
_LOOKS_RIGHT = EmailValidator()


@transaction.atomic
def ask(*, address: str, lists: Iterable[int], origin: str, now: datetime | None = None) -> None:
    """Note that somebody wants to be on lists; the mail with the link is owed from this commit on.

    Raises BadInput (address, lists), WrongMoment when there were too many from one origin or in all. An address that
    was asked for too often gets no further mail, and nobody is told.
    """
    moment = now or timezone.now()
    typed = clean(address)
    chosen = sorted(set(lists) & {channel.pk for channel in mailing.open_lists()})
    if not chosen:
        raise BadInput("lists", "No list is chosen.", cure="Tick at least one.")
    source = _origin(origin)
    asked = SubscribeRequest.objects.filter(asked_at__gt=moment - AN_HOUR)
    if asked.filter(origin=source).count() >= PER_ORIGIN or asked.count() >= IN_ALL:
        raise WrongMoment("Too many people signed up just now.", cure="Try again in an hour.")
    again = SubscribeRequest.objects.filter(folded=fold(typed), asked_at__gt=moment - A_DAY).count()
    SubscribeRequest.objects.create(
        address=typed,
        folded=fold(typed),
        channels=chosen,
        asked_at=moment,
        origin=source,
        mail_due_at=moment if again < PER_ADDRESS else None,
    )


@transaction.atomic
def confirm(*, request_id: int, now: datetime | None = None) -> Subscriber | None:
    """Put the address on the lists it asked for, once: a link pressed again changes nothing that was ended since.

    None when the request is gone.
    """
    moment = now or timezone.now()
    asked = SubscribeRequest.objects.select_for_update().filter(pk=request_id).first()
    if asked is None:
        return None
    reader, _ = Subscriber.objects.get_or_create(
        folded=asked.folded, defaults={"address": asked.address, "created_at": moment}
    )
    if asked.confirmed_at is None:
        asked.confirmed_at = moment
        asked.save(update_fields=["confirmed_at"])
        Subscriber.objects.filter(pk=reader.pk).update(refusals=0, suspended_at=None, suspended_why="")
        open_now = {channel.pk for channel in mailing.open_lists()}
        _put_on(reader, [pk for pk in asked.channels if pk in open_now], moment)
    return reader


@transaction.atomic
def choose(*, subscriber: Subscriber, lists: Iterable[int], now: datetime | None = None) -> int:
    """Be on exactly these lists from now on; returns on how many. The signed link of a mail is the proof."""
    moment = now or timezone.now()
    wanted = set(lists) & {channel.pk for channel in mailing.open_lists()}
    ending = subscriber.subscriptions.filter(ended_at__isnull=True).exclude(channel__in=wanted)
    ending.update(ended_at=moment, ended_why=Ended.PERSON)
    on = set(subscriber.subscriptions.filter(ended_at__isnull=True).values_list("channel_id", flat=True))
    _put_on(subscriber, sorted(wanted - on), moment)
    return len(wanted)


def leave(*, subscriber_id: int, channel_id: int, now: datetime | None = None) -> Channel | None:
    """End one subscription; pressed again it stays ended. Returns the list, None when there never was one."""
    rows = Subscription.objects.filter(subscriber=subscriber_id, channel=channel_id)
    found = rows.select_related("channel__division").first()
    if found is None:
        return None
    rows.filter(ended_at__isnull=True).update(ended_at=now or timezone.now(), ended_why=Ended.PERSON)
    return found.channel


@transaction.atomic
def tidy(*, now: datetime | None = None) -> int:
    """Delete old requests, empty addresses that nobody needs any more; returns how many addresses."""
    moment = now or timezone.now()
    SubscribeRequest.objects.filter(asked_at__lt=moment - KEEP_REQUESTS).delete()
    theirs = Subscription.objects.filter(subscriber=OuterRef("pk"))
    needed = theirs.filter(ended_at__isnull=True) | theirs.filter(ended_at__gt=moment - KEEP_ADDRESSES)
    open_mail = MailCopy.objects.filter(subscriber=OuterRef("pk"), state__in=[CopyState.PENDING, CopyState.SENDING])
    rows = Subscriber.objects.exclude(address="").filter(~Exists(needed), ~Exists(open_mail), created_at__lt=moment)
    return erase(list(rows.values_list("pk", flat=True)))


def erase(ids: Iterable[int]) -> int:
    """Empty these addresses; what was sent when stays, without saying to whom."""
    found = list(Subscriber.objects.filter(pk__in=list(ids)))
    for reader in found:
        reader.address, reader.folded, reader.suspended_why = "", f"erased-{reader.pk}", ""
    Subscriber.objects.bulk_update(found, ["address", "folded", "suspended_why"])
    MailCopy.objects.filter(subscriber__in=found).exclude(words="").update(words="")  # servers like to repeat addresses
    return len(found)


def clean(address: str) -> str:
    """An address as it is kept; raises BadInput (field `address`) for what no mail can be sent to."""
    typed = address.strip()
    cure = "Type it like name@example.com."
    if not typed or len(typed) > LONGEST or not typed.isascii():
        raise BadInput("address", "That is no e-mail address.", cure=cure)
    try:
        _LOOKS_RIGHT(typed)
    except ValidationError as error:
        raise BadInput("address", "That is no e-mail address.", cure=cure) from error
    return typed


def fold(address: str) -> str:
    """How two addresses are compared: no provider of today tells capitals apart."""
    return address.lower()


def _put_on(reader: Subscriber, channels: Iterable[int], now: datetime) -> None:
    for channel_id in channels:
        Subscription.objects.update_or_create(
            subscriber=reader,
            channel_id=channel_id,
            defaults={
                "source": Source.FORM,
                "note": "",
                "added_by": None,
                "confirmed_at": now,
                "ended_at": None,
                "ended_why": "",
            },
        )


def _origin(address: str) -> str:
    """Where a request came from, so that it can be counted and not read."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"subscribe:{address}".encode(), hashlib.sha256).hex()
