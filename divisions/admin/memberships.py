"""Memberships in Django admin: given and ended, never edited. Also as rows under a person and under a division."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from divisions.admin.doors import ServiceAdmin, ServiceForm, ServiceInline, person
from divisions.errors import BadInput
from divisions.models import Channel, Membership, MembershipChannel, User
from divisions.permissions import Right
from divisions.services import people
from divisions.services.people import today
from records.admin import ReadOnlyInline

WHEN: dict[str, tuple[str, str]] = {
    "now": ("In force", "success"),
    "later": ("Begins later", "info"),
    "over": ("Ended", "default"),
}


def when(row: Membership, day: date) -> str:
    """Whether a membership is in force on a day: a key of `WHEN`."""
    if row.revoked_at is not None or (row.ends_on and row.ends_on < day):
        return "over"
    return "later" if row.starts_on > day else "now"


def place_words(user: User) -> str:
    """Where a person belongs now (`places`, prefetched): "Officer in Northeast, Moderator in Headquarters"."""
    return ", ".join(f"{m.role} in {m.division.short_name}" for m in getattr(user, "places", ()))


class GrantForm(ServiceForm):
    """A new membership."""

    only_channels = forms.ModelMultipleChoiceField(
        Channel.objects.all(),
        required=False,
        label="Only these channels",
        help_text="Empty = every channel of the division. Narrowing counts for posting and approving, not for looking.",
    )
    renamed: ClassVar = {"channels": "only_channels"}

    class Meta:
        model = Membership
        fields: ClassVar = ("user", "division", "role", "starts_on", "ends_on")
        labels: ClassVar = {"user": "Person", "starts_on": "First day", "ends_on": "Last day"}
        help_texts: ClassVar = {"ends_on": "Included. Empty = until somebody ends it."}


class EndForm(ServiceForm):
    """The end of a membership: after a last day, or at once."""

    end_now = forms.BooleanField(
        required=False,
        label="End it now",
        widget=UnfoldBooleanSwitchWidget,
        help_text="At once, whatever the last day says. It cannot be taken back; grant it anew instead.",
    )

    class Meta:
        model = Membership
        fields: ClassVar = ("ends_on",)
        labels: ClassVar = {"ends_on": "Last day"}
        help_texts: ClassVar = {"ends_on": "Included; today or later."}

    def clean_ends_on(self) -> date | None:
        """A last day can be moved, not taken away: nothing in the services gives a membership for ever again."""
        day: date | None = self.cleaned_data["ends_on"]
        if day is None and "ends_on" in self.changed_data:
            raise forms.ValidationError("A last day can be moved, not removed. End this one and grant another.")
        return day


def grant(request: HttpRequest, form: forms.ModelForm, **known: Any) -> Membership:
    """Call the service for a filled form; `known` is what the page already says (the person, the division)."""
    facts = {**form.cleaned_data, **known}
    return people.grant(
        user=facts["user"],
        division=facts["division"],
        role=facts["role"].code,
        starts_on=facts["starts_on"],
        ends_on=facts["ends_on"],
        channels=list(facts.get("only_channels") or ()),
        by=person(request),
    )


class MembershipInline(ServiceInline):
    """Memberships on a page of something else; new ones are granted, old ones are followed to their own page."""

    model = Membership
    autocomplete_fields = ("user", "division", "role")
    show_change_link = True
    verbose_name_plural = "memberships"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With all names in one query, newest first."""
        rows = super().get_queryset(request).select_related("user", "division", "role")
        return cast(QuerySet[Membership], rows.order_by("-starts_on", "-pk"))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Offered to whoever gives memberships."""
        return request.user.is_superuser or request.rights.anywhere(Right.MANAGE_PEOPLE)  # type: ignore[attr-defined]


class PersonsMembershipInline(MembershipInline):
    """Under a person: where they belong."""

    fk_name = "user"
    fields = ("division", "role", "starts_on", "ends_on", "revoked_at")
    readonly_fields = ("revoked_at",)

    def save_row(self, request: HttpRequest, parent: Any, form: forms.ModelForm) -> None:
        """Grant it to the person of the page."""
        grant(request, form, user=parent)


class DivisionsMembershipInline(MembershipInline):
    """Under a division: who belongs to it."""

    fk_name = "division"
    fields = ("user", "role", "starts_on", "ends_on", "revoked_at")
    readonly_fields = ("revoked_at",)

    def save_row(self, request: HttpRequest, parent: Any, form: forms.ModelForm) -> None:
        """Grant it in the division of the page."""
        grant(request, form, division=parent)


class NarrowingInline(ReadOnlyInline):
    """Which channels a membership is narrowed to. Given with the membership, ended with it."""

    model = MembershipChannel
    fields = ("channel", "created_at", "revoked_at")
    readonly_fields = ("created_at",)
    verbose_name_plural = "only these channels (none listed = every channel of the division)"
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[MembershipChannel]:
        """With the channel's name."""
        return cast(QuerySet[MembershipChannel], super().get_queryset(request).select_related("channel").order_by("pk"))


