"""What is typed about an emergency publication: the reason before it goes, the finding of whoever signs it after."""

from __future__ import annotations

from django import forms

from posts.models.approving import SHORTEST_REASON


class ReasonForm(forms.Form):
    """Why it cannot wait. The length is judged by the service, so that its words are the same everywhere."""

    reason = forms.CharField(
        label="What is happening, and why it cannot wait",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=f"At least {SHORTEST_REASON} characters. The chief, the central officers and reviewers read it.",
    )


class SignForm(forms.Form):
    """What the reviewer found, afterwards."""

    finding = forms.CharField(label="What you found", required=False, widget=forms.Textarea(attrs={"rows": 2}))
