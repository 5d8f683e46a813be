"""Keeps the register of accounts: the facts a platform does not tell, who holds an account, how many are declared.

What a channel *is* changes in `channels`; what is asked of an entry stands in `divisions.selectors.completeness`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput, SomebodyElseSaved, WrongMoment
from divisions.models import AccountHolder, AccountRecord, Channel, Department, User
from divisions.permissions import Right
from divisions.selectors import register
from divisions.services.channels import remember
from divisions.services.department import require_everywhere
from divisions.states import ChannelState
from records.services import ledger

EDITABLE = frozenset(
    {
        "owner",
        "opened_on",
        "recovery",
        "public_email",
        "public_phone",
        "contact_url",
        "policy_url",
        "listed_url",
        "links_back",
        "read_hours",
    }
)
SECRET = frozenset({"recovery"})  # a way into the account: the ledger says that it changed, not to what
MOST_ACCOUNTS = 100_000


@transaction.atomic
def change_record(*, channel: Channel, by: User | None, now: datetime | None = None, **facts: Any) -> list[str]:
    """Change facts of an account's entry, making it first if need be; returns the names of what really changed.

    Takes `manage_channel`. Raises BadInput for an unknown fact or a day in the future, WrongMoment when it is retired.
    """
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    moment = now or timezone.now()
    for name in facts:
        if name not in EDITABLE:
            raise BadInput(name, f"An entry has no “{name}”.", cure=f"Known: {', '.join(sorted(EDITABLE))}.")
    if facts.get("opened_on") and facts["opened_on"] > moment.date():
        raise BadInput("opened_on", "This day has not come yet.", cure="Give the day it was opened.")
    row = _locked(channel)
    changed = {name: value for name, value in facts.items() if getattr(row, name) != value}
    if not changed:
        return []
    if "links_back" in changed:
        row.links_back_at = moment
    for name, value in changed.items():
        setattr(row, name, value)
    row.changed_by, row.changed_at = by, moment
    row.full_clean(exclude=["channel"])
    row.save()
    told = {name: "changed" if name in SECRET else _plain(value) for name, value in changed.items()}
    remember("divisions.register.changed", channel, by, moment, {"changed": told})
    return sorted(changed)


@transaction.atomic
def add_holder(
    *, channel: Channel, user: User, second_factor: bool, by: User | None, now: datetime | None = None
) -> AccountHolder:
    """Enter somebody who can sign in to the account as its administrator. Entering them again renews the second factor.

    Takes `manage_channel`. Raises BadInput for somebody outside the divisions, WrongMoment when it is retired.
    """
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    moment = now or timezone.now()
    _locked(channel)
    if by is not None and not register.duty_candidates(channel).filter(pk=user.pk).exists():
        raise BadInput("user", f"{user} belongs to no division that could hold it.", cure="Give them a role first.")
    known = AccountHolder.objects.filter(channel=channel, user=user, removed_at=None).first()
    if known is not None and known.second_factor == second_factor:
        return known
    if known is not None:
        _end(known, moment)
    row = AccountHolder.objects.create(
        channel=channel, user=user, second_factor=second_factor, added_by=by, added_at=moment
    )
    facts = {"holder": user.email, "second_factor": second_factor}
    remember("divisions.register.holder_added", channel, by, moment, facts)
    return row


@transaction.atomic
def remove_holder(*, holder: AccountHolder, by: User | None, now: datetime | None = None) -> AccountHolder:
    """Say that somebody can no longer sign in to the account. Changes nothing at the platform: that is done there.

    Takes `manage_channel`. Raises WrongMoment when they were removed already.
    """
    channel = holder.channel
    access.require(by, Right.MANAGE_CHANNEL, channel.division, channel=channel)
    moment = now or timezone.now()
    _locked(channel)
    row = AccountHolder.objects.select_related("user").get(pk=holder.pk)
    if row.removed_at is not None:
        raise WrongMoment(f"{row.user} was removed from it already.")
    _end(row, moment)
    remember("divisions.register.holder_removed", channel, by, moment, {"holder": row.user.email})
    return row


@transaction.atomic
def declare(*, number: int, was: int | None, by: User | None, now: datetime | None = None) -> Department:
    """Set how many accounts the department says it has, after reading the list. `was` = what the person saw before.

    Takes `manage_channel` everywhere. Raises BadInput (number), SomebodyElseSaved when it is another by now.
    """
    require_everywhere(by, Right.MANAGE_CHANNEL)
    if not 0 <= number <= MOST_ACCOUNTS:
        raise BadInput("number", f"{number} is no number of accounts.", cure=f"From 0 to {MOST_ACCOUNTS:,}.")
    row = Department.objects.select_for_update().get()
    if row.declared_accounts != was:
        raise SomebodyElseSaved(f"Somebody else declared {row.declared_accounts} meanwhile.", cure="Look once more.")
    row.declared_accounts = number
    row.save(update_fields=["declared_accounts"])
    facts = {"was": was, "now": number, "counted": register.counted()}
    ledger.remember("divisions.register.declared", ("department", row.pk), by=by, now=now, data=facts)
    return row


def require_declare(*, by: User | None) -> None:
    """Raise unless the person may declare: `manage_channel` everywhere."""
    require_everywhere(by, Right.MANAGE_CHANNEL)


@transaction.atomic
def seen_linking_back(*, channel: Channel, links_back: bool, now: datetime) -> bool:
    """Write down what the platform itself showed of the profile; returns whether that is news. By the system alone."""
    AccountRecord.objects.get_or_create(channel=channel)
    row = AccountRecord.objects.select_for_update().get(pk=channel.pk)
    news = row.links_back != links_back
    row.links_back, row.links_back_at = links_back, now
    row.save(update_fields=["links_back", "links_back_at"])
    if news:
        remember("divisions.register.link_seen", channel, None, now, {"links_back": links_back})
    return news


def _locked(channel: Channel) -> AccountRecord:
    """The entry, made if there is none, under the channel's lock: one writer an account."""
    state = Channel.objects.select_for_update(of=("self",)).values_list("state", flat=True).get(pk=channel.pk)
    if state == ChannelState.RETIRED:
        raise WrongMoment("This account was given up.", cure="Its entry stays as it was.")
    row, _ = AccountRecord.objects.get_or_create(channel=channel)
    return row


def _end(holder: AccountHolder, now: datetime) -> None:
    holder.removed_at = now
    holder.save(update_fields=["removed_at"])


def _plain(value: object) -> object:
    """As the ledger keeps it."""
    if isinstance(value, User):
        return value.email
    return value if value is None or isinstance(value, bool) else str(value)
