"""The media library: the pictures of one's divisions, taking one in, describing it, choosing some for a draft."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, NotVisible, Refusal
from divisions.models import User
from divisions.permissions import Right
from divisions.selectors import divisions as division_selectors
from posts.forms.media import DescribeForm, UploadForm
from posts.models import MediaAsset, Post
from posts.selectors import library, posts
from posts.selectors.published import file_path
from posts.services import compose
from posts.services import media as service
from posts.states import EDITABLE_STAGES
from posts.views import previews, saving
from posts.views.conflict import refused
from posts.views.writing import Page, Writing

PAGE = 24


@login_required
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The library. POST takes a picture in; `?for=` a draft offers to choose pictures for it."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    if request.method == "POST" and not mine.anywhere(Right.DRAFT_POST):
        raise NotAllowed(Right.DRAFT_POST.label, where="any division", who=access.who_can(Right.DRAFT_POST))
    offered = division_selectors.with_right(mine, Right.DRAFT_POST)
    form = UploadForm(offered, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            asset = service.add(
                division=form.divisions[form.cleaned_data["division"]],
                name=form.cleaned_data["file"].name,
                file=form.cleaned_data["file"],
                by=_person(request),
                alt_text=form.cleaned_data["alt_text"],
                credit=form.cleaned_data["credit"],
            )
        except BadInput as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, "In the library. Location and device were removed from it.")
            return redirect("posts:media_edit", pk=asset.pk)
    return _library(request, form)


def _library(request: HttpRequest, form: UploadForm) -> HttpResponse:
    mine = request.rights  # type: ignore[attr-defined]
    target = _draft_to_fill(request)
    rows = library.pictures(mine, text=request.GET.get("q", ""), division_id=target.division_id if target else None)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "pictures": [{"asset": asset, "thumb": previews.thumb_url(asset)} for asset in page],
        "target": target,
        "chosen": set(target.draft.media.values_list("asset_id", flat=True)) if target else set(),
        "q": request.GET.get("q", ""),
        "may_add": bool(form.divisions),
    }
    return render(request, "posts/media.html", context, status=422 if form.errors else 200)


def _draft_to_fill(request: HttpRequest) -> Post | None:
    wanted = request.GET.get("for", "")
    if not (wanted.isdigit() and len(wanted) < 19):
        return None
    post = posts.get_visible(request.rights, int(wanted))  # type: ignore[attr-defined]
    return post if post.stage in EDITABLE_STAGES else None


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One picture: what it shows, who made it, where it is used."""
    asset = posts.media_visible_to(request.rights).filter(pk=pk).first()  # type: ignore[attr-defined]
    if asset is None:
        raise NotVisible
    start = {"alt_text": asset.alt_text, "credit": asset.credit}
    form = DescribeForm(request.POST or None, initial=start, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            service.describe(asset=asset, by=_person(request), **form.cleaned_data)
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, "Saved. What is approved already keeps the words it was approved with.")
            return redirect("posts:media_edit", pk=pk)
    context = {
        "asset": asset,
        "department_zone": request.department.zone,  # type: ignore[attr-defined]
        "picture_url": file_path(asset.sha256, asset.mime),
        "form": form,
        "uses": library.uses(asset, request.rights),  # type: ignore[attr-defined]
        "may_edit": request.rights.can(Right.DRAFT_POST, asset.division_id),  # type: ignore[attr-defined]
    }
    return render(request, "posts/media_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def picture_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add pictures to a draft: a new file with the rest of the composer's form, or some chosen in the library."""
    writing = Writing(request, pk)
    if "version" not in request.POST:
        return _choose(request, writing)
    saved = saving.save(writing, request.POST, _person(request))
    if saved.draft is None:
        return refused(request, writing, saved)
    file = request.FILES.get("file")
    if file is None:
        return _file_refused(request, pk, saved.draft.version, "Choose a picture first.")
    try:
        asset = service.add(division=writing.post.division, name=file.name or "picture", file=file, by=_person(request))
        _attach(request, pk, saved.draft.version, [asset])
    except BadInput as refusal:
        return _file_refused(request, pk, saved.draft.version, str(refusal))
    return redirect(f"{reverse('posts:compose', args=[pk])}#id_alt-{asset.pk}")


def _choose(request: HttpRequest, writing: Writing) -> HttpResponse:
    """From the library: what was ticked there joins what the draft has."""
    wanted = [pk for pk in request.POST.getlist("asset") if pk.isdigit() and len(pk) < 19]
    pictures = list(MediaAsset.objects.filter(pk__in=wanted, division=writing.post.division_id))
    back = f"{reverse('posts:compose', args=[writing.post.pk])}#pictures"
    try:
        _attach(request, writing.post.pk, writing.draft.version, pictures)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(back)


def _attach(request: HttpRequest, pk: int, version: int, pictures: list[MediaAsset]) -> None:
    """Save the draft with more pictures; everything else stays as it is. Raises what `compose.save` raises."""
    data = Writing(request, pk).form().to_input()
    media = tuple(dict.fromkeys([*data.media, *(picture.pk for picture in pictures)]))
    post = posts.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    compose.save(post=post, version=version, data=replace(data, media=media), by=_person(request))


def _file_refused(request: HttpRequest, pk: int, version: int, message: str) -> HttpResponse:
    """The composer again with the message at the file; the text is saved already."""
    writing = Writing(request, pk)
    form = saving.fresh_form(writing, request.POST, version)
    form.is_valid()
    more = {"file_error": message, "problems": [{"url": "#id_file", "text": f"Picture: {message}"}]}
    return render(request, "posts/compose.html", Page(writing, form).context() | more, status=422)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
