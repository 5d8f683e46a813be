"""Transfer and leaver: one act moves everything, nothing is left ownerless, and it is undone the same day."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions import access, belongings
from divisions.belongings import Case
from divisions.errors import BadInput, NotAllowed, WrongMoment
from divisions.models import (
    Absence,
    AccountHolder,
    AccountRecord,
    Channel,
    Department,
    DutyShift,
    Handover,
    Membership,
    Notice,
    Takeover,
    Training,
    User,
)
from divisions.permissions import Right
from divisions.services import absences, channels, first_days, handing_back, handover, people, training
from divisions.services import takeover as takeovers
from divisions.tasks import settle_moves
from posts.models import Post
from posts.services import compose
from posts.services.belongings import unfinished
from posts.services.compose import DraftInput
from records.models import LedgerEntry
from records.services import ledger
from tests.stories import NOW, approved, draft

LATER = "2026-11-25T18:00"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def _busy(d: SimpleNamespace) -> None:
    """The officer has 40 drafts, 12 scheduled posts, three accounts on duty and whatever else one can have."""
    for n in range(40):
        draft(d.northeast, d.officer, title=f"Draft {n}", channels=[d.northeast_website])
    for n in range(12):
        approved(
            d.northeast, d.officer, d.supervisor, title=f"Scheduled {n}", due=LATER, channels=[d.northeast_website]
        )
    made = [
        channels.create_channel(
            slug=f"{platform}-northeast", division=d.northeast, platform=platform, audience="public", by=d.admin,
            name=f"Northeast on {platform}", handle=f"ne-{platform}", duty_officer=d.officer, now=NOW,
        )
        for platform in ("x", "youtube")
    ]  # fmt: skip
    shift = {"made_by": d.admin, "starts_at": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=2)}
    DutyShift.objects.create(channel=made[0], user=d.officer, **shift)
    AccountRecord.objects.create(channel=made[1], owner=d.officer)
    AccountHolder.objects.create(channel=made[1], user=d.officer, second_factor=True, added_by=d.admin)
    days = {"trained_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=300)}
    training.give(user=d.officer, division=d.northeast, by=d.admin, now=NOW, **days)


def _state(d: SimpleNamespace) -> dict[str, Any]:
    """Everything that a handover touches, as it stands for everybody: for comparing before with after."""
    mine = access.rights(d.officer)
    alive = {"revoked_at__isnull": True}
    return {
        "rights": sorted((sorted(g.rights), sorted(g.division_ids), g.channel_ids) for g in mine.grants),
        "mirror": access.mirror_differences(),
        "posts": list(Post.objects.order_by("pk").values_list("pk", "owner", "author", "stage", "title")),
        "duty": list(Channel.objects.order_by("pk").values_list("pk", "duty_officer")),
        "shifts": list(DutyShift.objects.filter(**alive).values_list("channel", "user", "starts_at", "ends_at")),
        "owners": list(AccountRecord.objects.values_list("channel", "owner")),
        "holders": list(AccountHolder.objects.filter(removed_at=None).values_list("channel", "user", "second_factor")),
        "trainings": list(Training.objects.filter(**alive).values_list("user", "division", "trained_on", "ends_on")),
        "takeovers": list(Takeover.objects.values_list("channel", "to_user")),
        "active": User.objects.get(pk=d.officer.pk).is_active,
    }


def test_a_transfer_of_a_busy_officer_leaves_nothing_ownerless_and_is_one_act(department: SimpleNamespace) -> None:
    d = department
    _busy(d)
    before, acts = _state(d), LedgerEntry.objects.count()

    row = handover.hand_over(
        person=d.officer, kind="transfer", division=d.central, role="officer", successor=d.colleague, by=d.admin
    )

    assert LedgerEntry.objects.count() == acts + 1
    said = LedgerEntry.objects.order_by("seq").last()
    assert said is not None
    assert (said.type, said.data["kind"], said.data["to"]) == ("divisions.person.handed_over", "transfer", "central")
    assert len(said.data["moved"]["posts"]["rows"]) == 52
    case = handover.case_of(handover.Move(person=d.officer, kind="leaver"), now=NOW)
    assert not unfinished(case).exists()
    assert Post.objects.filter(owner=d.colleague).count() == 52
    assert set(Channel.objects.filter(slug__endswith="-northeast").values_list("duty_officer", flat=True)) == {
        d.colleague.pk
    }
    assert Takeover.objects.filter(to_user=d.colleague, from_user=d.officer, handover=row).count() == 3
    theirs = access.rights(d.officer)
    assert theirs.visible_division_ids() == {d.central.pk}
    assert theirs.can(Right.DRAFT_POST, d.central.pk)
    assert access.mirror_differences() == 0
    assert not Training.objects.filter(user=d.officer, revoked_at=None).exists()
    assert not AccountHolder.objects.filter(user=d.officer, removed_at=None).exists()

    left = handing_back.hand_back(handover=row, by=d.smo)

    assert left == []
    assert _state(d) == before
    assert LedgerEntry.objects.count() == acts + 2


def test_a_leaver_signs_in_no_more_and_nothing_names_them(department: SimpleNamespace, as_: Any) -> None:
    d = department
    _busy(d)
    browser = as_(d.officer)
    assert browser.get("/desk/").status_code == 200

    handover.hand_over(person=d.officer, kind="leaver", successor=d.supervisor, by=d.smo, reason="Retired.")

    assert browser.get("/desk/").status_code == 302
    assert not User.objects.get(pk=d.officer.pk).is_active
    assert not any(browser.session.keys() & {"_auth_user_id"})
    case = Case(person=d.officer, leaver=True, now=NOW)
    assert belongings.lines(case) == []
    assert not Membership.objects.filter(user=d.officer, revoked_at=None).exists()
    with pytest.raises(WrongMoment, match="left already"):
        handover.hand_over(person=d.officer, kind="leaver", by=d.smo)


def test_what_was_touched_since_is_listed_and_left(department: SimpleNamespace) -> None:
    d = department
    first, second, third = (draft(d.northeast, d.officer, title=f"Draft {n}", channels=[]) for n in range(3))
    row = handover.hand_over(person=d.officer, kind="leaver", successor=d.colleague, by=d.admin)
    post, words = Post.objects.get(pk=second.pk), DraftInput(kind="update", title="Mine now", text="New words.")
    compose.save(post=post, version=post.draft.version, data=words, by=d.colleague, now=NOW)
    Post.objects.filter(pk=third.pk).update(owner=d.supervisor)
    channels.change_channel(channel=d.facebook_northeast, by=d.admin, duty_officer=d.supervisor, now=NOW)
    takeover = Takeover.objects.get()
    takeovers.tick(step=takeover.steps.all()[0], by=d.colleague, now=NOW)

    left = handing_back.hand_back(handover=row, by=d.admin)

    said = " ".join(left)
    assert len(left) == 4
    assert "“Mine now” was changed" in said
    assert "“Draft 2”" in said
    assert "Facebook, " in said
    assert "takeover has begun" in said
    owners = dict(Post.objects.values_list("pk", "owner"))
    assert owners == {first.pk: None, second.pk: d.colleague.pk, third.pk: d.supervisor.pk}
    assert Channel.objects.get(pk=d.facebook_northeast.pk).duty_officer == d.supervisor
    assert access.rights(User.objects.get(pk=d.officer.pk)).can(Right.DRAFT_POST, d.northeast.pk)


def test_it_is_undone_on_the_same_day_only_and_once(department: SimpleNamespace) -> None:
    d = department
    row = handover.hand_over(person=d.colleague, kind="leaver", by=d.admin)
    midnight = NOW.replace(hour=6) + timedelta(days=1)  # of Chicago
    with pytest.raises(WrongMoment, match="same day"):
        handing_back.hand_back(handover=row, by=d.admin, now=midnight)
    handing_back.hand_back(handover=row, by=d.admin, now=midnight - timedelta(seconds=1))
    with pytest.raises(WrongMoment, match="undone already"):
        handing_back.hand_back(handover=row, by=d.admin)


def test_the_later_of_two_moves_is_undone_first(department: SimpleNamespace) -> None:
    d = department
    first = handover.hand_over(person=d.colleague, kind="transfer", division=d.central, role="officer", by=d.admin)
    later = NOW + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        handover.hand_over(person=d.colleague, kind="leaver", by=d.admin)
        with pytest.raises(WrongMoment, match="moved again"):
            handing_back.hand_back(handover=first, by=d.admin)


@pytest.mark.parametrize("days", [0, 3])
def test_two_moves_of_one_day_are_undone_one_after_the_other_and_leave_nothing(
    department: SimpleNamespace, days: int
) -> None:
    d = department
    before = _state(d)
    first = _to_central(d, days)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        second = handover.hand_over(person=d.officer, kind="leaver", successor=d.colleague, by=d.admin)
        assert handing_back.hand_back(handover=second, by=d.admin) == []
        assert handing_back.hand_back(handover=first, by=d.admin) == []
        assert _state(d) == before
    alive = Membership.objects.filter(user=d.officer, revoked_at=None)
    assert [(row.division, row.ends_on) for row in alive] == [(d.northeast, None)]


def test_who_was_told_of_a_move_is_told_that_it_is_off(department: SimpleNamespace) -> None:
    d = department
    handing_back.hand_back(handover=_to_central(d, 3), by=d.admin)
    assert {n.user for n in Notice.objects.filter(subject__contains="taken back")} == {d.officer, d.colleague}
    draft(d.northeast, d.officer, channels=[])
    Notice.objects.all().delete()
    handing_back.hand_back(handover=_to_central(d, 0), by=d.admin)  # at once: the person was told nothing
    assert {n.user for n in Notice.objects.filter(subject__contains="taken back")} == {d.colleague}


@pytest.mark.parametrize(
    ("who", "by", "refusal"),
    [
        ("admin", "admin", BadInput),  # nobody moves themselves
        ("colleague", "supervisor", NotAllowed),
        ("colleague", "stranger", NotAllowed),
        ("colleague", "colleague", BadInput),
    ],
)
def test_who_may_not_move_somebody(department: SimpleNamespace, who: str, by: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        handover.hand_over(person=getattr(department, who), kind="leaver", by=getattr(department, by))
    assert not Handover.objects.exists()


def test_a_successor_who_cannot_work_there_is_refused_by_name_of_what_they_cannot_take(
    department: SimpleNamespace,
) -> None:
    d = department
    draft(d.northeast, d.officer, channels=[])
    with pytest.raises(BadInput, match=r"Officer, Central cannot take .*1 draft.* of Northeast") as refused:
        handover.hand_over(person=d.officer, kind="leaver", successor=d.stranger, by=d.admin)
    assert refused.value.field == "successor"
    with pytest.raises(BadInput, match="Nobody is named for"):
        handover.hand_over(person=d.officer, kind="leaver", by=d.admin)
    with pytest.raises(BadInput, match="nobody hands over to themselves"):
        handover.hand_over(person=d.officer, kind="leaver", successor=d.officer, by=d.admin)
    with pytest.raises(BadInput, match="no member there"):
        handover.hand_over(person=d.officer, kind="leaver", successor=d.stranger, by=d.admin)


def test_a_narrowed_successor_takes_no_post_for_another_channel(department: SimpleNamespace) -> None:
    d = department
    days = {"starts_on": NOW.date() - timedelta(days=1), "by": d.admin, "now": NOW}
    people.grant(user=d.stranger, division=d.northeast, role="officer", channels=[d.facebook_northeast], **days)
    other = channels.create_channel(
        slug="x-northeast", division=d.northeast, platform="x", audience="public", name="X", handle="x", by=d.admin
    )
    draft(d.northeast, d.officer, channels=[other])
    with pytest.raises(BadInput, match="may not write for X"):
        handover.hand_over(person=d.officer, kind="leaver", successor=d.stranger, by=d.admin)


def test_a_member_of_two_divisions_names_a_successor_for_each(department: SimpleNamespace) -> None:
    d = department
    people.grant(user=d.officer, division=d.central, role="officer", starts_on=NOW.date(), by=d.admin, now=NOW)
    here, there = draft(d.northeast, d.officer, channels=[]), draft(d.central, d.officer, channels=[])
    with pytest.raises(BadInput) as refused:
        handover.hand_over(
            person=d.officer, kind="leaver", successor=d.colleague, successors={d.central.pk: d.supervisor}, by=d.admin
        )
    assert refused.value.field == f"successor_{d.central.pk}"
    handover.hand_over(
        person=d.officer, kind="leaver", successor=d.colleague, successors={d.central.pk: d.stranger}, by=d.admin
    )
    assert Post.objects.get(pk=here.pk).owner == d.colleague
    assert Post.objects.get(pk=there.pk).owner == d.stranger


def test_what_is_theirs_where_they_go_on_writing_stays_theirs(department: SimpleNamespace) -> None:
    d = department
    days = {"starts_on": NOW.date(), "by": d.admin, "now": NOW}
    people.grant(user=d.officer, division=d.central, role="officer", channels=[d.facebook_central], **days)
    there = draft(d.central, d.officer, channels=[])
    handover.hand_over(
        person=d.officer, kind="transfer", division=d.central, role="supervisor", successor=d.colleague, by=d.admin
    )
    assert Post.objects.get(pk=there.pk).owner is None
    (place,) = Membership.objects.filter(user=d.officer, revoked_at=None)
    assert (place.role.code, place.narrowings.count()) == ("supervisor", 0)


def test_a_place_that_is_the_new_one_already_goes_on(department: SimpleNamespace) -> None:
    d = department
    people.grant(user=d.colleague, division=d.central, role="officer", starts_on=NOW.date(), by=d.admin, now=NOW)
    before = Membership.objects.get(user=d.colleague, division=d.central)
    handover.hand_over(person=d.colleague, kind="transfer", division=d.central, role="officer", by=d.admin)
    assert list(Membership.objects.filter(user=d.colleague, revoked_at=None)) == [before]
    with pytest.raises(BadInput, match="there already"):
        handover.hand_over(person=d.colleague, kind="transfer", division=d.central, role="officer", by=d.admin)


def _to_central(d: SimpleNamespace, days: int, **more: Any) -> Handover:
    """The officer moves to Central in some days; a colleague takes over."""
    to = {"kind": "transfer", "division": d.central, "role": "officer", "first_day": NOW.date() + timedelta(days=days)}
    return handover.hand_over(**{"person": d.officer, **to, "successor": d.colleague, "by": d.admin, **more})


def test_rights_go_on_until_the_day_before_and_the_new_ones_begin_on_the_first_day(
    department: SimpleNamespace,
) -> None:
    d = department
    _to_central(d, 3)
    assert access.rights(d.officer).visible_division_ids() == {d.northeast.pk}
    assert access.rights(d.officer).can(Right.DRAFT_POST, d.northeast.pk)
    with time_machine.travel(midnight(3) - timedelta(seconds=1), tick=False):
        assert access.rights(d.officer).visible_division_ids() == {d.northeast.pk}
    with time_machine.travel(midnight(3), tick=False):
        assert access.rights(d.officer).visible_division_ids() == {d.central.pk}
        first_days.settle_due(now=midnight(3))
        assert access.mirror_differences() == 0
    for wrong in (NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=61)):
        with pytest.raises(BadInput) as refused:
            _to_central(d, 0, person=d.supervisor, first_day=wrong)
        assert refused.value.field == "first_day"


def midnight(days: int) -> datetime:
    """At the beginning of a day of the department (Chicago)."""
    return NOW.replace(hour=6, minute=0) + timedelta(days=days)


def test_a_busy_officer_who_moves_later_works_on_and_all_passes_on_the_first_day(department: SimpleNamespace) -> None:
    d = department
    _busy(d)
    row = _to_central(d, 3)
    assert Post.objects.filter(owner=d.colleague).count() == 52  # today, as the preview says
    assert AccountHolder.objects.filter(user=d.officer, removed_at=None).exists()  # ends with the rights
    assert Training.objects.filter(user=d.officer, revoked_at=None).exists()
    begun = draft(d.northeast, d.officer, title="Begun on the last day", channels=[d.northeast_website])
    channels.change_channel(channel=d.facebook_northeast, by=d.admin, duty_officer=d.officer)

    with time_machine.travel(midnight(3) - timedelta(seconds=1), tick=False):
        assert first_days.settle_due(now=midnight(3) - timedelta(seconds=1)) == 0
    acts = LedgerEntry.objects.count()
    with time_machine.travel(midnight(3), tick=False):
        new = draft(d.central, d.officer, title="In the new place", channels=[])
        assert settle_moves() == 1
        assert settle_moves() == 0
        gone = handover.case_of(handover.Move(person=d.officer, kind="transfer"), now=midnight(3))
        theirs = [line for line in belongings.lines(gone) if line.division_id == d.northeast.pk]
    assert theirs == []
    assert Post.objects.get(pk=begun.pk).owner == d.colleague
    assert Post.objects.get(pk=new.pk).owner is None
    assert Channel.objects.get(pk=d.facebook_northeast.pk).duty_officer == d.colleague
    assert not AccountHolder.objects.filter(user=d.officer, removed_at=None).exists()
    assert not Training.objects.filter(user=d.officer, revoked_at=None).exists()
    said = LedgerEntry.objects.order_by("seq").last()
    assert said is not None
    assert LedgerEntry.objects.count() == acts + 2  # the new draft, and this
    assert (said.type, said.data["handover"], said.data["left"]) == ("divisions.person.first_day", row.pk, {})
    with pytest.raises(WrongMoment, match="same day"):
        handing_back.hand_back(handover=row, by=d.admin, now=midnight(3))


def test_a_later_move_is_undone_the_same_day_to_the_very_same(department: SimpleNamespace) -> None:
    d = department
    _busy(d)
    rows = list(Membership.objects.filter(user=d.officer).values_list("pk", "starts_on", "ends_on", "revoked_at"))
    before = _state(d)
    row = _to_central(d, 3)
    assert handing_back.hand_back(handover=row, by=d.smo) == []
    assert _state(d) == before
    alive = Membership.objects.filter(user=d.officer, revoked_at=None)
    assert list(alive.values_list("pk", "starts_on", "ends_on", "revoked_at")) == rows
    with time_machine.travel(midnight(3), tick=False):
        assert settle_moves() == 0
        assert access.rights(d.officer).visible_division_ids() == {d.northeast.pk}


def test_who_moves_later_needs_somebody_who_takes_what_they_begin_until_then(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(BadInput, match="named for what they begin in Northeast"):
        _to_central(d, 3, person=d.colleague, successor=None)
    people.grant(user=d.stranger, division=d.northeast, role="auditor", starts_on=NOW.date(), by=d.admin)
    with pytest.raises(BadInput, match="may not write there"):
        _to_central(d, 3, person=d.colleague, successor=d.stranger)
    _to_central(d, 0, person=d.colleague, successor=None)  # at once, with nothing: nobody has to take anything


def test_what_nobody_can_take_on_the_first_day_is_left_and_said(department: SimpleNamespace) -> None:
    d = department
    _to_central(d, 3)
    post = draft(d.northeast, d.officer, channels=[])
    shift = {"made_by": d.admin, "starts_at": midnight(2), "ends_at": midnight(4)}
    training.give(
        user=d.officer, division=d.northeast, by=d.admin, trained_on=NOW.date(), ends_on=NOW.date() + timedelta(90)
    )
    people.end(membership=d.colleague.memberships.get(), by=d.admin)
    with time_machine.travel(midnight(3), tick=False):
        DutyShift.objects.create(channel=d.facebook_northeast, user=d.officer, **shift)
        assert settle_moves() == 1
        assert settle_moves() == 0
    assert Post.objects.get(pk=post.pk).owner is None
    assert not Training.objects.filter(revoked_at=None).exists()  # ends with the rights, whoever takes what
    told = Notice.objects.filter(subject__contains="nobody takes what is theirs")
    assert {notice.user for notice in told} == {d.admin, d.smo}
    with time_machine.travel(midnight(3), tick=False):
        handover.hand_over(  # the cure that the notice names: the same place, and somebody else who takes
            person=d.officer, kind="transfer", division=d.central, role="officer", successor=d.supervisor, by=d.admin
        )
        assert access.rights(d.officer).visible_division_ids() == {d.central.pk}
    assert Post.objects.get(pk=post.pk).owner == d.supervisor


def test_who_leaves_before_the_first_day_hands_all_over_then(department: SimpleNamespace) -> None:
    d = department
    _to_central(d, 3)
    draft(d.northeast, d.officer, channels=[])
    handover.hand_over(person=d.officer, kind="leaver", successor=d.colleague, by=d.admin)
    assert not Membership.objects.filter(user=d.officer, revoked_at=None).exists()
    with time_machine.travel(midnight(3), tick=False):
        settle_moves()
    assert Post.objects.get().owner == d.colleague
    assert not access.rights(User.objects.get(pk=d.officer.pk)).grants


def test_a_first_day_whose_entry_fails_passes_nothing_on(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    _to_central(d, 3)
    draft(d.northeast, d.officer, channels=[])
    monkeypatch.setattr(ledger, "append", _fail)
    with time_machine.travel(midnight(3), tick=False), pytest.raises(RuntimeError, match="no ledger"):
        settle_moves()
    assert Post.objects.get().owner is None
    assert Handover.objects.get().settled_at is None


def test_the_last_one_who_manages_people_cannot_go(department: SimpleNamespace) -> None:
    d = department
    handover.hand_over(person=d.smo, kind="leaver", successor=d.admin, by=d.admin)
    with pytest.raises(WrongMoment, match="last one who manages people"):
        handover.hand_over(person=d.admin, kind="leaver", by=None)


def test_only_a_superuser_moves_a_superuser_and_the_doors_close(department: SimpleNamespace, superuser: User) -> None:
    d = department
    people.change_person(person=d.colleague, by=superuser_member(d, superuser), is_superuser=True, is_staff=True)
    with pytest.raises(BadInput, match="superuser"):
        handover.hand_over(person=d.colleague, kind="leaver", by=d.admin)
    row = handover.hand_over(person=d.colleague, kind="leaver", by=superuser)
    gone = User.objects.get(pk=d.colleague.pk)
    assert [gone.is_active, gone.is_staff, gone.is_superuser] == [False, False, False]
    handing_back.hand_back(handover=row, by=superuser)
    back = User.objects.get(pk=d.colleague.pk)
    assert back.is_active
    assert back.is_staff
    assert back.is_superuser


def superuser_member(d: SimpleNamespace, superuser: User) -> User:
    """A superuser with a place like anybody's."""
    days = {"starts_on": NOW.date(), "by": None, "now": NOW}
    people.grant(user=superuser, division=d.headquarters, role="administrator", **days)
    return superuser


