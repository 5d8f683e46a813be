"""A picture or video for the library: the file, what it shows, who made it, what is said in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.html import format_html

from divisions.models import Division
from posts.forms.compose import MAX_ALT, MAX_CREDIT

ACCEPT = "image/jpeg,image/png,image/webp,image/gif,image/heic,image/heif,.heic,.heif,video/mp4,video/quicktime,.mov"
MAX_CAPTIONS_BYTES = 1024 * 1024


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


class VideoForm(DescribeForm):
    """What a video shows, says and shows first. Of captions typed and a file chosen, the file counts."""

    captions = forms.CharField(
        label="Captions",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true", "class": "mono"}),
        help_text=format_html(
            "For people who cannot hear it. A time on one line, the words below it, then an empty line: {}",
            format_html('<span class="nowrap mono">{}</span>', "00:00:01.000 --> 00:00:04.000"),
        ),
    )
    captions_file = forms.FileField(
        label="Captions from a file",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".vtt,.srt,text/vtt"}),
        help_text="WebVTT or SRT, as captioning tools save it. It takes the place of what stands above.",
    )
    no_speech = forms.BooleanField(
        label="Nobody speaks in it",
        required=False,
        help_text="Then it needs no captions. Say above what is heard, if that matters.",
    )
    poster = forms.ChoiceField(label="Shown before it plays", required=False, widget=forms.RadioSelect)

    def __init__(self, posters: Iterable[tuple[str, str]], data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, files, label_suffix="", **kwargs)
        self.fields["alt_text"].label = "What it shows"
        self.fields["alt_text"].help_text = "For people who cannot see it: what happens in it, in a few sentences."
        self.fields["credit"].help_text = "Who made it, for example: Dallas PD, own video."
        field = self.fields["poster"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(posters)

    def clean(self) -> dict[str, Any]:
        """Read the file, where one was chosen, as the text it must be; keep it where it can be put right."""
        cleaned = super().clean() or {}
        file = cleaned.pop("captions_file", None)
        if file is not None:
            try:
                cleaned["captions"] = _text_of(file)
            except ValueError as error:
                self.add_error("captions_file", str(error))
        return cleaned


def _text_of(file: Any) -> str:
    if file.size > MAX_CAPTIONS_BYTES:
        raise ValueError("The file has more than 1 MB. Is it the captions' file?")
    try:
        return str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError("The file is no UTF-8 text. Save it as UTF-8 and choose it again.") from error


class UploadForm(DescribeForm):
    """A new picture or video for one of the divisions one may write for."""

    field_order = ("division", "file", "alt_text", "credit")
    division = forms.TypedChoiceField(label="Division", coerce=int)
    file = forms.FileField(
        label="Picture or video",
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"required": "Choose a picture or video first.", "empty": "The file is empty. Choose it again."},
        help_text="JPEG, PNG, WebP, GIF or HEIC up to 20 MB; MP4 or MOV up to 500 MB and 20 minutes. Location and "
        "device are removed.",
    )

    def __init__(self, divisions: Iterable[Division], data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, label_suffix="")
        self.fields["alt_text"].label = "What it shows"
        self.divisions = {division.pk: division for division in divisions}
        field = self.fields["division"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(pk, division.name) for pk, division in self.divisions.items()]
