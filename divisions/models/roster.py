"""Who is on duty for an account and when; and the checklist by which one person takes an account over from another.

`Channel.duty_officer` is who is on duty when no shift says otherwise. Shifts are never edited; they end.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.channel import Channel
from divisions.models.moves import Handover
from divisions.models.user import User


class DutyShift(models.Model):
    """Somebody is on duty for an account from a moment to a moment (the second not included)."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "shift on duty"
        verbose_name_plural = "shifts on duty"
        ordering: ClassVar = ["starts_at", "pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "ends_at"], name="shift_of_channel", condition=models.Q(revoked_at__isnull=True)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="shift_ends_after_it_starts", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.channel}"


class Takeover(models.Model):
    """The checklist by which an account passes from one person to another. Closed when every step is done."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="takeovers")
    from_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    to_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="takeovers")
    handover = models.ForeignKey(
        Handover, null=True, blank=True, on_delete=models.PROTECT, related_name="takeovers", editable=False
    )
    opened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(closed_at__isnull=True), name="one_open_takeover"
            ),
            models.CheckConstraint(
                name="takeover_closed_by_somebody",
                condition=models.Q(closed_at__isnull=True, closed_by__isnull=True)
                | models.Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.to_user}"


class TakeoverStep(models.Model):
    """One thing to do, by its code (the words stand in the service), and who did it."""

    takeover = models.ForeignKey(Takeover, on_delete=models.CASCADE, related_name="steps")
    code = models.SlugField(max_length=40)
    note = models.CharField(max_length=300, blank=True)
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["takeover", "code"], name="takeover_step_once")]

    def __str__(self) -> str:
        return self.code