class InForce(DropdownFilter):
    """Filter by whether it counts today."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In force, later, ended."""
        return [(key, word) for key, (word, _) in WHEN.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        """Narrow the list."""
        day = today()
        over = Q(revoked_at__isnull=False) | Q(ends_on__lt=day)
        wanted = {"over": over, "later": ~over & Q(starts_on__gt=day), "now": ~over & Q(starts_on__lte=day)}
        return queryset.filter(wanted[self.value()]) if self.value() in wanted else queryset


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    """Who has which role where and when. Added by granting; on its own page it can only end."""

    sees: ClassVar = (Right.MANAGE_PEOPLE, Right.VIEW_ALL)
    acts: ClassVar = Right.MANAGE_PEOPLE
    where: ClassVar = "division"
    list_display = ("user", "role", "division", "starts_on", "ends_on", "in_force", "narrowed")
    list_filter = (
        InForce,
        ("division", AutocompleteSelectFilter),
        ("role", AutocompleteSelectFilter),
        ("starts_on", RangeDateFilter),
    )
    list_select_related = ("user", "role", "division")
    search_fields = ("user__name", "user__email", "division__name", "role__name")
    autocomplete_fields = ("user", "division", "role")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the channels it is narrowed to."""
        return super().get_queryset(request).prefetch_related("narrowings__channel")

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """To add: all of it. Afterwards: its end."""
        form = super().get_form(request, obj, change=change, form=EndForm if obj else GrantForm, **kwargs)
        channels = cast(forms.ModelMultipleChoiceField | None, form.base_fields.get("only_channels"))
        if channels is not None:
            field = Membership._meta.get_field("channels")
            channels.widget = AutocompleteSelectMultiple(field, self.admin_site, choices=channels.choices)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """What can be filled, then what is fixed."""
        if obj is None:
            return [
                (None, {"fields": ("user", "division", "role")}),
                ("When and on what", {"fields": ("starts_on", "ends_on", "only_channels")}),
            ]
        ending = ("ends_on", "end_now") if self.has_change_permission(request, obj) else ("ends_on",)
        return [
            (None, {"fields": ("user", "division", "role", "starts_on")}),
            ("Its end", {"fields": (*ending, "revoked_at"), "description": "Nothing else of it ever changes."}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Everything but the end, once it exists."""
        return ("user", "division", "role", "starts_on", "revoked_at", "created_at") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        """The narrowing, once there is a membership."""
        return [NarrowingInline] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begins today unless said otherwise."""
        return {"starts_on": today(), **super().get_changeform_initial_data(request)}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Note whether it had ended before the form wrote a new last day into it."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.ended = when(row, today()) == "over"
        return row

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What has ended has ended."""
        return not getattr(obj, "ended", False) and super().has_change_permission(request, obj)

    def save_by_service(self, request: HttpRequest, obj: Membership | None, form: forms.ModelForm) -> Membership:
        """Grant it, or end it."""
        if obj is None:
            return grant(request, form)
        row = Membership.objects.select_related("division", "user", "role").get(pk=obj.pk)
        if form.cleaned_data["end_now"]:
            return people.end(membership=row, by=person(request))
        if "ends_on" not in form.changed_data:
            raise BadInput("ends_on", "Nothing to save: choose a last day, or end it now.")
        return people.end(membership=row, by=person(request), last_day=form.cleaned_data["ends_on"])

    @display(description="state", label=dict(WHEN.values()))
    def in_force(self, row: Membership) -> str:
        """In force, begins later or ended."""
        return WHEN[when(row, self.day)][0]

    @admin.display(description="only")
    def narrowed(self, row: Membership) -> str:
        """The channels it is narrowed to."""
        return ", ".join(str(n.channel) for n in row.narrowings.all() if n.revoked_at is None)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Ask for the day once a list, not once a row."""
        self.day = today()
        return super().changelist_view(request, extra_context)
