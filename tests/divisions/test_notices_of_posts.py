"""What writers and deciders are told as a post goes its way: by the service that does it, and by the beat."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from divisions.models import Notice
from divisions.services import notices
from posts.models import Delivery, Heartbeat, Hold, Post
from posts.services import correct, heard, hold, review, withdraw
from posts.services.correct import Typed
from posts.states import DeliveryState
from tests import stories, told
from tests.stories import NOW

SOON = NOW + timedelta(minutes=5)


def text_of(kind: str) -> str:
    return "\n".join(f"{row.subject}\n{row.text}" for row in Notice.objects.filter(kind=kind))


def own(d: SimpleNamespace) -> dict[str, Any]:
    return {"channels": [d.northeast_website]}


@pytest.fixture
def listening(department: SimpleNamespace) -> SimpleNamespace:
    """The beat has looked once: from here on news are told."""
    heard.tell(now=NOW)
    return department


# ---- by the service itself


def test_an_approved_post_is_told_to_its_writer_alone(department: SimpleNamespace) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T18:00", **own(d))
    assert told.names("post_approved") == {"officer"}
    assert "It goes out Tue 24 Nov, 18:00 CST." in text_of("post_approved")


def test_who_took_a_post_over_is_told_in_place_of_the_author(department: SimpleNamespace) -> None:
    d = department
    revision = stories.submitted(d.northeast, d.officer, **own(d))
    Post.objects.update(owner=d.colleague)
    review.approve(revision=revision, by=d.supervisor, now=NOW)
    assert told.names("post_approved") == {"colleague"}


@pytest.mark.parametrize("verdict", ["request_changes", "reject"])
def test_what_is_sent_back_comes_with_the_words(department: SimpleNamespace, verdict: str) -> None:
    d = department
    revision = stories.submitted(d.northeast, d.officer, **own(d))
    getattr(review, verdict)(revision=revision, by=d.supervisor, note="Name the block.", now=NOW)
    assert told.names("changes_requested") == {"officer"}
    assert "Supervisor, Northeast: “Name the block.”" in text_of("changes_requested")


def test_what_nobody_approved_in_time_is_told(department: SimpleNamespace) -> None:
    d = department
    stories.submitted(d.northeast, d.officer, **own(d))
    review.expire_overdue(now=NOW + timedelta(days=2))
    assert told.names("post_trouble") == {"officer"}


def test_a_withdrawal_asks_everybody_who_could_confirm_it(department: SimpleNamespace) -> None:
    d = department
    post = stories.live(d.northeast, d.officer, d.supervisor, **own(d))
    asked = withdraw.ask(post=post, ground="illegal", reason="A court ordered it.", by=d.supervisor, now=SOON)
    assert told.names("second_person") == {"smo"}
    assert Notice.objects.get(kind="second_person").path == f"/desk/withdrawals/{asked.pk}/"


def test_what_the_approval_promised_asks_nobody(department: SimpleNamespace) -> None:
    d = department
    post = stories.live(d.northeast, d.officer, d.supervisor, **own(d))
    withdraw.ask(post=post, ground="consent", reason="Consent was withdrawn.", by=d.supervisor, now=SOON)
    assert not told.names("second_person")


def test_a_correction_asks_reviewers_but_not_who_asked_nor_who_wrote(department: SimpleNamespace) -> None:
    d = department
    post = stories.live(d.northeast, d.officer, d.supervisor, **own(d))
    typed = Typed(was_wrong="The wrong street.", reason="A reader said so.", title="Elm", text="Elm Street.")
    correct.ask(post=post, typed=typed, by=d.smo, now=SOON)
    assert told.names("second_person") == {"supervisor"}


def test_a_hold_is_told_in_its_scope_and_again_when_it_is_lifted(department: SimpleNamespace) -> None:
    d = department
    placed = hold.place(scope="division", division=d.northeast, reason="A fire.", by=d.supervisor, now=NOW)
    assert {"officer", "colleague", "smo"} <= told.names("hold")
    assert not {"supervisor", "stranger"} & told.names("hold")
    hold.release(hold=placed, by=d.smo, now=SOON)
    assert "Posting is free again for Northeast Patrol Division" in text_of("hold")
    assert "supervisor" in told.names("hold", created_at=SOON)


def test_a_hold_of_everything_reaches_every_division_and_a_drill_nobody(department: SimpleNamespace) -> None:
    d = department
    hold.place(scope="all", reason="A drill.", by=d.smo, drill=True, now=NOW)
    assert not told.names("hold")
    hold.place(scope="all", reason="A fire.", by=d.smo, now=NOW)
    assert {"officer", "stranger", "boss"} <= told.names("hold")


def test_when_telling_fails_the_hold_is_not_placed(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise DatabaseError("no room")

    monkeypatch.setattr(notices, "tell_each", fail)
    with pytest.raises(DatabaseError):
        hold.place(scope="all", reason="A fire.", by=department.smo, now=NOW)
    assert not Hold.objects.exists()


# ---- by the beat


def test_a_post_that_is_live_is_told_once_with_its_link(listening: SimpleNamespace) -> None:
    d = listening
    post = stories.live(d.northeast, d.officer, d.supervisor, **own(d))
    heard.tell(now=SOON)
    heard.tell(now=SOON + timedelta(minutes=1))
    row = Notice.objects.get(kind="post_live")
    assert row.user == d.officer
    assert f"/news/{post.pk}-" in row.text
    assert "Live in 1 of 1 place." in row.text
    assert row.mail_due_at is None, "by mail only who asks for it"


def test_trouble_is_told_to_who_wrote_it_and_who_decides(listening: SimpleNamespace) -> None:
    d = listening
    post = stories.approved(d.northeast, d.officer, d.supervisor, **own(d))
    problem = {"cause": "Facebook refused it.", "press": "Change the post."}
    at = NOW + timedelta(minutes=2)
    Delivery.objects.update(state=DeliveryState.FAILED, state_at=at, settled_at=at, problem=problem)
    heard.tell(now=SOON)
    assert told.names("post_trouble") == {"officer", "supervisor"}
    assert f"Failed: {post}" in text_of("post_trouble")
    assert "Facebook refused it. Change the post." in text_of("post_trouble")
    assert not told.names("post_live")


def test_what_has_to_be_posted_by_hand_is_told_to_who_wrote_it(listening: SimpleNamespace) -> None:
    d = listening
    stories.approved(d.northeast, d.officer, d.supervisor, **own(d))
    Delivery.objects.update(state=DeliveryState.AWAITING_PROOF, state_at=NOW + timedelta(minutes=2))
    heard.tell(now=SOON)
    assert told.names("post_trouble") == {"officer"}
    assert "paste its link" in text_of("post_trouble")


def test_a_doubt_is_told_once_and_only_when_nobody_looks_any_more(listening: SimpleNamespace) -> None:
    d = listening
    stories.approved(d.northeast, d.officer, d.supervisor, **own(d))
    at = NOW + timedelta(minutes=2)
    Delivery.objects.update(state=DeliveryState.UNCERTAIN, state_at=at, look_at=SOON, attempt=1)
    heard.tell(now=SOON)
    assert not told.names("post_trouble")
    Delivery.objects.update(look_at=None)
    for minutes in (6, 7, 8):
        heard.tell(now=NOW + timedelta(minutes=minutes))
    assert Notice.objects.filter(kind="post_trouble").count() == 2, "officer and supervisor, once each"


def test_nothing_is_called_live_while_something_is_on_its_way(listening: SimpleNamespace) -> None:
    d = listening
    stories.approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website, d.facebook_northeast])
    at = NOW + timedelta(minutes=2)
    page = Delivery.objects.filter(channel=d.northeast_website)
    page.update(state=DeliveryState.DELIVERED, state_at=at, settled_at=at)
    heard.tell(now=SOON)
    assert not told.names("post_live")
    later = SOON + timedelta(minutes=1)
    Delivery.objects.exclude(channel=d.northeast_website).update(state=DeliveryState.DELIVERED, state_at=later)
    heard.tell(now=later + timedelta(minutes=1))
    assert "Live in 2 of 2 places." in text_of("post_live")


def test_many_posts_of_one_person_are_told_together(listening: SimpleNamespace) -> None:
    d = listening
    for _ in range(heard.TOGETHER + 1):
        stories.approved(d.northeast, d.officer, d.supervisor, **own(d))
    stories.tick(NOW + timedelta(minutes=2))
    heard.tell(now=SOON)
    assert Notice.objects.get(kind="post_live").subject == f"{heard.TOGETHER + 1} posts of yours are live"


def test_the_first_look_tells_no_history_and_a_long_pause_no_flood(department: SimpleNamespace) -> None:
    d = department
    stories.live(d.northeast, d.officer, d.supervisor, **own(d))
    assert heard.tell(now=SOON) == 0
    stories.live(d.northeast, d.officer, d.supervisor, now=SOON, **own(d))
    assert heard.tell(now=SOON + timedelta(hours=9)) == 0
    assert Heartbeat.objects.get(name="told").beat_at == SOON + timedelta(hours=9) - heard.LAG
    assert not told.names("post_live")


def test_looking_costs_as_much_for_many_posts_as_for_few(listening: SimpleNamespace) -> None:
    d = listening

    def cost(count: int, now: Any) -> int:
        for _ in range(count):
            stories.live(d.northeast, d.officer, d.supervisor, now=now, **own(d))
        with CaptureQueriesContext(connection) as found:
            heard.tell(now=now + timedelta(minutes=5))
        return len(found)

    few = cost(2, NOW)
    assert cost(8, NOW + timedelta(hours=1)) == few
