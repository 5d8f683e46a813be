"""Which channels a person sees, may post to, and may oversee."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from divisions.access import Rights
from divisions.models import Channel, LinkRule
from divisions.permissions import Right
from divisions.states import NOT_ACCOUNTS, ChannelState


def visible_to(mine: Rights) -> QuerySet[Channel]:
    """Channels of the divisions whose inside the person may see."""
    return Channel.objects.filter(division__in=mine.visible_division_ids()).select_related("division", "duty_officer")


def accounts_visible_to(mine: Rights) -> QuerySet[Channel]:
    """The same without our own pages and feeds: accounts of platforms, which are what a register counts."""
    return visible_to(mine).exclude(platform__in=NOT_ACCOUNTS).exclude(state=ChannelState.RETIRED)


def overseen_by(mine: Rights) -> QuerySet[Channel]:
    """Accounts on the person's wall: of divisions with `view_wall` or `view_all`; without either right, none."""
    ids = mine.division_ids(Right.VIEW_WALL) | mine.division_ids(Right.VIEW_ALL)
    return (
        Channel.objects.filter(division__in=ids)
        .exclude(platform__in=NOT_ACCOUNTS)
        .exclude(state=ChannelState.RETIRED)
        .select_related("division", "duty_officer")
    )


def offered_in_composer(mine: Rights, division_id: int, audience: str) -> list[Channel]:
    """Channels a post of this division may go to: its own that the person may draft for, then linked targets.

    A linked target carries `via_link` = the LinkRule that opens it.
    """
    own = [
        channel
        for channel in Channel.objects.filter(division=division_id, audience=audience)
        .exclude(state=ChannelState.RETIRED)
        .select_related("division")
        if mine.can(Right.DRAFT_POST, division_id, channel)
    ]
    ids = {channel.pk for channel in own}
    links = LinkRule.objects.filter(
        Q(source_channel__in=ids), revoked_at__isnull=True, target_channel__audience=audience
    ).select_related("target_channel__division", "source_channel")
    for link in links:
        if link.target_channel_id not in ids and link.target_channel.state != ChannelState.RETIRED:
            link.target_channel.via_link = link  # type: ignore[attr-defined]
            own.append(link.target_channel)
            ids.add(link.target_channel_id)
    return own


def official_accounts() -> QuerySet[Channel]:
    """The public directory: accounts of audience public that are in use (12 in the demo), with their register's entry.

    One that only its followers see is no account for the public, whatever its audience says.
    """
    return (
        Channel.objects.filter(audience="public")
        .exclude(platform__in=NOT_ACCOUNTS)
        .exclude(state=ChannelState.RETIRED)
        .exclude(settings__contains={"protected": True})
        .select_related("division", "record")
        .order_by("division__position", "division__name", "platform", "name")
    )
