"""What is done about words that are out: a correction (visible, the old words stay) or a withdrawal (a tombstone)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import User
from posts.models.post import Post
from posts.models.revision import Revision
from posts.states import Basis, Ground


class AmendVerdict(models.TextChoices):
    """What the second person said; empty while nobody did."""

    CONFIRMED = "confirmed", "Confirmed"
    REFUSED = "refused", "Refused"
    TAKEN_BACK = "taken_back", "Taken back"


class Amends(models.Model):
    """Asked for by one person, decided by another. Decided once; what was asked is never edited."""

    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(help_text="Why, in words that may be read out in court.")
    verdict = models.CharField(max_length=10, choices=AmendVerdict.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True


class Withdrawal(Amends):
    """Taking a post down everywhere (P9). `standing` = what the approval already promised: nobody has to confirm it."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="withdrawals")
    ground = models.CharField(max_length=20, choices=Ground.choices)
    basis = models.CharField(max_length=12, choices=Basis.choices, default=Basis.REVIEW)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["post"], condition=models.Q(verdict__in=["", "confirmed"]), name="one_withdrawal_a_post"
            ),
            models.CheckConstraint(
                name="withdrawal_has_a_second_person",
                condition=models.Q(basis=Basis.STANDING, verdict="confirmed", decided_by=None, decided_at__isnull=False)
                | models.Q(basis=Basis.REVIEW, verdict="", decided_by=None, decided_at=None)
                | (
                    models.Q(basis=Basis.REVIEW, verdict="confirmed", decided_at__isnull=False, asked_by__isnull=False)
                    & models.Q(decided_by__isnull=False)
                    & ~models.Q(decided_by=models.F("asked_by"))
                )
                | models.Q(
                    basis=Basis.REVIEW,
                    verdict__in=["refused", "taken_back"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Withdrawal of {self.post_id}: {self.get_ground_display()}"


class Correction(Amends):
    """Putting published words right in the open (P8). The new words are `revision`, which `corrects` the old one.

    `was_wrong` names the error, `apology` is an optional line; both are printed beside the correction, and are part of
    the revision's facts, so the approval covers them.
    """

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="corrections")
    revision = models.OneToOneField(Revision, on_delete=models.PROTECT, related_name="correction")
    was_wrong = models.TextField()
    apology = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post"], condition=models.Q(verdict=""), name="one_open_correction_a_post"),
            models.CheckConstraint(
                name="correction_is_decided_by_somebody_else",
                condition=models.Q(verdict="", decided_by=None, decided_at=None)
                | (
                    models.Q(verdict="confirmed", decided_by__isnull=False, decided_at__isnull=False)
                    & ~models.Q(decided_by=models.F("asked_by"))
                )
                | models.Q(verdict__in=["refused", "taken_back"], decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Correction of {self.post_id}"
