"""A manager's side of a webhook: where it goes, its secret (shown once), a ping, and what it answered last."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from divisions.errors import BadInput
from divisions.models import Channel
from divisions.states import Platform
from posts.forms.subscribe import EndpointForm
from posts.selectors import hooks, mailing, moments
from posts.services import webhooks


@login_required
@require_safe
@never_cache
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The endpoint and its last answers."""
    channel = _mine(request, slug)
    return _page(request, channel, EndpointForm(initial={"endpoint": channel.api_base}, label_suffix=""))


@login_required
@require_POST
def endpoint(request: HttpRequest, slug: str) -> HttpResponse:
    """Say where events go."""
    channel, form = _mine(request, slug), EndpointForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            webhooks.set_endpoint(channel=channel, url=form.cleaned_data["endpoint"], by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Saved. Send a ping to see whether it answers.")
            return redirect("posts:hook", slug=slug)
        except BadInput as error:
            form.add_error("endpoint", str(error))
    return _page(request, channel, form, status=422)


@login_required
@require_POST
@never_cache
def secret(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a secret and show it in this one answer, which nothing keeps."""
    channel = _mine(request, slug)
    had = bool(channel.credentials)
    made = webhooks.make_secret(channel=channel, by=request.user)  # type: ignore[arg-type]
    channel.refresh_from_db(fields=["credentials"])
    form = EndpointForm(initial={"endpoint": channel.api_base}, label_suffix="")
    return _page(request, channel, form, made=made, had=had)


@login_required
@require_POST
def ping(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a ping and say what came back."""
    health = webhooks.ping(channel=_mine(request, slug), by=request.user)  # type: ignore[arg-type]
    words = " ".join(health.warnings)
    if health.ok:
        messages.success(request, f"The ping arrived. {words}".strip())
    else:
        messages.error(request, words or "The ping did not arrive.")
    return redirect("posts:hook", slug=slug)


def _mine(request: HttpRequest, slug: str) -> Channel:
    mine = request.rights  # type: ignore[attr-defined]
    return mailing.managed(request.user, mine, slug, Platform.WEBHOOK)  # type: ignore[arg-type]


def _page(
    request: HttpRequest, channel: Channel, form: EndpointForm, *, made: str = "", had: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "channel": channel,
        "form": form,
        "made": made,
        "had_secret": had,
        "has_secret": bool(channel.credentials),
        "answers": hooks.last_answers(channel),
        "zone": moments.zone_of(channel.division),
        "now": timezone.now(),
    }
    return render(request, "posts/hook.html", context, status=status)
