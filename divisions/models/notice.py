"""What people are told, and by which way they want to be told each kind of thing.

A notice on the desk is a row; the mail is sent beside it. The kinds stand in `divisions.notice_kinds`.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.user import User


class Notice(models.Model):
    """One thing one person was told. `key` makes the same thing told once; `path` is where it can be done.

    `on_desk` = it stands on the person's list; `mail_due_at` = a mail is owed and may be tried from then on (null =
    none is owed, or it went: `mailed_at`).
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.SlugField(max_length=40)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    on_desk = models.BooleanField(default=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"], name="notice_of_user"),
            models.Index(fields=["user"], name="notice_unseen", condition=models.Q(seen_at__isnull=True)),
            models.Index(fields=["mail_due_at"], name="notice_mail", condition=models.Q(mail_due_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], condition=~models.Q(key=""), name="notice_once"),
        ]

    def __str__(self) -> str:
        return self.subject


class NoticeChoice(models.Model):
    """How one person wants one kind. No row = as the kind has it by default."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.SlugField(max_length=40)
    on_desk = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "kind"], name="notice_choice_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"
