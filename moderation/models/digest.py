"""A digest as it was made: its numbers are frozen with it, so that what the mail said can be read later."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import User


class Digest(models.Model):
    """One person's digest of one period: from `starts_on` to `ends_on`, both included, in the department's zone.

    `numbers` holds what is printed (docs/glossary.md, digest); each of them can be opened as rows.
    """

    class Kind(models.TextChoices):
        """How often, and for whom."""

        DAILY = "daily", "Daily, for officers"
        WEEKLY = "weekly", "Weekly, for the social media officer"
        MONTHLY = "monthly", "Monthly, for the chief"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="digests")
    starts_on = models.DateField()
    ends_on = models.DateField()
    numbers = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-starts_on", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "recipient", "starts_on"], name="digest_once"),
            models.CheckConstraint(
                name="digest_ends_after_it_starts", condition=models.Q(ends_on__gte=models.F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.starts_on}"
