"""Check rounds: what opens when, what the system answers, what a signature freezes and makes, and who may see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from connectors import http
from connectors.errors import Misconfigured
from divisions.access import rights
from divisions.errors import BadInput, NotAllowed, NotVisible, SomebodyElseSaved, WrongMoment
from divisions.models import Channel, Division
from moderation.checks import QUESTIONS, SAMPLED
from moderation.models import CheckItem, CheckPlan, CheckRound, Task
from moderation.selectors import findings as task_selectors
from moderation.selectors import rounds as selectors
from moderation.selectors import sample
from moderation.services import findings, look, plan, rounds
from moderation.services.look import Net
from moderation.services.rounds import Typed
from moderation.states import Answer, AskedOf
from posts.models import Approval, Delivery, Revision
from posts.services import matrix
from posts.states import Act, Basis
from records.models import LedgerEntry
from records.services import ledger
from tests import stories
from tests.stories import NOW

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)
FINE = Net(status=lambda url: 200, profile=lambda channel: settings.BASE_URL)


@pytest.fixture
def quiet(department: SimpleNamespace) -> SimpleNamespace:
    """The stock accounts a year old and in order: contacts in the register, somebody on duty, looked at today."""
    Channel.objects.update(
        duty_officer=department.officer, cadence_days=None, created_at=NOW - timedelta(days=365), checked_at=NOW
    )
    Division.objects.update(phone_desk="214-555-0100", address="1 Main Street", hours="Daily, 8 to 6")
    return department


@pytest.fixture
def row(quiet: SimpleNamespace) -> CheckRound:
    """Northeast's open round."""
    rounds.open_due(now=NOW)
    return of("facebook-northeast")


def of(slug: str) -> CheckRound:
    """The newest round of an account."""
    return CheckRound.objects.filter(channel__slug=slug).select_related("channel__division").first()  # type: ignore[return-value]


def all_yes(row: CheckRound, **but: Typed) -> dict[str, Typed]:
    """Yes to everything a person is asked, but for some."""
    codes = row.items.filter(asked_of=AskedOf.PERSON).values_list("code", flat=True)
    return {code: but.get(code, Typed(answer="yes")) for code in codes}


def answered(row: CheckRound, by: Any, now: datetime = NOW, **but: Typed) -> CheckRound:
    """The round with every question of a person answered."""
    return rounds.save(row=row, version=row.version, typed=all_yes(row, **but), by=by, now=now)


def signed(row: CheckRound, by: Any, now: datetime = NOW, **but: Typed) -> CheckRound:
    """The round answered and signed."""
    answered(row, by, now, **but)
    return rounds.sign(row=row, by=by, now=now)


def item(row: CheckRound, code: str) -> CheckItem:
    """One question of a round as it stands."""
    return row.items.get(code=code)


# ---- opening


def test_every_account_in_use_gets_one_round_and_our_own_pages_none(quiet: SimpleNamespace) -> None:
    Channel.objects.filter(slug="nixle").update(state="retired")
    assert len(rounds.open_due(now=NOW)) == 4
    assert set(CheckRound.objects.values_list("channel__slug", flat=True)) == {
        "facebook-northeast", "facebook-central", "x-department", "x-staff",
    }  # fmt: skip


def test_opening_twice_opens_none_twice(row: CheckRound) -> None:
    assert rounds.open_due(now=NOW + timedelta(days=1)) == []


def test_a_round_opens_two_days_before_it_is_due_and_is_due_a_week_after_the_last(
    row: CheckRound, quiet: SimpleNamespace
) -> None:
    signed(row, quiet.smo)
    assert row.pk not in rounds.open_due(now=NOW + timedelta(days=4, hours=23))
    rounds.open_due(now=NOW + timedelta(days=5))
    assert of("facebook-northeast").pk != row.pk
    assert of("facebook-northeast").due_at == NOW + WEEK


