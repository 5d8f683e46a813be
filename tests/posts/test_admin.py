"""Django admin of what is said: everything can be looked at, nothing can be written past the desk (P1, P2, P8)."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from divisions.models import User
from divisions.services import people
from posts.models import (
    Approval,
    Attempt,
    ChannelLane,
    Delivery,
    Draft,
    DraftMedia,
    DraftVariant,
    Heartbeat,
    Hold,
    Incident,
    MediaAsset,
    Post,
    Review,
    Revision,
    RevisionMedia,
    Variant,
)
from posts.services import review
from posts.states import DeliveryState, Stage
from records.models import LedgerEntry
from tests import stories

LOOKED_AT = (
    Post,
    Draft,
    Revision,
    Variant,
    RevisionMedia,
    Approval,
    Review,
    Delivery,
    Attempt,
    ChannelLane,
    Heartbeat,
    Hold,
    Incident,
)


@pytest.fixture
def everything(department: SimpleNamespace) -> SimpleNamespace:
    """A live post with a picture, one in review, one draft."""
    picture = stories.asset(department.northeast, department.officer)
    live = stories.live(department.northeast, department.officer, department.supervisor, pictures=[picture])
    waiting = stories.submitted(department.northeast, department.officer, title="Waiting for review")
    draft = stories.draft(department.northeast, department.officer, title="Half written", pictures=[picture])
    Attempt.objects.get_or_create(
        delivery=live.deliveries.first(), number=99, defaults={"step": "post", "started_at": stories.NOW}
    )
    ChannelLane.objects.get_or_create(channel=department.facebook_northeast, urgent=False)
    Heartbeat.objects.update_or_create(name="tick", defaults={"beat_at": stories.NOW})
    incident = Incident.objects.create(name="Flood at Alder Lake", opened_by=department.smo)
    Hold.objects.create(
        scope="all", reason="A drill", drill=True, incident=incident, placed_by=department.smo, placed_at=stories.NOW
    )
    return SimpleNamespace(picture=picture, live=live, waiting=waiting, draft=draft)


@pytest.fixture
def root(as_: Any, superuser: User) -> Client:
    """A browser of a superuser without any membership."""
    return as_(superuser)


@pytest.fixture
def mighty(as_: Any, department: SimpleNamespace) -> Client:
    """A browser of the author, who is made a superuser and a supervisor: all rights there are, but it is their work."""
    people.grant(
        user=department.officer,
        division=department.northeast,
        role="supervisor",
        starts_on=stories.NOW.date() - timedelta(days=400),
        by=None,
    )
    User.objects.filter(pk=department.officer.pk).update(is_staff=True, is_superuser=True)
    return as_(User.objects.get(pk=department.officer.pk))


def page(model: Any, what: str = "changelist", pk: object = None) -> str:
    return reverse(f"admin:posts_{model._meta.model_name}_{what}", args=[pk] if pk is not None else None)


def stored() -> dict[str, list[dict[str, Any]]]:
    models = (*LOOKED_AT, DraftVariant, DraftMedia, MediaAsset, LedgerEntry)
    return {m._meta.label: list(m._default_manager.order_by("pk").values()) for m in models}


def forged(row: Any) -> dict[str, Any]:
    """A form that tries to overwrite every field of a row."""
    words: dict[str, Any] = {"post": "yes", "_save": "Save"}
    for field in row._meta.fields:
        words[field.name] = "forged" if field.get_internal_type() in ("CharField", "TextField") else "1"
    words |= {"stage": Stage.APPROVED, "state": DeliveryState.QUEUED, "content_hash": "0" * 64}
    for prefix in ("revisions", "deliveries", "variants", "media", "attempts", "approvals", "reviews"):
        words |= {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0", f"{prefix}-0-text": "forged"}
    return words


@pytest.mark.parametrize("model", LOOKED_AT, ids=lambda m: m.__name__)
@pytest.mark.parametrize("who", ["root", "mighty"])
def test_p1_p2_a_superuser_adds_changes_and_deletes_nothing_here(
    request: pytest.FixtureRequest, everything: SimpleNamespace, model: Any, who: str
):
    browser: Client = request.getfixturevalue(who)
    before = stored()
    row = model._default_manager.first()
    assert row is not None
    assert browser.get(page(model, "add")).status_code == 403
    assert browser.post(page(model, "add"), forged(row)).status_code == 403
    assert browser.post(page(model, "change", row.pk), forged(row)).status_code == 403
    assert browser.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    browser.post(page(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    browser.post(page(model), {"form-TOTAL_FORMS": "1", "form-0-id": row.pk, "_save": "Save"})
    assert stored() == before


def test_p2_the_author_finds_no_way_to_approve_through_the_admin(mighty: Client, everything: SimpleNamespace):
    revision = everything.waiting
    before = stored()
    for address in (page(Approval, "add"), page(Review, "add"), page(Revision, "change", revision.pk)):
        mighty.post(address, {"revision": revision.pk, "approved_by": "1", "basis": "review", "_save": "Save"})
    for address in (page(Post), page(Revision), page(Approval)):
        for action in ("approve", "approve_selected", "delete_selected"):
            mighty.post(address, {"action": action, "_selected_action": [revision.pk, revision.post_id], "post": "yes"})
    assert stored() == before
    revision.post.refresh_from_db()
    assert revision.post.stage == Stage.IN_REVIEW


def test_no_model_of_this_room_has_an_action_in_the_admin(rf: Any, superuser: User):
    request = rf.get("/admin/")
    request.user = superuser
    for model, owner in admin.site._registry.items():
        if model._meta.app_label == "posts":
            assert owner.get_actions(request) == {}, model


def test_p1_a_post_looked_at_in_the_admin_is_still_sent_as_approved(
    root: Client, department: SimpleNamespace, everything: SimpleNamespace
):
    revision = everything.waiting
    review.approve(revision=revision, by=department.supervisor, now=stories.NOW + timedelta(minutes=1))
    for row in (revision.post, revision, *revision.deliveries.all(), *revision.variants.all()):
        root.get(page(type(row), "change", row.pk))
        root.post(page(type(row), "change", row.pk), forged(row))
    stories.tick(stories.NOW + timedelta(minutes=2))
    own = Delivery.objects.filter(revision=revision, channel__platform="website")
    assert [d.state for d in own] == [DeliveryState.DELIVERED]


def test_every_list_and_page_opens_and_can_be_searched(root: Client, everything: SimpleNamespace):
    for model in (*LOOKED_AT, MediaAsset):
        assert root.get(page(model)).status_code == 200, model
        row = model._default_manager.first()
        assert row is not None, model
        assert root.get(page(model, "change", row.pk)).status_code == 200, model
        if admin.site._registry[model].search_fields:
            assert root.get(page(model), {"q": "street"}).status_code == 200, model


def test_a_posts_page_shows_its_revisions_and_deliveries_and_leads_to_the_desk(
    root: Client, everything: SimpleNamespace
):
    words = root.get(page(Post, "change", everything.live.pk)).content.decode()
    assert f'href="/desk/posts/{everything.live.pk}/"' in words
    assert page(Revision, "change", everything.live.revision_id) in words
    for delivery in everything.live.deliveries.all():
        assert page(Delivery, "change", delivery.pk) in words


def test_what_a_platform_gave_us_in_the_middle_of_a_call_is_not_shown(root: Client, everything: SimpleNamespace):
    delivery = everything.live.deliveries.first()
    Delivery.objects.filter(pk=delivery.pk).update(step_state={"upload": "https://up.example/session-key-77"})
    assert "session-key-77" not in root.get(page(Delivery, "change", delivery.pk)).content.decode()


def test_lists_and_pages_ask_as_much_for_thirty_posts_as_for_three(
    root: Client, department: SimpleNamespace, everything: SimpleNamespace
):
    models = (*LOOKED_AT, MediaAsset)

    def ask(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert root.get(address).status_code == 200
        return len(seen)

    def more(count: int, start: int) -> None:
        for number in range(start, start + count):
            picture = stories.asset(department.northeast, department.officer, alt=f"Card {number}")
            stories.live(
                department.northeast, department.officer, department.supervisor, title=f"P {number}", pictures=[picture]
            )

    more(2, 0)
    for model in models:
        ask(page(model))
    before = {model: ask(page(model)) for model in models}
    more(9, 10)
    assert {model: ask(page(model)) for model in models} == before


def test_staff_see_the_posts_of_their_division_alone(
    as_: Any, department: SimpleNamespace, everything: SimpleNamespace
):
    stories.draft(department.central, department.stranger, title="A draft of Central")
    User.objects.filter(pk=department.officer.pk).update(is_staff=True)
    browser = as_(User.objects.get(pk=department.officer.pk))
    for model in (Post, Draft):
        words = browser.get(page(model)).content.decode()
        assert "Half written" in words
        assert "A draft of Central" not in words
    there = Draft.objects.get(title="A draft of Central")
    answer = browser.get(page(Draft, "change", there.pk))
    assert answer.status_code == 302
    assert "Central" not in browser.get(page(Draft, "change", there.pk), follow=True).content.decode()


# ---- pictures


def describe(**more: str) -> dict[str, str]:
    return {"alt_text": "A navy card", "credit": "Test PD", **more}


def test_a_picture_is_described_through_the_service_by_who_may_write(
    as_: Any, department: SimpleNamespace, everything: SimpleNamespace
):
    User.objects.filter(pk=department.officer.pk).update(is_staff=True)
    browser = as_(User.objects.get(pk=department.officer.pk))
    picture = everything.picture
    forged_hash = {"sha256": "0" * 64, "division": str(department.central.pk)}
    answer = browser.post(page(MediaAsset, "change", picture.pk), describe(**forged_hash))
    assert answer.status_code == 302, answer.content.decode()
    fresh = MediaAsset.objects.get(pk=picture.pk)
    assert (fresh.alt_text, fresh.credit) == ("A navy card", "Test PD")
    assert (fresh.sha256, fresh.division_id) == (picture.sha256, picture.division_id)
    entry = LedgerEntry.objects.order_by("-seq").first()
    assert entry is not None
    assert entry.type == "posts.media.described"


def test_what_was_approved_keeps_its_own_picture_text(
    as_: Any, department: SimpleNamespace, everything: SimpleNamespace
):
    User.objects.filter(pk=department.officer.pk).update(is_staff=True)
    frozen = list(RevisionMedia.objects.values_list("alt", flat=True))
    browser = as_(User.objects.get(pk=department.officer.pk))
    browser.post(page(MediaAsset, "change", everything.picture.pk), describe(alt_text="Another text"))
    assert list(RevisionMedia.objects.values_list("alt", flat=True)) == frozen


def test_a_superuser_without_membership_reads_why_a_picture_cannot_be_described(
    root: Client, everything: SimpleNamespace
):
    answer = root.post(page(MediaAsset, "change", everything.picture.pk), describe(alt_text="Typed and kept"))
    assert answer.status_code == 200
    words = answer.content.decode()
    assert "takes a membership like anybody" in words
    assert "Typed and kept" in words
    assert MediaAsset.objects.get(pk=everything.picture.pk).alt_text != "Typed and kept"


def test_pictures_come_in_and_go_nowhere_through_the_admin(root: Client, everything: SimpleNamespace):
    assert root.get(page(MediaAsset, "add")).status_code == 403
    assert root.post(page(MediaAsset, "delete", everything.picture.pk), {"post": "yes"}).status_code == 403
    assert MediaAsset.objects.filter(pk=everything.picture.pk).exists()
