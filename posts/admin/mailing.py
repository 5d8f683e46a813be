"""The e-mail lists in Django admin, for looking, and only for who manages channels: these are the public's addresses.

Lists are worked on at the desk (a channel's page, “Subscribers”), which says who imported, removed and exported what.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from divisions.permissions import Right
from posts.models import MailCopy, Subscriber, SubscribeRequest, Subscription
from records.admin import MomentFilter, ReadOnlyAdmin, ReadOnlyInline

MANAGERS = (Right.MANAGE_CHANNEL,)


class SubscriptionsInline(ReadOnlyInline):
    """The lists of an address."""

    model = Subscription
    fields = ("channel", "source", "note", "confirmed_at", "ended_at", "ended_why")

    def get_queryset(self, request: Any) -> Any:
        """With names."""
        return super().get_queryset(request).select_related("channel", "added_by")


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin):
    """An address and the lists it is on."""

    sees: ClassVar = MANAGERS
    inlines = (SubscriptionsInline,)
    list_display = ("name", "created_at", "refusals", "suspended_at", "suspended_why")
    list_filter = (("suspended_at", MomentFilter), ("created_at", MomentFilter))
    search_fields = ("folded",)
    exclude = ("folded",)

    @admin.display(description="address", ordering="folded")
    def name(self, subscriber: Subscriber) -> str:
        """The address, or that it was erased."""
        return str(subscriber)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who is on which list since when, and by what right."""

    sees: ClassVar = MANAGERS
    where: ClassVar = "channel__division"
    list_display = ("subscriber", "channel", "source", "confirmed_at", "ended_at", "ended_why")
    list_filter = (
        ("channel", AutocompleteSelectFilter),
        ("source", ChoicesDropdownFilter),
        ("ended_why", ChoicesDropdownFilter),
        ("confirmed_at", MomentFilter),
    )
    list_select_related = ("subscriber", "channel")
    search_fields = ("subscriber__folded", "note")
    ordering = ("-confirmed_at", "-pk")


@admin.register(SubscribeRequest)
class SubscribeRequestAdmin(ReadOnlyAdmin):
    """Who asked to be put on a list and has not confirmed it yet; kept for two days."""

    sees: ClassVar = MANAGERS
    list_display = ("address", "asked_at", "mailed_at", "confirmed_at")
    list_filter = (("asked_at", MomentFilter),)
    search_fields = ("folded",)
    ordering = ("-asked_at", "-pk")
    exclude = ("origin",)


@admin.register(MailCopy)
class MailCopyAdmin(ReadOnlyAdmin):
    """Each mail of each delivery, and what the mail server said to it."""

    sees: ClassVar = MANAGERS
    where: ClassVar = "delivery__channel__division"
    list_display = ("subscriber", "delivery", "state_word", "tries", "at", "status", "words")
    list_filter = (("state", ChoicesDropdownFilter), ("at", MomentFilter))
    list_select_related = ("subscriber", "delivery")
    paginator = InfinitePaginator
    show_full_result_count = False
    search_fields = ("subscriber__folded", "=delivery__id", "words")
    ordering = ("-at", "-pk")

    @display(
        description="state",
        ordering="state",
        label={"Sent": "success", "Refused": "danger", "Uncertain": "warning", "Being sent": "info"},
    )
    def state_word(self, copy: MailCopy) -> str:
        """The state as a word."""
        return copy.get_state_display()
