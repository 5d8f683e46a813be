"""What repeats: the list, one pattern with what was made of it and what is to come, and the button that stops it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from divisions.access import Rights
from divisions.errors import BadInput, WrongMoment
from divisions.selectors import divisions
from posts.forms.repeats import StopForm
from posts.models import Pattern
from posts.selectors import presence, repeats
from posts.services import repeat

PER_PAGE = 25


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every pattern the person may see, those that still repeat first."""
    mine, now = _mine(request), timezone.now()
    page = Paginator(repeats.visible_to(mine), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "lines": repeats.lines(list(page.object_list), now=now),
        "several": divisions.visible_to(mine).count() > 1,
        "now": now,
    }
    return render(request, "posts/repeats.html", context)


@login_required
@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One pattern: its rule, on which approval it stands, what is to come and what was made."""
    return _page(request, repeats.get_visible(_mine(request), pk), StopForm(label_suffix=""))


@login_required
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End it with a reason; occurrences that have not begun to go out are dropped."""
    pattern = repeats.get_visible(_mine(request), pk)
    form = StopForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, pattern, form, status=422)
    try:
        repeat.stop(pattern=pattern, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        messages.success(request, "It repeats no more. What had not begun to go out is dropped.")
    except BadInput as error:
        form.add_error("reason", str(error))
        return _page(request, pattern, form, status=422)
    except WrongMoment as refusal:
        messages.info(request, str(refusal))
    return redirect("posts:repeat", pk=pk)


def _page(request: HttpRequest, pattern: Pattern, form: StopForm, status: int = 200) -> HttpResponse:
    mine, now = _mine(request), timezone.now()
    (line,) = repeats.lines([pattern], now=now)
    page = Paginator(repeats.occurrences(pattern), PER_PAGE).get_page(request.GET.get("page"))
    stands = presence.of_posts([*page.object_list, line.post])
    context: dict[str, Any] = {
        "line": line,
        "pattern": pattern,
        "form": form,
        "page_obj": page,
        "made": [{"post": post, "presence": stands[post.pk]} for post in page.object_list],
        "first": stands[line.post.pk],
        "dates": repeats.coming(pattern, now=now),
        "may_stop": line.is_on and repeats.may_stop(line.post, mine),
        "zone": line.zone,
        "now": now,
    }
    return render(request, "posts/repeat.html", context, status=status)


def _mine(request: HttpRequest) -> Rights:
    rights: Rights = request.rights  # type: ignore[attr-defined]
    return rights
