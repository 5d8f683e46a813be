"""Taking a connection back: what that means here and at the platform, and the decision. The rules are the service's."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from connectors import connecting
from divisions import access
from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.forms.connect import DisconnectForm
from divisions.permissions import Right
from divisions.selectors import connecting as selectors
from divisions.services import disconnect as services


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: HttpRequest, slug: str) -> HttpResponse:
    """Forget an account's sign-in here, ask the platform to forget it too, and say what came of it."""
    channel = selectors.connectable(request.rights).filter(slug=slug).first()  # type: ignore[attr-defined]
    if channel is None:
        raise NotVisible
    access.require(request.user, Right.MANAGE_CHANNEL, channel.division, channel=channel)  # type: ignore[arg-type]
    if not channel.credentials:
        raise WrongMoment("No sign-in is kept for this channel.", cure="There is nothing to take back.")
    form = DisconnectForm(services.afterwards(channel), request.POST or None, label_suffix="")
    if form.is_bound and form.is_valid():
        try:
            outcome = services.disconnect(channel=channel, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            say = messages.success if outcome.how == "revoked" else messages.warning
            say(request, f"Our sign-in to {channel.name} is deleted. {outcome.words}")
            return redirect("divisions:channel", slug=slug)
    context = {"channel": channel, "form": form, "way": connecting.PLATFORMS.get(channel.platform)}
    return render(request, "divisions/disconnect.html", context, status=422 if form.errors else 200)
