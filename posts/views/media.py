"""The media library: what one's divisions have, taking one in, describing it, choosing some for a draft."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, NotAllowed, NotVisible, Refusal, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from divisions.selectors import divisions as division_selectors
from posts.forms.media import DescribeForm, UploadForm, VideoForm
from posts.models import MediaAsset, Post
from posts.selectors import library, posts
from posts.selectors.library import Sort
from posts.selectors.published import STILL_MIME, clock, file_path
from posts.services import compose, intake, video, videos
from posts.services import media as service
from posts.states import EDITABLE_STAGES
from posts.views import saving, shown
from posts.views.conflict import refused
from posts.views.writing import Page, Writing

PAGE = 24
SAID_PICTURE = "In the library. Location and device were removed from it."
SAID_VIDEO = "In the library. It is made ready now: location and device are removed from it."


@login_required
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The library. POST takes a picture or video in; `?for=` a draft offers to choose some for it."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    if request.method == "POST" and not mine.anywhere(Right.DRAFT_POST):
        raise NotAllowed(Right.DRAFT_POST.label, where="any division", who=access.who_can(Right.DRAFT_POST))
    offered = division_selectors.with_right(mine, Right.DRAFT_POST)
    form = UploadForm(offered, request.POST or None, request.FILES or None)
    if getattr(request, "file_too_big", False):
        form.errors["file"] = form.error_class([str(video.too_big())])
    elif request.method == "POST" and form.is_valid():
        try:
            asset = intake.take(
                division=form.divisions[form.cleaned_data["division"]],
                name=form.cleaned_data["file"].name,
                file=form.cleaned_data["file"],
                size_bytes=form.cleaned_data["file"].size,
                by=_person(request),
                alt_text=form.cleaned_data["alt_text"],
                credit=form.cleaned_data["credit"],
            )
        except BadInput as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, SAID_VIDEO if asset.is_video else SAID_PICTURE)
            return redirect("posts:media_edit", pk=asset.pk)
    return _library(request, form)


def _library(request: HttpRequest, form: UploadForm) -> HttpResponse:
    mine = request.rights  # type: ignore[attr-defined]
    target = _draft_to_fill(request)
    sort = request.GET.get("sort", "")
    wanted = Sort(sort) if sort in list(Sort) else None
    division_id = target.division_id if target else None
    rows = library.items(mine, text=request.GET.get("q", ""), division_id=division_id, sort=wanted)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "pictures": [_card(asset) for asset in page],
        "sort": wanted.value if wanted else "",
        "target": target,
        "chosen": set(target.draft.media.values_list("asset_id", flat=True)) if target else set(),
        "q": request.GET.get("q", ""),
        "may_add": bool(form.divisions),
    }
    return render(request, "posts/media.html", context, status=422 if form.errors else 200)


def _card(asset: MediaAsset) -> dict[str, Any]:
    return {"asset": asset, "thumb": shown.thumb(asset), "length": clock(asset.duration_ms)}


def _draft_to_fill(request: HttpRequest) -> Post | None:
    wanted = request.GET.get("for", "")
    if not (wanted.isdigit() and len(wanted) < 19):
        return None
    post = posts.get_visible(request.rights, int(wanted))  # type: ignore[attr-defined]
    return post if post.stage in EDITABLE_STAGES else None


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One picture or video: what it shows, who made it, what is said in it, where it is used."""
    asset = _visible(request, pk)
    form = _form(asset, request)
    if request.method == "POST" and form.is_valid():
        describe = videos.describe if asset.is_video else service.describe
        try:
            describe(asset=asset, by=_person(request), **form.cleaned_data)
        except BadInput as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, "Saved. What is approved already keeps the words it was approved with.")
            return redirect("posts:media_edit", pk=pk)
    context = {
        "asset": asset,
        "department_zone": request.department.zone,  # type: ignore[attr-defined]
        "shown": shown.of(asset),
        "stills": _stills(asset),
        "form": form,
        "uses": library.uses(asset, request.rights),  # type: ignore[attr-defined]
        "may_edit": request.rights.can(Right.DRAFT_POST, asset.division_id),  # type: ignore[attr-defined]
    }
    return render(request, "posts/media_edit.html", context, status=422 if form.errors else 200)


def _visible(request: HttpRequest, pk: int) -> MediaAsset:
    asset = posts.media_visible_to(request.rights).filter(pk=pk).first()  # type: ignore[attr-defined]
    if asset is None:
        raise NotVisible
    return asset


def _form(asset: MediaAsset, request: HttpRequest) -> DescribeForm:
    start: dict[str, Any] = {"alt_text": asset.alt_text, "credit": asset.credit}
    if not asset.is_video:
        return DescribeForm(request.POST or None, initial=start, label_suffix="")
    words = videos.captions_text(asset.captions_sha256)
    start |= {"captions": words, "no_speech": asset.no_speech, "poster": asset.poster_sha256}
    choices = [(still["sha256"], f"At {clock(still['at_ms'])}") for still in asset.posters]
    return VideoForm(choices, request.POST or None, request.FILES or None, initial=start)


def _stills(asset: MediaAsset) -> dict[str, str]:
    """The pictures a video can show before it plays, by their hash."""
    return {still["sha256"]: file_path(still["sha256"], STILL_MIME) for still in asset.posters}


@login_required
@require_safe
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a video is, as the part that asks again by itself; a plain page leads to the whole one."""
    asset = _visible(request, pk)
    if "HX-Request" not in request.headers:
        return redirect("posts:media_edit", pk=pk)
    return render(request, "posts/_media_state.html", _card(asset) | {"fresh": True})


@login_required
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a video's copy made once more."""
    try:
        videos.try_again(asset=_visible(request, pk), by=_person(request))
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "It is made ready once more.")
    return redirect("posts:media_edit", pk=pk)


@login_required
@require_POST
def picture_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add to a draft: a new file with the rest of the composer's form, or some chosen in the library."""
    writing = Writing(request, pk)
    if "version" not in request.POST:
        return _choose(request, writing)
    saved = saving.save(writing, request.POST, _person(request))
    if saved.draft is None:
        return refused(request, writing, saved)
    file = request.FILES.get("file")
    if getattr(request, "file_too_big", False):
        return _file_refused(request, pk, saved.draft.version, str(video.too_big()))
    if file is None:
        return _file_refused(request, pk, saved.draft.version, "Choose a picture or video first.")
    try:
        asset = intake.take(
            division=writing.post.division,
            name=file.name or "picture",
            file=file,
            size_bytes=file.size or 0,
            by=_person(request),
        )
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
    more = {"file_error": message, "problems": [{"url": "#id_file", "text": f"Picture or video: {message}"}]}
    return render(request, "posts/compose.html", Page(writing, form).context() | more, status=422)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
