"""The list of posts and one post's page: what is told, what may be pressed, by whom; deliveries decided by people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.utils.html import strip_tags

from posts import services
from posts.models import Attempt, Delivery, Post
from posts.selectors import presence, timeline
from posts.services import hold, review
from posts.states import DeliveryState, Stage
from records.models import LedgerEntry
from tests import stories
from tests.counting import queries_of
from tests.stories import NOW

LIST = "/desk/posts/"
LATER = "2026-11-24T18:00"
PROBLEM = {"cause": "X refused it: too loud.", "who": "Whoever wrote the post.", "press": "Change a word."}


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def scheduled(department: SimpleNamespace) -> Post:
    """A post of Northeast that goes out this evening on its page, feed, Facebook and the linked X."""
    return stories.approved(department.northeast, department.officer, department.supervisor, due=LATER)


@pytest.fixture
def out(department: SimpleNamespace) -> Post:
    """A post that is live on Northeast's page and feed."""
    return stories.live(department.northeast, department.officer, department.supervisor)


def page_of(as_: Any, person: Any, post: Post) -> str:
    answer = as_(person).get(f"/desk/posts/{post.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def put(post: Post, state: str, platform: str = "facebook", **more: Any) -> Delivery:
    """One delivery of a post in a state, as the platform's answer would leave it."""
    row = post.deliveries.filter(channel__platform=platform).get()
    more = {"problem": PROBLEM, "first_attempt_at": NOW, "state_at": NOW, "after": None, **more}
    Delivery.objects.filter(pk=row.pk).update(state=state, **more)
    return Delivery.objects.select_related("channel").get(pk=row.pk)


# ---- the list


def test_the_list_shows_own_division_only_and_finds_words_of_titles(department: SimpleNamespace, as_: Any) -> None:
    d = department
    stories.draft(d.northeast, d.officer, title="Oak Street is closed")
    stories.draft(d.central, d.stranger, title="Elm Street is closed")
    text = as_(d.officer).get(LIST).content.decode()
    assert "Oak Street" in text
    assert "Elm Street" not in text
    assert "Elm Street" not in as_(d.officer).get(LIST, {"q": "Elm"}).content.decode()
    assert "Elm Street" in as_(d.smo).get(LIST, {"q": "elm"}).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"stage": "draft"}, {"Draft"}),
        ({"stage": "in_review"}, {"Waiting"}),
        ({"kind": "update", "mine": "1"}, {"Draft", "Waiting", "Live"}),
        ({"where": "delivered"}, {"Live"}),
        ({"where": "trouble"}, set()),
        ({"where": "nonsense", "stage": "nonsense", "page": "9999"}, {"Draft", "Waiting", "Live"}),
        ({"channel": "website-northeast"}, set()),
        ({"q": "\x00"}, {"Draft", "Waiting", "Live"}),
    ],
)
def test_filters_narrow_and_unknown_ones_do_not(
    department: SimpleNamespace, as_: Any, query: dict[str, str], found: set[str]
) -> None:
    d = department
    stories.draft(d.northeast, d.officer, title="Draft")
    stories.submitted(d.northeast, d.officer, title="Waiting")
    stories.live(d.northeast, d.officer, d.supervisor, title="Live")
    answer = as_(d.officer).get(LIST, query)
    assert {str(line["post"]) for line in answer.context["rows"]} == found


def test_an_empty_list_says_why(department: SimpleNamespace, as_: Any) -> None:
    assert "There is no post yet." in as_(department.officer).get(LIST).content.decode()
    assert "No post is like that." in as_(department.officer).get(LIST, {"q": "x"}).content.decode()


def test_the_list_asks_as_many_queries_for_thirty_posts_as_for_three(department: SimpleNamespace, as_: Any) -> None:
    d = department

    def write(count: int) -> None:
        for _ in range(count):
            stories.draft(d.northeast, d.officer)
        stories.live(d.northeast, d.officer, d.supervisor)

    write(2)
    few = queries_of(as_(d.smo), LIST)
    write(28)
    assert queries_of(as_(d.smo), LIST) == few
    assert "1 to 25 of 32 posts" in as_(d.smo).get(LIST).content.decode()


# ---- presence


