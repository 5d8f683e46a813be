"""A person's notices: the list, opening one, what they want to be told and how, and the way out that a mail carries."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions.access import Rights
from divisions.forms import notices as form
from divisions.notice_kinds import BY_CODE
from divisions.selectors import notices
from divisions.services import letters
from divisions.services import notices as service

PAGE = 25


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everything the person was told, newest first; or only what they have not seen."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    show = "new" if request.GET.get("show") == "new" else ""
    page = Paginator(notices.of_person(mine, show=show), PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "show": show,
        "new": notices.unseen(mine).count(),
        "labels": {code: kind.label for code, kind in BY_CODE.items()},
        "zone": getattr(request.department, "zone", "UTC"),  # type: ignore[attr-defined]
        "now": timezone.now(),
    }
    return render(request, "divisions/notices.html", context)


@login_required
@require_safe
@never_cache
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the thing itself. Following the link is having seen it, on the desk as from a mail."""
    row = notices.get_own(request.rights, pk)  # type: ignore[attr-defined]
    service.see(by=request.user, pk=row.pk)  # type: ignore[arg-type]
    inside = row.path.startswith("/") and url_has_allowed_host_and_scheme(row.path, allowed_hosts=None)
    return redirect(row.path if inside else "divisions:notices")


@login_required
@require_POST
def see_all(request: HttpRequest) -> HttpResponse:
    """Mark all as seen."""
    count = service.see(by=request.user)  # type: ignore[arg-type]
    messages.success(request, "Nothing was new." if not count else "All marked as seen.")
    return redirect("divisions:notices")


@login_required
@require_http_methods(["GET", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """What the person is told, and by which way."""
    groups = notices.choices(request.rights)  # type: ignore[attr-defined]
    if request.method == "POST":
        wanted = form.read(request.POST, [row.kind for _, rows in groups for row in rows])
        service.choose(wanted=wanted, by=request.user)  # type: ignore[arg-type]
        messages.success(request, "Saved. It holds from now on.")
        return redirect("divisions:notice_choices")
    return render(request, "divisions/notices_choices.html", {"groups": groups})


@csrf_exempt  # a mail program presses it for the person (RFC 8058); the signed address is the proof
@require_http_methods(["GET", "POST"])
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails of one kind, signed in or not. Says nothing about whose they are."""
    found = letters.read_token(token)
    if found is None:
        raise Http404
    user_id, kind = found
    done = request.method == "POST" and service.stop_mail(user_id=user_id, kind=kind)
    context = {"kind": kind, "done": done, "refused": request.method == "POST" and not done}
    return render(request, "divisions/notices_stop.html", context)
