"""The desk's home and its frame: what each role is shown, in which order, and with how many queries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions.access import rights
from divisions.models import Channel
from posts.models import Delivery, Heartbeat
from posts.selectors import needs
from posts.services import hold, review
from posts.states import DeliveryState
from tests import stories
from tests.counting import queries_of
from tests.stories import NOW

URL = "/desk/"
TOMORROW = "2026-11-25T18:00"


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def page(as_: Any, person: Any, url: str = URL) -> str:
    answer = as_(person).get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(person: Any) -> list[str]:
    """What needs a person, in order."""
    return [need.title for need in needs.rows(rights(person), now=NOW)]


def doubtful(post: Any, state: str = DeliveryState.UNCERTAIN) -> Delivery:
    """One of the post's deliveries, put in a state as an outage would leave it."""
    row = post.deliveries.first()
    Delivery.objects.filter(pk=row.pk).update(state=state, state_at=NOW, problem={"cause": "The line went dead."})
    return row


def test_a_stranger_to_the_desk_is_asked_to_sign_in(client: Any, department: SimpleNamespace) -> None:
    assert client.get(URL).status_code == 302


def test_an_empty_desk_says_so_and_what_comes_next(department: SimpleNamespace, as_: Any) -> None:
    text = page(as_, department.officer)
    assert "Nothing needs you now" in text
    assert "Nothing waits for you." in text
    assert "Nothing is due in the next three days." in text


