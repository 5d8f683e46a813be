"""A picture of the media library: the sealed original and the clean rendition that may be published."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import Division, User


class MediaAsset(models.Model):
    """One picture. `sha256` names the rendition (re-encoded, without metadata); the original stays sealed."""

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="media")
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    original_name = models.CharField(max_length=200)
    original_path = models.CharField(max_length=200, editable=False)
    sha256 = models.CharField(max_length=64, editable=False, db_index=True)
    thumb_sha256 = models.CharField(max_length=64, editable=False, db_index=True)
    mime = models.CharField(max_length=50, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    size_bytes = models.PositiveIntegerField(editable=False)
    alt_text = models.CharField(
        "picture text",
        max_length=1000,
        blank=True,
        help_text="For people who cannot see it: say what is seen.",
    )
    credit = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["division", "-created_at"], name="media_by_division")]

    def __str__(self) -> str:
        return self.alt_text[:80] or self.original_name

    @property
    def extension(self) -> str:
        """File ending of the rendition."""
        return {"image/jpeg": "jpg", "image/png": "png"}[self.mime]
