"""Forms of Django admin that save through services: the door is thin, what a service refuses is said at the form.

Lives here: how a refusal becomes an error with everything typed kept. Must not live here: any rule, any model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline

from divisions.errors import BadInput, NotVisible, Refusal
from divisions.models import User
from records.admin import OVERRIDES, Gate

OUTSIDE = (
    "You have no membership here that allows this. A superuser sees everything in this administration, but changing it "
    "takes a membership like anybody's. Ask somebody with the role Administrator or Social media officer to give you "
    "one; the first administrator of all comes with the department file (manage.py load_department)."
)
RACED = "Somebody else saved the same at this moment. Look at the list, then save again."
Problem = Refusal | ValidationError


class Refused(Exception):
    """A service said no while the form with this prefix was saved; carried out of the transaction."""

    def __init__(self, prefix: str | None, problem: Problem) -> None:
        super().__init__(str(problem))
        self.prefix = prefix
        self.problem = problem


class ServiceForm(forms.ModelForm):
    """A form that can be told what a service refused. `renamed`: a service's name of a field -> the form's."""

    refusals: ClassVar[Mapping[str | None, Problem]] = {}
    renamed: ClassVar[Mapping[str, str]] = {}

    def full_clean(self) -> None:
        """Add the refusal of this form, if there is one, after what Django itself found."""
        super().full_clean()
        problem = self.refusals.get(self.prefix)
        if problem is None or not self.is_bound:
            return
        for field, words in _words(problem):
            name = self.renamed.get(field, field)
            self.add_error(name if name in self.fields else None, words)


def _words(problem: Problem) -> Iterator[tuple[str, str]]:
    if isinstance(problem, ValidationError):
        found = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
        yield from ((field, word) for field, words in found.items() for word in words)
    elif isinstance(problem, NotVisible):
        yield NON_FIELD_ERRORS, OUTSIDE
    else:
        yield problem.field if isinstance(problem, BadInput) else NON_FIELD_ERRORS, str(problem)


@contextmanager
def asking(form: forms.BaseForm) -> Iterator[None]:
    """Run a service for a form; what it refuses leaves the transaction as `Refused`."""
    try:
        yield
    except (Refusal, ValidationError) as problem:
        raise Refused(form.prefix, problem) from problem
    except IntegrityError as problem:
        raise Refused(form.prefix, ValidationError(RACED)) from problem


def person(request: HttpRequest) -> User:
    """Whoever is signed in: `by=` of every service."""
    return cast(User, request.user)


def changed(form: forms.ModelForm, known: frozenset[str]) -> dict[str, Any]:
    """What the person really changed in the form, of the fields a service knows; untouched fields stay as they are."""
    return {name: form.cleaned_data[name] for name in form.changed_data if name in known}


def given(form: forms.ModelForm, known: frozenset[str]) -> dict[str, Any]:
    """Every field of the form that a service knows."""
    return {name: value for name, value in form.cleaned_data.items() if name in known}


class ServiceAdmin(Gate, ModelAdmin):
    """Saves through `save_by_service`, never through the ORM. Deleting is not offered."""

    form = ServiceForm
    formfield_overrides = OVERRIDES
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    actions = ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form again with the refusal when a service says no; its transaction is rolled back by then."""
        try:
            return cast(HttpResponse, super().changeform_view(request, object_id, form_url, extra_context))
        except Refused as refused:
            request.refusals = {refused.prefix: refused.problem}  # type: ignore[attr-defined]
            return cast(HttpResponse, super().changeform_view(request, object_id, form_url, extra_context))

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        """The form, knowing what was refused."""
        form: type[forms.ModelForm] = super().get_form(request, obj, change=change, **kwargs)
        form.refusals = getattr(request, "refusals", {})  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        """Call the service; take over what it made, so that Django's answer and history name it."""
        with asking(form):
            made = self.save_by_service(request, obj if change else None, form)
        if made is not None:
            obj.__dict__.update(made.__dict__)

    def save_by_service(self, request: HttpRequest, obj: Any | None, form: forms.ModelForm) -> Any:
        """Change `obj`, or make a row when it is None. Returns the row the service made or changed, or None."""
        raise NotImplementedError

    def save_formset(self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool) -> None:
        """Hand each filled row of an inline to its service; rows of inlines that only show are not touched."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        inline = getattr(formset, "inline", None)
        for row in formset.forms:
            if inline is not None and row.has_changed():
                with asking(row):
                    inline.save_row(request, form.instance, row)
                formset.new_objects.append(row.instance)


class ServiceInline(TabularInline):
    """Rows that are added, or ended, through a service (`save_row`). Existing rows are never edited in place."""

    form = ServiceForm
    formfield_overrides = OVERRIDES
    extra = 0
    can_delete = False
    per_page: int | None = 30

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:
        """The formset, knowing its inline and what was refused."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.inline = self
        formset.form.refusals = getattr(request, "refusals", {})
        return formset

    def save_row(self, request: HttpRequest, parent: Any, form: forms.ModelForm) -> None:
        """Call the service for one filled row."""
        raise NotImplementedError

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may see the page may see its rows."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whether new rows are offered; the service decides."""
        return True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows that are there stay as they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows end, they are not deleted."""
        return False
