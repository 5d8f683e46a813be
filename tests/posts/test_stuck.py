"""The stuck list: everything that does not go on by itself, with its cause and one button; empty while all is well."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from divisions.access import rights
from divisions.errors import WrongMoment
from divisions.models import Channel, User
from divisions.services import channels
from divisions.states import ChannelState
from posts.models import ChannelLane, Delivery, Heartbeat, Post
from posts.selectors import stuck
from posts.selectors.stuck import Line, Why
from posts.services import decide, deliver, hold
from posts.states import DeliveryState
from tests.counting import queries_of
from tests.network import SandboxNetwork
from tests.stories import NOW, approved, tick

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(hours=3)
_S = DeliveryState


def _post(d: SimpleNamespace, *where: Channel, **more: Any) -> Post:
    return approved(d.northeast, d.officer, d.supervisor, **{"due": "2026-11-24T12:00", "channels": where, **more})


def _listed(person: User, now: datetime, *, is_fresh: bool = True) -> list[Line]:
    found = stuck.listed(rights(person), now=now, is_fresh=is_fresh)
    return stuck.lines(list(found), now=now)


def _why(person: User, now: datetime) -> list[Why]:
    return [line.why for line in _listed(person, now)]


def test_nothing_is_stuck_while_all_is_well(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    _post(d, d.northeast_website, d.facebook_northeast)
    _post(d, d.northeast_website, due="")
    for now in (NOW, NOW + timedelta(minutes=1), DUE, DUE + timedelta(minutes=1)):
        tick(now)
        assert _why(d.smo, now) == []


def test_what_failed_says_its_cause_and_who_can_fix_it(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "expired")
    _post(d, d.facebook_northeast)
    tick(DUE)
    [line] = _listed(d.supervisor, DUE)
    assert line.why is Why.FAILED
    assert "no longer accepts our sign-in" in line.cause
    assert line.who == "The social media officer or an administrator."
    assert line.since == DUE


def test_what_may_be_out_is_there_until_somebody_knows(department: SimpleNamespace, network: SandboxNetwork) -> None:
    d = department
    network.misbehave(d.x_department, "500")
    post = approved(d.headquarters, d.smo, d.boss, channels=[d.x_department])
    tick(NOW + timedelta(minutes=1))
    [line] = _listed(d.boss, NOW + timedelta(minutes=1))
    assert line.why is Why.DOUBT
    decide.send_again(delivery=post.deliveries.get(), by=d.boss, looked=True, now=NOW + timedelta(minutes=2))
    assert _why(d.boss, NOW + timedelta(minutes=2)) == []


def test_a_missed_post_is_there_until_it_is_dropped(department: SimpleNamespace) -> None:
    d = department
    post = _post(d, d.northeast_website)
    late = DUE + timedelta(hours=3)
    tick(late)
    assert _why(d.supervisor, late) == [Why.MISSED]
    decide.drop(delivery=post.deliveries.get(), by=d.supervisor, now=late)
    assert _why(d.supervisor, late) == []


def test_a_held_post_is_there_from_the_release_on_and_not_under_a_hold(department: SimpleNamespace) -> None:
    d = department
    _post(d, d.northeast_website)
    first = hold.place(scope="all", reason="Because", by=d.smo, now=NOW)
    second = hold.place(scope="division", division=d.northeast, reason="Because", by=d.smo, now=NOW)
    assert _why(d.supervisor, DUE) == []
    hold.release(hold=first, by=d.smo, now=DUE)
    assert _why(d.supervisor, DUE) == [], "the second one covers it still"
    hold.release(hold=second, by=d.smo, now=DUE)
    [line] = _listed(d.supervisor, DUE + timedelta(minutes=9))
    assert (line.why, line.since) == (Why.HELD, DUE)


def test_a_post_by_hand_without_its_link_is_there_an_hour_after_its_time(department: SimpleNamespace) -> None:
    d = department
    approved(d.headquarters, d.smo, d.boss, due="2026-11-24T12:00", channels=[d.nixle])
    tick(DUE)
    assert _why(d.boss, DUE + timedelta(minutes=59)) == []
    assert _why(d.boss, DUE + timedelta(minutes=61)) == [Why.PROOF]


@pytest.mark.parametrize("state", [ChannelState.NEEDS_ATTENTION, ChannelState.PAUSED])
def test_what_is_due_on_an_account_that_is_not_connected_is_there_beforehand(
    department: SimpleNamespace, state: ChannelState
) -> None:
    d = department
    _post(d, d.facebook_northeast)
    channels.move_channel(channel=d.facebook_northeast, to=state, by=None, reason="The page was merged.", now=NOW)
    [line] = _listed(d.supervisor, NOW)
    assert (line.why, line.since) == (Why.CUT_OFF, DUE)
    assert "The page was merged. Unless it is connected in time" in line.cause


def test_what_follows_a_page_that_does_not_come_is_there(department: SimpleNamespace) -> None:
    d = department
    post = _post(d, d.northeast_website, d.facebook_northeast)
    page = post.deliveries.get(channel=d.northeast_website)
    decide.drop(delivery=page, by=d.supervisor, now=NOW)
    [line] = _listed(d.supervisor, DUE)
    assert (line.why, line.since, line.delivery.channel) == (Why.WAITS, NOW, d.facebook_northeast)
    assert line.cause == "It goes right after its public page, and that is “Cancelled”."


def test_a_post_whose_link_leads_to_a_page_that_was_left_unsent_is_not_sent(department: SimpleNamespace) -> None:
    d = department
    post = _post(d, d.northeast_website, d.facebook_northeast)
    decide.drop(delivery=post.deliveries.get(channel=d.northeast_website), by=d.supervisor, now=NOW)
    late = DUE + timedelta(hours=3)
    tick(late)
    row = post.deliveries.get(channel=d.facebook_northeast)
    assert row.state == _S.MISSED
    with pytest.raises(WrongMoment, match="leads to the public page, and that was left unsent"):
        decide.send_again(delivery=row, by=d.supervisor, now=late)
    decide.drop(delivery=row, by=d.supervisor, now=late)
    assert _why(d.supervisor, late) == []


def test_what_is_due_and_untaken_for_two_minutes_is_there_while_somebody_ticks(department: SimpleNamespace) -> None:
    d = department
    _post(d, d.northeast_website)
    assert _why(d.supervisor, DUE + timedelta(minutes=2)) == []
    late = DUE + timedelta(minutes=3)
    assert _why(d.supervisor, late) == [Why.UNCLAIMED]
    assert _listed(d.supervisor, late, is_fresh=False) == []


@pytest.mark.parametrize(
    ("lane", "words"),
    [
        ({}, "nobody has taken it"),
        ({"next_call_at": DUE + timedelta(hours=1)}, "asked us to wait"),
        ({"busy_until": DUE + timedelta(hours=1)}, "Other posts of this account go before it"),
        (None, "no queue"),
    ],
)
def test_an_untaken_post_says_what_its_queue_knows(
    department: SimpleNamespace, lane: dict[str, Any] | None, words: str
) -> None:
    d = department
    _post(d, d.northeast_website)
    if lane is None:
        ChannelLane.objects.all().delete()
    else:
        ChannelLane.objects.update(**lane or {"claimed_by": ""})
    [line] = _listed(d.supervisor, DUE + timedelta(minutes=3))
    assert words in line.cause
    assert line.who == "Whoever runs the server."


def test_what_a_silent_sender_took_is_there_when_no_tick_takes_it_back(department: SimpleNamespace) -> None:
    d = department
    post = _post(d, d.northeast_website)
    deliver.claim(now=DUE, worker="worker-7")
    lapsed = post.deliveries.get().lease_until
    assert lapsed is not None
    assert _why(d.supervisor, lapsed) == []
    [line] = _listed(d.supervisor, lapsed + timedelta(minutes=1))
    assert line.why is Why.SILENT
    assert "worker-7" in line.cause


def test_what_is_tried_again_and_again_is_there_after_a_quarter_of_an_hour(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    network.misbehave(d.facebook_northeast, "500", count=None)
    post = _post(d, d.facebook_northeast)
    tick(DUE)
    Delivery.objects.filter(post=post).update(ready_at=DUE + timedelta(minutes=15))
    assert _why(d.supervisor, DUE + timedelta(minutes=14)) == []
    [line] = _listed(d.supervisor, DUE + timedelta(minutes=16))
    assert line.why is Why.SLOW
    assert "could not take it yet" in line.cause


def test_every_delivery_is_there_once_and_the_worst_first(department: SimpleNamespace) -> None:
    d = department
    states = [_S.MISSED, _S.FAILED, _S.UNCERTAIN, _S.HELD, _S.FAILED, _S.QUEUED]
    for n, state in enumerate(states):
        post = _post(d, d.northeast_website, title=f"No {n}")
        post.deliveries.update(state=state, state_at=NOW - timedelta(minutes=n))
    lines = _listed(d.supervisor, DUE + timedelta(minutes=5))
    assert [line.why for line in lines] == sorted(line.why for line in lines)
    assert [str(line.delivery.post) for line in lines] == ["No 2", "No 4", "No 1", "No 5", "No 0", "No 3"]
    counts = stuck.counts(rights(d.supervisor), now=DUE + timedelta(minutes=5), is_fresh=True)
    assert counts == {Why.DOUBT: 1, Why.FAILED: 2, Why.UNCLAIMED: 1, Why.MISSED: 1, Why.HELD: 1}


def test_who_sees_what(department: SimpleNamespace) -> None:
    d = department
    for post in (_post(d, d.northeast_website), approved(d.central, d.stranger, d.smo, channels=[d.central_website])):
        post.deliveries.update(state=_S.FAILED)
    seen = {str(line.delivery.post.division) for line in _listed(d.supervisor, NOW)}
    assert seen == {str(d.northeast)}
    assert len(_listed(d.smo, NOW)) == 2
    assert len(_listed(d.boss, NOW)) == 0


# ---- the page


def _failed(d: SimpleNamespace, n: int) -> None:
    for number in range(n):
        post = approved(d.northeast, d.officer, d.supervisor, title=f"No {number}", channels=[d.facebook_northeast])
        post.deliveries.update(state=_S.FAILED, problem={"cause": "Facebook refused it.", "who": "Whoever wrote it."})


def _page(client: Any, query: str = "") -> str:
    answer = client.get(reverse("posts:stuck") + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_is_calm_when_there_is_nothing(department: SimpleNamespace, as_: Any) -> None:
    Heartbeat.objects.create(name="tick", beat_at=timezone.now())
    page = _page(as_(department.supervisor))
    assert "Nothing is stuck" in page
    assert "sending works" in page
    assert "note--failed" not in page


def test_the_page_says_that_nothing_is_sent_at_all_rather_than_listing_it(
    department: SimpleNamespace, as_: Any
) -> None:
    d = department
    Heartbeat.objects.create(name="tick", beat_at=timezone.now() - timedelta(minutes=5))
    _post(d, d.northeast_website, due="", now=timezone.now() - timedelta(minutes=9))
    page = _page(as_(d.supervisor))
    assert "Nothing has been sent since" in page
    assert "One post in one place is due and waits." in page
    assert "Nothing is stuck" in page


def test_each_line_has_its_cause_who_can_fix_it_and_one_button(department: SimpleNamespace, as_: Any) -> None:
    d = department
    _failed(d, 2)
    page = _page(as_(d.supervisor))
    assert "Facebook refused it." in page
    assert "Who can fix it: Whoever wrote it." in page
    for row in Delivery.objects.all():
        assert f'href="{reverse("posts:delivery", args=[row.pk])}"' in page
    assert page.count('<a class="button" href="/desk/deliveries') == 1, "one filled button a screen"
    assert "See its attempts" in _page(as_(d.officer)), "who may not decide may look"


def test_a_broken_account_leads_to_it_whoever_may_connect_it(department: SimpleNamespace, as_: Any) -> None:
    d = department
    _post(d, d.facebook_northeast)
    channels.move_channel(channel=d.facebook_northeast, to=ChannelState.PAUSED, by=None, reason="Why", now=NOW)
    assert "Reconnect the account" in _page(as_(d.smo))
    page = _page(as_(d.supervisor))
    assert "See the account" in page
    assert "Who can fix it: The administrator, or the social media officer" in page


def test_a_reason_can_be_asked_for_and_an_unknown_one_narrows_nothing(department: SimpleNamespace, as_: Any) -> None:
    d = department
    _failed(d, 1)
    client = as_(d.supervisor)
    assert "No 0" in _page(client, "?why=failed")
    assert "No 0" in _page(client, "?why=of-old&page=9")
    page = _page(client, "?why=missed")
    assert "No 0" not in page
    assert "Nothing is stuck for that reason." in page


def test_the_list_is_leafed_through_and_asks_the_same_number_of_queries(department: SimpleNamespace, as_: Any) -> None:
    d = department
    client = as_(d.supervisor)
    _failed(d, 1)
    few = queries_of(client, reverse("posts:stuck"))
    _failed(d, 30)
    assert queries_of(client, reverse("posts:stuck")) == few
    assert "26 to 31 of 31 deliveries" in _page(client, "?page=2")


def test_all_reasons_are_read_in_one_statement_and_counted_in_another(department: SimpleNamespace) -> None:
    mine = rights(department.smo)
    with CaptureQueriesContext(connection) as asked:
        stuck.counts(mine, now=NOW, is_fresh=True)
        list(stuck.listed(mine, now=NOW, is_fresh=True))
    assert len(asked) == 4, "two, and the holds in force for each"
