"""Who may what: memberships are the truth, in time; narrowing; the guardian mirror follows."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import get_objects_for_user

from divisions import access
from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel, Division, Membership, User
from divisions.permissions import ROLES, Right
from divisions.services import people


def test_a_role_gives_exactly_its_rights_in_its_reach(department: SimpleNamespace) -> None:
    d = department
    people_of = {
        "officer": (d.officer, {d.northeast.pk}),
        "supervisor": (d.supervisor, {d.northeast.pk}),
        "central_officer": (d.smo, {d.headquarters.pk, d.northeast.pk, d.central.pk}),
        "administrator": (d.admin, {d.headquarters.pk, d.northeast.pk, d.central.pk}),
        "records_officer": (d.records, {d.headquarters.pk, d.northeast.pk, d.central.pk}),
        "auditor": (d.auditor, {d.headquarters.pk, d.northeast.pk, d.central.pk}),
        "moderator": (d.moderator, {d.headquarters.pk}),
    }
    for spec in ROLES:
        person, reach = people_of[spec.code]
        mine = access.rights(person)
        for right in Right:
            assert mine.division_ids(right) == (reach if right in spec.rights else set()), (spec.code, right)


def test_a_superuser_without_membership_may_nothing(superuser: User) -> None:
    mine = access.rights(superuser)
    assert not any(mine.anywhere(right) for right in Right)
    assert access.rights(AnonymousUser()).grants == ()


def test_rights_begin_and_end_with_their_days(department: SimpleNamespace) -> None:
    d = department
    people.grant(
        user=d.stranger,
        division=d.northeast,
        role="officer",
        starts_on=date(2027, 3, 1),
        ends_on=date(2027, 3, 31),
        by=d.smo,
    )
    for inside in (date(2027, 3, 1), date(2027, 3, 31)):
        assert access.rights(d.stranger, on=inside).can(Right.DRAFT_POST, d.northeast.pk)
    for outside in (date(2027, 2, 28), date(2027, 4, 1)):
        assert not access.rights(d.stranger, on=outside).can(Right.DRAFT_POST, d.northeast.pk)


def test_an_ended_membership_gives_nothing_at_once_and_the_mirror_follows(department: SimpleNamespace) -> None:
    d = department
    assert set(get_objects_for_user(d.officer, "draft_post", klass=Division)) == {d.northeast}
    people.end(membership=Membership.objects.get(user=d.officer), by=d.smo)
    assert not access.rights(d.officer).anywhere(Right.DRAFT_POST)
    assert not get_objects_for_user(d.officer, "draft_post", klass=Division).exists()
    with pytest.raises(WrongMoment):
        people.end(membership=Membership.objects.get(user=d.officer), by=d.smo)


def test_narrowing_limits_the_rights_that_touch_a_channel_and_nothing_else(department: SimpleNamespace) -> None:
    d = department
    newcomer = people.create_person(email="new@test.example", name="New", by=d.smo)
    people.grant(
        user=newcomer,
        division=d.headquarters,
        role="officer",
        starts_on=date(2026, 1, 1),
        channels=[d.x_department],
        by=d.smo,
    )
    mine = access.rights(newcomer)
    assert mine.can(Right.DRAFT_POST, d.headquarters.pk, d.x_department)
    assert not mine.can(Right.DRAFT_POST, d.headquarters.pk, d.nixle)
    assert mine.can(Right.DRAFT_POST, d.headquarters.pk, d.headquarters_website)
    assert mine.can(Right.VIEW_DIVISION, d.headquarters.pk, d.nixle)
    assert access.mirror_differences() == 0
    assert newcomer.has_perm("divisions.draft_post", d.x_department)
    assert not newcomer.has_perm("divisions.draft_post", d.nixle)


def test_the_mirror_is_true_after_a_load(department: SimpleNamespace) -> None:
    assert access.mirror_differences() == 0


def test_require_tells_404_from_403(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(NotVisible):
        access.require(d.stranger, Right.DRAFT_POST, d.northeast)
    with pytest.raises(NotAllowed) as refusal:
        access.require(d.officer, Right.REVIEW_POST, d.northeast)
    assert str(refusal.value) == (
        "You may not approve somebody else's post or ask for changes in Northeast Patrol Division. "
        "You are there as an officer; that does not include it. "
        "A supervisor, or the social media officer can do it. "
        "Administrator or Social media officer can give you the right."
    )


def test_a_refusal_names_the_gate_and_three_people_at_most(department: SimpleNamespace) -> None:
    d = department
    days = {"starts_on": date(2026, 1, 1), "by": d.smo}
    people.grant(user=d.boss, division=d.central, role="supervisor", channels=[], **days)
    people.grant(user=d.auditor, division=d.headquarters, role="officer", channels=[d.nixle], **days)
    with pytest.raises(NotAllowed, match="Your membership is limited to other channels"):
        access.require(d.auditor, Right.DRAFT_POST, d.headquarters, channel=d.x_department)
    for name in ("records", "moderator"):
        people.grant(user=getattr(d, name), division=d.headquarters, role="administrator", **days)
    assert access.who_grants() == "Administrator, Moderator or Records officer"
    assert access.who_can(Right.BREAK_GLASS) == ""
    assert access.who_can(Right.MANAGE_PEOPLE) == "The administrator, or the social media officer"


def test_rights_are_read_with_a_constant_number_of_queries(department: SimpleNamespace) -> None:
    d = department
    with CaptureQueriesContext(connection) as few:
        access.rights(d.smo)
    for number in range(20):
        people.grant(user=d.smo, division=d.central, role="officer", starts_on=date(2026, 1, 1 + number), by=None)
    with CaptureQueriesContext(connection) as many:
        access.rights(d.smo)
    assert len(few) == len(many) <= 2


@pytest.mark.parametrize(
    ("change", "field"),
    [({"role": "king"}, "role"), ({"ends_on": date(2020, 1, 1)}, "ends_on"), ({"channels": "foreign"}, "channels")],
)
def test_a_membership_that_makes_no_sense_is_refused(department: SimpleNamespace, change: dict, field: str) -> None:  # type: ignore[type-arg]
    d = department
    if change.get("channels"):
        change = {"channels": [d.facebook_central]}
    given = {"role": "officer", "starts_on": date(2026, 1, 1), **change}
    with pytest.raises(BadInput) as refusal:
        people.grant(user=d.stranger, division=d.northeast, by=d.smo, **given)
    assert refusal.value.field == field


def test_only_those_who_manage_people_give_memberships(department: SimpleNamespace) -> None:
    d = department
    with pytest.raises(NotAllowed):
        people.grant(user=d.stranger, division=d.northeast, role="officer", starts_on=date(2026, 1, 1), by=d.supervisor)


def test_a_channels_audience_is_fixed_in_the_database_itself(department: SimpleNamespace) -> None:
    with pytest.raises(DatabaseError, match="audience"), transaction.atomic():
        Channel.objects.filter(pk=department.x_staff.pk).update(audience="public")
    department.x_staff.audience = "public"
    with pytest.raises(ValueError, match="audience is fixed"):
        department.x_staff.save()
