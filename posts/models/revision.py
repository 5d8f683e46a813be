"""What `submit` freezes: a revision, its variant for each channel, their pictures. Immutable by trigger (P8)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from divisions.models import Channel, User
from posts.models.media import MediaAsset
from posts.models.post import Post, When
from posts.states import Act


class Revision(models.Model):
    """Frozen wording of a post. The content hash covers all that is approved (docs/adr/0015)."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    editor_ids = ArrayField(models.BigIntegerField())
    created_at = models.DateTimeField(default=timezone.now)
    title = models.CharField(max_length=150)
    text = models.TextField()
    html = models.TextField()
    language = models.CharField(max_length=10)
    facts = models.JSONField(default=dict)
    flags = ArrayField(models.CharField(max_length=20), default=list)
    when = models.CharField(max_length=10, choices=When.choices)
    wall_time = models.CharField(max_length=19, blank=True)
    zone = models.CharField(max_length=50)
    repeats = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    approve_by = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    content_hash = models.CharField(max_length=64)
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    findings = models.JSONField(default=list)
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")

    class Meta:
        ordering: ClassVar = ["post", "number"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "number"], name="revision_number_once"),
            models.CheckConstraint(name="revision_range", condition=models.Q(not_after__gt=models.F("not_before"))),
        ]

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"


class Variant(models.Model):
    """The revision's form for one channel: exactly the text and the link that will go."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="variants")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="variants")
    act = models.CharField(max_length=10, choices=Act.choices, default=Act.PUBLISH)
    text = models.TextField(blank=True)
    link = models.URLField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "channel", "act"], name="variant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.revision} for {self.channel}"


class RevisionMedia(models.Model):
    """A picture or video of a variant: hashes, alt text and credit copied from the library, so that they are frozen."""

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="media")
    position = models.PositiveIntegerField()
    asset = models.ForeignKey(MediaAsset, on_delete=models.PROTECT, related_name="uses")
    sha256 = models.CharField(max_length=64, db_index=True)
    mime = models.CharField(max_length=50)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    alt = models.CharField(max_length=1000)
    credit = models.CharField(max_length=200, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    poster_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    captions_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    no_speech = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["variant", "position"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["variant", "position"], name="revision_media_once"),
        ]

    def __str__(self) -> str:
        return f"{self.alt[:60]}"

    @property
    def is_video(self) -> bool:
        """Whether it moves."""
        return self.mime.startswith("video/")
