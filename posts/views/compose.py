"""The writing desk: start a post, write it, look at it before saving, send it to review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from divisions.errors import BadInput, NotAllowed, Refusal
from divisions.models import User
from divisions.permissions import Right
from divisions.selectors import divisions as division_selectors
from posts.errors import StopsOpen
from posts.forms.new import NewForm
from posts.services import compose as compose_service
from posts.services import submit as submit_service
from posts.states import EDITABLE_STAGES, Stage
from posts.tasks import nudge
from posts.views import saving
from posts.views.conflict import refused
from posts.views.writing import Page, Writing


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose division, kind and audience, then write. `?kind=` and `?division=` (slug) choose beforehand."""
    mine = request.rights  # type: ignore[attr-defined]
    offered = division_selectors.with_right(mine, Right.DRAFT_POST)
    if not mine.anywhere(Right.DRAFT_POST):
        raise NotAllowed(Right.DRAFT_POST.label, where="any division")
    wanted = next((d.pk for d in offered if d.slug == request.GET.get("division")), None)
    initial = {"kind": request.GET.get("kind", "update"), **({"division": wanted} if wanted else {})}
    form = NewForm(offered, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            post = compose_service.start(
                division=form.divisions[form.cleaned_data["division"]],
                kind=form.cleaned_data["kind"],
                audience=form.cleaned_data["audience"],
                by=_person(request),
            )
            return redirect("posts:compose", pk=post.pk)
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    return render(request, "posts/new.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def compose(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a draft. POST saves; with `HX-Request` it is the autosave, which answers with the new version only."""
    writing = Writing(request, pk)
    if request.method == "GET":
        if writing.post.stage not in EDITABLE_STAGES:
            stage = writing.post.get_stage_display()
            messages.info(request, f"This post is “{stage}”, so its words cannot be changed as it stands.")
            return redirect("posts:detail", pk=pk)
        return _page(request, writing, writing.form())
    data, place = saving.with_change(request.POST)
    saved = saving.save(writing, data, _person(request))
    if request.headers.get("HX-Request"):
        return render(request, "posts/_compose_autosaved.html", _after_autosave(writing, saved), status=saved.status)
    if not saved.ok:
        return refused(request, writing, saved)
    if "emergency" in request.POST:
        return redirect("posts:emergency", pk=pk)
    if "library" in request.POST:
        return redirect(f"{reverse('posts:media')}?for={pk}")
    return redirect(f"{reverse('posts:compose', args=[pk])}{place}")


@login_required
@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The parts that follow the typing, made from the form without saving it (htmx)."""
    writing = Writing(request, pk)
    page = Page(writing, writing.form(request.POST))
    page.form.is_valid()
    changed = request.POST.get("shown_kind") != page.form.shown_kind
    context = page.context() | {"oob": True, "kind_changed": changed}
    context["asked_changed"] = request.POST.get("asked", "") != context["touching"]["mark"]
    return render(request, "posts/_compose_live.html", context)


@login_required
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what is in the form, then send it to review; with stops open the page comes back and names them."""
    writing = Writing(request, pk)
    version = None
    if "version" in request.POST:
        saved = saving.save(writing, request.POST, _person(request))
        if saved.draft is None:
            return refused(request, writing, saved)
        version = saved.draft.version
    try:
        revision = submit_service.submit(post=writing.post, by=_person(request), version=version)
    except StopsOpen as refusal:
        return _stopped(request, pk, refusal, version)
    except NotAllowed:
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("posts:detail", pk=pk)
    if revision.post.stage == Stage.SCHEDULED:
        nudge()
        messages.success(request, "It goes out. Nobody has to approve this kind; some are looked at afterwards.")
    else:
        messages.success(request, "Submitted for review. You are told here when somebody has decided.")
    return redirect("posts:detail", pk=pk)


def _stopped(request: HttpRequest, pk: int, refusal: StopsOpen, version: int | None) -> HttpResponse:
    """Back to the composer, saved, with every stop as a line that leads to its field."""
    writing = Writing(request, pk)
    if version is None:
        messages.error(request, str(refusal))
        return redirect("posts:compose", pk=pk)
    form = saving.fresh_form(writing, request.POST, version)
    page = Page(writing, form)
    form.is_valid()
    lines = [page.finding(stop) for stop in page.look.stops]
    for line in lines:
        saving.show_at_field(form, line["anchor"], f"{line['message']} {line['cure']}")
    problems = [{"url": line["anchor"], "text": f"{line['message']} {line['cure']}"} for line in lines]
    return render(request, "posts/compose.html", page.context() | {"problems": problems, "submitted": True}, status=422)


def _page(request: HttpRequest, writing: Writing, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "posts/compose.html", Page(writing, form).context() | more, status=status)


def _after_autosave(writing: Writing, saved: saving.Saved) -> dict[str, Any]:
    return {"saved": saved, "form": saved.form, "draft": saved.draft, "zone": writing.draft.zone, "post": writing.post}


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
