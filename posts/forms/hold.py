"""What is typed about a hold: what to hold and why; and what to do with what is held."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from divisions.access import Rights
from divisions.models import Channel, Division
from divisions.permissions import Right
from divisions.states import ChannelState
from posts.forms.retime import RetimeForm
from posts.kinds import Kind
from posts.models import Incident
from posts.models.hold import Scope
from posts.selectors import incidents

PREFILLED_REASON = "Major incident"


class HoldForm(forms.Form):
    """Everything preselected and the reason prefilled, so that wall to hold is two taps."""

    scope = forms.ChoiceField(widget=forms.RadioSelect)
    division = forms.ModelChoiceField(Division.objects.none(), required=False, empty_label="Choose a division")
    with_tree = forms.BooleanField(label="and all divisions below it", required=False)
    kind = forms.ChoiceField(required=False, choices=[("", "Choose a kind"), *Kind.choices])
    channel = forms.ModelChoiceField(Channel.objects.none(), required=False, empty_label="Choose an account")
    reason = forms.CharField(label="Why, in one line", max_length=300, initial=PREFILLED_REASON)
    drill = forms.BooleanField(label="This is a drill. Nothing real is stopped.", required=False)
    incident = forms.ModelChoiceField(
        Incident.objects.none(), label="For the incident", required=False, empty_label="None in particular"
    )

    def __init__(self, mine: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = mine.anywhere(Right.HOLD_ALL)
        reach = mine.division_ids(Right.HOLD_ALL) | mine.division_ids(Right.HOLD_DIVISION)
        divisions = self.fields["division"]
        divisions.queryset = Division.objects.filter(pk__in=reach)  # type: ignore[attr-defined]
        self.fields["channel"].queryset = _channels(reach)  # type: ignore[attr-defined]
        open_ones = incidents.visible_to(mine).filter(closed_at__isnull=True)
        self.fields["incident"].queryset = open_ones  # type: ignore[attr-defined]
        self.scopes = list(Scope) if everything else [Scope.DIVISION, Scope.CHANNEL]
        self.fields["scope"].choices = [(s.value, s.label) for s in self.scopes]  # type: ignore[attr-defined]
        self.fields["scope"].initial = self.scopes[0].value
        self.everything = everything
        if not everything:
            del self.fields["kind"], self.fields["with_tree"]
            if len(reach) == 1:
                divisions.initial = next(iter(reach))

    def asked(self) -> dict[str, Any]:
        """Only what belongs to the chosen scope: a leftover choice of another one counts for nothing."""
        data, scope = self.cleaned_data, self.cleaned_data["scope"]
        return {
            "scope": scope,
            "reason": data["reason"],
            "drill": data["drill"],
            "incident": data["incident"],
            "division": data["division"] if scope == Scope.DIVISION else None,
            "with_tree": bool(data.get("with_tree")) and scope == Scope.DIVISION,
            "kind": data.get("kind", "") if scope == Scope.KIND else "",
            "channel": data["channel"] if scope == Scope.CHANNEL else None,
        }


class HeldForm(RetimeForm):
    """The decision about some held posts; day and clock count only for re-timing."""

    act = forms.ChoiceField(choices=[("keep", "Keep"), ("retime", "Re-time"), ("drop", "Drop")])
    posts = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": "Tick the posts it is about."})

    def __init__(self, choices: list[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["posts"].choices = [(pk, str(pk)) for pk in choices]  # type: ignore[attr-defined]
        if self.data.get("act") != "retime":
            self.fields["day"].required = self.fields["clock"].required = False


def _channels(division_ids: frozenset[int]) -> QuerySet[Channel]:
    rows = Channel.objects.filter(division__in=division_ids).exclude(state=ChannelState.RETIRED)
    return rows.select_related("division")
