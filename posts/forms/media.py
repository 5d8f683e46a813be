"""A picture for the library: the file, what it shows, who made it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from divisions.models import Division
from posts.forms.compose import MAX_ALT, MAX_CREDIT

ACCEPT = "image/jpeg,image/png,image/webp,image/gif,image/heic,image/heif,.heic,.heif"


class DescribeForm(forms.Form):
    """Picture text and credit of a picture that is in the library."""

    alt_text = forms.CharField(
        label="Picture text",
        max_length=MAX_ALT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For people who cannot see it: say what is seen, in one or two sentences.",
    )
    credit = forms.CharField(
        label="Credit",
        max_length=MAX_CREDIT,
        required=False,
        help_text="Who made it, for example: Dallas PD, own picture.",
    )


class UploadForm(DescribeForm):
    """A new picture for one of the divisions one may write for."""

    field_order = ("division", "file", "alt_text", "credit")
    division = forms.TypedChoiceField(label="Division", coerce=int)
    file = forms.FileField(
        label="Picture",
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"required": "Choose a picture first.", "empty": "The file is empty. Choose the picture again."},
        help_text="JPEG, PNG, WebP, GIF or HEIC up to 20 MB. Location and device are removed.",
    )

    def __init__(self, divisions: Iterable[Division], data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, label_suffix="")
        self.divisions = {division.pk: division for division in divisions}
        field = self.fields["division"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(pk, division.name) for pk, division in self.divisions.items()]
