"""What was frozen, in Django admin: revisions, their form for each channel, their pictures. Immutable (P8)."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from posts.admin.post import INSIDE, desk_link
from posts.models import Approval, Review, Revision, RevisionMedia, Variant
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline


class VariantsInline(ReadOnlyInline):
    """The form of a revision for each channel, with its pictures."""

    model = Variant
    fields = ("channel", "act", "text", "link", "pictures")
    readonly_fields = ("pictures",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """With channel and pictures."""
        rows = super().get_queryset(request).select_related("channel").prefetch_related("media")
        return cast(QuerySet[Variant], rows)

    @admin.display(description="pictures")
    def pictures(self, variant: Variant) -> str:
        """The text of each picture, in order."""
        return "; ".join(picture.alt for picture in variant.media.all())


class ApprovalsInline(ReadOnlyInline):
    """Who approved a revision."""

    model = Approval
    fields = ("seat", "basis", "approved_by", "approved_at", "voided_at", "void_reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        """With names."""
        return cast(QuerySet[Approval], super().get_queryset(request).select_related("approved_by", "revision"))


class ReviewsInline(ReadOnlyInline):
    """What reviewers said about a revision."""

    model = Review
    fields = ("by", "verdict", "note", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """With names."""
        return cast(QuerySet[Review], super().get_queryset(request).select_related("by", "revision"))


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Frozen wordings with their variants, approvals and reviews."""

    sees: ClassVar = INSIDE
    where: ClassVar = "post__division"
    inlines = (VariantsInline, ApprovalsInline, ReviewsInline)
    list_display = ("title", "number", "division", "submitted_by", "created_at", "due_at", "short_hash")
    list_filter = (
        ("post__division", AutocompleteSelectFilter),
        ("submitted_by", AutocompleteSelectFilter),
        ("created_at", MomentFilter),
    )
    list_select_related = ("post__division", "submitted_by")
    search_fields = ("title", "=post__id", "content_hash__startswith")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("desk", "number", "title", "text", "language", "facts", "flags", "findings")}),
        (
            "When",
            {"fields": ("when", "wall_time", "zone", "due_at", "not_before", "not_after", "approve_by", "expires_at")},
        ),
        ("Proof", {"fields": ("content_hash", "submitted_by", "editor_ids", "created_at", "corrects")}),
    )

    @admin.display(description="division", ordering="post__division")
    def division(self, revision: Revision) -> Any:
        """Whose it is."""
        return revision.post.division

    @admin.display(description="content")
    def short_hash(self, revision: Revision) -> str:
        """The first letters of the content hash."""
        return revision.content_hash[:12]

    @admin.display(description="worked on at")
    def desk(self, revision: Revision) -> SafeString:
        """The post's page."""
        return desk_link(revision.post_id)


class PicturesInline(ReadOnlyInline):
    """The frozen pictures of a variant."""

    model = RevisionMedia
    fields = ("position", "alt", "credit", "mime", "width", "height", "sha256")


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    """Exactly the text and the link that go to one channel."""

    sees: ClassVar = INSIDE
    where: ClassVar = "revision__post__division"
    inlines = (PicturesInline,)
    list_display = ("revision", "channel", "act", "text_start")
    list_filter = (("channel", AutocompleteSelectFilter), "act")
    list_select_related = ("revision", "channel")
    search_fields = ("text", "revision__title", "channel__name")
    ordering = ("-pk",)

    @admin.display(description="text")
    def text_start(self, variant: Variant) -> str:
        """The first words."""
        return variant.text[:80]


@admin.register(RevisionMedia)
class RevisionMediaAdmin(ReadOnlyAdmin):
    """Every use of a picture in something submitted, found by its hash or its text."""

    sees: ClassVar = INSIDE
    where: ClassVar = "variant__revision__post__division"
    list_display = ("alt", "credit", "revision", "channel", "mime", "short_hash")
    list_filter = (("variant__channel", AutocompleteSelectFilter), "mime")
    list_select_related = ("variant__revision", "variant__channel")
    search_fields = ("alt", "credit", "sha256__startswith")
    ordering = ("-pk",)

    @admin.display(description="revision")
    def revision(self, picture: RevisionMedia) -> Any:
        """Where it was used."""
        return picture.variant.revision

    @admin.display(description="channel")
    def channel(self, picture: RevisionMedia) -> Any:
        """For which channel."""
        return picture.variant.channel

    @admin.display(description="file")
    def short_hash(self, picture: RevisionMedia) -> str:
        """The first letters of the file's hash."""
        return picture.sha256[:12]