def test_presence_is_read_from_deliveries_in_one_query(
    department: SimpleNamespace, out: Post, scheduled: Post, django_assert_num_queries: Any
) -> None:
    put(scheduled, DeliveryState.DELIVERED, "website")
    put(scheduled, DeliveryState.FAILED)
    put(scheduled, DeliveryState.UNCERTAIN, "x")
    draft = stories.draft(department.northeast, department.officer)
    with django_assert_num_queries(1):
        found = presence.of_posts([out, scheduled, draft])
    assert [found[p.pk].key for p in (out, scheduled, draft)] == ["live", "partly_live", Stage.DRAFT]
    sentence = "Live in 1 of 4 places. One failed, one nobody can vouch for yet, one is queued."
    assert found[scheduled.pk].sentence == sentence
    assert found[scheduled.pk].trouble == "One failed, one nobody can vouch for yet."


@pytest.mark.parametrize(
    ("states", "key"),
    [
        (["failed", "queued"], "failed"),
        (["uncertain", "missed"], "uncertain"),
        (["cancelled", "delivered"], "live"),
        (["withdrawn", "withdrawn"], "withdrawn"),
        (["withdrawn", "delivered"], "partly_live"),
        (["cancelled", "cancelled"], Stage.SCHEDULED),
    ],
)
def test_presence_says_the_worst_when_nothing_is_live(states: list[str], key: str) -> None:
    rows = [Delivery(act="publish", state=state) for state in states]
    assert presence.of_deliveries(Stage.SCHEDULED, rows).key == key


# ---- one post


def test_another_divisions_post_does_not_exist(scheduled: Post, department: SimpleNamespace, as_: Any) -> None:
    client, delivery = as_(department.stranger), scheduled.deliveries.first()
    for url in (
        f"/desk/posts/{scheduled.pk}/",
        f"/desk/posts/{scheduled.pk}/retime/",
        f"/desk/deliveries/{delivery.pk}/",
    ):
        assert client.get(url).status_code == 404
    for verb in ("prove", "send-again", "keep", "drop"):
        assert client.post(f"/desk/deliveries/{delivery.pk}/{verb}/").status_code == 404
    assert client.get("/desk/deliveries/999999/").status_code == 404


