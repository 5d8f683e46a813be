"""The public's side of the e-mail lists: sign up, confirm, choose, leave. The signed link of a mail is the right.

Nothing here says whether an address is on a list; pages with a token are neither cached nor found by search engines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from axes.helpers import get_client_ip_address
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from divisions.errors import BadInput, WrongMoment
from posts.forms.subscribe import ChooseForm, SubscribeForm
from posts.models import Subscriber
from posts.selectors import mail_links, mailing
from posts.services import subscribing

View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """A page for one person: kept by nobody on the way, found by no search engine."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        answer["X-Robots-Tag"] = "noindex"
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    return never_cache(shown)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for lists. The answer is the same for every address."""
    lists = list(mailing.open_lists())
    wanted = request.GET.get("division", "")
    initial = {"lists": [str(one.pk) for one in lists if one.division.slug == wanted or len(lists) == 1]}
    form = SubscribeForm(lists, request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            subscribing.ask(origin=get_client_ip_address(request) or "", **form.cleaned_data)
            return redirect("posts:subscribe_asked")
        except BadInput as error:
            form.add_error(error.field, str(error))
        except WrongMoment as refusal:
            form.add_error(None, str(refusal))
            status = 429
    if form.errors and status == 200:
        status = 422
    return render(request, "public/subscribe.html", {"form": form, "lists": lists}, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Look into your mail."""
    return render(request, "public/subscribe_asked.html")


@private
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A button, because programs follow every link of a mail; the press puts the address on its lists."""
    request_id = mail_links.read_confirm(token)
    if request_id is None:
        return render(request, "public/subscribe_over.html", status=404)
    if request.method == "POST":
        reader = subscribing.confirm(request_id=request_id)
        if reader is None:
            return render(request, "public/subscribe_over.html", status=404)
        return redirect(f"{mail_links.manage(reader.pk)}?done=1")
    return render(request, "public/subscribe_confirm.html")


@private
@require_http_methods(["GET", "POST"])
def manage(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody gets, to be changed; nothing ticked = no more mails."""
    reader = Subscriber.objects.filter(pk=mail_links.read_manage(token) or 0).exclude(address="").first()
    if reader is None:
        raise Http404
    lists = list(mailing.open_lists())
    on = mailing.lists_of(reader)
    form = ChooseForm(lists, request.POST or None, initial={"lists": [str(pk) for pk in on]})
    if request.method == "POST":
        if "none" in request.POST or form.is_valid():
            keep = [] if "none" in request.POST else form.cleaned_data["lists"]
            subscribing.choose(subscriber=reader, lists=keep)
            return redirect(f"{reverse('posts:subscribe_manage', args=[token])}?done=1")
        return render(request, "public/subscribe_manage.html", {"form": form, "lists": lists, "on": on}, status=422)
    context = {"form": form, "lists": lists, "on": on, "done": "done" in request.GET, "masked": masked(reader.address)}
    return render(request, "public/subscribe_manage.html", context)


@csrf_exempt  # a mail program presses it for the person (RFC 8058): no session, no cookie; the token is the proof
@private
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Leave one list at a press, signed in nowhere."""
    found = mail_links.read_leave(token)
    if found is None:
        raise Http404
    subscriber_id, channel_id = found
    if request.method == "POST":
        channel = subscribing.leave(subscriber_id=subscriber_id, channel_id=channel_id)
    else:
        channel = mailing.list_of_link(subscriber_id, channel_id)
    if channel is None:
        raise Http404
    context = {
        "channel": channel,
        "left": request.method == "POST",
        "manage_url": mail_links.manage(subscriber_id),
    }
    return render(request, "public/subscribe_leave.html", context)


def masked(address: str) -> str:
    """Enough of an address for its owner to know it: a mail may be read by somebody it was forwarded to."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}"