def test_a_new_account_is_first_checked_a_week_after_it_was_made(department: SimpleNamespace) -> None:
    Channel.objects.update(created_at=NOW)
    assert rounds.open_due(now=NOW) == []
    rounds.open_due(now=NOW + timedelta(days=6))
    assert of("x-department").due_at == NOW + WEEK


def test_another_rhythm_moves_the_open_round_and_the_next(row: CheckRound, quiet: SimpleNamespace) -> None:
    before = row.due_at
    plan.set_rhythm(channel=row.channel, every_days=14, by=quiet.smo, now=NOW)
    row.refresh_from_db()
    assert (row.every_days, row.due_at) == (14, before + WEEK)
    signed(row, quiet.smo)
    assert row.pk in CheckRound.objects.values_list("pk", flat=True)
    rounds.open_due(now=NOW + timedelta(days=11))
    assert of("facebook-northeast").pk == row.pk
    rounds.open_due(now=NOW + timedelta(days=12))
    assert of("facebook-northeast").due_at == NOW + timedelta(days=14)


def test_a_rhythm_is_set_by_who_may_sign_and_within_a_quarter(quiet: SimpleNamespace) -> None:
    with pytest.raises(NotAllowed):
        plan.set_rhythm(channel=quiet.facebook_northeast, every_days=14, by=quiet.supervisor)
    for days in (0, 93):
        with pytest.raises(BadInput):
            plan.set_rhythm(channel=quiet.facebook_northeast, every_days=days, by=quiet.smo)
    assert not CheckPlan.objects.exists()