def test_the_page_tells_what_was_approved_and_where_it_goes(
    scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    text = page_of(as_, department.officer, scheduled)
    approval = scheduled.revision.approvals.get()
    assert "Use Elm Street." in text
    assert approval.number in text
    assert scheduled.revision.content_hash in text
    assert "Goes out today 18:00" in strip_tags(text)
    assert "Supervisor, Northeast approved revision 1" in text


def test_failed_answers_three_questions_and_stands_first(
    scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    row = put(scheduled, DeliveryState.FAILED)
    text = page_of(as_, department.supervisor, scheduled)
    for words in ("What happened", PROBLEM["cause"], "Who can fix", PROBLEM["who"], "What to press", PROBLEM["press"]):
        assert words in text
    assert text.index(f"delivery-{row.pk}") < min(
        text.index(f"delivery-{d.pk}") for d in scheduled.deliveries.exclude(pk=row.pk)
    )
    assert f"/desk/deliveries/{row.pk}/send-again/" in text


def test_an_officer_sees_the_same_facts_and_who_decides(scheduled: Post, department: SimpleNamespace, as_: Any) -> None:
    row = put(scheduled, DeliveryState.FAILED)
    text = page_of(as_, department.officer, scheduled)
    assert PROBLEM["cause"] in text
    assert "You see it, but do not decide it. A supervisor, or the social media officer can" in text
    assert f"/desk/deliveries/{row.pk}/send-again/" not in text
    assert as_(department.officer).post(f"/desk/deliveries/{row.pk}/drop/").status_code == 403


def test_uncertain_offers_two_ways_and_is_not_sent_again_without_a_look(
    scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    row = put(scheduled, DeliveryState.UNCERTAIN, "x")
    Delivery.objects.filter(pk=row.pk).update(due_at=NOW)
    client = as_(department.supervisor)
    text = page_of(as_, department.supervisor, scheduled)
    assert "It is not sent again by itself." in text
    assert "It went out" in text
    assert "I looked, it is not there" in text
    with time_machine.travel(scheduled.revision.not_before, tick=False):
        answer = client.post(f"/desk/deliveries/{row.pk}/send-again/")
        assert answer.status_code == 422
        assert "Look at the account first" in answer.content.decode()
        assert client.post(f"/desk/deliveries/{row.pk}/send-again/", {"looked": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.state == DeliveryState.AWAITING_RETRY


def test_a_pasted_link_proves_it_and_a_wrong_one_keeps_what_was_typed(
    scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    row = put(scheduled, DeliveryState.UNCERTAIN, "x")
    client = as_(department.supervisor)
    wrong = client.post(f"/desk/deliveries/{row.pk}/prove/", {"link": "https://elsewhere.example/1"})
    assert wrong.status_code == 422
    assert "This is not a link to x.example." in wrong.content.decode()
    assert 'value="https://elsewhere.example/1"' in wrong.content.decode()
    assert client.post(f"/desk/deliveries/{row.pk}/prove/", {"link": "https://x.example/TestPD/1"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.remote_url) == (DeliveryState.DELIVERED, "https://x.example/TestPD/1")


def test_a_hand_off_shows_the_pack_and_takes_the_link(department: SimpleNamespace, as_: Any) -> None:
    d = department
    post = stories.approved(d.headquarters, d.smo, d.boss, text="Paste me.", channels=[d.nixle])
    stories.tick(NOW + timedelta(minutes=2))
    row = post.deliveries.get()
    text = page_of(as_, d.smo, post)
    assert "The pack" in text
    assert "Paste me." in text
    link = "https://nixle.example/test-police-department/7"
    assert as_(d.smo).post(f"/desk/deliveries/{row.pk}/prove/", {"link": link}).status_code == 302
    assert link in page_of(as_, d.smo, post)


def test_missed_can_be_sent_now_or_left_unsent(scheduled: Post, department: SimpleNamespace, as_: Any) -> None:
    row = put(scheduled, DeliveryState.MISSED, first_attempt_at=None)
    client = as_(department.supervisor)
    assert "Send it now" in page_of(as_, department.supervisor, scheduled)
    assert client.post(f"/desk/deliveries/{row.pk}/drop/").status_code == 302
    assert "Nothing was sent." in page_of(as_, department.supervisor, scheduled)
    again = client.post(f"/desk/deliveries/{row.pk}/drop/", follow=True)
    assert "cannot become" in again.content.decode()


def test_held_opens_only_after_the_release_and_by_a_persons_hand(
    scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    d, client, now = department, as_(department.supervisor), NOW + timedelta(minutes=5)
    stop = hold.place(scope="all", reason="A major incident", by=d.smo, now=now)
    row = scheduled.deliveries.filter(channel__platform="website").get()
    text = page_of(as_, d.supervisor, scheduled)
    assert "A hold stops it." in text
    assert f"/desk/deliveries/{row.pk}/keep/" not in text
    assert "still" in client.post(f"/desk/deliveries/{row.pk}/keep/", follow=True).content.decode()
    hold.release(hold=stop, by=d.smo, now=now)
    text = page_of(as_, d.supervisor, scheduled)
    assert "The hold is released." in text
    assert "Let it go" in page_of(as_, d.supervisor, scheduled)
    assert "Let it go" not in page_of(as_, d.officer, scheduled)
    assert client.post(f"/desk/deliveries/{row.pk}/keep/").status_code == 302
    row.refresh_from_db()
    assert row.state == DeliveryState.QUEUED


def test_delivered_is_two_quiet_lines_with_its_link(out: Post, department: SimpleNamespace, as_: Any) -> None:
    text = page_of(as_, department.officer, out)
    assert f"http://testserver{out.get_absolute_url()}" in text
    assert "Live in 2 of 2 places." in text
    assert "It is out, so its words are fixed. Your supervisor can correct it." in text
    assert f"/desk/posts/{out.pk}/change/" not in text


@pytest.mark.parametrize(
    ("who", "offered", "withheld"),
    [
        ("officer", ["change", "cancel"], ["retime"]),
        ("supervisor", ["change", "cancel", "retime"], []),
        ("auditor", [], ["change", "cancel", "retime"]),
    ],
)
def test_a_scheduled_post_offers_what_the_person_may_do(
    scheduled: Post, department: SimpleNamespace, as_: Any, who: str, offered: list[str], withheld: list[str]
) -> None:
    text = page_of(as_, getattr(department, who), scheduled)
    assert all(f"/desk/posts/{scheduled.pk}/{verb}/" in text for verb in offered)
    assert not any(f"/desk/posts/{scheduled.pk}/{verb}/" in text for verb in withheld)
    if "retime" in withheld:
        assert "Re-time: Your supervisor can re-time it." in text


def test_stages_offer_their_next_step(department: SimpleNamespace, as_: Any) -> None:
    d = department
    draft = stories.draft(d.northeast, d.officer)
    assert f"/desk/posts/{draft.pk}/edit/" in page_of(as_, d.officer, draft)
    waiting = stories.submitted(d.northeast, d.officer).post
    assert f"/desk/posts/{waiting.pk}/recall/" in page_of(as_, d.officer, waiting)
    assert f"/desk/review/{waiting.pk}/" not in page_of(as_, d.officer, waiting)
    assert f"/desk/review/{waiting.pk}/" in page_of(as_, d.supervisor, waiting)


def test_a_change_that_was_asked_for_is_quoted(department: SimpleNamespace, as_: Any) -> None:
    d = department
    revision = stories.submitted(d.northeast, d.officer)
    review.request_changes(revision=revision, by=d.supervisor, note="Say which street.", now=NOW)
    text = page_of(as_, d.officer, revision.post)
    assert "What the reviewer said" in text
    assert "Make the change" in text


# ---- re-timing


def test_retiming_keeps_the_approval_inside_its_range(scheduled: Post, department: SimpleNamespace, as_: Any) -> None:
    url = f"/desk/posts/{scheduled.pk}/retime/"
    assert 'value="18:00"' in as_(department.supervisor).get(url).content.decode()
    assert as_(department.supervisor).post(url, {"day": "2026-11-24", "clock": "19:30"}).status_code == 302
    assert "Goes out today 19:30" in strip_tags(page_of(as_, department.supervisor, scheduled))
    assert as_(department.officer).get(url).status_code == 403


@pytest.mark.parametrize(
    ("day", "clock", "message"),
    [
        ("2026-11-26", "18:00", "outside the time that was approved"),
        ("2026-11-24", "08:00", "That time has passed."),
        ("", "", "This field is required."),
        ("2026-02-30", "25:00", "Enter a valid"),
    ],
)
def test_a_wrong_time_is_said_at_the_field_and_what_was_typed_stays(
    scheduled: Post, department: SimpleNamespace, as_: Any, day: str, clock: str, message: str
) -> None:
    answer = as_(department.supervisor).post(f"/desk/posts/{scheduled.pk}/retime/", {"day": day, "clock": clock})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert f'value="{clock}"' in answer.content.decode() or not clock


# ---- attempts and timeline


def test_attempts_show_the_platforms_words_and_how_each_call_ended(
    scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    row = put(scheduled, DeliveryState.FAILED)
    Attempt.objects.create(delivery=row, number=1, step="post", started_at=NOW, ended_at=NOW + timedelta(seconds=2),
                           outcome="refused", status=403, words="(#200) no permission", request_id="req-7")  # fmt: skip
    Attempt.objects.create(delivery=row, number=2, step="post", started_at=NOW)
    text = as_(department.officer).get(f"/desk/deliveries/{row.pk}/").content.decode()
    for words in ("(#200) no permission", "req-7", "2.0 s", "Refused", "no answer yet"):
        assert words in text


def test_the_timeline_tells_every_entry_type_that_the_services_write(out: Post, scheduled: Post) -> None:
    written = set(LedgerEntry.objects.filter(subject_type="post").values_list("type", flat=True))
    assert written
    assert written <= set(timeline.TELLING)


def test_the_timeline_has_a_sentence_for_every_act_that_the_services_name() -> None:
    source = "".join(path.read_text() for path in sorted(Path(services.__file__).parent.glob("*.py")))
    acts = {f"posts.delivery.{act}" for act in re.findall(r'about_delivery\(\s*"([a-z_]+)"', source)}
    acts |= {f"posts.{act}" for act in re.findall(r'remember\(\s*"((?:post|revision|approval)\.[a-z_]+)"', source)}
    assert len(acts) > 12
    assert acts <= set(timeline.TELLING)


def test_the_timeline_gathers_what_moved_together_and_is_bounded(scheduled: Post) -> None:
    lines, entries = timeline.of_post(scheduled)
    queued = [line.words for line in lines if line.words.endswith("queued")]
    assert queued == ["Public page, Feed, Facebook, Northeast Patrol Division and X, Test Police Department: queued"]
    assert entries == 7
    assert len(lines) == 4


def test_a_post_page_asks_as_many_queries_for_many_deliveries_as_for_two(
    out: Post, scheduled: Post, department: SimpleNamespace, as_: Any
) -> None:
    client = as_(department.smo)
    assert queries_of(client, f"/desk/posts/{scheduled.pk}/") <= queries_of(client, f"/desk/posts/{out.pk}/") + 1
