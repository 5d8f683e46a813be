"""Who may look at what in Django admin, and pages that only show. The lowest room, so that all rooms can build on it.

A superuser sees everything here; a member of staff sees what their memberships let them see.
Django's own model permissions and guardian are not asked. Nothing that changes a row lives here.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, cast

from django.db.models import Model, QuerySet, URLField
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

OVERRIDES: dict[type, dict[str, Any]] = {URLField: {"assume_scheme": "https"}}  # Django 6's own default


class RightsOfRequest(Protocol):
    """`request.rights`, set by the middleware of the room above, which this room cannot import."""

    def anywhere(self, right: Any) -> bool:
        """Whether the person has the right in at least one division."""
        ...

    def division_ids(self, right: Any) -> frozenset[int]:
        """In which divisions the person has the right."""
        ...


def rights_of(request: HttpRequest) -> RightsOfRequest:
    """The rights of whoever asks."""
    return cast(RightsOfRequest, request.rights)  # type: ignore[attr-defined]


class Gate:
    """Opens a list to superusers and to whoever has one of `sees`, narrowed by `where` to their divisions.

    `where` is the lookup from the row to its division ("division", "post__division", "pk"); empty when the rows belong
    to the whole department. `acts` is the right that offers adding and changing: the service still decides.
    """

    sees: ClassVar[tuple[str, ...]] = ()
    where: ClassVar[str] = ""
    acts: ClassVar[str] = ""

    def may(self, request: HttpRequest, *names: str) -> bool:
        """Whether the person is a superuser or has one of the rights somewhere."""
        if getattr(request.user, "is_superuser", False):
            return True
        return any(rights_of(request).anywhere(name) for name in names)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it in the index to whoever may look."""
        return self.may(request, *self.sees)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether the person may look; which rows is decided by the queryset."""
        return self.may(request, *self.sees)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether a form to add is offered."""
        return bool(self.acts) and self.may(request, self.acts)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether a form to change is offered."""
        return bool(self.acts) and self.may(request, self.acts)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: history matters. Things end, pause or retire instead."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows the person may see: another division's are not there at all (P5)."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        if self.where and not getattr(request.user, "is_superuser", False):
            mine = rights_of(request)
            ids: frozenset[int] = frozenset().union(*(mine.division_ids(name) for name in self.sees))
            rows = rows.filter(**{f"{self.where}__in": ids})
        return rows


class ReadOnly:
    """Nobody adds, changes or deletes here, not a superuser either. Listed before the class it overrides."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes."""
        return False


class ReadOnlyAdmin(ReadOnly, Gate, ModelAdmin):
    """A list and a page of one model for looking only."""

    formfield_overrides = OVERRIDES
    list_per_page = 50
    list_filter_submit = True
    actions: tuple[str, ...] = ()


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows of another model on the page they belong to, for looking only."""

    formfield_overrides = OVERRIDES
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    per_page = 20

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may see the page may see its rows."""
        return True
