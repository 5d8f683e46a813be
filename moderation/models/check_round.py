"""A check round: one inspection of an account, its answers, pictures of the screen, and the tasks it made.

A signed round, its items and its pictures never change (trigger, migration 0001). What is asked is data in
`moderation.checks`; the words are copied into the items, so that an old round reads as it was asked.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from divisions.models import Channel, Division, User
from moderation.states import Answer, AskedOf


class CheckPlan(models.Model):
    """How often an account is checked, where that is not the department's usual week."""

    channel = models.OneToOneField(Channel, on_delete=models.PROTECT, related_name="check_plan")
    every_days = models.PositiveSmallIntegerField("check every (days)")
    set_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.CheckConstraint(
                name="checked_within_a_quarter", condition=models.Q(every_days__gte=1, every_days__lte=92)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: every {self.every_days} days"


class CheckRound(models.Model):
    """One inspection of one account. `version` counts saves, so that a stale form is told; `sample` = post ids."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="check_rounds")
    every_days = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    looked_at = models.DateTimeField("system last looked", null=True, blank=True)
    sample = models.JSONField("directly published posts to look at", default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=150, blank=True, help_text="As the person was called when they signed.")

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="round_open", condition=models.Q(signed_at__isnull=True)),
            models.Index(fields=["channel", "-signed_at"], name="round_by_channel"),
            models.Index(
                fields=["-signed_at", "-id"], name="round_signed", condition=models.Q(signed_at__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(signed_at__isnull=True), name="one_open_round_each"
            ),
            models.CheckConstraint(
                name="round_is_signed_by_a_person",
                condition=models.Q(signed_at=None, signed_by=None, signed_name="")
                | (models.Q(signed_at__isnull=False, signed_by__isnull=False) & ~models.Q(signed_name="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Check round: {self.channel}"


class CheckItem(models.Model):
    """One question of a round and its answer. A "No" of a person carries a line, an owner and a day for its task."""

    round = models.ForeignKey(CheckRound, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=40)
    asked_of = models.CharField(max_length=10, choices=AskedOf.choices)
    position = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=200)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True, help_text="What the system saw.")
    note = models.CharField(max_length=500, blank=True)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["round", "position"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "code"], name="asked_once_a_round"),
            models.CheckConstraint(
                name="answer_has_a_time", condition=models.Q(answer="") | models.Q(answered_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.words


class Screenshot(models.Model):
    """A picture of the screen as proof of a round: re-encoded without metadata, sealed, shown to who sees the round."""

    round = models.ForeignKey(CheckRound, on_delete=models.CASCADE, related_name="screenshots")
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=200, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    mime = models.CharField(max_length=50, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    size_bytes = models.PositiveIntegerField(editable=False)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["added_at", "pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """What a round found wrong, for the account's division to put right. `owner` empty = whoever of the division.

    One open task an account and question: what the next round finds again is the same task, not a second one.
    """

    item = models.ForeignKey(CheckItem, on_delete=models.PROTECT, related_name="tasks")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="check_tasks")
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="check_tasks")
    code = models.CharField(max_length=40)
    words = models.CharField(max_length=500)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="check_tasks")
    due_on = models.DateField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["due_on", "pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["division", "due_on"], name="task_open", condition=models.Q(done_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "code"], condition=models.Q(done_at__isnull=True), name="one_open_task_a_question"
            ),
            models.CheckConstraint(
                name="task_is_done_by_a_person_with_a_note",
                condition=models.Q(done_at=None, done_by=None, done_note="")
                | (models.Q(done_at__isnull=False, done_by__isnull=False) & ~models.Q(done_note="")),
            ),
        ]

    def __str__(self) -> str:
        return self.words
