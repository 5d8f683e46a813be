"""Posts that repeat: each occurrence once, at its wall clock, on a standing approval (P1, P2, P4, P12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posts.errors import OwnWork
from posts.models import Approval, Delivery, Pattern, Post
from posts.selectors import recurrence, repeats
from posts.services import hold, repeat, resting, review, schedule, submit
from posts.states import Basis, DeliveryState, Stage
from records.models import LedgerEntry
from tests.repeating import DAY, DUE, FIRST, WEEK, WEEKLY, gate_says, occurrences, repeating
from tests.stories import NOW, asset, draft, submitted, tick

pytestmark = pytest.mark.django_db


# ---- made once, at its wall clock


def test_approval_makes_the_first_as_always_and_the_next_two_weeks_follow(department: SimpleNamespace) -> None:
    first = repeating(department)
    pattern = Pattern.objects.get()
    assert (first.stage, first.pattern_id, pattern.revision_id) == (Stage.SCHEDULED, None, first.revision_id)
    assert first.deliveries.count() == 2
    assert repeat.materialise(now=NOW) == 1, "the next Tuesday; the one after is more than 14 days ahead"
    (second,) = occurrences(first)
    assert (second.stage, second.occurs_at, second.due_at) == (Stage.SCHEDULED, "2026-12-01T18:00", DUE + WEEK)
    assert second.author == first.author
    assert {d.state for d in second.deliveries.all()} == {DeliveryState.QUEUED}
    approval = Approval.objects.get(revision=second.revision)
    assert (approval.basis, approval.approved_by) == (Basis.PATTERN, None)
    assert approval.content_hash == second.revision.content_hash != first.revision.content_hash
    assert repeat.materialise(now=NOW) == 0


def test_the_rule_is_part_of_what_is_approved_and_older_hashes_stay(department: SimpleNamespace) -> None:
    from posts.services import fingerprint

    d = department
    once = submitted(d.northeast, d.officer, due=FIRST)
    before = fingerprint.of_revision(once)
    once.repeats = WEEKLY
    assert fingerprint.of_revision(once) != before
    once.repeats = ""
    assert fingerprint.of_revision(once) == before == once.content_hash


def test_a_tick_makes_and_sends_them_and_each_goes_out_once(department: SimpleNamespace) -> None:
    first = repeating(department)
    for step in range(6 * 7 + 2):
        tick(DUE - DAY + step * DAY + timedelta(minutes=1))
    sent = Delivery.objects.filter(state=DeliveryState.DELIVERED, channel=department.northeast_website)
    assert [row.due_at for row in sent.order_by("due_at")] == [DUE + n * WEEK for n in range(6)]
    pattern = Pattern.objects.get()
    assert (pattern.ended_by, pattern.end_reason) == (None, "Its last time is past.")
    assert len(occurrences(first)) == 5


RULES = [
    "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270531T235959",
    "FREQ=WEEKLY;BYDAY=SU;COUNT=40",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=30",
    "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20271001T235959",
    "FREQ=MONTHLY;BYDAY=2TU;COUNT=10",
    "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271001",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;UNTIL=20270531T235959",
    "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31;COUNT=3",
    "FREQ=DAILY;INTERVAL=5;COUNT=40",
    "FREQ=DAILY;UNTIL=20270401T235959",
]
ZONES = ["America/Chicago", "America/Phoenix", "Europe/London", "Australia/Lord_Howe", "UTC"]


@given(
    rule=st.sampled_from(RULES),
    zone=st.sampled_from(ZONES),
    clock=st.sampled_from(["01:30", "02:15", "12:00", "23:59"]),
    steps=st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=8),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_wall_clock_of_the_rule_is_made_once_or_named(
    department: SimpleNamespace, rule: str, zone: str, clock: str, steps: list[int]
) -> None:
    sid = transaction.savepoint()
    try:
        _check_all(department, rule, zone, clock, steps)
    finally:
        transaction.savepoint_rollback(sid)


def _check_all(d: SimpleNamespace, rule: str, zone: str, clock: str, steps: list[int]) -> None:
    d.northeast.zone = zone
    d.northeast.save(update_fields=["zone"])
    start = rrulestr(rule, dtstart=datetime.fromisoformat(f"2026-12-01T{clock}"))[0]
    first = repeating(d, rule, start.isoformat(timespec="minutes"))
    now = NOW
    for step in steps:
        now += timedelta(days=step)
        repeat.materialise(now=now)
        repeat.materialise(now=now)
    while Pattern.objects.get().ended_at is None:
        now += timedelta(days=13)
        repeat.materialise(now=now)
    expected = [at.isoformat(timespec="minutes") for at in rrulestr(rule, dtstart=start)][1:]
    there = {wall: recurrence.occurrence(wall, zone).at for wall in expected}
    made = occurrences(first)
    assert [post.occurs_at for post in made] == [wall for wall in expected if there[wall]]
    left_out = LedgerEntry.objects.filter(type="posts.pattern.left_out").count()
    assert left_out == sum(at is None for at in there.values())
    for post in made:
        if post.due_at is not None:  # what was late when it was made waits as a draft
            assert post.due_at == there[post.occurs_at]
            assert post.due_at.astimezone(ZoneInfo(zone)).isoformat()[:16] == post.occurs_at
        else:
            assert (post.stage, post.draft.wall_time) == (Stage.DRAFT, post.occurs_at)


def test_a_day_on_which_the_clock_skips_the_time_is_left_out_and_told(department: SimpleNamespace) -> None:
    first = repeating(department, "FREQ=WEEKLY;BYDAY=SU;COUNT=4", "2027-03-07T02:30")
    assert first.revision
    assert [f["code"] for f in first.revision.findings] == ["REPEAT_SKIPS"]
    repeat.materialise(now=NOW + timedelta(days=100))
    repeat.materialise(now=NOW + timedelta(days=110))
    assert [post.occurs_at for post in occurrences(first)] == ["2027-03-21T02:30", "2027-03-28T02:30"]
    entry = LedgerEntry.objects.get(type="posts.pattern.left_out", subject_id=str(first.pk))
    assert entry.data["when"] == "Sun 14 Mar 2027"
    assert "skips 02:30" in entry.data["why"]


def test_a_night_on_which_the_clock_shows_it_twice_means_the_first_passage(department: SimpleNamespace) -> None:
    first = repeating(department, "FREQ=WEEKLY;BYDAY=SU;COUNT=3", "2027-10-31T01:30")
    repeat.materialise(now=datetime(2027, 10, 30, tzinfo=UTC))
    (second,) = occurrences(first)
    assert second.due_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


def test_its_last_day_moves_with_it(department: SimpleNamespace) -> None:
    first = repeating(department, expires_on=date(2026, 11, 26))
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    assert second.revision.expires_at == first.revision.expires_at + WEEK
    assert second.draft.expires_on == date(2026, 12, 3)


def test_pictures_go_as_they_were_approved_whatever_the_library_says_now(department: SimpleNamespace) -> None:
    from posts.services import media

    d = department
    card = asset(d.northeast, d.officer, alt="The approved words of the picture")
    first = repeating(d, pictures=[card])
    media.describe(asset=card, alt_text="Other words since", credit="", by=d.officer, now=NOW)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    assert second.revision
    alts = {m.alt for v in second.revision.variants.all() for m in v.media.all()}
    assert alts == {"The approved words of the picture"}
    assert gate_says(second.deliveries.all()[0]) is None


def test_own_words_of_a_channel_are_kept(department: SimpleNamespace) -> None:
    d = department
    website = d.northeast_website
    first = repeating(
        d, channels=[website, d.facebook_northeast], own_words={d.facebook_northeast.pk: "Words for Facebook."}
    )
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    assert second.revision
    assert second.revision.variants.get(channel=d.facebook_northeast).text == "Words for Facebook."
    assert second.draft.variants.get(channel=website).text is None
    after = second.deliveries.get(channel=d.facebook_northeast).after
    assert after == second.deliveries.get(channel=website)


# ---- two ticks at once


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_make_each_occurrence_once() -> None:
    from threading import Barrier, Thread

    from tests.people import stock

    first = repeating(stock(), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=20")
    barrier, failures = Barrier(3), []

    def run() -> None:
        try:
            barrier.wait(60)
            repeat.materialise(now=NOW)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    walls = [post.occurs_at for post in occurrences(first)]
    assert len(walls) == len(set(walls)) == 9
    assert walls == sorted(walls)


def test_looking_costs_two_queries_when_there_is_nothing_to_make(
    department: SimpleNamespace, django_assert_num_queries: Any
) -> None:
    repeating(department)
    repeat.materialise(now=NOW)
    with django_assert_num_queries(2):
        assert repeat.materialise(now=NOW + timedelta(minutes=1)) == 0


def test_one_pattern_that_cannot_be_continued_does_not_stop_the_others(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeating(department, title="Broken")
    whole = repeating(department, title="Whole")
    plain = repeat._make_some
    broken = Pattern.objects.get(revision__title="Broken").pk

    def sometimes(pk: int, now: datetime) -> int:
        if pk == broken:
            raise RuntimeError("no")
        return plain(pk, now)

    monkeypatch.setattr(repeat, "_make_some", sometimes)
    assert repeat.materialise(now=NOW) == 1
    assert len(occurrences(whole)) == 1


# ---- P1, P2, P4


def test_p1_a_tampered_occurrence_does_not_go_out(department: SimpleNamespace) -> None:
    first = repeating(department)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    row = second.deliveries.get(channel=department.northeast_website)
    assert gate_says(row) is None
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE posts_variant DISABLE TRIGGER USER")
        cursor.execute("UPDATE posts_variant SET text = 'Something else' WHERE id = %s", [row.variant_id])
        cursor.execute("ALTER TABLE posts_variant ENABLE TRIGGER USER")
    closed = gate_says(row)
    assert closed is not None
    tick(DUE + WEEK + timedelta(minutes=1))
    row.refresh_from_db()
    assert row.state == DeliveryState.FAILED


def _forged(first: Post, d: SimpleNamespace, **changed: Any) -> Delivery:
    """An occurrence somebody wrote past the services, approved by pattern; with what was `changed`."""
    pattern = Pattern.objects.get(revision__post=first)
    post_fields = {"pattern": pattern, "occurs_at": "2026-12-08T18:00", **changed.pop("post", {})}
    wall = str(changed.pop("wall", "2026-12-08T18:00"))
    post = draft(d.northeast, d.officer, due=wall, channels=[d.northeast_website, d.northeast_feed], **changed)
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    Post.objects.filter(pk=post.pk).update(stage=Stage.SCHEDULED, **post_fields)
    approval = Approval.objects.create(
        revision=revision, content_hash=revision.content_hash, basis=Basis.PATTERN, approved_at=NOW
    )
    post.refresh_from_db()
    return schedule.make_deliveries(post=post, revision=revision, approval=approval, now=NOW)[0]


def test_p2_nothing_but_an_occurrence_rests_on_a_pattern(department: SimpleNamespace) -> None:
    d = department
    first = repeating(d)
    assert gate_says(_forged(first, d)) is None, "exactly what the pattern says, so the forgery proves something below"
    other: list[dict[str, Any]] = [
        {"post": {"pattern": None, "occurs_at": ""}},
        {"text": "Words that nobody approved.", "post": {"occurs_at": "2026-12-15T18:00"}, "wall": "2026-12-15T18:00"},
        {"title": "Another title", "post": {"occurs_at": "2026-12-15T18:00"}, "wall": "2026-12-15T18:00"},
        {"post": {"occurs_at": "2026-12-09T18:00"}, "wall": "2026-12-09T18:00"},
        {"post": {"occurs_at": "2026-12-15T18:00"}, "wall": "2026-12-15T19:00"},
        {"post": {"occurs_at": FIRST}, "wall": FIRST},
        {"post": {"occurs_at": "2027-01-12T18:00"}, "wall": "2027-01-12T18:00"},
        {"expires_on": date(2026, 12, 20), "post": {"occurs_at": "2026-12-15T18:00"}, "wall": "2026-12-15T18:00"},
    ]
    for changed in other:
        sid = transaction.savepoint()
        closed = gate_says(_forged(first, d, **changed))
        transaction.savepoint_rollback(sid)
        assert closed is not None, changed
        assert "no longer stands for exactly this" in closed.cause


def test_p2_a_pattern_needs_a_persons_approval_that_still_stands(department: SimpleNamespace) -> None:
    d = department
    first = repeating(d)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    row = second.deliveries.all()[0]
    Approval.objects.filter(revision=first.revision).update(
        voided_at=NOW, voided_by=d.supervisor, void_reason="For the test"
    )
    assert gate_says(row) is not None
    assert resting.standing([second.revision]) == set()  # type: ignore[list-item]
    assert repeat.materialise(now=NOW + timedelta(minutes=1)) == 0
    pattern = Pattern.objects.get()
    assert pattern.end_reason == "Nobody's approval stands for these words any more."
    second.refresh_from_db()
    assert second.stage == Stage.CANCELLED


def test_p2_the_author_cannot_approve_what_repeats(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.supervisor, due=FIRST, repeats=WEEKLY, channels=[d.northeast_website])
    with pytest.raises(OwnWork):
        review.approve(revision=revision, by=d.supervisor, now=NOW)
    assert not Pattern.objects.exists()


def test_p4_what_is_made_under_a_hold_is_born_held(department: SimpleNamespace) -> None:
    d = department
    first = repeating(d)
    hold.place(scope="all", reason="A fire", by=d.smo, now=NOW + timedelta(minutes=5))
    repeat.materialise(now=NOW + timedelta(minutes=6))
    (second,) = occurrences(first)
    assert {row.state for row in second.deliveries.all()} == {DeliveryState.HELD}
    tick(DUE + WEEK + timedelta(minutes=1))
    assert not second.deliveries.filter(first_attempt_at__isnull=False).exists()


def test_p12_what_was_due_while_nothing_ran_waits_for_a_person(department: SimpleNamespace) -> None:
    first = repeating(department)
    repeat.materialise(now=DUE + 2 * WEEK + timedelta(hours=1))
    late = occurrences(first)[:2]
    assert {post.stage for post in late} == {Stage.DRAFT}
    assert not Delivery.objects.filter(post__in=late).exists()
    why = repeats.why_not_made(late)
    assert all("time to go out has passed" in why[post.pk] for post in late)
