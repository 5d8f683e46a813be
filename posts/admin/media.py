"""The media library in Django admin: found and described; files come in on the desk, where they are cleaned (P7)."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from divisions.admin import ServiceAdmin, ServiceForm, person
from divisions.permissions import Right
from posts.admin.post import INSIDE
from posts.models import MediaAsset
from posts.selectors.published import clock
from posts.services import media
from records.admin import MomentFilter


class DescribeForm(ServiceForm):
    """What is seen and whose picture it is."""

    class Meta:
        model = MediaAsset
        fields: ClassVar = ("alt_text", "credit")


@admin.register(MediaAsset)
class MediaAssetAdmin(ServiceAdmin):
    """Pictures and videos with their text and credit; what was submitted already keeps its own copy of those two.

    A video's captions and still are changed on the desk, where one sees it play.
    """

    sees: ClassVar = INSIDE
    acts: ClassVar = Right.DRAFT_POST
    where: ClassVar = "division"
    form = DescribeForm
    list_display = ("name", "division", "credit", "size", "state", "uploaded_by", "created_at")
    list_filter = (("division", AutocompleteSelectFilter), ("created_at", MomentFilter), "mime", "state")
    list_select_related = ("division", "uploaded_by")
    search_fields = ("alt_text", "credit", "original_name", "sha256__startswith")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("alt_text", "credit")}),
        (
            "The file",
            {"fields": ("division", "original_name", "mime", "size", "size_bytes", "sha256", "original_sha256")},
        ),
        ("A video", {"fields": ("state", "problem", "runs", "captions_sha256", "no_speech", "poster_sha256")}),
        ("Came in", {"fields": ("uploaded_by", "created_at")}),
    )
    readonly_fields = (
        "division",
        "original_name",
        "mime",
        "size",
        "size_bytes",
        "sha256",
        "original_sha256",
        "state",
        "problem",
        "runs",
        "captions_sha256",
        "no_speech",
        "poster_sha256",
        "uploaded_by",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Pictures are taken in on the desk."""
        return False

    def save_by_service(self, request: HttpRequest, obj: MediaAsset | None, form: forms.ModelForm) -> MediaAsset:
        """Describe it."""
        row = MediaAsset.objects.select_related("division").get(pk=form.instance.pk)
        typed = form.cleaned_data
        return media.describe(asset=row, alt_text=typed["alt_text"], credit=typed["credit"], by=person(request))

    @admin.display(description="picture")
    def name(self, asset: MediaAsset) -> str:
        """Its text, or the name of its file."""
        return str(asset)

    @admin.display(description="pixels")
    def size(self, asset: MediaAsset) -> str:
        """Width and height."""
        return f"{asset.width} × {asset.height}"

    @admin.display(description="runs (minutes:seconds)", empty_value="no video")
    def runs(self, asset: MediaAsset) -> str | None:
        """How long it is."""
        return clock(asset.duration_ms) or None
