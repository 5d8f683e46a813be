"""P9: nothing of ours is taken down without ground, reason and a second person; each copy's outcome is proven."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel
from posts.errors import OwnWork
from posts.models import Approval, Delivery, Post, Withdrawal
from posts.selectors import public
from posts.services import decide, hold, take_down, withdraw
from posts.states import Act, DeliveryState
from tests.network import SandboxNetwork
from tests.stories import approved, tick

WHY = "It names a person who was not involved."


@pytest.fixture
def out(department: SimpleNamespace, network: SandboxNetwork) -> Post:
    """A post that is out on its page, the feed, Facebook and X."""
    d, now = department, timezone.now()
    post = approved(
        d.northeast,
        d.officer,
        d.supervisor,
        channels=[d.northeast_website, d.northeast_feed, d.facebook_northeast, d.x_department],
        own_words={d.x_department.pk: "Oak Street is closed until four. Use Elm Street."},
        now=now,
    )
    tick(now + timedelta(minutes=1))
    assert set(post.deliveries.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    return post


def _asked(d: SimpleNamespace, post: Post) -> Withdrawal:
    return withdraw.ask(post=post, ground="prejudicial", reason=WHY, by=d.supervisor)


def _taken_down(d: SimpleNamespace, post: Post) -> list[Delivery]:
    withdraw.confirm(withdrawal=_asked(d, post), by=d.smo)
    tick(timezone.now() + timedelta(seconds=1))
    return list(post.deliveries.filter(act=Act.WITHDRAW).select_related("channel"))


def _copy(post: Post, channel: Channel) -> Delivery:
    return post.deliveries.get(channel=channel, act=Act.PUBLISH)


def test_a_confirmed_withdrawal_removes_every_copy_and_proves_it_by_reading(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    rows = _taken_down(d, out)
    assert len(rows) == 4
    assert {row.state for row in rows} == {DeliveryState.DELIVERED}
    assert network.shown(d.facebook_northeast) == network.shown(d.x_department) == []
    on_facebook = next(row for row in rows if row.channel == d.facebook_northeast)
    assert list(on_facebook.attempts.values_list("step", flat=True)) == ["withdraw", "read-back"]
    assert set(out.deliveries.filter(act=Act.PUBLISH).values_list("state", flat=True)) == {DeliveryState.WITHDRAWN}
    page = public.page(out.pk)
    assert page is not None
    assert page.withdrawn


def test_nothing_is_taken_down_before_a_second_person_says_so(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    asked = _asked(d, out)
    tick(timezone.now() + timedelta(minutes=2))
    assert len(network.shown(d.facebook_northeast)) == 1
    with pytest.raises(OwnWork):
        withdraw.confirm(withdrawal=asked, by=d.supervisor)
    with pytest.raises(NotAllowed):
        withdraw.confirm(withdrawal=asked, by=d.officer)
    with pytest.raises(NotVisible):
        withdraw.confirm(withdrawal=asked, by=d.stranger)
    withdraw.refuse(withdrawal=asked, by=d.smo, note="It is accurate; correct the address instead.")
    assert not out.deliveries.filter(act=Act.WITHDRAW).exists()
    with pytest.raises(WrongMoment, match="faster"):
        withdraw.confirm(withdrawal=asked, by=d.smo)


def test_the_database_itself_refuses_a_withdrawal_confirmed_by_whoever_asked(
    department: SimpleNamespace, out: Post
) -> None:
    asked = _asked(department, out)
    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.filter(pk=asked.pk).update(
            verdict="confirmed", decided_by=asked.asked_by, decided_at=timezone.now()
        )


@pytest.mark.parametrize(
    ("ground", "reason", "field"),
    [
        ("i do not like it", WHY, "ground"),
        ("", WHY, "ground"),
        ("illegal", "bad", "reason"),
        ("illegal", "x" * 2001, "reason"),
        ("resolved", WHY, "ground"),
        ("expired", WHY, "ground"),
    ],
)
def test_a_ground_of_the_list_and_a_reason_are_asked_for(
    department: SimpleNamespace, out: Post, ground: str, reason: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        withdraw.ask(post=out, ground=ground, reason=reason, by=department.supervisor)
    assert refused.value.field == field


def test_what_the_approval_promised_goes_down_on_its_ground_alone(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    withdraw.ask(post=out, ground="consent", reason="The family took its consent back.", by=d.supervisor)
    tick(timezone.now() + timedelta(seconds=1))
    assert network.shown(d.facebook_northeast) == []
    assert set(Approval.objects.filter(delivery__post=out).values_list("basis", flat=True)) == {"standing"}


def test_a_platform_that_refuses_and_one_that_is_silent_are_exactly_what_is_left_on_the_list(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "expired")
    network.misbehave(d.x_department, "500", count=None)
    rows = {row.channel_id: row for row in _taken_down(d, out)}
    assert rows[d.facebook_northeast.pk].state == DeliveryState.FAILED
    assert rows[d.x_department.pk].state == DeliveryState.AWAITING_RETRY
    assert _copy(out, d.facebook_northeast).state == DeliveryState.DELIVERED, "nothing says removed without proof"
    assert _copy(out, d.x_department).state == DeliveryState.DELIVERED
    assert _copy(out, d.northeast_website).state == DeliveryState.WITHDRAWN
    page = public.page(out.pk)
    assert page is not None
    assert page.withdrawn, "the tombstone stands"
    left = {copy.channel.pk for copy in page.copies if not copy.is_gone}
    assert left == {d.facebook_northeast.pk, d.x_department.pk}


def test_a_platform_that_says_yes_and_still_shows_it_is_never_called_removed(
    department: SimpleNamespace, network: SandboxNetwork, out: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    d, store = department, network.server.network.store
    put = store.put_post
    monkeypatch.setattr(store, "put_post", lambda post: None if post.deleted_at else put(post))
    withdraw.confirm(withdrawal=_asked(d, out), by=d.smo)
    now = timezone.now()
    for minutes in (0, 1, 2, 4, 10, 26, 43):
        tick(now + timedelta(minutes=minutes))
    row = out.deliveries.get(act=Act.WITHDRAW, channel=d.facebook_northeast)
    assert row.state == DeliveryState.FAILED
    assert "what it shows has not changed" in row.problem["cause"]
    assert _copy(out, d.facebook_northeast).state == DeliveryState.DELIVERED
    monkeypatch.undo()
    decide.send_again(delivery=row, by=d.smo)
    tick(timezone.now() + timedelta(seconds=2))


def test_a_copy_that_cannot_be_removed_stays_listed_until_a_person_says_what_becomes_of_it(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "expired")
    _taken_down(d, out)
    row = out.deliveries.get(act=Act.WITHDRAW, channel=d.facebook_northeast)
    with pytest.raises(BadInput) as refused:
        decide.drop(delivery=row, by=d.smo)
    assert refused.value.field == "note"
    decide.drop(delivery=row, by=d.smo, note="The Page was closed by Facebook; nobody can see it.")
    row.refresh_from_db()
    assert (row.state, row.problem["closed_by"]) == (DeliveryState.CANCELLED, d.smo.name)
    assert _copy(out, d.facebook_northeast).state == DeliveryState.DELIVERED


def test_what_is_posted_by_hand_is_taken_down_by_hand_and_a_person_says_that_it_is_gone(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.nixle], text="Oak Street is closed.", now=now)
    tick(now + timedelta(minutes=1))
    copy = post.deliveries.get()
    decide.prove(delivery=copy, link="https://nixle.example/a/7", by=d.smo)
    [row] = _taken_down_by(d.boss, d.smo, post)
    assert row.state == DeliveryState.AWAITING_PROOF
    assert _copy(post, d.nixle).state == DeliveryState.DELIVERED
    decide.seen(delivery=row, by=d.boss)
    assert _copy(post, d.nixle).state == DeliveryState.WITHDRAWN


def _taken_down_by(asks: object, confirms: object, post: Post) -> list[Delivery]:
    asked = withdraw.ask(post=post, ground="illegal", reason=WHY, by=asks)  # type: ignore[arg-type]
    withdraw.confirm(withdrawal=asked, by=confirms)  # type: ignore[arg-type]
    tick(timezone.now() + timedelta(seconds=1))
    return list(post.deliveries.filter(act=Act.WITHDRAW).select_related("channel"))


def test_what_is_still_queued_never_goes_and_what_was_in_doubt_is_taken_down_when_it_is_found(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d, now = department, timezone.now()
    post = approved(
        d.headquarters, d.smo, d.boss, channels=[d.headquarters_website, d.x_department], text="Closed.", now=now
    )
    network.misbehave(d.x_department, "drop_after_accept")
    due = now + timedelta(minutes=1)
    tick(due)
    assert _copy(post, d.x_department).state == DeliveryState.UNCERTAIN
    asked = withdraw.ask(post=post, ground="illegal", reason=WHY, by=d.boss, now=due)
    withdraw.confirm(withdrawal=asked, by=d.smo, now=due)
    tick(due + timedelta(seconds=31))  # the look-up finds it, and it goes down
    tick(due + timedelta(seconds=33))
    assert network.shown(d.x_department) == []
    assert _copy(post, d.x_department).state == DeliveryState.WITHDRAWN


def test_a_hold_never_keeps_something_up(department: SimpleNamespace, network: SandboxNetwork, out: Post) -> None:
    hold.place(scope="all", reason="Because", by=department.smo)
    assert {row.state for row in _taken_down(department, out)} == {DeliveryState.DELIVERED}


def test_a_forged_withdrawal_row_sends_nothing(department: SimpleNamespace, network: SandboxNetwork, out: Post) -> None:
    """P1 for acts: without a confirmed request and an approval of exactly this, the gate is closed."""
    d = department
    asked = _asked(d, out)
    copies = list(out.deliveries.filter(act=Act.PUBLISH).select_related("post__division", "channel", "amended_by"))
    with pytest.raises(IntegrityError), transaction.atomic():
        take_down.of(asked, copies, now=timezone.now())  # no second person yet: no approval can be written
    assert len(network.shown(d.facebook_northeast)) == 1


def test_another_divisions_post_does_not_exist(department: SimpleNamespace, out: Post) -> None:
    with pytest.raises((NotVisible, NotAllowed)):
        withdraw.ask(post=out, ground="illegal", reason=WHY, by=department.stranger)
