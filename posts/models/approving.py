"""What an approval asks for (the matrix, as data), who was reminded of it, and what went out without waiting for it.

How these weigh against each other is `posts.selectors.approving`'s business.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from divisions.models import Channel, Division, User
from posts.kinds import Flag, Kind
from posts.models.review import Approval
from posts.models.revision import Revision

# What never goes out on one person's word (the matrix may ask for less elsewhere, not here).
ALWAYS_TWO = (Flag.JUVENILE, Flag.SEXUAL_OFFENCE, Flag.OFFICER_INVOLVED, Flag.AMBER, Flag.DEATH)

# What may be approved several at a time: nobody is named, nothing is pending in court, nobody acts on it in a hurry.
LOW_RISK = (Kind.AWARD, Kind.FUNDRAISER, Kind.FAQ, Kind.BLOG, Kind.EVENT, Kind.QA_ANNOUNCEMENT)

SHORTEST_REASON = 20


class Asks(models.TextChoices):
    """What a kind or a flag asks for before it goes out."""

    DIRECT = "direct", "Nobody: trusted, sampled afterwards"
    ONE = "one", "One approver"
    TWO = "two", "Two approvers, one of them central"


class MatrixRow(models.Model):
    """One rule of the matrix: what a kind or a flag asks for, everywhere, in a division and below, or on a channel.

    Where no row speaks, the defaults of `posts.selectors.approving` do. Rows change in place; the ledger remembers.
    """

    kind = models.CharField(max_length=20, choices=Kind.choices, blank=True)
    flag = models.CharField(max_length=20, choices=Flag.choices, blank=True)
    division = models.ForeignKey(
        Division, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Empty = every division."
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Empty = every channel."
    )
    asks = models.CharField(max_length=6, choices=Asks.choices)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "approval rule"
        ordering: ClassVar = ["kind", "flag", "division", "channel"]
        default_permissions = ("add", "change", "view")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "flag", "division", "channel"], name="matrix_row_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="matrix_row_of_a_kind_or_a_flag",
                condition=(models.Q(flag="") & ~models.Q(kind="")) | (models.Q(kind="") & ~models.Q(flag="")),
            ),
            models.CheckConstraint(
                name="a_flag_is_never_direct",
                condition=models.Q(flag="") | ~models.Q(asks=Asks.DIRECT),
                violation_error_message="What touches somebody never goes out unseen. Ask for one approver or two.",
            ),
            models.CheckConstraint(
                name="always_two_stays_two",
                condition=~models.Q(flag__in=ALWAYS_TWO) | models.Q(asks=Asks.TWO),
                violation_error_message="What touches this always asks for two approvers. Leave it at two.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.get_asks_display()}"

    @property
    def what(self) -> str:
        """What it is about, in words: “Event” or “It touches a death”."""
        return str(self.get_kind_display()) if self.kind else f"It touches {self.get_flag_display()}"

    @property
    def where(self) -> str:
        """Where it holds, in words."""
        if self.division and self.channel:
            return f"{self.division}, on {self.channel}"
        if self.channel:
            return f"On {self.channel}"
        return str(self.division or "Every division")


class BreakGlass(models.Model):
    """A safety alert that went out without waiting for review. Somebody else signs it within a day; signed once."""

    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="break_glass")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    review_due_at = models.DateTimeField()
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    finding = models.TextField(blank=True, help_text="What the reviewer found, afterwards.")

    class Meta:
        verbose_name = "emergency publication"
        ordering: ClassVar = ["-at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["review_due_at"], name="glass_to_sign", condition=models.Q(signed_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="glass_has_a_reason", condition=GreaterThanOrEqual(Length("reason"), SHORTEST_REASON)
            ),
            models.CheckConstraint(
                name="glass_is_signed_by_somebody_else",
                condition=models.Q(signed_by=None, signed_at=None, finding="")
                | (
                    models.Q(signed_by__isnull=False, signed_at__isnull=False)
                    & ~models.Q(finding="")
                    & ~models.Q(signed_by=models.F("by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Emergency publication {self.approval.number}"


class Rung(models.TextChoices):
    """Whom a reminder went to: the ladder climbs as the time to approve runs out."""

    REVIEWERS = "reviewers", "The division's reviewers"
    DEPUTIES = "deputies", "Their deputies"
    CENTRAL = "central", "Social media officer"


class Reminder(models.Model):
    """One rung of the ladder was reached for a revision in review. Unique, so that each goes out once."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="reminders")
    rung = models.CharField(max_length=10, choices=Rung.choices)
    at = models.DateTimeField()
    told = models.ManyToManyField(User, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["revision", "rung"], name="reminded_once")]

    def __str__(self) -> str:
        return f"{self.get_rung_display()}: {self.revision}"
