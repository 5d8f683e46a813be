"""What the public types to come onto an e-mail list, and what a manager types about one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from divisions.models import Channel
from posts.services.lists import MAX_NOTE
from posts.services.subscribing import LONGEST


class ListsField(forms.TypedMultipleChoiceField):
    """Lists to tick, by their names."""

    def __init__(self, lists: Iterable[Channel], **more: Any) -> None:
        choices = [(str(channel.pk), channel.name) for channel in lists]
        super().__init__(choices=choices, coerce=int, widget=forms.CheckboxSelectMultiple, **more)


class SubscribeForm(forms.Form):
    """An address and the lists it wants to be on."""

    address = forms.CharField(
        label="Your e-mail address",
        max_length=LONGEST,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email", "autocapitalize": "none"}),
        error_messages={"required": "Type your e-mail address."},
    )

    def __init__(self, lists: Iterable[Channel], data: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(data, label_suffix="", **more)
        self.fields["lists"] = ListsField(
            lists, label="What you want to get", error_messages={"required": "Tick at least one."}
        )


class ChooseForm(forms.Form):
    """The lists somebody is on; none ticked = on none."""

    def __init__(self, lists: Iterable[Channel], data: Mapping[str, Any] | None = None, **more: Any) -> None:
        super().__init__(data, label_suffix="", **more)
        self.fields["lists"] = ListsField(lists, label="What you get", required=False)


class BringForm(forms.Form):
    """Addresses collected elsewhere, and by what right."""

    addresses = forms.CharField(
        label="Addresses",
        help_text="One a line. Who unsubscribed before stays off.",
        widget=forms.Textarea(attrs={"rows": 5, "class": "input", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Paste the addresses."},
    )
    note = forms.CharField(
        label="When and how they agreed",
        max_length=MAX_NOTE,
        help_text="For example: signed the sheet at the neighborhood meeting of 3 March. It stands beside each.",
        widget=forms.TextInput(attrs={"class": "input"}),
        error_messages={"required": "Say when and how these people agreed."},
    )


class EndpointForm(forms.Form):
    """Where a webhook's events go."""

    endpoint = forms.CharField(
        label="Endpoint",
        max_length=300,
        help_text="An https address. Keep keys out of it: it can be read here and in the ledger.",
        widget=forms.URLInput(attrs={"class": "input", "autocomplete": "off"}),
        error_messages={"required": "Give the address that takes the events."},
    )
