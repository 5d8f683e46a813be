"""Buttons that move a post between stages: change (needs approval again), take back from review, drop."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from divisions.errors import WrongMoment
from posts.selectors import posts
from posts.services import compose, review


@login_required
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to a draft: the approval ends and open deliveries are cancelled."""
    post = posts.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    try:
        compose.change(post=post, by=request.user)  # type: ignore[arg-type]
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
        return redirect("posts:detail", pk=pk)
    messages.info(request, "It is a draft again and goes out only after a new approval.")
    return redirect("posts:compose", pk=pk)


@login_required
@require_POST
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Out of review, to change it."""
    post = posts.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    try:
        review.recall(post=post, by=request.user)  # type: ignore[arg-type]
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
        return redirect("posts:detail", pk=pk)
    messages.info(request, "Taken back from review. Submit it again when it is ready.")
    return redirect("posts:compose", pk=pk)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop it; its rows and its history stay."""
    post = posts.get_visible(request.rights, pk)  # type: ignore[attr-defined]
    try:
        compose.cancel(post=post, by=request.user)  # type: ignore[arg-type]
        messages.success(request, "Dropped. Nothing of it goes out; its history stays here.")
    except WrongMoment as refusal:
        messages.error(request, str(refusal))
    return redirect("posts:detail", pk=pk)