def test_tasks_absences_deputyships_and_the_chief_pass_on_or_end(department: SimpleNamespace) -> None:
    d = department
    Department.objects.update(chief=d.boss)
    days = {"starts_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=6), "by": d.admin}
    absences.enter(user=d.boss, deputy=d.smo, **days)
    absences.enter(user=d.supervisor, deputy=d.smo, **days)
    stands = Absence.objects.filter(deputy=d.smo, revoked_at=None)
    assert stands.count() == 2

    row = handover.hand_over(person=d.boss, kind="leaver", successor=d.smo, by=d.admin)

    assert Department.objects.get().chief == d.smo
    assert [a.user for a in stands.all()] == [d.supervisor]
    assert handing_back.hand_back(handover=row, by=d.admin) == []
    assert Department.objects.get().chief == d.boss
    assert {a.user for a in stands.all()} == {d.boss, d.supervisor}


def test_a_deputy_passes_on_to_somebody_who_may_decide_only(department: SimpleNamespace) -> None:
    d = department
    days = {"starts_on": NOW.date(), "by": d.admin, "now": NOW}
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", **days)
    absences.enter(user=d.supervisor, deputy=d.colleague, ends_on=NOW.date() + timedelta(days=6), **days)
    with pytest.raises(BadInput, match="enter another deputy first"):
        handover.hand_over(person=d.colleague, kind="leaver", successor=d.officer, by=d.admin)
    with pytest.raises(BadInput, match="nobody stands in for themselves"):
        handover.hand_over(person=d.colleague, kind="leaver", successor=d.supervisor, by=d.admin)
    handover.hand_over(person=d.colleague, kind="leaver", successor=d.smo, by=d.admin)
    assert Absence.objects.get(revoked_at=None).deputy == d.smo


def test_a_move_whose_entry_fails_moves_nothing(department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    d = department
    draft(d.northeast, d.officer, channels=[])
    before = _state(d)
    row = handover.hand_over(person=d.colleague, kind="leaver", by=d.admin)
    monkeypatch.setattr(ledger, "append", _fail)
    with pytest.raises(RuntimeError, match="no ledger"):
        handover.hand_over(person=d.officer, kind="leaver", successor=d.supervisor, by=d.admin)
    assert _state(d) == before
    assert Handover.objects.count() == 1
    with pytest.raises(RuntimeError, match="no ledger"):
        handing_back.hand_back(handover=row, by=d.admin)
    assert not User.objects.get(pk=d.colleague.pk).is_active


def _fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("no ledger")


def test_who_was_locked_out_before_can_still_be_handed_over(department: SimpleNamespace) -> None:
    d = department
    draft(d.northeast, d.officer, channels=[])
    people.change_person(person=d.officer, by=d.admin, is_active=False)
    row = handover.hand_over(person=d.officer, kind="leaver", successor=d.colleague, by=d.admin)
    assert Post.objects.get().owner == d.colleague
    assert handing_back.hand_back(handover=row, by=d.admin) == []
    assert not User.objects.get(pk=d.officer.pk).is_active


def test_a_successor_who_left_meanwhile_takes_nothing(department: SimpleNamespace) -> None:
    d = department
    draft(d.northeast, d.officer, channels=[])
    User.objects.filter(pk=d.colleague.pk).update(is_active=False)  # d.colleague still reads as active here
    with pytest.raises(BadInput, match="no longer sign in"):
        handover.hand_over(person=d.officer, kind="leaver", successor=d.colleague, by=d.admin)
