"""What accounts show that we did not send: when each was looked at, a case for each difference, its checklist.

A case holds both states and never changes once it is decided (trigger, migration 0002); only a takeover is closed
later, when its checklist is done. How differences are found stands in `moderation.services.watching`.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from divisions.models import Channel, User
from moderation.models.watch import Watch
from moderation.states import DriftDecision, DriftKind
from posts.models import Delivery


class ChannelWatch(Watch):
    """When an account was last read back, and how it showed itself then.

    `profile` is what is known and accepted of it; empty = never seen.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="watch")
    profile = models.JSONField(default=dict, blank=True)

    class Meta(Watch.Meta):
        verbose_name_plural = "channel watches"
        indexes: ClassVar = [models.Index(fields=["next_at"], name="watch_due")]

    def __str__(self) -> str:
        return f"Watch of {self.channel_id}"


class DriftCase(models.Model):
    """One difference between an account and what was sent there.

    `expected` and `shown` hold the two states as mappings of plain values (docs/glossary.md, drift); an empty one =
    nothing there. `delivery` is the copy of ours that it is about, if any. `fingerprint` is that of `shown`, so that
    looking again makes no second case.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="drift_cases")
    kind = models.CharField(max_length=20, choices=DriftKind.choices)
    remote_id = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=64)
    delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.PROTECT, related_name="drift_cases")
    url = models.CharField(max_length=400, blank=True)
    expected = models.JSONField(default=dict)
    shown = models.JSONField(default=dict)
    happened_at = models.DateTimeField(null=True, blank=True, help_text="As the platform says; often it does not.")
    found_at = models.DateTimeField()
    decision = models.CharField(max_length=12, choices=DriftDecision.choices, blank=True)
    who = models.CharField("who did it", max_length=150, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-found_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["channel", "-found_at"], name="drift_open", condition=models.Q(closed_at=None)),
            models.Index(fields=["-found_at", "-id"], name="drift_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "kind", "remote_id", "fingerprint"], name="one_case_a_difference"
            ),
            models.CheckConstraint(
                name="drift_is_decided_by_a_person",
                condition=models.Q(decision="", decided_by=None, decided_at=None, closed_at=None)
                | (~models.Q(decision="") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="only_a_takeover_stays_open",
                condition=models.Q(decision__in=["", DriftDecision.COMPROMISE]) | models.Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.channel}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.closed_at is None

    @property
    def is_of_profile(self) -> bool:
        """Whether it is about the account itself, not about a post."""
        return self.kind in (DriftKind.PROFILE_NAME, DriftKind.PROFILE_TEXT)


class DriftStep(models.Model):
    """One line of the checklist after a takeover; ticked once, by a person."""

    case = models.ForeignKey(DriftCase, on_delete=models.PROTECT, related_name="steps")
    code = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200)
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["case", "position"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "code"], name="one_step_of_a_kind"),
            models.CheckConstraint(
                name="step_is_done_by_a_person",
                condition=models.Q(done_at=None, done_by=None) | models.Q(done_at__isnull=False, done_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.words
