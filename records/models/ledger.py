"""The ledger entry: one act, who did it, where, to what. Written by `records.services.ledger` only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class LedgerEntry(models.Model):
    """One act that happened. UPDATE, DELETE and TRUNCATE are refused by triggers in the database.

    `seq` has gaps and commits out of order; a later seal picks rows by their transaction (column `tx`, added by
    RunSQL because Django has no field for xid8), never by "seq > last".
    """

    seq = models.BigAutoField(primary_key=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_label = models.CharField(max_length=200)
    division_id = models.BigIntegerField(null=True, blank=True)
    division_path = models.CharField(max_length=500, blank=True)
    type = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=50)
    subject_id = models.CharField(max_length=100)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering: ClassVar = ["-seq"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "seq"], name="ledger_subject"),
            models.Index(fields=["division_id", "seq"], name="ledger_division"),
            models.Index(fields=["type", "occurred_at"], name="ledger_type"),
            models.Index(fields=["actor_id", "occurred_at"], name="ledger_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type} {self.subject_type}:{self.subject_id}"
