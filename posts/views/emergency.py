"""Publishing a safety alert without waiting for review (its second step, with the reason); signing it afterwards."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from divisions.errors import BadInput, NotVisible, WrongMoment
from divisions.models import User
from posts import tasks
from posts.errors import NoLongerFits, OwnWork, StopsOpen
from posts.forms.emergency import ReasonForm, SignForm
from posts.models import Draft, Post
from posts.selectors import candidate, glass, moments, posts
from posts.services import break_glass
from posts.states import EDITABLE_STAGES
from posts.views import desk


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, show what goes out, send it. Nothing is a dialog; nothing needs a script."""
    mine = request.rights  # type: ignore[attr-defined]
    post, by = posts.get_visible(mine, pk), _person(request)
    refusal = break_glass.why_not(post, by, mine, now=timezone.now())
    if isinstance(refusal, WrongMoment):
        messages.error(request, str(refusal))
        return redirect("posts:detail", pk=pk)
    if refusal is not None:
        raise refusal
    form = ReasonForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            break_glass.publish(post=post, by=by, reason=form.cleaned_data["reason"])
            tasks.nudge()
            messages.success(request, "It goes out now. The chief and the central officers are being told.")
            return redirect("posts:detail", pk=pk)
        except BadInput as problem:
            form.add_error("reason", str(problem))
        except (StopsOpen, NoLongerFits, WrongMoment) as problem:
            form.add_error(None, str(problem))
    return _page(request, post, form)


@login_required
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign what went out without review, with what was found."""
    mine = request.rights  # type: ignore[attr-defined]
    post = posts.get_visible(mine, pk)
    broken = glass.of_post(post)
    if broken is None:
        raise NotVisible
    form = SignForm(request.POST, label_suffix="")
    form.is_valid()
    try:
        break_glass.sign(glass=broken, by=_person(request), finding=form.cleaned_data.get("finding", ""))
        messages.success(request, "Signed. It stands in the history with your name.")
    except BadInput as problem:
        form.add_error("finding", str(problem))
        context = desk.page(request, post, mine) | {"sign_form": form}
        return render(request, "posts/detail.html", context, status=422)
    except (OwnWork, WrongMoment) as problem:
        messages.error(request, str(problem))
    return redirect("posts:detail", pk=pk)


def _page(request: HttpRequest, post: Post, form: ReasonForm) -> HttpResponse:
    now = timezone.now()
    draft = Draft.objects.filter(post=post).first() if post.stage in EDITABLE_STAGES else None
    stops, where = [], []
    if draft is not None:
        draft.post = post
        seen = candidate.look(draft, now=now)
        stops, where = (
            [stop for stop in seen.stops if not stop.is_question],
            [preview.channel for preview in seen.previews],
        )
    elif post.revision is not None:
        where = [variant.channel for variant in post.revision.variants.select_related("channel__division")]
    context = {
        "post": post,
        "form": form,
        "said": draft or post.revision,
        "stops": stops,
        "where": where,
        "zone": moments.zone_of(post.division),
        "now": now,
    }
    return render(request, "posts/emergency.html", context, status=422 if form.errors else 200)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
