"""A channel: one account or page a division speaks through. And the rule that lets one carry another's posts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.department import Division, slug_validator
from divisions.models.user import User
from divisions.permissions import CHANNEL_RIGHTS
from divisions.states import OWN_PLATFORMS, Approver, Audience, ChannelState, Mode, Platform


class Channel(models.Model):
    """One account or page. `credentials` holds ciphertext only (divisions.services.credentials)."""

    slug = models.CharField(max_length=80, unique=True, validators=[slug_validator])
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="channels")
    platform = models.CharField(max_length=20, choices=Platform.choices)
    name = models.CharField(max_length=150, help_text="As people read it on the platform.")
    handle = models.CharField(max_length=150, blank=True)
    url = models.URLField(max_length=300, blank=True)
    remote_id = models.CharField("id on the platform", max_length=150, blank=True)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.PUBLIC)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.HAND_OFF)
    api_base = models.URLField(max_length=300, blank=True, help_text="Empty = the platform's own address.")
    settings = models.JSONField(default=dict, blank=True)
    credentials = models.TextField(blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_warned_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField("account last looked at", null=True, blank=True, editable=False)
    state = models.CharField(max_length=20, choices=ChannelState.choices, default=ChannelState.CONNECTED)
    state_reason = models.CharField(max_length=300, blank=True)
    cadence_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="A post at least every so many days; empty = no promise."
    )
    best_from = models.TimeField(
        "best from", null=True, blank=True, help_text="When its readers look most, in the division's time zone."
    )
    best_until = models.TimeField("best until", null=True, blank=True)
    duty_officer = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="duty_channels"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["division__position", "platform", "name"]
        permissions: ClassVar = [(r.value, f"May {r.label} (this channel)") for r in sorted(CHANNEL_RIGHTS)]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "handle"],
                condition=~models.Q(handle="") & ~models.Q(state=ChannelState.RETIRED),
                name="one_channel_per_account",
            ),
            models.UniqueConstraint(
                fields=["division", "platform"],
                condition=models.Q(platform__in=OWN_PLATFORMS),
                name="one_own_channel_each",
            ),
            models.CheckConstraint(
                name="best_window_has_two_ends",
                condition=models.Q(best_from__isnull=True, best_until__isnull=True)
                | models.Q(best_from__isnull=False, best_until__isnull=False)
                & ~models.Q(best_until=models.F("best_from")),
                violation_error_message="A best window has two ends, and they differ.",
            ),
            models.CheckConstraint(
                name="staff_feed_is_internal",
                condition=~models.Q(platform=Platform.INTERNAL) | models.Q(audience=Audience.INTERNAL),
            ),
            models.CheckConstraint(
                name="public_pages_are_public",
                condition=~models.Q(platform__in=[Platform.WEBSITE, Platform.FEED])
                | models.Q(audience=Audience.PUBLIC),
            ),
            models.CheckConstraint(  # anybody may put an address on a list
                name="mailing_lists_are_public",
                condition=~models.Q(platform=Platform.EMAIL) | models.Q(audience=Audience.PUBLIC),
                violation_error_message="An e-mail list is open to anybody, so what goes there is public.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()}, {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to change the audience of a saved channel: posts already went to one of the two (P6)."""
        if self.pk and Channel.objects.filter(pk=self.pk).exclude(audience=self.audience).exists():
            raise ValueError("a channel's audience is fixed; make another channel instead")
        super().save(*args, **kwargs)

    @property
    def is_own(self) -> bool:
        """Our own page, feed or staff feed: not an account of a platform."""
        return self.platform in OWN_PLATFORMS


class LinkRule(models.Model):
    """Posts for `source` may also go to `target`: the rule *is* the right (docs/glossary.md, link rule). No chains."""

    source_channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="links_out")
    target_channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="links_in")
    approver = models.CharField(max_length=10, choices=Approver.choices, default=Approver.SOURCE)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source_channel", "target_channel"],
                condition=models.Q(revoked_at__isnull=True),
                name="link_once",
            ),
            models.CheckConstraint(
                name="link_is_between_two", condition=~models.Q(source_channel=models.F("target_channel"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_channel} → {self.target_channel}"
