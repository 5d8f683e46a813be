"""Posts that repeat, and people: what may repeat, what waits for whom, each one alone, and the end of it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import LinkRule, Membership
from divisions.services import channels as channel_service
from posts.errors import StopsOpen
from posts.models import Approval, Delivery, Pattern
from posts.selectors import needs, recurrence, repeats, rrules
from posts.services import compose, repeat, review, schedule, submit
from posts.states import Basis, DeliveryState, Stage
from records.models import LedgerEntry
from tests.repeating import DAY, DUE, FIRST, WEEK, WEEKLY, gate_says, occurrences, repeating
from tests.stories import NOW, draft, submitted, tick

pytestmark = pytest.mark.django_db


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
        first = repeating(d, channels=[d.northeast_website, d.facebook_northeast, d.x_department])
        happens()
        assert repeat.materialise(now=NOW) == 0
        (second,) = occurrences(first)
        assert (second.stage, second.deliveries.count()) == (Stage.DRAFT, 0)
        assert words in repeats.why_not_made([second])[second.pk]
        entry = LedgerEntry.objects.get(type="posts.post.not_repeated", subject_id=str(second.pk))
        assert words in entry.data["why"]
        transaction.savepoint_rollback(sid)


def test_where_two_have_to_approve_by_now_one_approval_carries_no_more(department: SimpleNamespace) -> None:
    from posts.services import matrix

    d = department
    first = repeating(d)
    matrix.change(kind="update", asks="two", division=d.northeast, by=d.smo, now=NOW)
    assert repeat.materialise(now=NOW) == 0
    (second,) = occurrences(first)
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
    (second,) = occurrences(revision.post)
    assert gate_says(second.deliveries.get()) is None
    entry = LedgerEntry.objects.get(type="posts.post.repeated")
    assert entry.data["rests_on"] == " and ".join(a.number for a in Approval.objects.filter(revision=revision)[::-1])


def test_author_and_supervisor_are_asked_and_nobody_else(department: SimpleNamespace) -> None:
    from divisions.access import rights

    d = department
    repeating(d, channels=[d.northeast_website, d.facebook_northeast])
    channel_service.move_channel(channel=d.facebook_northeast, to="retired", by=None)
    repeat.materialise(now=NOW)
    for person, asked in ((d.officer, True), (d.supervisor, True), (d.colleague, False), (d.stranger, False)):
        found = [need for need in needs.rows(rights(person), now=NOW) if "is retired" in need.reason]
        assert len(found) == asked, person
        assert repeats.not_made(rights(person)).count() == asked


def test_a_draft_that_waits_can_be_put_right_and_approved_by_a_person(department: SimpleNamespace) -> None:
    d = department
    first = repeating(d, channels=[d.northeast_website, d.facebook_northeast])
    channel_service.move_channel(channel=d.facebook_northeast, to="retired", by=None)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    second.draft.variants.filter(channel=d.facebook_northeast).delete()
    revision = submit.submit(post=second, by=d.officer, now=NOW)
    review.approve(revision=revision, by=d.supervisor, now=NOW)
    assert gate_says(second.deliveries.get()) is None
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
        ({"repeats": "FREQ=WEEKLY;INTERVAL=0;BYDAY=TU;COUNT=4"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=WEEKLY;INTERVAL=13;BYDAY=TU;COUNT=4"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=24;COUNT=300"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=DAILY;BYDAY=TU;COUNT=4"}, "REPEAT_UNCLEAR"),
        ({"repeats": "FREQ=DAILY;UNTIL=20271126"}, "REPEAT_UNCLEAR"),
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


@pytest.mark.parametrize(
    ("text", "words", "short", "second"),
    [
        ("FREQ=DAILY;COUNT=4", "every day", "Repeats daily", "2026-11-25"),
        ("FREQ=DAILY;INTERVAL=2;COUNT=4", "every second day", "Repeats every second day", "2026-11-26"),
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=4", "every week on Tuesday", "Repeats weekly", "2026-12-01"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=4",
            "every second week on Tuesday",
            "Repeats every second week",
            "2026-12-08",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;COUNT=4",
            "every second week on Monday and Tuesday",
            "Repeats every second week",
            "2026-12-07",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=4TU;COUNT=4",
            "every third month on the fourth Tuesday",
            "Repeats every third month",
            "2027-02-23",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=24;COUNT=2",
            "every twelfth month on day 24",
            "Repeats every twelfth month",
            "2027-11-24",
        ),
    ],
)
def test_every_second_one_is_read_said_and_counted_from_the_first(
    text: str, words: str, short: str, second: str
) -> None:
    rule = rrules.read(text)
    assert (rule.words, rule.short, rule.text) == (words, short, text)
    recurrence.check_span(rule, FIRST)
    assert recurrence.wall_clocks(rule, FIRST)[1] == f"{second}T18:00"


def test_every_second_week_stays_at_its_hour_and_week_through_summer_time() -> None:
    rule = rrules.read("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;COUNT=4")
    found = list(recurrence.occurrences(rule, "2027-02-28T02:30", "America/Chicago"))
    assert [one.wall[:10] for one in found] == ["2027-02-28", "2027-03-14", "2027-03-28", "2027-04-11"]
    assert [one.at is None for one in found] == [False, True, False, False], "the clock skips 02:30 on 14 March"
    assert [one.offset for one in found if one.at] == ["CST", "CDT", "CDT"]


def test_every_day_of_the_longest_span_is_counted_with_its_last() -> None:
    clocks = recurrence.wall_clocks(rrules.read("FREQ=DAILY;UNTIL=20271125"), FIRST)
    assert (len(clocks), clocks[-1]) == (367, "2027-11-25T18:00")


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
    first = repeating(d, "FREQ=WEEKLY;BYDAY=TU,TH,FR;COUNT=12")
    repeat.materialise(now=NOW)
    one, two, three, *rest = occurrences(first)
    assert one.due_at
    schedule.retime(post=one, due_at=one.due_at + timedelta(hours=1), by=d.supervisor, now=NOW)
    assert gate_says(one.deliveries.all()[0]) is None
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
    first = repeating(d, "FREQ=WEEKLY;BYDAY=TU,TH,FR;COUNT=12")
    repeat.materialise(now=NOW)
    one, two, three, *rest = occurrences(first)
    tick(DUE + timedelta(minutes=1))
    assert one.due_at
    tick(one.due_at + timedelta(minutes=1))
    compose.change(post=two, by=d.colleague, now=NOW)
    repeat.stop(pattern=Pattern.objects.get(), reason="The road is open again.", by=d.supervisor, now=one.due_at + DAY)
    stages = {p.pk: p.stage for p in occurrences(first)}
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
    first = repeating(d)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    one, two = second.deliveries.order_by("pk")
    Delivery.objects.filter(pk=one.pk).update(first_attempt_at=DUE + WEEK)
    repeat.stop(pattern=Pattern.objects.get(), reason="Enough", by=d.officer, now=DUE + WEEK + timedelta(seconds=1))
    second.refresh_from_db()
    assert second.stage == Stage.SCHEDULED
    assert gate_says(two) is None


def test_changing_or_dropping_the_first_one_ends_the_pattern(department: SimpleNamespace) -> None:
    d = department
    for act in (compose.change, compose.cancel):
        first = repeating(d)
        repeat.materialise(now=NOW)
        act(post=first, by=d.officer, now=NOW)
        pattern = Pattern.objects.get(revision__post=first)
        assert (pattern.ended_by, pattern.ended_at) == (d.officer, NOW)
        assert {p.stage for p in occurrences(first)} == {Stage.CANCELLED}


def test_only_who_retimes_or_the_author_stops_it_and_says_why(department: SimpleNamespace) -> None:
    d = department
    repeating(d)
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
    first = repeating(d)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    Withdrawal.objects.create(
        post=first,
        ground="offensive",
        reason="It hurts.",
        asked_by=d.officer,
        verdict="confirmed",
        decided_by=d.supervisor,
        decided_at=NOW,
    )
    assert gate_says(second.deliveries.all()[0]) is not None
    repeat.materialise(now=NOW + timedelta(minutes=1))
    assert Pattern.objects.get().end_reason == "What it says was withdrawn or corrected."


# ---- the timeline


def test_the_timeline_says_on_which_approval_it_rests(department: SimpleNamespace) -> None:
    from posts.selectors import timeline

    first = repeating(department)
    repeat.materialise(now=NOW)
    (second,) = occurrences(first)
    number = Approval.objects.get(revision=first.revision).number.replace("-", "\u2011")
    words = " ".join(line.words for line in timeline.of_post(second)[0])
    assert f"rests on approval {number}" in words.replace("-", "\u2011")
    assert "every week on Tuesday" in " ".join(line.words for line in timeline.of_post(first)[0])
