"""What missed its time in an outage is decided about together: sent now, re-timed or left unsent, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from divisions.errors import BadInput, NotAllowed, WrongMoment
from posts.models import Delivery, Post
from posts.services import decide, missed
from posts.states import DeliveryState
from records.models import LedgerEntry
from tests.stories import NOW, approved, tick

pytestmark = pytest.mark.django_db
LATE = NOW + timedelta(hours=6)  # three hours after they were due, one after their grace
URL = "/desk/stuck/missed/"
_S = DeliveryState


@pytest.fixture(autouse=True)
def _after_the_outage() -> Iterator[None]:
    with time_machine.travel(LATE, tick=False):
        yield


@pytest.fixture
def out(department: SimpleNamespace) -> list[Post]:
    """Three posts of Northeast that missed their time; nothing looked for due posts until now."""
    d = department
    posts = [
        approved(
            d.northeast,
            d.officer,
            d.supervisor,
            title=f"No {n}",
            due="2026-11-24T12:00",
            channels=[d.facebook_northeast],
        )
        for n in range(3)
    ]
    tick(LATE)
    assert _states() == [_S.MISSED] * 3
    return posts


def _states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def _rows() -> list[Delivery]:
    return list(Delivery.objects.select_related("post__division", "channel").order_by("pk"))


def _typed(*rows: Delivery, **more: str) -> dict[str, Any]:
    return {"deliveries": [row.pk for row in rows], **more}


def test_the_ticked_ones_are_sent_now_and_the_others_wait(
    out: list[Post], department: SimpleNamespace, as_: Any
) -> None:
    first, second, _ = _rows()
    answer = as_(department.supervisor).post(URL, _typed(first, second, act="send"), follow=True)
    assert "2 deliveries are in the queue again, to go now." in answer.content.decode()
    assert _states() == [_S.QUEUED, _S.QUEUED, _S.MISSED]
    assert {row.due_at for row in _rows()[:2]} == {LATE}
    assert LedgerEntry.objects.filter(type="posts.delivery.sent_again").count() == 2


def test_they_are_re_timed_on_the_wall_clock_of_their_division(
    out: list[Post], department: SimpleNamespace, as_: Any
) -> None:
    answer = as_(department.supervisor).post(
        URL, _typed(*_rows(), act="retime", day="2026-11-24", clock="20:00"), follow=True
    )
    assert "3 posts re-timed. The approval stays." in answer.content.decode()
    assert _states() == [_S.QUEUED] * 3
    assert {row.due_at.isoformat() for row in _rows()} == {"2026-11-25T02:00:00+00:00"}


def test_they_are_left_unsent(out: list[Post], department: SimpleNamespace, as_: Any) -> None:
    answer = as_(department.supervisor).post(URL, _typed(*_rows()[:1], act="drop"), follow=True)
    assert "1 delivery is left unsent." in answer.content.decode()
    assert _states() == [_S.CANCELLED, _S.MISSED, _S.MISSED]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"act": "send"}, "Tick what it is about."),
        ({"act": "fly"}, "not one of the available choices"),
        ({"act": "retime"}, "This field is required"),
        ({"act": "retime", "day": "2026-12-24", "clock": "10:00"}, "outside the time that was approved"),
        ({"act": "retime", "day": "2026-11-24", "clock": "10:00"}, "That time has passed."),
        ({"act": "send", "deliveries": ["0"]}, "does not wait for you any more"),
        ({"act": "send", "deliveries": ["x\x00"]}, "does not wait for you any more"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_moves(
    out: list[Post], department: SimpleNamespace, as_: Any, typed: dict[str, Any], says: str
) -> None:
    chosen = {} if typed == {"act": "send"} else _typed(*_rows())
    answer = as_(department.supervisor).post(URL, {**chosen, **typed})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert "No 2" in page
    assert _states() == [_S.MISSED] * 3


def test_one_that_cannot_go_stops_all_and_is_named(out: list[Post], department: SimpleNamespace) -> None:
    d, rows = department, _rows()
    decide.drop(delivery=rows[2], by=d.supervisor, now=LATE)
    with pytest.raises(WrongMoment, match=r"No 2.*not missed"):
        missed.send_now(deliveries=rows, by=d.supervisor, now=LATE)
    assert _states() == [_S.MISSED, _S.MISSED, _S.CANCELLED]
    with pytest.raises(WrongMoment, match=r"No 0.*has passed"):
        missed.send_now(deliveries=rows[:2], by=d.supervisor, now=LATE + timedelta(days=2))
    with pytest.raises(BadInput, match="No 0"):
        missed.retime(deliveries=rows[:2], wall_time="2026-12-24T10:00", by=d.supervisor, now=LATE)
    assert _states() == [_S.MISSED, _S.MISSED, _S.CANCELLED]


def test_the_ledger_fails_and_nothing_is_saved(
    out: list[Post], department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the ledger is away")

    rows = _rows()
    monkeypatch.setattr("records.services.ledger.append", broken)
    monkeypatch.setattr("posts.services.schedule.remember", broken)
    for act, more in ((missed.send_now, {}), (missed.retime, {"wall_time": "2026-11-24T20:00"}), (missed.drop, {})):
        with pytest.raises(RuntimeError):
            act(deliveries=rows, by=department.supervisor, now=LATE, **more)
        assert _states() == [_S.MISSED] * 3


def test_only_who_decides_there_is_asked_and_may(out: list[Post], department: SimpleNamespace, as_: Any) -> None:
    d = department
    shown = as_(d.supervisor).get(reverse("posts:stuck") + "?why=missed&tick=all").content.decode()
    assert shown.count('name="deliveries"') == shown.count(" checked>") - 1 == 3, "and the act that is chosen"
    assert "Do it for the ticked" not in as_(d.officer).get(reverse("posts:stuck")).content.decode()
    assert as_(d.officer).post(URL, _typed(*_rows(), act="drop")).status_code == 403
    with pytest.raises(NotAllowed):
        missed.drop(deliveries=_rows(), by=d.officer, now=LATE)
    assert _states() == [_S.MISSED] * 3
