"""Correcting a post that is out: asking, the second person's decision, and catching one copy up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from divisions import access
from divisions.access import Rights
from divisions.errors import BadInput, Refusal, WrongMoment
from divisions.models import User
from divisions.permissions import Right
from posts.checks.finding import TOUCHES
from posts.errors import NoLongerFits, OwnWork, StopsOpen
from posts.forms.correct import CorrectForm, DecideForm
from posts.models import Correction, Delivery, Post
from posts.selectors import approving, copies, correcting, corrections, moments, posts, said_before
from posts.services import correct, put_right, review
from posts.tasks import nudge


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what is right; see what changes and what happens to each copy; ask a second person."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    post = posts.get_visible(mine, pk)
    access.require(_person(request), Right.CORRECT_POST, post.division, has=mine)
    standing = copies.of_post(post)
    try:
        revision = correct.correctable(post, standing)
    except WrongMoment as refusal:
        return _elsewhere(request, post, refusal)
    revision.post = post
    form = CorrectForm(post, revision, standing, request.POST if request.method == "POST" else None)
    if request.method == "POST" and "look" not in request.POST and form.is_valid():
        try:
            made = correct.ask(post=post, typed=form.typed(), by=_person(request))
            messages.success(request, "Asked for. Nothing changes before a second person confirms it.")
            return redirect("posts:correction", pk=made.pk)
        except BadInput as error:
            form.refuse(error)
        except StopsOpen as refusal:
            for finding in refusal.findings:
                form.stop(finding)
        except WrongMoment as refusal:
            return _elsewhere(request, post, refusal)
    return _ask_page(request, form)


@login_required
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The correction as it was asked for, and the second person's buttons; afterwards what became of each copy."""
    mine: Rights = request.rights  # type: ignore[attr-defined]
    found = correcting.get_visible(mine, pk)
    form = DecideForm(request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, found, form)
            return redirect("posts:correction", pk=pk)
        except BadInput as error:
            form.add_error(error.field, str(error))
        except (WrongMoment, OwnWork, NoLongerFits) as refusal:
            messages.error(request, str(refusal))
            return redirect("posts:correction", pk=pk)
    return render(
        request, "posts/correction.html", _page(request, found, form, mine), status=422 if form.errors else 200
    )


@login_required
@require_POST
def catch_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring the newest words to one copy that shows others."""
    row = Delivery.objects.select_related("post").filter(pk=pk).first()
    post = posts.get_visible(request.rights, row.post_id if row else 0)  # type: ignore[attr-defined]
    assert row is not None
    row.post = post
    try:
        made = put_right.catch_up(delivery=row, by=_person(request))
        nudge()
        messages.success(request, f"{made.channel} is being put right.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=post.pk)


def _decide(request: HttpRequest, found: Correction, form: DecideForm) -> None:
    note, by = form.cleaned_data["note"], _person(request)
    if form.cleaned_data["act"] == "confirm":
        done = correct.confirm(correction=found, by=by, note=note)
        nudge()
        words = "Confirmed. Each copy shows below when it is proven." if done.verdict else "Approved, as one of two."
        messages.success(request, words)
        return
    done = correct.refuse(correction=found, by=by, note=note)
    messages.success(request, "Taken back." if done.verdict == "taken_back" else "The words stay as they are.")


def _elsewhere(request: HttpRequest, post: Post, refusal: WrongMoment) -> HttpResponse:
    """Where an open correction waits, or back to the post with the reason."""
    messages.error(request, str(refusal))
    waiting = correcting.of_post(post)
    return redirect("posts:correction", pk=waiting.pk) if waiting else redirect("posts:detail", pk=post.pk)


def _ask_page(request: HttpRequest, form: CorrectForm) -> HttpResponse:
    now, typed, old = timezone.now(), form.typed(), form.revision
    seen = corrections.look(form.post, form.copies, typed, now=now)
    if "ask" in request.POST:
        for finding in seen.stops:  # what is too long somewhere is said together with what is missing
            form.stop_once(finding)
    said = [(s.copy.channel.pk, s.act, s.rendered) for s in seen.said]
    asked = approving.of(
        form.post,
        kind=form.post.kind,
        flags={*old.flags, *seen.touched},
        channels=[copy.channel for copy in form.copies],
    )
    context = {
        "post": form.post,
        "form": form,
        "changes": correcting.differences(old, typed.title, typed.text, seen.facts, seen.expires_at),
        "lines": correcting.lines(form.copies, said, now=now),
        "said_before": seen.said_before,
        "touching": seen.touching,
        "who": asked.who(access.who_can(Right.REVIEW_POST) or "Somebody else who may review"),
        "repeats": bool(old.repeats),
        "zone": old.zone,
        "now": now,
    }
    partial = request.headers.get("HX-Request") == "true"
    template = "posts/_correct_preview.html" if partial else "posts/correct.html"
    looked = "look" in request.POST
    return render(request, template, context, status=422 if form.errors and not looked and not partial else 200)


def _page(request: HttpRequest, found: Correction, form: DecideForm, mine: Rights) -> dict[str, Any]:
    now, revision, old = timezone.now(), found.revision, found.revision.corrects
    assert old is not None
    old.post = revision.post
    standing = copies.of_post(found.post)
    return {
        "correction": found,
        "revision": revision,
        "post": found.post,
        "form": form,
        "changes": correcting.differences(old, revision.title, revision.text, revision.facts, revision.expires_at),
        "lines": correcting.lines(standing, correcting.frozen_said(revision), now=now),
        "stands": [(copy, copy.shows(revision)) for copy in standing] if found.verdict == "confirmed" else [],
        "said_before": [f for f in revision.findings if f["code"] in (said_before.CODE, TOUCHES)],
        "why_not": None if found.verdict else _why_not(request, found, mine),
        "is_own": found.asked_by_id == mine.user_id,
        "standing": approving.standing(revision),
        "is_newest": found.post.revision_id == revision.pk,
        "zone": moments.zone_of(found.post.division),
        "now": now,
    }


def _why_not(request: HttpRequest, found: Correction, mine: Rights) -> Refusal | None:
    person = _person(request)
    return review.why_not(found.revision, person, mine) or review.why_not_approve(found.revision, person, mine)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def behind(post: Post, *, now: datetime) -> list[dict[str, Any]]:
    """Copies of a corrected post that show older words, each with what a press would do; for the post's page."""
    revision = post.revision
    if revision is None or revision.corrects_id is None:
        return []
    frozen: dict[int, list[str]] = {}
    for channel, name in revision.variants.values_list("channel", "act"):
        frozen.setdefault(channel, []).append(name)
    found = []
    for copy in copies.old_words(copies.of_post(post), revision):
        act, before = (
            put_right.next_act(copy, revision, frozen.get(copy.channel.pk, ()), now=now),
            copy.act_on(revision),
        )
        if before is None or act != before.act:  # else its own row has the button
            found.append({"copy": copy, "act": act})
    return found
