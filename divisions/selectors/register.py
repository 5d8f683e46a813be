"""The register of channels: how many accounts were counted, and what links lead into and out of one."""

from __future__ import annotations

from django.db.models import QuerySet

from divisions.models import Channel, LinkRule, Membership, User
from divisions.states import OWN_PLATFORMS, ChannelState


def counted() -> int:
    """How many accounts of the department are in use, internal ones too; our own pages and feeds do not count."""
    return Channel.objects.exclude(platform__in=OWN_PLATFORMS).exclude(state=ChannelState.RETIRED).count()


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
