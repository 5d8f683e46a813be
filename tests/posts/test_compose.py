"""Drafts: saved by compare and set, refused by name, submitted only without stops."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from divisions.access import rights
from divisions.errors import BadInput, NotVisible, SomebodyElseSaved, WrongMoment
from divisions.selectors.channels import offered_in_composer
from divisions.services import channels
from posts.errors import StopsOpen
from posts.models import Delivery, Draft, Post, Revision, Variant
from posts.services import compose, review, schedule, submit
from posts.services.compose import DraftInput
from posts.states import DeliveryState, Stage
from tests.stories import NOW, appeal_facts, approved, asset, draft, live, submitted, tick


def _save(post: Post, by: Any, version: int | None = None, **more: Any) -> Draft:
    row = Draft.objects.get(post=post)
    kept = {"kind": post.kind, "title": row.title, "text": row.text}
    return compose.save(post=post, version=version or row.version, data=DraftInput(**{**kept, **more}), by=by, now=NOW)


def test_a_stale_form_is_refused_and_changes_nothing(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    version = post.draft.version
    _save(post, d.colleague, text="The colleague's words.")
    with pytest.raises(SomebodyElseSaved, match=r"Second officer, Northeast"):
        _save(post, d.officer, version=version, text="The officer's words.")
    assert Draft.objects.get(post=post).text == "The colleague's words."


def test_another_divisions_draft_does_not_exist(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    with pytest.raises(NotVisible):
        _save(post, d.stranger)
    with pytest.raises(NotVisible):
        submit.submit(post=post, by=d.stranger, now=NOW)
    with pytest.raises(NotVisible):
        compose.cancel(post=post, by=d.stranger, now=NOW)


def test_a_channel_that_is_not_open_to_the_person_is_refused(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    for channel in (d.facebook_central, d.x_staff, d.northeast_internal):
        with pytest.raises(BadInput, match="not open to you"):
            _save(post, d.officer, channels={channel.pk: None})
    with pytest.raises(BadInput):
        _save(post, d.officer, channels={10**9: None})


def test_the_composer_offers_own_channels_and_linked_ones(department: SimpleNamespace) -> None:
    d = department
    offered = {c.slug for c in offered_in_composer(rights(d.officer), d.northeast.pk, "public")}
    assert offered == {"northeast-website", "northeast-feed", "facebook-northeast", "x-department"}
    internal = {c.slug for c in offered_in_composer(rights(d.officer), d.northeast.pk, "internal")}
    assert internal == {"northeast-internal"}


def test_another_divisions_picture_cannot_be_used(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    theirs = asset(d.central, d.stranger)
    with pytest.raises(BadInput, match="not in this division"):
        _save(post, d.officer, media=(theirs.pk,))


STOPS: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": ""}, "TITLE_EMPTY"),
    "no text": ({"text": "   "}, "TEXT_EMPTY"),
    "no channel": ({"channels": []}, "NO_CHANNEL"),
    "too long for X": ({"text": "word " * 80}, "TOO_LONG"),
    "a time that has passed": ({"due": "2026-11-24T08:59"}, "TIME_PAST"),
    "a time the clock skips": ({"due": "2027-03-14T02:30"}, "TIME_UNCLEAR"),
    "more than a year ahead": ({"due": "2028-01-01T09:00"}, "TIME_FAR"),
    "an appeal without an end": (appeal_facts(expires_on=None), "APPEAL_NO_EXPIRY"),
    "an appeal that ends before it goes out": (appeal_facts(expires_on=date(2026, 11, 1)), "EXPIRY_PAST"),
    "an appeal without a tip line": (appeal_facts(facts={"appeal_type": "wanted"}), "FACT_MISSING"),
}


@pytest.mark.parametrize(("change", "code"), STOPS.values(), ids=STOPS)
def test_a_stop_keeps_it_from_review_and_keeps_every_word(
    department: SimpleNamespace, change: dict[str, Any], code: str
) -> None:
    d = department
    post = draft(d.northeast, d.officer, **change)
    with pytest.raises(StopsOpen) as refusal:
        submit.submit(post=post, by=d.officer, now=NOW)
    assert code in {f.code for f in refusal.value.findings}  # type: ignore[attr-defined]
    assert all(f.cure for f in refusal.value.findings)  # type: ignore[attr-defined]
    assert not Revision.objects.exists()


def test_a_picture_without_text_stops(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer, pictures=[asset(d.northeast, d.officer, alt="")])
    with pytest.raises(StopsOpen) as refusal:
        submit.submit(post=post, by=d.officer, now=NOW)
    assert {f.code for f in refusal.value.findings} == {"ALT_MISSING"}  # type: ignore[attr-defined]


def test_own_words_for_the_linked_channel_are_counted_there_alone(department: SimpleNamespace) -> None:
    d = department
    text = "A long story. " * 40
    post = draft(d.northeast, d.officer, text=text, own_words={d.x_department.pk: "A short one."})
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    words = dict(revision.variants.values_list("channel__slug", "text"))
    assert words["x-department"] == "A short one."
    assert words["facebook-northeast"] == text.strip()


def test_nothing_is_ever_shortened(department: SimpleNamespace) -> None:
    d = department
    text = "x" * 281
    post = draft(d.northeast, d.officer, text=text)
    with pytest.raises(StopsOpen, match="of 280"):
        submit.submit(post=post, by=d.officer, now=NOW)
    _save(post, d.officer, text=text[1:], channels={d.x_department.pk: None})
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    assert revision.variants.get(channel=d.x_department).text == text[1:]


def test_an_internal_post_cannot_reach_a_public_channel_even_by_hand(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer, audience="internal", kind="internal_notice")
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    with pytest.raises(DatabaseError, match="audience"), transaction.atomic():
        Variant.objects.create(revision=revision, channel=d.facebook_northeast, text="Leak")
    with pytest.raises(DatabaseError, match="audience"), transaction.atomic():
        Delivery.objects.create(
            post=post, channel=d.northeast_website, payload={}, key="k", due_at=NOW, ready_at=NOW, grace_until=NOW
        )
    with pytest.raises(DatabaseError, match="fixed"), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(audience="public")
    with pytest.raises(BadInput):
        compose.start(division=d.northeast, kind="internal_notice", audience="public", by=d.officer, now=NOW)


def test_the_link_to_a_channel_is_the_right_and_ends_with_it(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer)
    link = d.facebook_northeast.links_out.get()
    channels.revoke_link(link=link, by=d.smo)
    with pytest.raises(WrongMoment, match="no longer takes posts"):
        review.approve(revision=revision, by=d.supervisor, now=NOW)


def test_a_linked_channel_that_keeps_its_approver_is_decided_by_its_own_reviewers(
    department: SimpleNamespace,
) -> None:
    d = department
    channels.revoke_link(link=d.facebook_northeast.links_out.get(), by=d.smo)
    channels.make_link(source=d.facebook_northeast, target=d.x_department, approver="target", by=d.smo)
    revision = submitted(d.northeast, d.officer)
    with pytest.raises(Exception, match="Headquarters"):
        review.approve(revision=revision, by=d.supervisor, now=NOW)
    review.approve(revision=revision, by=d.boss, now=NOW)


def test_a_post_nobody_approved_in_time_expires_and_can_be_taken_up_again(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, due="2026-11-24T12:00")
    assert revision.approve_by == NOW + timedelta(hours=2, minutes=45)
    with pytest.raises(WrongMoment, match="passed"):
        review.approve(revision=revision, by=d.supervisor, now=NOW + timedelta(hours=2, minutes=46))
    assert review.expire_overdue(now=NOW + timedelta(hours=2, minutes=46)) == 1
    post = Post.objects.get(pk=revision.post_id)
    assert post.stage == Stage.EXPIRED
    compose.change(post=post, by=d.officer, now=NOW + timedelta(hours=3))
    assert Post.objects.get(pk=post.pk).stage == Stage.DRAFT


def test_what_has_begun_to_go_out_cannot_be_changed(department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    with pytest.raises(WrongMoment, match="begun"):
        compose.change(post=post, by=d.officer, now=NOW + timedelta(hours=1))


def test_retiming_keeps_the_approval_inside_its_range_only(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00")
    due = NOW + timedelta(hours=3)
    schedule.retime(post=post, due_at=due + timedelta(hours=6), by=d.supervisor, now=NOW)
    assert set(post.deliveries.values_list("due_at", flat=True)) == {due + timedelta(hours=6)}
    for outside in (due - timedelta(minutes=1), due + timedelta(hours=24, minutes=1)):
        with pytest.raises(BadInput, match="outside"):
            schedule.retime(post=post, due_at=outside, by=d.supervisor, now=NOW)
    with pytest.raises(BadInput, match="passed"):
        schedule.retime(post=post, due_at=NOW - timedelta(minutes=1), by=d.supervisor, now=NOW)


def test_a_missed_post_can_be_given_another_time_inside_what_was_approved(department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00", channels=[d.northeast_website])
    tick(NOW + timedelta(hours=6))
    assert post.deliveries.get().state == DeliveryState.MISSED
    schedule.retime(post=post, due_at=NOW + timedelta(hours=8), by=d.supervisor, now=NOW + timedelta(hours=6))
    tick(NOW + timedelta(hours=8))
    assert post.deliveries.get().state == DeliveryState.DELIVERED


def test_a_time_that_the_clock_shows_twice_is_said_before_it_is_submitted(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer, due="2027-11-07T01:30", channels=[d.northeast_website])
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    assert [f["code"] for f in revision.findings] == ["TIME_TWICE"]
    assert revision.due_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC), "the first of the two, in summer time"
