"""The register of accounts: every one with its entry, who holds it, how complete that is; declared against counted.

Also which links lead into and out of a channel, and who may be on duty for it. What is asked of an entry stands in
`completeness`; what the public is told in `official`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import AccountHolder, AccountRecord, Channel, LinkRule, Membership, User
from divisions.permissions import Right
from divisions.selectors import channels, completeness
from divisions.selectors.completeness import Completeness, Known
from divisions.selectors.official import record_of
from divisions.states import NOT_ACCOUNTS, ChannelState


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One account in the register. `rule` = what is wrong with its administrators; empty when nothing is."""

    channel: Channel
    record: AccountRecord | None
    completeness: Completeness
    rule: str
    may_see_recovery: bool

    @property
    def is_retired(self) -> bool:
        """Whether it was given up: its entry stays to be read."""
        return self.channel.state == ChannelState.RETIRED

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.completeness.missing


def counted() -> int:
    """How many accounts of the department are in use, internal ones too; our own pages and feeds do not count."""
    return Channel.objects.exclude(platform__in=NOT_ACCOUNTS).exclude(state=ChannelState.RETIRED).count()


def with_holders(rows: QuerySet[Channel]) -> QuerySet[Any]:
    """Annotates `holder_count` and `factor_count`: active people who hold the account now, and with a second factor."""
    held = AccountHolder.objects.filter(channel=OuterRef("pk"), removed_at=None, user__is_active=True).order_by()
    return rows.annotate(holder_count=_count(held), factor_count=_count(held.filter(second_factor=True)))


def entries(mine: Rights) -> list[Entry]:
    """The entry of every account the person sees, retired ones too, by division. One query, however many."""
    rows = with_holders(channels.visible_to(mine)).exclude(platform__in=NOT_ACCOUNTS)
    rows = rows.select_related("division", "duty_officer", "record__owner")
    ordered = rows.order_by("division__position", "division__name", "platform", "name", "pk")
    return [_entry(channel, mine) for channel in ordered]


def entry(mine: Rights, slug: str) -> Entry:
    """One account's entry. Raises NotVisible for another division's, and for our own pages (P5)."""
    rows = with_holders(channels.visible_to(mine)).exclude(platform__in=NOT_ACCOUNTS).filter(slug=slug)
    found = rows.select_related("division", "duty_officer", "record__owner", "record__changed_by").first()
    if found is None:
        raise NotVisible
    return _entry(found, mine)


def narrowed(
    found: Iterable[Entry], *, show: str = "", division: str = "", platform: str = "", words: str = ""
) -> list[Entry]:
    """Entries in use, or with `show`: `rule` (two-administrator rule broken), `missing` (a fact), `retired`.

    `division` is a slug; `words` are looked for in name, handle and owner. An empty value narrows nothing.
    """
    shown: dict[str, Callable[[Entry], bool]] = {
        "": lambda e: not e.is_retired,
        "rule": lambda e: not e.is_retired and bool(e.rule),
        "missing": lambda e: not e.is_retired and not e.is_whole,
        "retired": lambda e: e.is_retired,
    }
    fits = shown.get(show)
    if fits is None:
        return []
    asked = words.casefold()
    return [
        e
        for e in found
        if fits(e)
        and (not division or e.channel.division.slug == division)
        and (not platform or e.channel.platform == platform)
        and (not asked or asked in _words_of(e).casefold())
    ]


def holders(channel: Channel) -> QuerySet[AccountHolder]:
    """Who can sign in to it as its administrator now, in the order in which they were entered."""
    return AccountHolder.objects.filter(channel=channel, removed_at=None).select_related("user", "added_by")


def holders_of(listed: Iterable[Channel]) -> dict[int, list[AccountHolder]]:
    """The same for several accounts by channel id. One query."""
    found: dict[int, list[AccountHolder]] = {channel.pk: [] for channel in listed}
    for holder in AccountHolder.objects.filter(channel__in=list(found), removed_at=None).select_related("user"):
        found[holder.channel_id].append(holder)
    return found


def links_of(channel: Channel) -> tuple[QuerySet[LinkRule], QuerySet[LinkRule]]:
    """Rules in force: those that bring other channels' posts here, and those that carry this one's posts on."""
    alive = LinkRule.objects.filter(revoked_at__isnull=True).select_related(
        "source_channel__division", "target_channel__division"
    )
    return alive.filter(target_channel=channel), alive.filter(source_channel=channel)


def duty_candidates(channel: Channel) -> QuerySet[User]:
    """Who may be on duty for a channel: members of its division and of those above it, by name."""
    above = [int(pk) for pk in channel.division.path.strip("/").split("/")]
    members = Membership.objects.filter(division__in=above, revoked_at__isnull=True).values("user")
    return User.objects.filter(pk__in=members, is_active=True).order_by("name", "pk")


def may_see_recovery(mine: Rights, channel: Channel) -> bool:
    """Whether the person sees where a lost password goes: a way into the account, so not for every member."""
    return mine.can(Right.MANAGE_CHANNEL, channel.division_id, channel) or mine.can(Right.VIEW_ALL, channel.division_id)


def _entry(channel: Any, mine: Rights) -> Entry:
    record = record_of(channel)
    known = Known(
        account=channel,
        of_record=lambda name: getattr(record, name, None),
        holders=channel.holder_count,
        factors=channel.factor_count,
    )
    return Entry(
        channel=channel,
        record=record,
        completeness=completeness.of(known),
        rule=completeness.two_admins(channel.holder_count, channel.factor_count),
        may_see_recovery=may_see_recovery(mine, channel),
    )


def _words_of(e: Entry) -> str:
    owner = e.record.owner.name if e.record and e.record.owner else ""
    return f"{e.channel.name} {e.channel.handle} {owner}"


def _count(rows: QuerySet[AccountHolder]) -> Coalesce:
    grouped = rows.values("channel").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), 0)