def test_an_officer_is_shown_her_own_work_that_waits_and_nobody_elses(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.draft(d.northeast, d.officer, title="A draft with a clock", due=TOMORROW)
    stories.draft(d.northeast, d.officer, title="A draft without one")
    stories.draft(d.northeast, d.colleague, title="A colleague's draft", due=TOMORROW)
    back = stories.submitted(d.northeast, d.officer, title="Sent back")
    review.request_changes(revision=back, by=d.supervisor, note="Say which street.", now=NOW)
    assert titles(d.officer) == ["A draft with a clock", "Sent back"]
    assert "Supervisor, Northeast: “Say which street.”" in page(as_, d.officer)
    assert "Two things need you" in page(as_, d.officer)


def test_a_supervisor_is_shown_reviews_by_their_clock_but_not_her_own(department: SimpleNamespace) -> None:
    d = department
    stories.submitted(d.northeast, d.officer, title="Due later", due=TOMORROW)
    stories.submitted(d.northeast, d.officer, title="Due first", due="2026-11-24T12:00")
    stories.submitted(d.northeast, d.supervisor, title="Written by herself", due="2026-11-24T11:00")
    assert titles(d.supervisor) == ["Due first", "Due later"]
    assert titles(d.officer) == []
    assert titles(d.stranger) == []


def test_what_was_edited_by_the_reviewer_is_not_offered_to_her(department: SimpleNamespace) -> None:
    d = department
    revision = stories.submitted(d.northeast, d.officer, title="Touched by two")
    review.recall(post=revision.post, by=d.supervisor, now=NOW)
    post = stories.Post.objects.get(pk=revision.post_id)
    data = stories.DraftInput(kind="update", title="Touched by two", text="Her words.",
                              channels={v.channel_id: None for v in post.draft.variants.all()})  # fmt: skip
    stories.compose.save(post=post, version=post.draft.version, data=data, by=d.supervisor, now=NOW)
    stories.submit.submit(post=post, by=d.officer, now=NOW)
    assert titles(d.supervisor) == []
    assert titles(d.smo) == ["Touched by two"]


def test_deliveries_in_doubt_wait_for_who_may_decide_only(department: SimpleNamespace, as_: Any) -> None:
    d = department
    doubtful(stories.live(d.northeast, d.officer, d.supervisor, title="Sent, no answer"))
    assert titles(d.supervisor) == ["Sent, no answer"]
    assert titles(d.smo) == ["Sent, no answer"]
    assert titles(d.officer) == []
    assert "One nobody can vouch for yet." in page(as_, d.officer)  # she reads it under "Came back"


def test_a_hand_off_waits_for_who_may_paste_the_link(department: SimpleNamespace) -> None:
    d = department
    post = stories.approved(d.headquarters, d.smo, d.boss, title="Post me by hand", channels=[d.nixle])
    stories.tick(NOW + timedelta(minutes=2))
    assert post.deliveries.get().state == DeliveryState.AWAITING_PROOF
    assert titles(d.smo) == ["Post me by hand"]
    assert titles(d.moderator) == []


def test_an_expired_post_asks_for_a_new_time(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.submitted(d.northeast, d.officer, title="Nobody looked", due="2026-11-24T12:00")
    review.expire_overdue(now=NOW + timedelta(hours=4))
    text = page(as_, d.officer)
    assert "Pick a new time" in text
    assert "Nobody approved it in time." in text


def test_due_shows_three_days_and_not_another_divisions_posts(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, title="Within three days", due=TOMORROW)
    stories.approved(d.northeast, d.officer, d.supervisor, title="Next week", due="2026-12-02T09:00")
    assert "Within three days" in page(as_, d.officer)
    assert "Next week" not in page(as_, d.officer)
    assert "Within three days" not in page(as_, d.stranger)
    assert "Within three days" in page(as_, d.smo)


def test_of_a_linked_channel_only_its_name_and_ones_own_moments_are_shown(
    department: SimpleNamespace, as_: Any
) -> None:
    d = department
    stories.approved(d.central, d.stranger, d.smo, channels=[d.x_department], due="2026-11-24T22:22")
    text = page(as_, d.officer)
    assert "@TestPD, linked" in text
    assert "22:22" not in text
    assert "/desk/channels/x-department/" not in text


def test_who_is_on_names_who_can_approve_here_and_never_oneself(department: SimpleNamespace, as_: Any) -> None:
    d = department
    assert "Supervisor, Northeast can approve." in page(as_, d.officer)
    assert "Supervisor, Northeast can approve." not in page(as_, d.supervisor)
    assert "Supervisor, Headquarters" not in page(as_, d.officer).split("Who is on")[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("who", "there", "absent"),
    [
        ("officer", ["/desk/media/", "/desk/channels/"], ["/desk/review/", "/desk/wall/", "/admin/"]),
        ("supervisor", ["/desk/review/", "/desk/media/"], ["/desk/wall/"]),
        ("smo", ["/desk/review/", "/desk/wall/", "/desk/staff/"], ["/admin/"]),
        ("auditor", ["/desk/wall/", "/desk/calendar/"], ["/desk/review/", "/desk/posts/new/"]),
    ],
)
def test_the_rail_leads_only_where_the_person_may_go(
    department: SimpleNamespace, as_: Any, who: str, there: list[str], absent: list[str]
) -> None:
    text = page(as_, getattr(department, who))
    assert all(f'href="{url}"' in text for url in there)
    assert not any(f'href="{url}"' in text for url in absent)


def test_every_link_of_the_rail_opens(department: SimpleNamespace, as_: Any) -> None:
    for who in ("officer", "supervisor", "smo", "auditor", "moderator"):
        client = as_(getattr(department, who))
        nav = client.get(URL).context["nav"]
        areas = [*nav["areas"], *(area for group in nav["groups"] for area in group["areas"])]
        assert {client.get(area["url"]).status_code for area in areas} == {200}


def test_sending_is_believed_only_while_it_beats(department: SimpleNamespace, as_: Any) -> None:
    assert "Sending has not started" in page(as_, department.officer)
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(seconds=4))
    assert "Sending works, 4 s ago" in page(as_, department.officer)
    Heartbeat.objects.update(beat_at=NOW - timedelta(minutes=3))
    assert "Sending stopped 3 min ago" in page(as_, department.officer)


def test_a_hold_is_said_on_every_desk_page_of_whom_it_touches(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, due=TOMORROW)
    stop = hold.place(scope="division", division=d.northeast, reason="A major incident", by=d.supervisor, now=NOW)
    assert "Posting is on hold for Northeast Patrol Division" in page(as_, d.officer, "/desk/posts/")
    assert "1 held" in page(as_, d.officer)
    assert "Posting is on hold" in page(as_, d.smo)
    assert "Posting is on hold" not in page(as_, d.stranger)
    hold.release(hold=stop, by=d.supervisor, now=NOW)
    assert "Posting is on hold" not in page(as_, d.officer)
    assert "The hold is released." in page(as_, d.supervisor)


def test_a_hold_for_every_account_reaches_every_desk(department: SimpleNamespace, as_: Any) -> None:
    hold.place(scope="all", reason="A major incident", by=department.smo, now=NOW)
    for who in ("officer", "stranger", "auditor"):
        assert "Posting is on hold for every account" in page(as_, getattr(department, who))


def test_a_drill_wears_its_word_and_stops_nothing(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, due=TOMORROW)
    hold.place(scope="all", reason="The yearly rehearsal", by=d.smo, drill=True, now=NOW)
    text = page(as_, d.officer)
    assert "DRILL" in text
    assert "Posting would be on hold for every account" in text
    assert "Nothing really stops." in text


def test_the_counts_of_the_rail_are_those_of_the_pages(department: SimpleNamespace, as_: Any) -> None:
    d = department
    for n in range(10):
        stories.submitted(d.northeast, d.officer, title=f"Post {n}", due=TOMORROW)
    nav = as_(d.supervisor).get(URL).context["nav"]
    counts = {area["label"]: area["count"] for area in nav["areas"]}
    assert counts["Home"] == counts["Review"] == 10
    assert "The 8 most urgent of 10" in page(as_, d.supervisor)


def test_somebody_without_any_duty_gets_a_page_that_says_so(superuser: Any, as_: Any) -> None:
    text = page(as_, superuser)
    assert "No duties entered" in text
    assert "No channel is open to you." in text


def test_home_asks_as_many_queries_for_thirty_rows_as_for_three(department: SimpleNamespace, as_: Any) -> None:
    d = department

    def write(numbers: range) -> None:
        for n in numbers:
            stories.submitted(d.northeast, d.officer, title=f"Review {n}", due=TOMORROW)
            stories.draft(d.northeast, d.supervisor, title=f"Draft {n}", due=TOMORROW)
            stories.approved(d.northeast, d.officer, d.supervisor, title=f"Due {n}", due=TOMORROW)
            doubtful(stories.live(d.northeast, d.officer, d.supervisor, title=f"Doubt {n}"))

    write(range(3))
    few = {who: queries_of(as_(getattr(d, who)), URL) for who in ("supervisor", "smo")}
    write(range(3, 12))
    Channel.objects.bulk_create(
        Channel(slug=f"page-{n}", division=d.northeast, platform="facebook", name=f"Page {n}", handle=f"p{n}")
        for n in range(20)
    )
    assert {who: queries_of(as_(getattr(d, who)), URL) for who in few} == few
