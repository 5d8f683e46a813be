"""A post that repeats: the approved revision says how often, its occurrences are posts of their own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from divisions.models import User
from posts.models.revision import Revision


class Pattern(models.Model):
    """The rule of an approved revision (`revision.repeats`), made when it is approved, ended once.

    `made_until` is the moment up to which occurrences exist as posts; it only grows.
    """

    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="pattern")
    made_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["made_until"], name="pattern_to_make", condition=models.Q(ended_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="pattern_ends_with_a_reason",
                condition=models.Q(ended_at__isnull=True, end_reason="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Repeats {self.revision.repeats}: {self.revision.title}"
