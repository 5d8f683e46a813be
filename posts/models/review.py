"""What people decided about a revision: reviews (every verdict) and approvals (bound to the content hash)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import User
from posts.models.revision import Revision
from posts.states import Basis

PERSONS_BASES = (Basis.REVIEW, Basis.BREAK_GLASS)


class Verdict(models.TextChoices):
    """What a reviewer said."""

    APPROVED = "approved", "Approved"
    CHANGES = "changes", "Changes asked"
    REJECTED = "rejected", "Rejected"


class Review(models.Model):
    """One verdict on one revision, with its reason."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="reviews")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.CheckConstraint(
                name="no_without_a_reason", condition=models.Q(verdict=Verdict.APPROVED) | ~models.Q(note="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.revision}"


class WordComment(models.Model):
    """What a reviewer said about some words: they stand in the revision exactly as quoted."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="comments")
    quote = models.CharField(max_length=500)
    comment = models.CharField(max_length=1000)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"“{self.quote}”: {self.comment}"


class Approval(models.Model):
    """The permission to send exactly one content: a revision's, or one delivery's that has none (a withdrawal).

    `seats` = how many people were asked for when it was given, `seat` which of them this is (2 is the central one's);
    `completes` = with it everything asked for was there, so that it counts as an approval of the words.
    A trigger refuses the author and whoever edited, and whoever asked for the withdrawal (P2).
    """

    revision = models.ForeignKey(Revision, null=True, blank=True, on_delete=models.PROTECT, related_name="approvals")
    delivery = models.ForeignKey(
        "posts.Delivery", null=True, blank=True, on_delete=models.PROTECT, related_name="approvals"
    )
    seat = models.PositiveSmallIntegerField(default=1)
    seats = models.PositiveSmallIntegerField(default=1)
    completes = models.BooleanField(default=True)
    content_hash = models.CharField(max_length=64)
    basis = models.CharField(max_length=12, choices=Basis.choices)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="approvals")
    approved_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-approved_at", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "seat"],
                condition=models.Q(voided_at__isnull=True),
                name="one_approval_a_seat",
            ),
            models.UniqueConstraint(
                fields=["delivery", "seat"],
                condition=models.Q(voided_at__isnull=True),
                name="one_approval_a_seat_of_an_act",
            ),
            models.UniqueConstraint(
                fields=["revision", "approved_by"],
                condition=models.Q(voided_at__isnull=True),
                name="two_seats_are_two_people",
            ),
            models.CheckConstraint(
                name="approval_of_one_thing",
                condition=models.Q(revision__isnull=False, delivery__isnull=True)
                | models.Q(revision__isnull=True, delivery__isnull=False),
            ),
            models.CheckConstraint(
                name="a_person_approves_exactly_when_the_basis_says_so",
                condition=models.Q(basis__in=PERSONS_BASES, approved_by__isnull=False)
                | (~models.Q(basis__in=PERSONS_BASES) & models.Q(approved_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="void_has_a_reason",
                condition=models.Q(voided_at__isnull=True, void_reason="")
                | (models.Q(voided_at__isnull=False) & ~models.Q(void_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.revision or self.delivery}"

    @property
    def number(self) -> str:
        """The approval number stamped on every record of it."""
        return f"A-{self.pk}"
