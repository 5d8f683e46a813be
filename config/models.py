"""The one table of the front door: the times in which nobody looked for due posts, and who was told of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Outage(models.Model):
    """Nobody looked for due posts. At most one is open; who changes its row is the one who writes the mail.

    `last_tick_at` empty: nobody had ever looked. `next_mail_at` is both the reminder's clock and the claim on it.
    """

    last_tick_at = models.DateTimeField(null=True)
    noticed_at = models.DateTimeField()
    next_mail_at = models.DateTimeField()
    mails = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-noticed_at"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(models.Value(1), condition=models.Q(ended_at__isnull=True), name="one_open_outage"),
        ]

    def __str__(self) -> str:
        return f"Nobody looked for due posts, noticed {self.noticed_at:%Y-%m-%d %H:%M}"
