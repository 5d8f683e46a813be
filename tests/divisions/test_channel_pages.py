"""Channels' pages: who sees which, what they say, and what whoever manages a channel may change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions.models import Channel
from records.models import LedgerEntry
from tests import stories
from tests.counting import queries_of
from tests.network import SandboxNetwork
from tests.stories import NOW

LIST = "/desk/channels/"
ONE = "/desk/channels/facebook-northeast/"


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        yield


def test_an_officer_sees_the_channels_of_her_division_and_no_others(department: SimpleNamespace, as_: Any) -> None:
    text = as_(department.officer).get(LIST).content.decode()
    assert "/desk/channels/facebook-northeast/" in text
    assert "facebook-central" not in text
    assert "counted" not in text
    assert as_(department.stranger).get(ONE).status_code == 404
    assert as_(department.officer).get("/desk/channels/no-such/").status_code == 404


def test_who_oversees_all_sees_counted_against_declared(department: SimpleNamespace, as_: Any) -> None:
    text = as_(department.smo).get(LIST).content.decode()
    assert "5 accounts counted, 4 declared in the published list" in text
    assert "facebook-central" in text
    assert "website" not in {line["channel"].platform for line in as_(department.smo).get(LIST).context["rows"]}
    assert len(as_(department.smo).get(LIST, {"show": "own"}).context["rows"]) == 9


def test_a_channel_tells_its_facts_links_and_what_it_sent(department: SimpleNamespace, as_: Any) -> None:
    d = department
    post = stories.approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T18:00")
    text = as_(d.officer).get(ONE).content.decode()
    assert "a post every 5 days" in text
    assert "Officer, Northeast" in text
    assert "X, Test Police Department" in text
    assert f'href="/desk/posts/{post.pk}/"' in text


def test_of_a_linked_divisions_post_nothing_but_what_is_out_is_shown(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, title="Not yet out", due="2026-11-24T18:00")
    text = as_(d.boss).get("/desk/channels/x-department/").content.decode()
    assert "Not yet out" not in text
    assert "Not yet out" in as_(d.smo).get("/desk/channels/x-department/").content.decode()


def test_only_who_manages_channels_is_offered_to_change_them(department: SimpleNamespace, as_: Any) -> None:
    d = department
    for who, offered in (("officer", False), ("supervisor", False), ("smo", True), ("admin", True)):
        assert ("Pause it" in as_(getattr(d, who)).get(ONE).content.decode()) is offered, who
    assert as_(d.supervisor).post(f"{ONE}state/", {"to": "paused", "reason": "A test"}).status_code == 403
    assert as_(d.supervisor).post(f"{ONE}promise/", {"cadence_days": "3"}).status_code == 403
    assert as_(d.stranger).post(f"{ONE}state/", {"to": "paused", "reason": "A test"}).status_code == 404


def test_pausing_asks_for_a_reason_and_stands_beside_the_channel(
    department: SimpleNamespace, network: SandboxNetwork, as_: Any
) -> None:
    client = as_(department.smo)
    assert client.post(f"{ONE}state/", {"to": "paused", "reason": " "}).status_code == 422
    assert client.post(f"{ONE}state/", {"to": "retired", "reason": "Old"}).status_code == 422
    assert client.post(f"{ONE}state/", {"to": "paused", "reason": "The page is being merged"}).status_code == 302
    assert "The page is being merged" in client.get(ONE).content.decode()
    assert LedgerEntry.objects.filter(type="divisions.channel.paused").count() == 1
    assert client.post(f"{ONE}state/", {"to": "connected", "reason": "Merged"}).status_code == 302
    assert Channel.objects.get(slug="facebook-northeast").state == "connected"


def test_an_account_that_does_not_answer_is_not_connected_again(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    client.post(f"{ONE}state/", {"to": "paused", "reason": "A test"})
    answer = client.post(f"{ONE}state/", {"to": "connected", "reason": "Done"}, follow=True)
    assert "does not answer yet" in answer.content.decode()
    assert Channel.objects.get(slug="facebook-northeast").state == "paused"


def test_promise_and_duty_are_changed_and_bad_input_is_said(department: SimpleNamespace, as_: Any) -> None:
    d, client = department, as_(department.smo)
    assert client.post(f"{ONE}promise/", {"cadence_days": "9", "duty_officer": d.colleague.pk}).status_code == 302
    channel = Channel.objects.get(slug="facebook-northeast")
    assert (channel.cadence_days, channel.duty_officer) == (9, d.colleague)
    for wrong in ({"cadence_days": "0"}, {"cadence_days": "9999999999"}, {"duty_officer": d.stranger.pk}):
        answer = client.post(f"{ONE}promise/", wrong)
        assert answer.status_code == 422
        assert "thing to fix" in answer.content.decode()
    assert client.post(f"{ONE}promise/", {"cadence_days": "", "duty_officer": ""}).status_code == 302
    assert Channel.objects.get(slug="facebook-northeast").cadence_days is None


def test_a_best_window_is_set_shown_and_refused_with_one_end_or_no_length(
    department: SimpleNamespace, as_: Any
) -> None:
    client = as_(department.smo)
    assert client.post(f"{ONE}promise/", {"best_from": "17:00", "best_until": "19:00"}).status_code == 302
    assert "17:00 to 19:00" in as_(department.officer).get(ONE).content.decode()
    entry = LedgerEntry.objects.filter(type="divisions.channel.changed").latest("seq")
    assert entry.data["changed"] | {"best_from": "17:00:00", "best_until": "19:00:00"} == entry.data["changed"]
    for wrong, said in (
        ({"best_from": "17:00", "best_until": ""}, "two ends"),
        ({"best_from": "", "best_until": "17:00"}, "two ends"),
        ({"best_from": "19:00", "best_until": "19:00"}, "begins and ends at 19:00"),
        ({"best_from": "half past five", "best_until": "19:00"}, "valid time"),
    ):
        answer = client.post(f"{ONE}promise/", wrong)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert client.post(f"{ONE}promise/", {"best_from": "", "best_until": ""}).status_code == 302
    assert Channel.objects.get(slug="facebook-northeast").best_from is None


def test_a_best_window_may_run_past_midnight(department: SimpleNamespace, as_: Any) -> None:
    answer = as_(department.smo).post(f"{ONE}promise/", {"best_from": "22:00", "best_until": "02:00"})
    assert answer.status_code == 302
    assert "22:00 to 02:00" in as_(department.officer).get(ONE).content.decode()


def test_a_form_that_did_not_show_a_field_leaves_it_alone(department: SimpleNamespace, as_: Any) -> None:
    client, d = as_(department.smo), department
    everything = {"cadence_days": "9", "best_from": "17:00", "best_until": "19:00", "duty_officer": d.colleague.pk}
    assert client.post(f"{ONE}promise/", everything).status_code == 302
    for part in ({}, {"cadence_days": "9"}, {"best_from": "18:00"}, {"best_until": "20:00"}):
        assert client.post(f"{ONE}promise/", part).status_code == 302
    row = Channel.objects.get(slug="facebook-northeast")
    assert (row.cadence_days, row.duty_officer, row.best_from, row.best_until) == (9, d.colleague, time(18), time(20))


def test_our_own_pages_are_shown_but_never_managed_here(department: SimpleNamespace, as_: Any) -> None:
    page = Channel.objects.get(division=department.northeast, platform="website")
    text = as_(department.smo).get(f"{LIST}{page.slug}/").content.decode()
    assert "One of our own pages" in text
    assert "Pause it" not in text


def test_the_list_asks_as_many_queries_for_thirty_channels_as_for_three(department: SimpleNamespace, as_: Any) -> None:
    client = as_(department.smo)
    few = queries_of(client, LIST)
    Channel.objects.bulk_create(
        Channel(slug=f"page-{n}", division=department.central, platform="facebook", name=f"Page {n}", handle=f"p{n}")
        for n in range(70)
    )
    assert queries_of(client, LIST) == few
    assert "1 to 50 of 75 channels" in client.get(LIST).content.decode()
