"""Who took over from whom in one act, and the yearly look at who still needs their rights.

A handover keeps what it moved, so that it can be undone the same day; a review keeps a decision on each membership.
Rows are never edited once they are closed.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.department import Division
from divisions.models.membership import Membership
from divisions.models.user import User


class HandoverKind(models.TextChoices):
    """Whether the person goes to another place or goes altogether."""

    TRANSFER = "transfer", "Moves to another division"
    LEAVER = "leaver", "Leaves the department"


class Handover(models.Model):
    """One person's work passed to another: memberships ended and given, and what each room moved.

    `moved` maps the name of a mover (`divisions.belongings`) to what it needs to put everything back. `settled_at` is
    null while a first day is to come, on which passes what was begun in between (`divisions.services.first_days`).
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers")
    successor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="taken_over")
    kind = models.CharField(max_length=10, choices=HandoverKind.choices)
    division = models.ForeignKey(
        Division, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Where they go to."
    )
    first_day = models.DateField(null=True, blank=True, help_text="At the new place; until the day before they stay.")
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    reason = models.CharField(max_length=300, blank=True)
    moved = models.JSONField(default=dict, editable=False)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["first_day"], name="handover_to_settle", condition=models.Q(settled_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="handover_settled_or_with_a_day",
                condition=models.Q(settled_at__isnull=False) | models.Q(first_day__isnull=False),
            ),
            models.CheckConstraint(
                name="successor_is_somebody_else",
                condition=models.Q(successor__isnull=True) | ~models.Q(successor=models.F("person")),
            ),
            models.CheckConstraint(
                name="transfer_has_a_place",
                condition=models.Q(kind="leaver", division__isnull=True)
                | models.Q(kind="transfer", division__isnull=False),
            ),
            models.CheckConstraint(
                name="undone_by_somebody",
                condition=models.Q(undone_at__isnull=True, undone_by__isnull=True)
                | models.Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display().lower()}"


class AccessReview(models.Model):
    """The yearly look at one division's memberships: opened, answered row by row, signed."""

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="access_reviews")
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    due_on = models.DateField()
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["division"], condition=models.Q(signed_at__isnull=True), name="one_open_access_review"
            ),
            models.CheckConstraint(
                name="access_review_signed_by_somebody",
                condition=models.Q(signed_at__isnull=True, signed_by__isnull=True)
                | models.Q(signed_at__isnull=False, signed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Access review of {self.division}"


class AccessReviewItem(models.Model):
    """One membership in a review, and what was decided of it."""

    class Decision(models.TextChoices):
        """Keep it, or end it (at once, when the review is signed)."""

        KEEP = "keep", "Still needed"
        END = "end", "End it"

    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="items")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="reviewed")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["review", "membership"], name="reviewed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.membership}: {self.decision or 'open'}"
