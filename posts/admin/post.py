"""Posts and their drafts in Django admin, for looking: words are written on the desk, where checks and review are."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from divisions.permissions import Right
from posts.admin.tones import STAGE_TONES
from posts.models import Delivery, Draft, DraftMedia, DraftVariant, Post, Revision
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline

INSIDE = (Right.VIEW_DIVISION, Right.VIEW_ALL)


def desk_link(post_id: int, words: str = "Open on the desk") -> SafeString:
    """The page where a post is worked on."""
    return format_html('<a class="admin-link" href="{}">{}</a>', reverse("posts:detail", args=[post_id]), words)


class RevisionsInline(ReadOnlyInline):
    """What was submitted of a post."""

    model = Revision
    fk_name = "post"
    fields = ("number", "title", "submitted_by", "created_at", "due_at", "short_hash")
    readonly_fields = ("short_hash",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        """With who submitted it."""
        return cast(QuerySet[Revision], super().get_queryset(request).select_related("submitted_by"))

    @admin.display(description="content")
    def short_hash(self, revision: Revision) -> str:
        """The first letters of the content hash."""
        return revision.content_hash[:12]


class DeliveriesInline(ReadOnlyInline):
    """Where a post went."""

    model = Delivery
    fields = ("channel", "act", "state", "due_at", "settled_at", "attempt", "remote_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the channel's name."""
        return cast(QuerySet[Delivery], super().get_queryset(request).select_related("channel"))


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin):
    """Every post with its stage, its revisions and its deliveries."""

    sees: ClassVar = INSIDE
    where: ClassVar = "division"
    inlines = (RevisionsInline, DeliveriesInline)
    list_display = ("name", "kind", "division", "author", "stage_word", "audience", "due_at", "created_at")
    list_display_links = ("name",)
    list_filter = (
        ("division", AutocompleteSelectFilter),
        ("author", AutocompleteSelectFilter),
        ("stage", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("audience", ChoicesDropdownFilter),
        ("created_at", MomentFilter),
    )
    list_select_related = ("division", "author", "revision")
    search_fields = ("title", "=id", "division__name", "author__name")
    ordering = ("-created_at", "-pk")
    view_on_site = False  # the public page may not exist yet; the desk's link is always there
    fieldsets = (
        (None, {"fields": ("desk", "title", "kind", "audience", "division", "author")}),
        ("Where it stands", {"fields": ("stage", "stage_at", "due_at", "approve_by", "revision", "created_at")}),
    )

    @admin.display(description="title", ordering="title")
    def name(self, post: Post) -> str:
        """Its title, or that it has none yet."""
        return str(post)

    @admin.display(description="worked on at")
    def desk(self, post: Post) -> SafeString:
        """Where words, review and deliveries are changed."""
        return desk_link(post.pk)

    @display(description="stage", ordering="stage", label=STAGE_TONES)
    def stage_word(self, post: Post) -> str:
        """The stage as a word."""
        return post.get_stage_display()


class DraftVariantInline(ReadOnlyInline):
    """Which channels a draft is meant for."""

    model = DraftVariant
    fields = ("channel", "text")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DraftVariant]:
        """With the channel's name."""
        return cast(QuerySet[DraftVariant], super().get_queryset(request).select_related("channel"))


class DraftMediaInline(ReadOnlyInline):
    """The pictures of a draft."""

    model = DraftMedia
    fields = ("position", "asset")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DraftMedia]:
        """With the picture's text."""
        return cast(QuerySet[DraftMedia], super().get_queryset(request).select_related("asset"))


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """The mutable wording of a post, read-only here: a change would pass by the checks."""

    sees: ClassVar = INSIDE
    where: ClassVar = "post__division"
    inlines = (DraftVariantInline, DraftMediaInline)
    list_display = ("name", "division", "version", "saved_by", "saved_at")
    list_filter = (("post__division", AutocompleteSelectFilter), ("saved_at", MomentFilter))
    list_select_related = ("post__division", "saved_by")
    search_fields = ("title", "=post__id")
    ordering = ("-saved_at", "-pk")
    fieldsets = (
        (None, {"fields": ("desk", "title", "text", "language", "facts", "flags")}),
        ("When", {"fields": ("when", "wall_time", "zone", "expires_on")}),
        ("Who saved it", {"fields": ("version", "saved_by", "saved_at", "editor_ids")}),
    )

    @admin.display(description="title", ordering="title")
    def name(self, draft: Draft) -> str:
        """Its title, or that it has none yet."""
        return draft.title or "Untitled"

    @admin.display(description="division", ordering="post__division")
    def division(self, draft: Draft) -> Any:
        """Whose it is."""
        return draft.post.division

    @admin.display(description="worked on at")
    def desk(self, draft: Draft) -> SafeString:
        """Where it is written."""
        return desk_link(draft.post_id)
