"""A picture or video of the media library: the sealed original and the clean rendition that may be published."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import Division, User


class MediaState(models.TextChoices):
    """Whether the clean copy is there. A picture's is made while it comes in, a video's afterwards."""

    READY = "ready", "Ready"
    PROCESSING = "processing", "Being made ready"
    FAILED = "failed", "Could not be made ready"


class MediaAsset(models.Model):
    """One picture or video. `sha256` names the rendition (without metadata); the original stays sealed.

    Of a video: `posters` are three stills as `{sha256, at_ms}`, `poster_sha256` is the one shown before it plays,
    `captions_sha256` its captions (WebVTT). While it is being made ready `work_by` and `work_until` fence the worker.
    """

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="media")
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    original_name = models.CharField(max_length=200)
    original_path = models.CharField(max_length=200, editable=False)
    original_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    thumb_sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
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
    state = models.CharField(max_length=10, choices=MediaState.choices, default=MediaState.READY, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False)  # of 100
    problem = models.CharField(max_length=300, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    work_by = models.CharField(max_length=32, blank=True, editable=False)
    work_until = models.DateTimeField(null=True, editable=False)
    duration_ms = models.PositiveIntegerField(null=True, editable=False)
    posters = models.JSONField(default=list, blank=True, editable=False)
    poster_sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    captions_sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    no_speech = models.BooleanField("nobody speaks in it", default=False)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["division", "-created_at"], name="media_by_division"),
            models.Index(fields=["created_at"], condition=models.Q(state="processing"), name="media_to_make"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="media_ready_has_file", condition=~models.Q(state="ready") | ~models.Q(sha256="")
            ),
        ]

    def __str__(self) -> str:
        return self.alt_text[:80] or self.original_name

    @property
    def extension(self) -> str:
        """File ending of the rendition."""
        return {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}[self.mime]

    @property
    def is_video(self) -> bool:
        """Whether it moves."""
        return self.mime.startswith("video/")

    @property
    def is_ready(self) -> bool:
        """Whether its clean copy is there, so that it may be said."""
        return self.state == MediaState.READY
