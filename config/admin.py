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

from config.models import Outage
from posts.admin.post import INSIDE
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


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin):
    """The times in which nobody looked for due posts: from when until when, and how often it was told by mail."""

    sees: ClassVar = INSIDE
    list_display = ("noticed_at", "last_tick_at", "ended_at", "mails")
    fields = ("last_tick_at", "noticed_at", "ended_at", "mails")


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


# Room, then icon, model, its name here and one sentence; in the order of a post's journey.
ROOMS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "Who speaks",
        (
            ("account_balance", "divisions.Department", "Department", "Name, time zone, telephone, public notice."),
            ("account_tree", "divisions.Division", "Divisions", "Each comes with a public page and two feeds."),
            ("campaign", "divisions.Channel", "Channels", "Accounts: connect, pause, retire, new credentials."),
            ("link", "divisions.LinkRule", "Links", "Which account's posts may also go to another."),
        ),
    ),
    (
        "People",
        (
            ("person", "divisions.User", "People", "Who may sign in; send the link for a password."),
            ("badge", "divisions.Membership", "Memberships", "Who has which role where, from when until when."),
            ("emergency_home", "divisions.Training", "Emergency training", "Who may publish an alert without waiting."),
            ("event_busy", "divisions.Absence", "Absences", "Who was away, and who stood in."),
            ("shield_person", "divisions.Role", "Roles", "What each role may do."),
        ),
    ),
    (
        "What is said",
        (
            ("article", "posts.Post", "Posts", "Every post with its stage; worked on at the desk."),
            ("edit_note", "posts.Draft", "Drafts", "What is being written, to look at."),
            ("inventory_2", "posts.Revision", "Revisions", "What was submitted, word for word."),
            ("verified", "posts.Approval", "Approvals", "Who allowed which content to go."),
            ("rate_review", "posts.Review", "Reviews", "Every verdict with its reason."),
            ("rule", "posts.MatrixRow", "Approval rules", "Who approves what, where it differs."),
            ("emergency_home", "posts.BreakGlass", "Emergency publications", "Alerts that went out without waiting."),
            ("notifications", "posts.Reminder", "Reminders", "Who was reminded of what waits."),
            ("image", "posts.MediaAsset", "Pictures", "The library: picture text and credit."),
        ),
    ),
    (
        "Where it went",
        (
            ("send", "posts.Delivery", "Deliveries", "One row for each channel a post goes to."),
            ("swap_horiz", "posts.Attempt", "Attempts", "Each call to a platform and its answer."),
            ("mail", "posts.MailCopy", "Mails", "Each mail of a list, and what the server said."),
            ("contact_mail", "posts.Subscription", "Subscriptions", "Who is on which e-mail list, by what right."),
            ("alternate_email", "posts.Subscriber", "Subscribers", "The addresses of the e-mail lists."),
            ("mark_email_unread", "posts.SubscribeRequest", "Sign-ups", "Who asked for a list; kept for two days."),
            ("lock", "posts.Hold", "Holds", "What was stopped, by whom, why."),
            ("crisis_alert", "posts.Incident", "Incidents", "Major incidents and their holds."),
            ("splitscreen", "posts.ChannelLane", "Lanes", "Which account is being written to now."),
            ("monitor_heart", "posts.Heartbeat", "Heartbeat", "When the sender last said it is alive."),
            ("power_off", "config.Outage", "Outages", "The times in which nobody sent."),
        ),
    ),
    (
        "The record",
        (
            ("menu_book", "records.LedgerEntry", "Ledger", "Every act, in order, for ever."),
            ("history", "admin.LogEntry", "Changes made here", "What was saved in this administration."),
        ),
    ),
    (
        "Signing in",
        (
            ("lock_clock", "axes.AccessAttempt", "Failed sign-ins", "Delete one to unlock that person there."),
            ("login", "axes.AccessLog", "Sign-ins", "Who came in, from where."),
            ("alternate_email", "account.EmailAddress", "E-mail addresses", "As the sign-in keeps them."),
        ),
    ),
    (
        "Rights as a mirror",
        (
            ("rule", "divisions.DivisionUserPermission", "Rights in divisions", "Made from memberships."),
            ("rule_settings", "divisions.ChannelUserPermission", "Rights on channels", "From narrowed memberships."),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The rooms this person may look at; drawn at the side, and with their sentences on the first page."""
    groups = []
    for title, entries in ROOMS:
        items = [_item(*entry) for entry in entries if _may_see(request, entry[1])]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _may_see(request: HttpRequest, name: str) -> bool:
    return bool(admin.site.get_model_admin(apps.get_model(name)).has_view_permission(request))


def _item(icon: str, name: str, title: str, about: str) -> dict[str, Any]:
    meta = apps.get_model(name)._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return {"title": title, "icon": icon, "link": address, "about": about}


def place(request: HttpRequest) -> list[str] | None:
    """The badge at the top: training and demo say that nothing leaves the house."""
    return ["Sandbox: nothing leaves this system", "warning"] if settings.SANDBOX else None
