"""What is typed to connect an account: which, how; keys of an app, keys of an account, or a name posted to by hand.

Secrets are never shown again, not even beside an error; everything else typed is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings

from connectors import connecting
from connectors.connecting.contract import Asked
from divisions.access import Rights
from divisions.models import Division
from divisions.permissions import Right
from divisions.selectors import divisions
from divisions.states import Audience, Mode, Platform

INPUT = {"class": "input"}
SECRET = {**INPUT, "autocomplete": "off", "spellcheck": "false"}
OFFERED = (
    Platform.FACEBOOK,
    Platform.X,
    Platform.YOUTUBE,
    Platform.NIXLE,
    Platform.MASTODON,
    Platform.BLUESKY,
    Platform.EMAIL,
    Platform.WEBHOOK,
)
AUDIENCES = {Audience.PUBLIC: "Everybody", Audience.INTERNAL: "Staff only: the account must be protected"}
MODES = {
    Mode.LIVE: "To the platform",
    Mode.SANDBOX: "To the sandbox, the made-up network for trying",
    Mode.HAND_OFF: "By hand: a person posts and brings back the link",
}


class StartForm(forms.Form):
    """Which account: whose, where, for whom, and how it sends."""

    division = forms.ModelChoiceField(
        label="Division",
        queryset=Division.objects.none(),
        to_field_name="slug",
        empty_label="Choose a division",
        widget=forms.Select(attrs=INPUT),
    )
    platform = forms.ChoiceField(label="Platform", choices=[(p.value, p.label) for p in OFFERED])
    audience = forms.ChoiceField(label="Readers", choices=list(AUDIENCES.items()), initial=Audience.PUBLIC)
    mode = forms.ChoiceField(label="Sends", choices=[])

    def __init__(self, mine: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        here = divisions.with_right(mine, Right.MANAGE_CHANNEL).order_by("position", "name")
        self.fields["division"].queryset = here  # type: ignore[attr-defined]
        modes = [mode for mode in MODES if mode != Mode.LIVE or not settings.SANDBOX]
        self.fields["mode"].choices = [(mode, MODES[mode]) for mode in modes]  # type: ignore[attr-defined]
        self.fields["mode"].initial = modes[0]

    def clean(self) -> dict[str, Any]:
        """What goes together: who sends by hand, who reads."""
        data = super().clean() or {}
        platform, mode = data.get("platform", ""), data.get("mode", "")
        if mode and mode != Mode.HAND_OFF and platform and platform not in connecting.PLATFORMS:
            label = Platform(platform).label
            self.add_error("mode", f"Substation does not speak to {label} by itself. Choose “By hand”.")
        if platform == Platform.WEBHOOK and mode == Mode.HAND_OFF:
            self.add_error("mode", "Nobody tells an endpoint by hand. Choose another way.")
        if platform == Platform.EMAIL and data.get("audience") == Audience.INTERNAL:
            self.add_error("audience", "Anybody may sign up to an e-mail list, so it is for everybody.")
        return data


class AskedForm(forms.Form):
    """Fields that a platform asks for; `prefix` keeps two of them on one page apart."""

    def __init__(self, asked: Iterable[Asked], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for one in asked:
            self.fields[one.name] = _field(one)


class HandForm(forms.Form):
    """An account that people post to by hand."""

    name = forms.CharField(
        label="Name",
        max_length=150,
        help_text="As people read it on the platform.",
        widget=forms.TextInput(attrs=INPUT),
    )
    handle = forms.CharField(
        label="Handle", max_length=150, help_text="Without the @.", widget=forms.TextInput(attrs=INPUT)
    )
    url = forms.URLField(
        label="Address",
        max_length=300,
        assume_scheme="https",
        help_text="Where people find it, for example https://www.facebook.com/YourPage",
        widget=forms.URLInput(attrs=INPUT),
    )


class NameForm(forms.Form):
    """What the desk calls the account."""

    name = forms.CharField(label="Name on the desk", max_length=150, widget=forms.TextInput(attrs=INPUT))


APP_KEYS = (
    Asked(name="client_id", label="App id", help="Some platforms call it client id."),
    Asked(name="client_secret", label="App secret", secret=True, needed=False),
)


def _field(one: Asked) -> forms.Field:
    widget: forms.Widget
    if one.secret:
        widget = forms.PasswordInput(render_value=False, attrs=SECRET)
    else:
        widget = forms.TextInput(attrs=SECRET)
    return forms.CharField(label=one.label, help_text=one.help, required=one.needed, max_length=1000, widget=widget)


class DisconnectForm(forms.Form):
    """What becomes of a channel without a sign-in, and why."""

    then = forms.ChoiceField(label="What becomes of the channel", choices=[], initial="paused")
    reason = forms.CharField(label="Why", max_length=300, widget=forms.TextInput(attrs=INPUT))

    def __init__(self, choices: Mapping[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["then"].choices = list(choices.items())  # type: ignore[attr-defined]
