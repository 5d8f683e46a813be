"""Posts that repeat: each occurrence once, at its wall clock, on its pattern's approval, stoppable, never unseen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import LinkRule, Membership
from divisions.services import channels as channel_service
from posts.errors import OwnWork, StopsOpen
from posts.models import Approval, Delivery, Pattern, Post
from posts.selectors import needs, recurrence, repeats, rrules
from posts.services import compose, gate, hold, repeat, resting, review, schedule, submit
from posts.states import Basis, DeliveryState, Stage
from records.models import LedgerEntry
from tests.stories import NOW, approved, asset, draft, submitted, tick

pytestmark = pytest.mark.django_db

FIRST = "2026-11-24T18:00"  # a Tuesday
WEEKLY = "FREQ=WEEKLY;BYDAY=TU;COUNT=6"
DUE = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def _repeating(d: SimpleNamespace, rule: str = WEEKLY, due: str = FIRST, **kwargs: Any) -> Post:
    """An approved post that repeats, on our own pages unless `channels` says otherwise."""
    kwargs.setdefault("channels", [d.northeast_website, d.northeast_feed])
    return approved(d.northeast, d.officer, d.supervisor, due=due, repeats=rule, **kwargs)


def _occurrences(first: Post) -> list[Post]:
    found = Post.objects.filter(pattern__revision__post=first).select_related("revision", "division")
    return list(found.order_by("occurs_at"))


def _open(row: Delivery) -> gate.Closed | None:
    """What the gate says of a delivery at its time."""
    fresh = Delivery.objects.select_related("channel", "post__division", "revision__post", "variant__channel")
    row = fresh.get(pk=row.pk)
    return gate.look(row, now=row.due_at)


# ---- made once, at its wall clock


def test_approval_makes_the_first_as_always_and_the_next_two_weeks_follow(department: SimpleNamespace) -> None:
    first = _repeating(department)
    pattern = Pattern.objects.get()
    assert (first.stage, first.pattern_id, pattern.revision_id) == (Stage.SCHEDULED, None, first.revision_id)
    assert first.deliveries.count() == 2
    assert repeat.materialise(now=NOW) == 1, "the next Tuesday; the one after is more than 14 days ahead"
    (second,) = _occurrences(first)
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
    first = _repeating(department)
    for step in range(6 * 7 + 2):
        tick(DUE - DAY + step * DAY + timedelta(minutes=1))
    sent = Delivery.objects.filter(state=DeliveryState.DELIVERED, channel=department.northeast_website)
    assert [row.due_at for row in sent.order_by("due_at")] == [DUE + n * WEEK for n in range(6)]
    pattern = Pattern.objects.get()
    assert (pattern.ended_by, pattern.end_reason) == (None, "Its last time is past.")
    assert len(_occurrences(first)) == 5


RULES = [
    "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270531T235959",
    "FREQ=WEEKLY;BYDAY=SU;COUNT=40",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=30",
    "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20271001T235959",
    "FREQ=MONTHLY;BYDAY=2TU;COUNT=10",
    "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271001",
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
    first = _repeating(d, rule, start.isoformat(timespec="minutes"))
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
    made = _occurrences(first)
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
    first = _repeating(department, "FREQ=WEEKLY;BYDAY=SU;COUNT=4", "2027-03-07T02:30")
    assert first.revision
    assert [f["code"] for f in first.revision.findings] == ["REPEAT_SKIPS"]
    repeat.materialise(now=NOW + timedelta(days=100))
    repeat.materialise(now=NOW + timedelta(days=110))
    assert [post.occurs_at for post in _occurrences(first)] == ["2027-03-21T02:30", "2027-03-28T02:30"]
    entry = LedgerEntry.objects.get(type="posts.pattern.left_out", subject_id=str(first.pk))
    assert entry.data["when"] == "Sun 14 Mar 2027"
    assert "skips 02:30" in entry.data["why"]


def test_a_night_on_which_the_clock_shows_it_twice_means_the_first_passage(department: SimpleNamespace) -> None:
    first = _repeating(department, "FREQ=WEEKLY;BYDAY=SU;COUNT=3", "2027-10-31T01:30")
    repeat.materialise(now=datetime(2027, 10, 30, tzinfo=UTC))
    (second,) = _occurrences(first)
    assert second.due_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)


def test_its_last_day_moves_with_it(department: SimpleNamespace) -> None:
    first = _repeating(department, expires_on=date(2026, 11, 26))
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    assert second.revision.expires_at == first.revision.expires_at + WEEK
    assert second.draft.expires_on == date(2026, 12, 3)


def test_pictures_go_as_they_were_approved_whatever_the_library_says_now(department: SimpleNamespace) -> None:
    from posts.services import media

    d = department
    card = asset(d.northeast, d.officer, alt="The approved words of the picture")
    first = _repeating(d, pictures=[card])
    media.describe(asset=card, alt_text="Other words since", credit="", by=d.officer, now=NOW)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    assert second.revision
    alts = {m.alt for v in second.revision.variants.all() for m in v.media.all()}
    assert alts == {"The approved words of the picture"}
    assert _open(second.deliveries.all()[0]) is None


def test_own_words_of_a_channel_are_kept(department: SimpleNamespace) -> None:
    d = department
    website = d.northeast_website
    first = _repeating(
        d, channels=[website, d.facebook_northeast], own_words={d.facebook_northeast.pk: "Words for Facebook."}
    )
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
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

    first = _repeating(stock(), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=20")
    barrier, failures = Barrier(3), []

    def run() -> None:
        try:
            barrier.wait(10)
            repeat.materialise(now=NOW)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    walls = [post.occurs_at for post in _occurrences(first)]
    assert len(walls) == len(set(walls)) == 9
    assert walls == sorted(walls)


def test_looking_costs_two_queries_when_there_is_nothing_to_make(
    department: SimpleNamespace, django_assert_num_queries: Any
) -> None:
    _repeating(department)
    repeat.materialise(now=NOW)
    with django_assert_num_queries(2):
        assert repeat.materialise(now=NOW + timedelta(minutes=1)) == 0


def test_one_pattern_that_cannot_be_continued_does_not_stop_the_others(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _repeating(department, title="Broken")
    whole = _repeating(department, title="Whole")
    plain = repeat._make_some
    broken = Pattern.objects.get(revision__title="Broken").pk

    def sometimes(pk: int, now: datetime) -> int:
        if pk == broken:
            raise RuntimeError("no")
        return plain(pk, now)

    monkeypatch.setattr(repeat, "_make_some", sometimes)
    assert repeat.materialise(now=NOW) == 1
    assert len(_occurrences(whole)) == 1


# ---- P1, P2, P4


def test_p1_a_tampered_occurrence_does_not_go_out(department: SimpleNamespace) -> None:
    first = _repeating(department)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    row = second.deliveries.get(channel=department.northeast_website)
    assert _open(row) is None
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE posts_variant DISABLE TRIGGER USER")
        cursor.execute("UPDATE posts_variant SET text = 'Something else' WHERE id = %s", [row.variant_id])
        cursor.execute("ALTER TABLE posts_variant ENABLE TRIGGER USER")
    closed = _open(row)
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
    first = _repeating(d)
    assert _open(_forged(first, d)) is None, "exactly what the pattern says, so the forgery proves something below"
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
        closed = _open(_forged(first, d, **changed))
        transaction.savepoint_rollback(sid)
        assert closed is not None, changed
        assert "no longer stands for exactly this" in closed.cause


def test_p2_a_pattern_needs_a_persons_approval_that_still_stands(department: SimpleNamespace) -> None:
    d = department
    first = _repeating(d)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    row = second.deliveries.all()[0]
    Approval.objects.filter(revision=first.revision).update(
        voided_at=NOW, voided_by=d.supervisor, void_reason="For the test"
    )
    assert _open(row) is not None
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
    first = _repeating(d)
    hold.place(scope="all", reason="A fire", by=d.smo, now=NOW + timedelta(minutes=5))
    repeat.materialise(now=NOW + timedelta(minutes=6))
    (second,) = _occurrences(first)
    assert {row.state for row in second.deliveries.all()} == {DeliveryState.HELD}
    tick(DUE + WEEK + timedelta(minutes=1))
    assert not second.deliveries.filter(first_attempt_at__isnull=False).exists()


def test_p12_what_was_due_while_nothing_ran_waits_for_a_person(department: SimpleNamespace) -> None:
    first = _repeating(department)
    repeat.materialise(now=DUE + 2 * WEEK + timedelta(hours=1))
    late = _occurrences(first)[:2]
    assert {post.stage for post in late} == {Stage.DRAFT}
    assert not Delivery.objects.filter(post__in=late).exists()
    why = repeats.why_not_made(late)
    assert all("time to go out has passed" in why[post.pk] for post in late)


# ---- what forbids it by then


def test_a_retired_channel_a_link_that_ended_or_a_right_that_is_gone_leaves_a_draft_and_says_why(
    department: SimpleNamespace,
) -> None:
    d = department
    reasons = {
        "is retired": lambda: channel_service.move_channel(channel=d.facebook_northeast, to="retired", by=None),
        "no longer takes posts": lambda: channel_service.revoke_link(
            link=LinkRule.objects.get(source_channel=d.facebook_northeast), by=None
        ),
        "no longer submits posts": lambda: Membership.objects.filter(user=d.officer).update(revoked_at=timezone.now()),
    }
    for words, happens in reasons.items():
        sid = transaction.savepoint()
        first = _repeating(d, channels=[d.northeast_website, d.facebook_northeast, d.x_department])
        happens()
        assert repeat.materialise(now=NOW) == 0
        (second,) = _occurrences(first)
        assert (second.stage, second.deliveries.count()) == (Stage.DRAFT, 0)
        assert words in repeats.why_not_made([second])[second.pk]
        entry = LedgerEntry.objects.get(type="posts.post.not_repeated", subject_id=str(second.pk))
        assert words in entry.data["why"]
        transaction.savepoint_rollback(sid)


def test_where_two_have_to_approve_by_now_one_approval_carries_no_more(department: SimpleNamespace) -> None:
    from posts.services import matrix

    d = department
    first = _repeating(d)
    matrix.change(kind="update", asks="two", division=d.northeast, by=d.smo, now=NOW)
    assert repeat.materialise(now=NOW) == 0
    (second,) = _occurrences(first)
    assert "two people have to approve" in repeats.why_not_made([second])[second.pk]


def test_what_repeats_and_needs_two_begins_with_the_second_approval(department: SimpleNamespace) -> None:
    from posts.services import matrix

    d = department
    matrix.change(kind="update", asks="two", division=d.northeast, by=d.smo, now=NOW)
    revision = submitted(d.northeast, d.officer, due=FIRST, repeats=WEEKLY, channels=[d.northeast_website])
    review.approve(revision=revision, by=d.supervisor, now=NOW)
    assert not Pattern.objects.exists()
    review.approve(revision=revision, by=d.smo, now=NOW)
    assert repeat.materialise(now=NOW) == 1
    (second,) = _occurrences(revision.post)
    assert _open(second.deliveries.get()) is None
    entry = LedgerEntry.objects.get(type="posts.post.repeated")
    assert entry.data["rests_on"] == " and ".join(a.number for a in Approval.objects.filter(revision=revision)[::-1])


def test_author_and_supervisor_are_asked_and_nobody_else(department: SimpleNamespace) -> None:
    from divisions.access import rights

    d = department
    _repeating(d, channels=[d.northeast_website, d.facebook_northeast])
    channel_service.move_channel(channel=d.facebook_northeast, to="retired", by=None)
    repeat.materialise(now=NOW)
    for person, asked in ((d.officer, True), (d.supervisor, True), (d.colleague, False), (d.stranger, False)):
        found = [need for need in needs.rows(rights(person), now=NOW) if "is retired" in need.reason]
        assert len(found) == asked, person
        assert repeats.not_made(rights(person)).count() == asked


def test_a_draft_that_waits_can_be_put_right_and_approved_by_a_person(department: SimpleNamespace) -> None:
    d = department
    first = _repeating(d, channels=[d.northeast_website, d.facebook_northeast])
    channel_service.move_channel(channel=d.facebook_northeast, to="retired", by=None)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    second.draft.variants.filter(channel=d.facebook_northeast).delete()
    revision = submit.submit(post=second, by=d.officer, now=NOW)
    review.approve(revision=revision, by=d.supervisor, now=NOW)
    assert _open(second.deliveries.get()) is None
    assert Pattern.objects.count() == 1, "it is one time, not another pattern"


# ---- what may repeat


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"kind": "press_release"}, "REPEAT_KIND"),
        ({"kind": "event", "facts": {"starts_at": "2026-11-26T18:00", "place": "Library"}}, "REPEAT_KIND"),
        ({"flags": ("death",)}, "REPEAT_SENSITIVE"),
        ({"facts": {"case_number": "26-118734"}}, "REPEAT_CASE"),
        ({"due": ""}, "REPEAT_NO_TIME"),
        ({"repeats": "FREQ=WEEKLY;BYDAY=TU"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=HOURLY;COUNT=4"}, "REPEAT_UNCLEAR"),
        ({"repeats": "every Tuesday"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=WEEKLY;BYDAY=WE;COUNT=4"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261125"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20271126"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=WEEKLY;BYDAY=TU;COUNT=4;UNTIL=20270101"}, "REPEAT_UNCLEAR"),
    ],
)
def test_what_cannot_repeat_is_stopped_with_the_reason(
    department: SimpleNamespace, more: dict[str, Any], code: str
) -> None:
    d = department
    written = {"due": FIRST, "repeats": WEEKLY, "channels": [d.northeast_website], **more}
    post = draft(d.northeast, d.officer, **written)
    with pytest.raises(StopsOpen) as refusal:
        submit.submit(post=post, by=d.officer, now=NOW)
    (stop,) = [s for s in refusal.value.findings if s.code.startswith("REPEAT")]
    assert stop.code == code
    assert stop.cure


def test_a_year_is_the_limit_and_the_message_says_until_when(department: SimpleNamespace) -> None:
    rule = rrules.read("FREQ=WEEKLY;BYDAY=TU;UNTIL=20281231")
    with pytest.raises(BadInput, match="longer than 366 days") as refusal:
        recurrence.check_span(rule, FIRST)
    assert "Thu 25 Nov 2027" in refusal.value.cure
    recurrence.check_span(rrules.read("FREQ=WEEKLY;BYDAY=TU;UNTIL=20271125"), FIRST)


def test_a_rule_too_long_to_store_is_refused_at_its_field(department: SimpleNamespace) -> None:
    with pytest.raises(BadInput) as refusal:
        draft(department.northeast, department.officer, repeats="X" * 201)
    assert refusal.value.field == "repeats"


def test_x_warns_of_the_same_text_unless_each_copy_has_its_own_link(department: SimpleNamespace) -> None:
    d = department
    for with_page, expected in ((False, ["REPEAT_SAME_TEXT"]), (True, [])):
        chosen = [d.x_department, *([d.northeast_website] if with_page else [])]
        revision = submitted(d.northeast, d.officer, due=FIRST, repeats=WEEKLY, channels=chosen)
        assert [f["code"] for f in revision.findings if f["code"].startswith("REPEAT")] == expected


# ---- each one alone


def test_an_occurrence_is_retimed_changed_and_dropped_alone(department: SimpleNamespace) -> None:
    d = department
    first = _repeating(d, "FREQ=WEEKLY;BYDAY=TU,TH,FR;COUNT=12")
    repeat.materialise(now=NOW)
    one, two, three, *rest = _occurrences(first)
    assert one.due_at
    schedule.retime(post=one, due_at=one.due_at + timedelta(hours=1), by=d.supervisor, now=NOW)
    assert _open(one.deliveries.all()[0]) is None
    compose.change(post=two, by=d.officer, now=NOW)
    compose.cancel(post=three, by=d.officer, now=NOW)
    assert {p.stage for p in rest} == {Stage.SCHEDULED}
    assert Pattern.objects.get().ended_at is None
    again = submit.submit(post=two, by=d.officer, now=NOW)
    review.approve(revision=again, by=d.supervisor, now=NOW)
    assert Approval.objects.get(revision=again).basis == Basis.REVIEW
    assert repeat.materialise(now=NOW + timedelta(minutes=1)) == 0, "what was dropped is not made again"


# ---- stopping


def test_stopping_drops_what_has_not_begun_and_leaves_the_rest(department: SimpleNamespace) -> None:
    d = department
    first = _repeating(d, "FREQ=WEEKLY;BYDAY=TU,TH,FR;COUNT=12")
    repeat.materialise(now=NOW)
    one, two, three, *rest = _occurrences(first)
    tick(DUE + timedelta(minutes=1))
    assert one.due_at
    tick(one.due_at + timedelta(minutes=1))
    compose.change(post=two, by=d.colleague, now=NOW)
    repeat.stop(pattern=Pattern.objects.get(), reason="The road is open again.", by=d.supervisor, now=one.due_at + DAY)
    stages = {p.pk: p.stage for p in _occurrences(first)}
    assert stages[one.pk] == Stage.SCHEDULED, "it is out"
    assert stages[two.pk] == Stage.DRAFT, "somebody has taken it up"
    assert {stages[p.pk] for p in (three, *rest)} == {Stage.CANCELLED}
    assert not Delivery.objects.filter(post__in=[three, *rest]).exclude(state=DeliveryState.CANCELLED).exists()
    first.refresh_from_db()
    assert first.stage == Stage.SCHEDULED
    assert repeat.materialise(now=NOW + 3 * WEEK) == 0
    with pytest.raises(WrongMoment):
        repeat.stop(pattern=Pattern.objects.get(), reason="Again", by=d.supervisor, now=NOW)


def test_what_began_before_the_stop_goes_on_to_its_end(department: SimpleNamespace) -> None:
    d = department
    first = _repeating(d)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    one, two = second.deliveries.order_by("pk")
    Delivery.objects.filter(pk=one.pk).update(first_attempt_at=DUE + WEEK)
    repeat.stop(pattern=Pattern.objects.get(), reason="Enough", by=d.officer, now=DUE + WEEK + timedelta(seconds=1))
    second.refresh_from_db()
    assert second.stage == Stage.SCHEDULED
    assert _open(two) is None


def test_changing_or_dropping_the_first_one_ends_the_pattern(department: SimpleNamespace) -> None:
    d = department
    for act in (compose.change, compose.cancel):
        first = _repeating(d)
        repeat.materialise(now=NOW)
        act(post=first, by=d.officer, now=NOW)
        pattern = Pattern.objects.get(revision__post=first)
        assert (pattern.ended_by, pattern.ended_at) == (d.officer, NOW)
        assert {p.stage for p in _occurrences(first)} == {Stage.CANCELLED}


def test_only_who_retimes_or_the_author_stops_it_and_says_why(department: SimpleNamespace) -> None:
    d = department
    _repeating(d)
    pattern = Pattern.objects.get()
    for person, refusal_of in ((d.colleague, NotAllowed), (d.auditor, NotAllowed), (d.stranger, NotVisible)):
        with pytest.raises(refusal_of):
            repeat.stop(pattern=pattern, reason="Because", by=person, now=NOW)
    for reason in ("", "  ", "x" * 201, "a\x00b"):
        with pytest.raises(BadInput) as refusal:
            repeat.stop(pattern=pattern, reason=reason, by=d.officer, now=NOW)
        assert refusal.value.field == "reason"
    assert repeat.stop(pattern=pattern, reason="Because", by=d.officer, now=NOW).ended_by == d.officer


def test_a_withdrawn_or_corrected_one_ends_it(department: SimpleNamespace) -> None:
    from posts.models import Withdrawal

    d = department
    first = _repeating(d)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    Withdrawal.objects.create(
        post=first,
        ground="offensive",
        reason="It hurts.",
        asked_by=d.officer,
        verdict="confirmed",
        decided_by=d.supervisor,
        decided_at=NOW,
    )
    assert _open(second.deliveries.all()[0]) is not None
    repeat.materialise(now=NOW + timedelta(minutes=1))
    assert Pattern.objects.get().end_reason == "What it says was withdrawn or corrected."


# ---- the timeline


def test_the_timeline_says_on_which_approval_it_rests(department: SimpleNamespace) -> None:
    from posts.selectors import timeline

    first = _repeating(department)
    repeat.materialise(now=NOW)
    (second,) = _occurrences(first)
    number = Approval.objects.get(revision=first.revision).number.replace("-", "\u2011")
    words = " ".join(line.words for line in timeline.of_post(second)[0])
    assert f"rests on approval {number}" in words.replace("-", "\u2011")
    assert "every week on Tuesday" in " ".join(line.words for line in timeline.of_post(first)[0])
