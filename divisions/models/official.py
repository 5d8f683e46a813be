"""The signed list of official accounts as it was handed out, and the keys it was signed with. Public halves only.

The private key stands sealed in `Department.signing_key` (divisions.services.signing).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from divisions.models.user import User


class OfficialKey(models.Model):
    """One Ed25519 key; `fingerprint` = SHA-256 of its DER form, in hex. Retired ones stay listed."""

    public_pem = models.TextField()
    fingerprint = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retired_at"], nulls_distinct=False, name="one_official_key_in_use"),
        ]

    def __str__(self) -> str:
        return f"Key {self.fingerprint[:16]}"


class OfficialList(models.Model):
    """What stood at the list's address from `made_at` on, byte for byte, and its signature in base64."""

    key = models.ForeignKey(OfficialKey, on_delete=models.PROTECT, related_name="lists")
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    body = models.TextField()
    signature = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"List of {self.made_at:%Y-%m-%d %H:%M}"