def test_opening_asks_as_many_queries_for_150_accounts_as_for_five(quiet: SimpleNamespace) -> None:
    with CaptureQueriesContext(connection) as few:
        rounds.open_due(now=NOW)
    Channel.objects.bulk_create(
        Channel(slug=f"p-{n}", division=quiet.central, platform="facebook", name=f"P {n}", handle=f"p{n}",
                created_at=NOW - WEEK)
        for n in range(150)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        assert len(rounds.open_due(now=NOW)) == 150
    assert len(many) == len(few)


# ---- what is asked and what the system answers


def test_an_account_is_asked_only_what_fits_it(row: CheckRound) -> None:
    codes = {r.channel.slug: set(r.items.values_list("code", flat=True)) for r in CheckRound.objects.all()}
    assert "pinned" in codes["facebook-northeast"]
    assert "pinned" not in codes["nixle"]
    assert not codes["x-staff"] & {"inside", "runs", "appeals", "policy", "links_back"}
    assert "sample" not in codes["facebook-northeast"]


def test_every_question_of_the_system_has_a_rule_and_a_cure(row: CheckRound) -> None:
    assert not row.items.filter(asked_of=AskedOf.SYSTEM, answer="").exists()
    assert [q.code for q in QUESTIONS if q.asked_of == AskedOf.SYSTEM and not q.task] == []


@pytest.mark.parametrize(
    ("change", "code", "answer", "words"),
    [
        ({"duty_officer": None}, "duty", Answer.NO, "Nobody is on duty."),
        ({}, "duty", Answer.YES, "Officer, Northeast."),
        ({"cadence_days": 7}, "cadence", Answer.NO, "Nothing was ever sent from here, promised every 7 days."),
        ({}, "cadence", Answer.NA, "Nothing was ever sent from here; no cadence is promised."),
        ({"state": "needs_attention", "state_reason": "The sign-in ended"}, "account", Answer.NO,
         "Needs attention: The sign-in ended."),
        ({"token_expires_at": NOW + timedelta(days=2)}, "account", Answer.NO, "The connection ends in 2 days."),
        ({"checked_at": NOW - timedelta(days=9)}, "account", Answer.UNREAD,
         "The account was last looked at 9 days ago."),
        ({"url": ""}, "contact", Answer.NO, "Missing: its address on the web."),
        ({}, "contact", Answer.YES, "214-555-0100, Daily, 8 to 6."),
        ({}, "drift", Answer.UNREAD, "The account was not read back yet."),
        ({}, "links", Answer.UNREAD, "Not looked at yet."),
    ],
)  # fmt: skip
def test_the_system_answers_from_the_register(
    quiet: SimpleNamespace, change: dict[str, Any], code: str, answer: str, words: str
) -> None:
    Channel.objects.filter(slug="facebook-northeast").update(**change)
    rounds.open_due(now=NOW)
    found = item(of("facebook-northeast"), code)
    assert (found.answer, found.detail) == (answer, words)


def publish(channel: Channel, by: Any, boss: Any, now: datetime = NOW, **words: Any) -> Delivery:
    """A post that went out on one account."""
    post = stories.approved(channel.division, by, boss, channels=[channel], now=now, **words)
    row = Delivery.objects.get(post=post, act=Act.PUBLISH)
    Delivery.objects.filter(pk=row.pk).update(
        state="delivered", settled_at=now, state_at=now, remote_id=str(row.pk), hold=None
    )
    return row


def test_the_system_reads_cadence_picture_texts_and_trouble_from_the_last_posts(quiet: SimpleNamespace) -> None:
    channel, by, boss = quiet.facebook_northeast, quiet.officer, quiet.supervisor
    Channel.objects.filter(pk=channel.pk).update(cadence_days=7)
    shown = stories.asset(quiet.northeast, by, alt="A navy card")
    publish(channel, by, boss, NOW - timedelta(days=3), pictures=[shown])
    failed = publish(channel, by, boss, NOW - timedelta(days=2))
    Delivery.objects.filter(pk=failed.pk).update(state="failed")
    rounds.open_due(now=NOW)
    row = of("facebook-northeast")
    assert item(row, "cadence").detail == "Last post 3 days ago, promised every 7 days."
    assert (item(row, "alt").answer, item(row, "alt").detail) == (Answer.YES, "1 of 1 pictures.")
    assert (item(row, "trouble").answer, item(row, "trouble").detail) == (Answer.NO, "1 failed.")


def test_looking_again_answers_links_and_the_way_back_from_the_network(quiet: SimpleNamespace) -> None:
    text = "Map: https://city.example/parade and https://city.example/gone."
    publish(quiet.facebook_northeast, quiet.officer, quiet.supervisor, NOW - timedelta(days=1), text=text)
    rounds.open_due(now=NOW)
    row, asked = of("facebook-northeast"), []

    def status(url: str) -> int:
        asked.append(url)
        return 404 if url.endswith("/gone") else 200

    look.look(row=row, by=quiet.smo, now=NOW, net=Net(status=status, profile=lambda c: "Nothing of yours"))
    assert asked == ["https://city.example/parade", "https://city.example/gone"]
    assert item(row, "links").answer == Answer.NO
    assert item(row, "links").detail == "1 of 2 broken: https://city.example/gone"
    assert item(row, "links_back").detail == "Listed, but its profile gives no address of ours."


def test_no_link_is_no_yes_and_silence_is_no_answer(quiet: SimpleNamespace) -> None:
    publish(quiet.facebook_northeast, quiet.officer, quiet.supervisor, text="See https://city.example/map")
    rounds.open_due(now=NOW)
    row = of("facebook-northeast")
    look.look(row=row, by=quiet.smo, now=NOW, net=Net(status=lambda url: None, profile=lambda c: None))
    assert (item(row, "links").answer, item(row, "links_back").answer) == (Answer.UNREAD, Answer.UNREAD)
    look.look(row=of("facebook-central"), by=quiet.smo, now=NOW, net=FINE)
    assert item(of("facebook-central"), "links").answer == Answer.NA


def test_a_link_to_a_private_address_is_never_called() -> None:
    before = http.tally()
    for url in ("https://127.0.0.1:9/x", "https://10.0.0.7/", "https://[::1]/", "http://169.254.169.254/latest"):
        assert look.status(url) is None
    assert http.tally() == before


def test_a_redirect_is_followed_through_the_same_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def request(method: str, url: str, **more: Any) -> http.Answer:
        asked.append(url)
        if "127.0.0.1" in url:
            raise Misconfigured("private")
        return http.Answer(status=302, headers={"location": "https://127.0.0.1/inside"}, body=b"")

    monkeypatch.setattr(http, "request", request)
    assert look.status("https://city.example/a") is None
    assert asked == ["https://city.example/a", "https://127.0.0.1/inside"]


# ---- answering and signing


def test_a_round_with_an_open_question_is_not_signed(row: CheckRound, quiet: SimpleNamespace) -> None:
    typed = all_yes(row)
    typed.pop("tone")
    rounds.save(row=row, version=row.version, typed=typed, by=quiet.smo, now=NOW)
    with pytest.raises(WrongMoment, match="One question is still open"):
        rounds.sign(row=row, by=quiet.smo, now=NOW)
    assert of("facebook-northeast").signed_at is None


def test_a_no_without_its_line_is_still_open(row: CheckRound, quiet: SimpleNamespace) -> None:
    answered(row, quiet.smo, pinned=Typed(answer="no"))
    with pytest.raises(WrongMoment):
        rounds.sign(row=row, by=quiet.smo, now=NOW)
    assert selectors.listed(rights(quiet.smo)).get(pk=row.pk).open_items == 1


def test_the_database_itself_refuses_a_signature_over_an_open_question(row: CheckRound, quiet: SimpleNamespace) -> None:
    with pytest.raises(DatabaseError, match="open question"), transaction.atomic():
        CheckRound.objects.filter(pk=row.pk).update(signed_at=NOW, signed_by=quiet.smo, signed_name="x")


def test_signing_keeps_name_and_time_and_every_answer_in_the_ledger(row: CheckRound, quiet: SimpleNamespace) -> None:
    signed(row, quiet.smo, tone=Typed(answer="yes", note="Warm and short."))
    row.refresh_from_db()
    assert (row.signed_name, row.signed_at) == ("Social media officer", NOW)
    entry = LedgerEntry.objects.get(type="moderation.round.signed")
    assert entry.actor_id == quiet.smo.pk
    assert entry.division_id == quiet.northeast.pk
    assert entry.data["answers"]["tone"] == ["yes", "", "Warm and short."]
    assert set(entry.data["answers"]) == set(row.items.values_list("code", flat=True))


def test_a_signed_round_and_all_below_it_never_change(row: CheckRound, quiet: SimpleNamespace) -> None:
    signed(row, quiet.smo)
    first = row.items.first()
    assert first is not None
    tries = [
        lambda: CheckRound.objects.filter(pk=row.pk).update(due_at=NOW),
        lambda: CheckRound.objects.filter(pk=row.pk).delete(),
        lambda: CheckItem.objects.filter(pk=first.pk).update(note="better"),
        lambda: CheckItem.objects.filter(pk=first.pk).delete(),
        lambda: CheckItem.objects.create(round=row, code="new", asked_of="person", position=99, words="?"),
        lambda: CheckItem.objects.filter(round=of("x-department")).update(round=row),
    ]
    for attempt in tries:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            attempt()
    for act in (
        lambda: rounds.sign(row=row, by=quiet.smo, now=NOW),
        lambda: rounds.save(row=row, version=row.version, typed={}, by=quiet.smo, now=NOW),
        lambda: look.look(row=row, by=quiet.smo, now=NOW, net=FINE),
    ):
        with pytest.raises(WrongMoment):
            act()


@pytest.mark.parametrize("who", ["officer", "supervisor", "boss", "moderator", "admin", "auditor", "records"])
def test_only_who_may_sign_answers_and_signs(row: CheckRound, quiet: SimpleNamespace, who: str) -> None:
    by = getattr(quiet, who)
    for act in (
        lambda: rounds.save(row=row, version=row.version, typed=all_yes(row), by=by, now=NOW),
        lambda: rounds.sign(row=row, by=by, now=NOW),
        lambda: look.look(row=row, by=by, now=NOW, net=FINE),
    ):
        with pytest.raises((NotAllowed, NotVisible)):
            act()


def test_of_two_who_answer_at_once_the_second_is_told(row: CheckRound, quiet: SimpleNamespace) -> None:
    rounds.save(row=row, version=1, typed={"tone": Typed(answer="yes")}, by=quiet.smo, now=NOW)
    with pytest.raises(SomebodyElseSaved):
        rounds.save(row=row, version=1, typed={"tone": Typed(answer="no", note="Rude")}, by=quiet.smo, now=NOW)
    assert item(row, "tone").answer == "yes"


def test_nobody_answers_for_the_system(row: CheckRound, quiet: SimpleNamespace) -> None:
    before = item(row, "links").answer
    rounds.save(row=row, version=1, typed={"links": Typed(answer="yes")}, by=quiet.smo, now=NOW)
    assert item(row, "links").answer == before


# ---- tasks


def test_a_no_becomes_a_task_with_owner_and_day(row: CheckRound, quiet: SimpleNamespace) -> None:
    day = date(2026, 11, 30)
    typed = Typed(answer="no", note="Summer hours are over.", owner=quiet.supervisor, due_on=day)
    signed(row, quiet.smo, pinned=typed)
    task = Task.objects.get(code="pinned")
    assert (task.words, task.owner, task.due_on, task.division) == (
        "Summer hours are over.", quiet.supervisor, day, quiet.northeast,
    )  # fmt: skip


def test_what_the_system_found_wrong_becomes_a_task_too_due_in_three_days(quiet: SimpleNamespace) -> None:
    Channel.objects.update(duty_officer=None)
    rounds.open_due(now=NOW)
    signed(of("facebook-northeast"), quiet.smo)
    task = Task.objects.get()
    assert (task.words, task.owner, task.due_on) == ("Put somebody on duty", None, date(2026, 11, 27))


def test_what_is_found_again_is_the_same_task_until_it_is_done(quiet: SimpleNamespace) -> None:
    Channel.objects.update(duty_officer=None)
    rounds.open_due(now=NOW)
    signed(of("facebook-northeast"), quiet.smo)
    rounds.open_due(now=NOW + WEEK)
    signed(of("facebook-northeast"), quiet.smo, NOW + WEEK)
    task = Task.objects.get()
    findings.done(task=task, note="Officer Northeast is on.", by=quiet.supervisor, now=NOW + WEEK)
    rounds.open_due(now=NOW + 2 * WEEK)
    signed(of("facebook-northeast"), quiet.smo, NOW + 2 * WEEK)
    assert Task.objects.filter(code="duty").count() == 2


def test_a_task_waits_for_its_owner_or_for_the_divisions_supervisor(row: CheckRound, quiet: SimpleNamespace) -> None:
    Channel.objects.update(duty_officer=None)
    row = look.look(row=row, by=quiet.smo, now=NOW, net=FINE)
    signed(row, quiet.smo, pinned=Typed(answer="no", note="Unpin it.", owner=quiet.officer))
    waiting = {
        who: set(task_selectors.mine_to_do(rights(getattr(quiet, who))).values_list("code", flat=True))
        for who in ("officer", "supervisor", "colleague", "stranger", "boss", "smo")
    }
    assert waiting == {
        "officer": {"pinned"}, "supervisor": {"duty"}, "colleague": set(), "stranger": set(), "boss": set(),
        "smo": set(),
    }  # fmt: skip


def test_a_task_is_done_once_with_a_note_by_its_people(row: CheckRound, quiet: SimpleNamespace) -> None:
    signed(row, quiet.smo, pinned=Typed(answer="no", note="Unpin it."))
    task = Task.objects.get(code="pinned")
    with pytest.raises(NotVisible):
        findings.done(task=task, note="Done", by=quiet.stranger)
    with pytest.raises(BadInput):
        findings.done(task=task, note="  ", by=quiet.officer)
    findings.done(task=task, note="Unpinned.", by=quiet.officer, now=NOW)
    with pytest.raises(WrongMoment, match="Officer, Northeast has done it"):
        findings.done(task=task, note="Again", by=quiet.officer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(done_note="Something else")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (Typed(answer="maybe"), "answer-tone"),
        (Typed(answer="no", note="x" * 501), "note-tone"),
        (Typed(answer="no", note="x", due_on=date(2026, 11, 1)), "due-tone"),
        (Typed(answer="no", note="x", due_on=date(2027, 11, 1)), "due-tone"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    row: CheckRound, quiet: SimpleNamespace, typed: Typed, field: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        rounds.save(row=row, version=1, typed={"tone": typed}, by=quiet.smo, now=NOW)
    assert refusal.value.field == field


def test_a_task_is_not_given_to_somebody_of_another_division(row: CheckRound, quiet: SimpleNamespace) -> None:
    typed = {"tone": Typed(answer="no", note="x", owner=quiet.stranger)}
    with pytest.raises(BadInput):
        rounds.save(row=row, version=1, typed=typed, by=quiet.smo, now=NOW)


# ---- the sample


def test_the_same_round_draws_the_same_sample_and_another_round_another() -> None:
    posts = list(range(100, 160))
    assert sample.draw(7, posts) == sample.draw(7, reversed(posts))
    assert sample.draw(7, posts) == [126, 101, 107, 122, 151]  # written down: it never changes with a version
    assert sample.draw(8, posts) != sample.draw(7, posts)
    assert len(sample.draw(7, posts)) == SAMPLED
    assert sample.draw(7, [1, 2]) in ([1, 2], [2, 1])


def test_a_round_looks_at_what_went_out_directly_since_the_last_one(quiet: SimpleNamespace) -> None:
    channel, by, boss = quiet.facebook_northeast, quiet.officer, quiet.supervisor
    matrix.change(kind="award", asks="direct", division=quiet.northeast, by=quiet.smo, now=NOW - 3 * WEEK)
    direct = [directly(channel, by, NOW - timedelta(days=n)) for n in (1, 2, 3, 4, 5, 6, 12)]
    publish(channel, by, boss, NOW - timedelta(days=1))
    first = CheckRound.objects.create(channel=channel, every_days=7, opened_at=NOW - WEEK, due_at=NOW - WEEK)
    CheckRound.objects.filter(pk=first.pk).update(signed_at=NOW - WEEK, signed_by=quiet.smo, signed_name="SMO")
    rounds.open_due(now=NOW)
    row = of("facebook-northeast")
    since = [post.pk for post in direct[:6]]
    assert row.sample == sample.draw(row.pk, since)
    assert set(row.sample) < set(since)
    assert item(row, "sample").answer == ""
    assert [d.post_id for d in sample.posts_of(row.sample, channel.pk)] == row.sample


def directly(channel: Channel, by: Any, now: datetime) -> Any:
    """A post that went out unreviewed, because its kind is trusted."""
    revision: Revision = stories.submitted(channel.division, by, channels=[channel], kind="award", now=now)
    assert Approval.objects.get(revision=revision).basis == Basis.DIRECT
    Delivery.objects.filter(revision=revision).update(state="delivered", settled_at=now, state_at=now)
    return revision.post


# ---- ninety days with known gaps


def test_ninety_days_with_known_gaps_give_exactly_the_expected_overdue_rounds(quiet: SimpleNamespace) -> None:
    """Signed every week from day 0 on; one stopped 12 days before the end, one 33, one was never signed."""
    last_signed = {
        "facebook-northeast": 0, "facebook-central": 12, "x-department": 33, "x-staff": 5, "nixle": None,
    }  # fmt: skip
    start = NOW - timedelta(days=90)
    Channel.objects.update(created_at=start - WEEK)
    for day in range(91):
        now = start + timedelta(days=day)
        rounds.open_due(now=now)
        for row in CheckRound.objects.filter(signed_at=None, due_at__lte=now).select_related("channel__division"):
            stopped = last_signed[row.channel.slug]
            if stopped is not None and day <= 90 - stopped:
                signed(row, quiet.smo, now)
    late = {
        row.channel.slug: selectors.days_late(row.due_at, NOW) for row in selectors.overdue(rights(quiet.smo), now=NOW)
    }
    # The last signatures fell on day 84, 77, 56, 84 and never; the next one was due a week later each time.
    assert late == {"facebook-central": 6, "x-department": 27, "nixle": 90}
    assert selectors.overdue(rights(quiet.smo), now=NOW)[0].channel.slug == "nixle"


# ---- the ledger fails, nothing is saved


@pytest.mark.parametrize("act", ["open", "sign", "plan", "done"])
def test_the_ledger_fails_nothing_is_saved(quiet: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    Channel.objects.update(duty_officer=None)
    if act != "open":
        rounds.open_due(now=NOW)
        row = answered(of("facebook-northeast"), quiet.smo)
    if act == "done":
        rounds.sign(row=row, by=quiet.smo, now=NOW)
    counts = (CheckRound.objects.count(), CheckItem.objects.count(), Task.objects.count(), CheckPlan.objects.count())
    acts = {
        "open": lambda: rounds.open_due(now=NOW),
        "sign": lambda: rounds.sign(row=row, by=quiet.smo, now=NOW),
        "plan": lambda: plan.set_rhythm(channel=row.channel, every_days=3, by=quiet.smo, now=NOW),
        "done": lambda: findings.done(task=Task.objects.get(), note="Done", by=quiet.smo, now=NOW),
    }

    def fails(entries: Any) -> None:
        raise DatabaseError("the ledger is away")

    monkeypatch.setattr(ledger, "append_many", fails)
    with pytest.raises(DatabaseError, match="the ledger is away"), transaction.atomic():
        acts[act]()
    assert counts == (
        CheckRound.objects.count(), CheckItem.objects.count(), Task.objects.count(), CheckPlan.objects.count(),
    )  # fmt: skip
    assert not Task.objects.filter(done_at__isnull=False).exists()
    if act == "sign":
        assert of("facebook-northeast").signed_at is None


def test_the_tables_of_check_rounds_refuse_to_be_emptied() -> None:
    for table in ("checkround", "checkitem", "screenshot", "task"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE moderation_{table} CASCADE")


def test_a_quarter_is_read_from_its_address() -> None:
    quarter = selectors.read_quarter("2026-Q4")
    assert (quarter.first, quarter.after) == (date(2026, 10, 1), date(2027, 1, 1))
    assert str(selectors.quarter_of(date(2026, 3, 31))) == "2026-Q1"
    for text in ("2026-Q5", "26-Q1", "2026Q1", "2026-Q", "x", "٢٠٢٦-Q1"):
        with pytest.raises(NotVisible):
            selectors.read_quarter(text)


def test_the_proof_holds_what_was_signed_in_the_quarter_and_nothing_else(
    row: CheckRound, quiet: SimpleNamespace
) -> None:
    signed(row, quiet.smo, datetime(2026, 10, 1, 6, 0, tzinfo=UTC))  # 01:00 in Chicago
    quarter = selectors.Quarter(2026, 4)
    assert [r.pk for r in selectors.proof(row.channel, quarter, zone="America/Chicago")] == [row.pk]
    assert selectors.proof(row.channel, quarter, zone="Pacific/Honolulu") == []


def test_new_rounds_are_looked_at_by_the_clock_each_once(quiet: SimpleNamespace) -> None:
    rounds.open_due(now=NOW)
    assert look.look_at_new(now=NOW, net=FINE) == 5
    assert look.look_at_new(now=NOW, net=FINE) == 0
    assert item(of("x-department"), "links_back").answer == Answer.YES
