"""What touches the whole of Django admin: its name, its navigation by room, and the lists of the apps we did not write.

Those apps register plain classes; here they get ours, so that nothing passes by what the rooms decided: groups give
nobody rights, addresses are changed with the person, sign-in records are read.
"""

from __future__ import annotations

from typing import Any, ClassVar

# These three must have registered their own classes before we replace them.
import allauth.account.admin  # noqa: F401
import axes.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, FieldTextFilter
from unfold.decorators import display

from records.admin import MomentFilter, ReadOnlyAdmin

admin.site.index_title = "Substation administration"

for _model in (EmailAddress, AccessAttempt, AccessLog, AccessFailureLog, Group):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """allauth's addresses. Read-only: an address added here would open another person's account by password reset."""

    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email", "user__name")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins that still count. Deleting one unlocks that person at that address at once."""

    list_display = ("username", "ip_address", "attempt_time", "failures_since_start", "state")
    list_filter = (("username", FieldTextFilter), ("attempt_time", MomentFilter))
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "user_agent", "attempt_time", "failures_since_start")
    actions = ("delete_selected",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Unlocking is a superuser's act."""
        return bool(getattr(request.user, "is_superuser", False))

    @display(description="state", label={"Locked out": "danger", "Counting": "warning"})
    def state(self, attempt: AccessAttempt) -> str:
        """Whether it is enough to lock."""
        return "Locked out" if attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT else "Counting"


class SignInAdmin(ReadOnlyAdmin):
    """Sign-ins as axes wrote them down."""

    list_display: tuple[str, ...] = ("username", "ip_address", "attempt_time")
    list_filter = (("username", FieldTextFilter), ("attempt_time", MomentFilter))
    search_fields = ("username", "ip_address")


@admin.register(AccessLog)
class AccessLogAdmin(SignInAdmin):
    """Sign-ins that worked."""

    list_display: tuple[str, ...] = ("username", "ip_address", "attempt_time", "logout_time")
    fields = ("username", "ip_address", "user_agent", "attempt_time", "logout_time")


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(SignInAdmin):
    """Sign-ins that failed, when axes is told to keep them (it is not: the attempts that count are above)."""

    fields = ("username", "ip_address", "user_agent", "attempt_time", "locked_out")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was done in Django admin, as Django noted it. The ledger is the memory; this is a help for finding it."""

    list_display = ("action_time", "user", "object_repr", "content_type", "words")
    list_filter = (("user", AutocompleteSelectFilter), ("action_time", MomentFilter))
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "user__name", "user__email")
    fields = ("action_time", "user", "content_type", "object_id", "object_repr", "words")
    date_hierarchy: ClassVar = None

    @admin.display(description="what")
    def words(self, entry: LogEntry) -> str:
        """Django's sentence."""
        return entry.get_change_message()


# Room -> (icon, model) in the order of the side navigation.
ROOMS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Who speaks",
        (
            ("account_balance", "divisions.Department"),
            ("account_tree", "divisions.Division"),
            ("campaign", "divisions.Channel"),
            ("link", "divisions.LinkRule"),
        ),
    ),
    (
        "People",
        (
            ("person", "divisions.User"),
            ("badge", "divisions.Membership"),
            ("shield_person", "divisions.Role"),
        ),
    ),
    (
        "What is said",
        (
            ("article", "posts.Post"),
            ("edit_note", "posts.Draft"),
            ("inventory_2", "posts.Revision"),
            ("verified", "posts.Approval"),
            ("rate_review", "posts.Review"),
            ("image", "posts.MediaAsset"),
        ),
    ),
    (
        "Where it went",
        (
            ("send", "posts.Delivery"),
            ("swap_horiz", "posts.Attempt"),
            ("lock", "posts.Hold"),
            ("crisis_alert", "posts.Incident"),
            ("splitscreen", "posts.ChannelLane"),
            ("monitor_heart", "posts.Heartbeat"),
        ),
    ),
    ("The record", (("menu_book", "records.LedgerEntry"), ("history", "admin.LogEntry"))),
    (
        "Signing in",
        (
            ("lock_clock", "axes.AccessAttempt"),
            ("login", "axes.AccessLog"),
            ("alternate_email", "account.EmailAddress"),
        ),
    ),
    (
        "Rights, mirrored",
        (("rule", "divisions.DivisionUserPermission"), ("rule_settings", "divisions.ChannelUserPermission")),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side navigation: rooms in the order of a post's journey, only what this person may look at."""
    groups = []
    for title, entries in ROOMS:
        items = [_item(icon, apps.get_model(name)) for icon, name in entries if _may_see(request, name)]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _may_see(request: HttpRequest, name: str) -> bool:
    return bool(admin.site.get_model_admin(apps.get_model(name)).has_view_permission(request))


def _item(icon: str, model: type[Model]) -> dict[str, Any]:
    meta = model._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    words = str(meta.verbose_name_plural)
    return {"title": words[:1].upper() + words[1:], "icon": icon, "link": address}


def place(request: HttpRequest) -> list[str] | None:
    """The badge at the top: training and demo say that nothing leaves the house."""
    return ["Sandbox: nothing leaves this system", "warning"] if settings.SANDBOX else None
