"""P2: nobody approves their own work: not an editor, not a superuser, not through service or raw ORM."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, transaction

from divisions.errors import NotAllowed, NotVisible, WrongMoment
from divisions.models import User
from divisions.services import people
from posts.errors import OwnWork
from posts.models import Approval, Draft, Post
from posts.services import compose, review, submit
from posts.services.compose import DraftInput
from tests.stories import NOW, draft, submitted

SOON = NOW + timedelta(minutes=5)


def test_approve_refuses_the_author(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.supervisor)
    with pytest.raises(OwnWork, match="cannot approve"):
        review.approve(revision=revision, by=d.supervisor, now=SOON)


def test_approve_refuses_whoever_edited_the_draft_even_if_another_submitted_it(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    _save(post, d.supervisor)
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    with pytest.raises(OwnWork):
        review.approve(revision=revision, by=d.supervisor, now=SOON)


def test_approve_refuses_an_editor_of_an_earlier_unapproved_revision(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    _save(post, d.supervisor)
    first = submit.submit(post=post, by=d.officer, now=NOW)
    review.request_changes(revision=first, by=d.smo, note="Say which streets.", now=SOON)
    _save(post, d.officer)
    second = submit.submit(post=post, by=d.officer, now=SOON)
    with pytest.raises(OwnWork):
        review.approve(revision=second, by=d.supervisor, now=SOON)
    review.approve(revision=second, by=d.smo, now=SOON)


def test_the_central_officers_own_post_is_approved_by_headquarters_supervisor(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.headquarters, d.smo)
    with pytest.raises(OwnWork):
        review.approve(revision=revision, by=d.smo, now=SOON)
    review.approve(revision=revision, by=d.boss, now=SOON)


def test_a_superuser_without_membership_approves_nothing(department: SimpleNamespace, superuser: User) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    with pytest.raises(NotVisible):
        review.approve(revision=revision, by=superuser, now=SOON)


def test_a_superuser_with_membership_does_not_approve_own_work(department: SimpleNamespace, superuser: User) -> None:
    d = department
    people.grant(user=superuser, division=d.northeast, role="supervisor", starts_on=NOW.date(), by=None)
    revision = submitted(d.northeast, superuser)
    with pytest.raises(OwnWork):
        review.approve(revision=revision, by=superuser, now=SOON)


def test_an_officer_has_no_right_to_approve(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    with pytest.raises(NotAllowed, match="A supervisor, or the social media officer can do it"):
        review.approve(revision=revision, by=d.colleague, now=SOON)


@pytest.mark.parametrize("who", ["officer", "author_of_post"])
def test_the_database_refuses_an_approval_by_author_or_editor(department: SimpleNamespace, who: str) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    with pytest.raises(DatabaseError, match="nobody approves their own work"), transaction.atomic():
        _raw_approval(revision, d.officer if who == "officer" else revision.post.author)


def test_the_database_refuses_an_approval_bound_to_other_content(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    with pytest.raises(DatabaseError, match="bound to the content"), transaction.atomic():
        _raw_approval(revision, d.supervisor, content_hash="0" * 64)


def test_an_approval_cannot_be_handed_to_somebody_else_afterwards(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    approval = review.approve(revision=revision, by=d.supervisor, now=SOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(approved_by=d.officer)
    with pytest.raises(DatabaseError), transaction.atomic():
        approval.delete()


def test_two_decisions_one_wins_and_the_other_is_told(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    review.approve(revision=revision, by=d.supervisor, now=SOON)
    with pytest.raises(WrongMoment, match="Somebody was faster"):
        review.request_changes(revision=revision, by=d.smo, note="Wait.", now=SOON)


def _save(post: Post, by: User) -> None:
    row = Draft.objects.get(post=post)
    compose.save(
        post=post,
        version=row.version,
        data=DraftInput(
            kind=post.kind,
            title=row.title,
            text=row.text + " More.",
            channels=dict(row.variants.values_list("channel_id", "text")),
        ),
        by=by,
        now=NOW,
    )


def _raw_approval(revision: object, by: User, content_hash: str | None = None) -> None:
    Approval.objects.create(
        revision=revision,
        content_hash=content_hash or revision.content_hash,  # type: ignore[attr-defined]
        basis="review",
        approved_by=by,
        approved_at=SOON,
    )
