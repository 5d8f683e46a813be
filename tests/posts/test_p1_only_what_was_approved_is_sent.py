"""P1: only the deliverer sends, and only a revision whose approval hash equals the content it sends."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction

from divisions.errors import WrongMoment
from posts.models import Approval, Delivery, Post, Revision, RevisionMedia, Variant
from posts.services import compose, media
from posts.services.media import path_of
from posts.states import DeliveryState, Stage
from tests.stories import NOW, approved, asset, tick

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def post(department: SimpleNamespace) -> Post:
    """An approved post with a picture, due at noon in Chicago."""
    d = department
    return approved(
        d.northeast,
        d.officer,
        d.supervisor,
        due="2026-11-24T12:00",
        channels=[d.northeast_website, d.northeast_feed],
        pictures=[asset(d.northeast, d.officer)],
    )


FROZEN_FIELDS: list[tuple[type[Any], str, Any]] = [
    (Revision, "title", "Other words"),
    (Revision, "text", "Other words"),
    (Revision, "html", "<p>Other words</p>"),
    (Revision, "language", "es"),
    (Revision, "facts", {"where": "elsewhere"}),
    (Revision, "flags", ["death"]),
    (Revision, "expires_at", NOW + timedelta(days=1)),
    (Revision, "not_before", NOW),
    (Revision, "not_after", NOW + timedelta(days=9)),
    (Variant, "text", "Other words"),
    (Variant, "link", "https://elsewhere.example/"),
    (RevisionMedia, "alt", "Another picture altogether"),
    (RevisionMedia, "credit", "Somebody else"),
    (RevisionMedia, "sha256", "0" * 64),
]


def _rows(model: type[Any], post: Post) -> Any:
    path = {Revision: "post", Variant: "revision__post", RevisionMedia: "variant__revision__post"}[model]
    return model.objects.filter(**{path: post})


@pytest.mark.parametrize(("model", "field", "value"), FROZEN_FIELDS)
def test_the_database_refuses_to_change_an_approved_field(post: Post, model: Any, field: str, value: Any) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        _rows(model, post).update(**{field: value})


@pytest.mark.parametrize(("model", "field", "value"), FROZEN_FIELDS)
def test_a_field_changed_behind_the_triggers_is_not_sent(post: Post, model: Any, field: str, value: Any) -> None:
    """Even an owner of the database who takes the triggers down cannot make other content go out."""
    with _triggers_off(model._meta.db_table):
        _rows(model, post).update(**{field: value})
    tick(LATER)
    assert _states(post) <= {DeliveryState.FAILED, DeliveryState.QUEUED}  # the feed waits for a page that failed
    assert not Delivery.objects.filter(post=post, attempt__gt=0).exists()


def test_changed_picture_bytes_are_not_sent(post: Post) -> None:
    sha = RevisionMedia.objects.filter(variant__revision__post=post).values_list("sha256", flat=True)[0]
    with default_storage.open(path_of(sha)) as file:
        good = file.read()
    _replace(sha, b"other bytes")
    tick(LATER)
    _replace(sha, good)  # the folder is shared by the run
    failed = post.deliveries.get(channel__platform="website")
    assert failed.state == DeliveryState.FAILED
    assert "not the content that was approved" in failed.problem["cause"]
    assert failed.attempts.count() == 0


@pytest.mark.parametrize("field", ["payload", "payload_hash", "key", "act", "target_remote_id"])
def test_what_a_delivery_sends_is_frozen(post: Post, field: str) -> None:
    value: Any = {"text": "other"} if field == "payload" else "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        post.deliveries.update(**{field: value})


def test_a_payload_changed_behind_the_trigger_is_not_sent(post: Post) -> None:
    with _triggers_off("posts_delivery"):
        for row in post.deliveries.all():
            Delivery.objects.filter(pk=row.pk).update(payload={**row.payload, "text": "other words"})
    tick(LATER)
    assert post.deliveries.get(channel__platform="website").state == DeliveryState.FAILED
    assert not Delivery.objects.filter(post=post, attempt__gt=0).exists()


def test_a_voided_approval_sends_nothing(post: Post) -> None:
    Approval.objects.filter(revision__post=post).update(voided_at=NOW, void_reason="Second thoughts")
    tick(LATER)
    assert post.deliveries.get(channel__platform="website").state == DeliveryState.FAILED


def test_a_queued_row_without_any_approval_is_not_sent(department: SimpleNamespace, post: Post) -> None:
    with _triggers_off("posts_approval"):
        Approval.objects.filter(revision__post=post).delete()
    tick(LATER)
    assert "approval" in post.deliveries.get(channel__platform="website").problem["cause"]


def test_changing_an_approved_post_voids_the_approval_and_cancels_what_is_queued(
    department: SimpleNamespace, post: Post
) -> None:
    compose.change(post=post, by=department.officer, now=NOW + timedelta(hours=1))
    fresh = Post.objects.get(pk=post.pk)
    assert fresh.stage == Stage.DRAFT
    assert Approval.objects.get(revision__post=post).voided_at is not None
    assert _states(post) == {DeliveryState.CANCELLED}
    assert tick(LATER) == 0


def test_an_approved_post_cannot_be_saved_over(department: SimpleNamespace, post: Post) -> None:
    data = compose.DraftInput(kind=post.kind, title="Other words", text="Other words")
    with pytest.raises(WrongMoment):
        compose.save(post=post, version=post.draft.version, data=data, by=department.officer, now=NOW)


def test_editing_the_library_afterwards_changes_nothing_that_was_approved(
    department: SimpleNamespace, post: Post
) -> None:
    used = RevisionMedia.objects.filter(variant__revision__post=post)[0]
    media.describe(asset=used.asset, alt_text="Changed in the library", credit="Changed", by=department.officer)
    tick(LATER)
    assert _states(post) == {DeliveryState.DELIVERED}
    assert RevisionMedia.objects.get(pk=used.pk).alt == "A plain navy card for the tests"


def _replace(sha256: str, data: bytes) -> None:
    default_storage.delete(path_of(sha256))
    default_storage.save(path_of(sha256), ContentFile(data))


def _states(post: Post) -> set[str]:
    return set(post.deliveries.values_list("state", flat=True))


class _triggers_off:
    """Take a table's own triggers down, as only the owner of the database can."""

    def __init__(self, table: str) -> None:
        self.table = table

    def __enter__(self) -> None:
        self._all("DISABLE TRIGGER USER")

    def __exit__(self, *_: object) -> None:
        self._all("ENABLE TRIGGER USER")

    def _all(self, what: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {self.table} {what}")
