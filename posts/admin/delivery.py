"""Deliveries, their attempts, the lanes and the heartbeat in Django admin, for looking. Deciding is done on the desk.

What a platform gave us in the middle of a call (`step_state`) can be a key to an upload and is not shown.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from posts.admin.post import INSIDE, desk_link
from posts.admin.tones import OUTCOME_TONES, STATE_TONES
from posts.models import Attempt, ChannelLane, Delivery, Heartbeat
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline


class AttemptsInline(ReadOnlyInline):
    """Each wire call of a delivery."""

    model = Attempt
    fields = ("number", "step", "started_at", "ended_at", "outcome", "status", "code", "words")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """One act on one channel: what was due, where it stands, what the platform said."""

    sees: ClassVar = INSIDE
    where: ClassVar = "post__division"
    inlines = (AttemptsInline,)
    list_display = ("post", "act", "channel", "state_word", "due_at", "settled_at", "attempt", "failures")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("channel", AutocompleteSelectFilter),
        ("post__division", AutocompleteSelectFilter),
        ("act", ChoicesDropdownFilter),
        ("due_at", MomentFilter),
    )
    list_select_related = ("post", "channel")
    paginator = InfinitePaginator
    show_full_result_count = False
    search_fields = ("post__title", "=post__id", "channel__name", "remote_id", "key__startswith")
    ordering = ("-due_at", "-pk")
    fieldsets = (
        (None, {"fields": ("desk", "act", "channel", "revision", "variant", "target_remote_id", "payload")}),
        ("When", {"fields": ("due_at", "ready_at", "grace_until", "urgent", "after", "hold")}),
        ("Where it stands", {"fields": ("state", "state_at", "attempt", "failures", "problem", "steps", "step_index")}),
        ("Receipt", {"fields": ("remote_id", "link", "first_attempt_at", "settled_at")}),
        ("Proof", {"fields": ("key", "payload_hash", "claimed_by", "lease_until")}),
    )

    @display(description="state", ordering="state", label=STATE_TONES)
    def state_word(self, delivery: Delivery) -> str:
        """The state as a word."""
        return delivery.get_state_display()

    @admin.display(description="worked on at")
    def desk(self, delivery: Delivery) -> SafeString:
        """The post's page, where a person decides."""
        return desk_link(delivery.post_id)

    @admin.display(description="address there")
    def link(self, delivery: Delivery) -> SafeString | str:
        """The receipt's link, when it is one."""
        if not delivery.remote_url.startswith(("http://", "https://", "/")):
            return delivery.remote_url
        return format_html('<a class="admin-link" href="{0}" rel="noreferrer">{0}</a>', delivery.remote_url)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Every wire call, found by platform code or words."""

    sees: ClassVar = INSIDE
    where: ClassVar = "delivery__post__division"
    list_display = ("post", "channel", "number", "step", "started_at", "outcome_word", "status", "code")
    list_display_links = ("post", "number")
    list_filter = (
        ("outcome", ChoicesDropdownFilter),
        ("delivery__channel", AutocompleteSelectFilter),
        ("started_at", MomentFilter),
    )
    list_select_related = ("delivery__post", "delivery__channel")
    paginator = InfinitePaginator
    show_full_result_count = False
    search_fields = ("code", "request_id", "words", "=delivery__post__id", "delivery__channel__name")
    ordering = ("-started_at", "-pk")

    @admin.display(description="post")
    def post(self, attempt: Attempt) -> Any:
        """Of which post."""
        return attempt.delivery.post

    @admin.display(description="channel")
    def channel(self, attempt: Attempt) -> Any:
        """On which channel."""
        return attempt.delivery.channel

    @display(description="outcome", ordering="outcome", label=OUTCOME_TONES)
    def outcome_word(self, attempt: Attempt) -> str:
        """How it ended."""
        return attempt.get_outcome_display() or "Open"


@admin.register(ChannelLane)
class ChannelLaneAdmin(ReadOnlyAdmin):
    """The two lanes of each channel: busy until when, next call when."""

    sees: ClassVar = INSIDE
    where: ClassVar = "channel__division"
    list_display = ("channel", "urgent", "busy_until", "next_call_at", "claimed_by")
    list_filter = (("channel", AutocompleteSelectFilter), "urgent")
    list_select_related = ("channel",)
    search_fields = ("channel__name", "channel__slug", "claimed_by")
    ordering = ("channel", "urgent")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """When the sender last said that it is alive."""

    sees: ClassVar = INSIDE
    list_display = ("name", "beat_at")
