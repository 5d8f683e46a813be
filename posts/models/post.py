"""A post and its mutable draft. What was submitted lives in `posts.models.revision`."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.text import slugify

from divisions.models import Channel, Division, User
from divisions.states import Audience
from posts.kinds import Kind
from posts.models.media import MediaAsset
from posts.states import Stage


class Post(models.Model):
    """One thing a division says. Stores its editorial stage only; live or withdrawn is read from its deliveries."""

    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="posts")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.PUBLIC)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    owner = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_posts",
        editable=False,
        help_text="Who looks after it since the author moved on; empty = the author.",
    )
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.DRAFT)
    stage_at = models.DateTimeField(default=timezone.now)
    title = models.CharField(
        max_length=150, blank=True, help_text="For lists; what was approved stands in its revision."
    )
    created_at = models.DateTimeField(default=timezone.now)
    revision = models.ForeignKey(
        "posts.Revision", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    approve_by = models.DateTimeField(null=True, blank=True, editable=False)
    pattern = models.ForeignKey(
        "posts.Pattern", null=True, blank=True, on_delete=models.PROTECT, related_name="occurrences", editable=False
    )
    occurs_at = models.CharField(max_length=19, blank=True, editable=False, help_text="Wall clock of the occurrence.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["division", "stage", "-created_at"], name="post_by_division"),
            models.Index(fields=["approve_by"], name="post_in_review", condition=models.Q(stage=Stage.IN_REVIEW)),
            models.Index(fields=["due_at"], name="post_due", condition=models.Q(due_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pattern", "occurs_at"], condition=models.Q(pattern__isnull=False), name="occurrence_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Untitled {self.get_kind_display().lower()}"

    def get_absolute_url(self) -> str:
        """The public path by the newest submitted title, once there is something to read there."""
        return self.address(self.revision.title if self.revision else self.title)

    def address(self, title: str) -> str:
        """The public path for a title: the id decides, a wrong slug redirects."""
        slug = slugify(title)[:60].strip("-") or self.kind.replace("_", "-")
        return f"/news/{self.pk}-{slug}/"

    @property
    def keeper_id(self) -> int:
        """The id of who looks after it: whoever took it over, else the author."""
        return self.owner_id or self.author_id

    @property
    def keeper(self) -> User:
        """Who looks after it. Needs `author` and `owner` loaded."""
        return self.owner or self.author


class When(models.TextChoices):
    """When a post goes out."""

    APPROVED = "approved", "As soon as approved"
    AT = "at", "On"


class Draft(models.Model):
    """The one mutable row of a post. `version` grows with every save, so that a stale form is noticed."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="draft")
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=150, blank=True)
    text = models.TextField(blank=True)
    language = models.CharField(max_length=10, default="en")
    facts = models.JSONField(default=dict, blank=True)
    flags = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    not_touched = models.JSONField(
        default=dict,
        blank=True,
        help_text='What it does not touch though its words point at it: flag to "why", "words".',
    )
    when = models.CharField(max_length=10, choices=When.choices, default=When.APPROVED)
    wall_time = models.CharField(max_length=19, blank=True, help_text="Wall clock as typed: 2026-11-24T18:00.")
    zone = models.CharField(max_length=50, default="America/Chicago")
    repeats = models.CharField(max_length=200, blank=True, help_text="RFC 5545 RRULE, without its name; empty: once.")
    expires_on = models.DateField(null=True, blank=True)
    editor_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    saved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Draft {self.version} of {self.post_id}"


class DraftVariant(models.Model):
    """A channel the draft is meant for. `text` None = the same words as the draft."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="variants")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draft", "channel"], name="draft_variant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.draft} for {self.channel_id}"


class DraftMedia(models.Model):
    """A picture of the draft, in order."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="media")
    asset = models.ForeignKey(MediaAsset, on_delete=models.PROTECT, related_name="draft_uses")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draft", "asset"], name="draft_media_once"),
        ]

    def __str__(self) -> str:
        return f"{self.draft}, picture {self.position}"
