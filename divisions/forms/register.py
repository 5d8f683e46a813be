"""What is typed about an account in the register: its entry, who holds it, how many accounts are declared."""

from __future__ import annotations

from typing import Any

from django import forms

from divisions.models import AccountRecord, Channel, User
from divisions.selectors import register
from divisions.services.register import MOST_ACCOUNTS


def _address(label: str) -> forms.URLField:
    return forms.URLField(label=label, max_length=300, required=False, assume_scheme="https")


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]
    """The facts that a platform does not tell."""

    contact_url = _address("Contact page")
    policy_url = _address("Comment policy")
    listed_url = _address("Our page that lists it")
    links_back = forms.TypedChoiceField(
        label="Its profile links back to us",
        choices=[("", "Nobody looked"), ("yes", "Yes"), ("no", "No")],
        coerce=lambda value: {"yes": True, "no": False}.get(value),
        empty_value=None,
        required=False,
        help_text="Where the account is read back, Substation looks by itself.",
    )

    class Meta:
        model = AccountRecord
        fields = (
            "owner",
            "recovery",
            "opened_on",
            "read_hours",
            "public_email",
            "public_phone",
            "contact_url",
            "policy_url",
            "listed_url",
            "links_back",
        )
        labels = {
            "opened_on": "Opened on",
            "recovery": "Recovery",
            "read_hours": "When it is read",
            "public_email": "E-mail it shows",
            "public_phone": "Phone it shows",
        }
        help_texts = {"read_hours": "The public reads it, for example: Weekdays, 8 a.m. to 6 p.m."}
        widgets = {"opened_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, channel: Channel, record: AccountRecord | None, data: Any = None) -> None:
        shown = {True: "yes", False: "no", None: ""}[record.links_back if record else None]
        super().__init__(data, instance=record, label_suffix="", initial={"links_back": shown})
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset, owner.empty_label = register.duty_candidates(channel), "Nobody yet"

    def _post_clean(self) -> None:
        """Leave the row alone: the service changes it, and says what it refuses."""


class HolderForm(forms.Form):
    """Somebody who can sign in to the account as its administrator."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Person",
        empty_label="Choose a person",
        error_messages={"required": "Choose who can sign in there."},
    )
    second_factor = forms.BooleanField(label="Holds a second factor for it", required=False)

    def __init__(self, channel: Channel, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        user = self.fields["user"]
        assert isinstance(user, forms.ModelChoiceField)
        user.queryset = register.duty_candidates(channel)


class DeclareForm(forms.Form):
    """How many accounts the department says it has; `was` is what the person saw, `sure` the second look."""

    number = forms.IntegerField(
        label="Declared accounts",
        min_value=0,
        max_value=MOST_ACCOUNTS,
        error_messages={
            "required": "Write how many accounts there are.",
            "min_value": "A number of accounts is 0 or more.",
            "max_value": f"No department has more than {MOST_ACCOUNTS} accounts.",
        },
        widget=forms.NumberInput(attrs={"class": "input input--auto"}),
    )
    was = forms.IntegerField(required=False, widget=forms.HiddenInput)
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)
