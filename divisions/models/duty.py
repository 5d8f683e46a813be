"""Who is away and who looks after their reviews meanwhile; who was trained to publish an alert without waiting.

Both are assignments beside the memberships, never grants: a deputy decides by a membership of their own, and training
opens nothing to who may not submit anyway. Rows are never edited; they end (`revoked_at`).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.department import Division
from divisions.models.user import User


class Absence(models.Model):
    """A reviewer is away from a day to a day (both included); the deputy is reminded in their place."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputising")
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-starts_on", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts", condition=models.Q(ends_on__gte=models.F("starts_on"))
            ),
            models.CheckConstraint(name="deputy_is_somebody_else", condition=~models.Q(deputy=models.F("user"))),
        ]

    def __str__(self) -> str:
        return f"{self.user}, away until {self.ends_on}"


class Training(models.Model):
    """Somebody was trained to break glass: to publish a safety alert of a division (and below) without waiting."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trainings")
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    trained_on = models.DateField()
    ends_on = models.DateField(help_text="Last day on which it counts; then it has to be repeated.")
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "emergency training"
        ordering: ClassVar = ["-trained_on", "-pk"]
        default_permissions = ("add", "change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="training_ends_after_it_starts", condition=models.Q(ends_on__gte=models.F("trained_on"))
            ),
            models.CheckConstraint(
                name="nobody_trains_themselves",
                condition=models.Q(given_by__isnull=True) | ~models.Q(given_by=models.F("user")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, trained {self.trained_on} for {self.division}"
