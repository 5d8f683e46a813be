"""Django admin of who speaks: every save goes through a service, every refusal is said at the form."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from divisions import access
from divisions.errors import WrongMoment
from divisions.models import Channel, Department, Division, LinkRule, Membership, Role, RoleRight, User
from divisions.permissions import Right
from divisions.services import credentials, people
from records.models import LedgerEntry

TODAY = timezone.now().astimezone(ZoneInfo("America/Chicago")).date()
NO_ROWS = {
    f"{prefix}-{key}": "0"
    for prefix in ("memberships", "channels", "role_rights", "narrowings")
    for key in ("TOTAL_FORMS", "INITIAL_FORMS")
}


@pytest.fixture
def administrator(department: SimpleNamespace) -> User:
    """A superuser who is also an administrator, as in the demo."""
    User.objects.filter(pk=department.admin.pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=department.admin.pk)


@pytest.fixture
def desk(as_: Any, administrator: User) -> Client:
    """A browser of the administrator."""
    return as_(administrator)


@pytest.fixture
def root(as_: Any, superuser: User) -> Client:
    """A browser of a superuser without any membership."""
    return as_(superuser)


@pytest.fixture
def staff(as_: Any, department: SimpleNamespace) -> Client:
    """A browser of an administrator who is no superuser but may open Django admin."""
    User.objects.filter(pk=department.admin.pk).update(is_staff=True)
    return as_(User.objects.get(pk=department.admin.pk))


def page(model: str, what: str = "changelist", pk: object = None) -> str:
    return reverse(f"admin:divisions_{model}_{what}", args=[pk] if pk is not None else None)


def last_act() -> LedgerEntry:
    entry = LedgerEntry.objects.order_by("-seq").first()
    assert entry is not None
    return entry


def text(answer: Any) -> str:
    return str(answer.content.decode())


def person_form(**more: Any) -> dict[str, Any]:
    return {"email": "new@test.example", "name": "Officer, new", "badge": "77", **NO_ROWS, **more}


def division_form(**more: Any) -> dict[str, Any]:
    facts = {"name": "Northwest Patrol Division", "short_name": "Northwest", "slug": "northwest", "position": "5"}
    return {
        **facts,
        "zone": "",
        "intro": "",
        "address": "",
        "phone_desk": "",
        "phone_tips": "",
        "hours": "",
        **NO_ROWS,
        **more,
    }


def channel_form(channel: Channel | None = None, **more: Any) -> dict[str, Any]:
    base = {
        "name": channel.name if channel else "Northeast on Facebook",
        "handle": channel.handle if channel else "TPDNortheast2",
        "url": channel.url if channel else "https://facebook.example/TPDNortheast2",
        "remote_id": channel.remote_id if channel else "",
        "mode": channel.mode if channel else "hand_off",
        "api_base": channel.api_base if channel else "",
        "settings": json.dumps(channel.settings if channel else {}),
        "cadence_days": (channel.cadence_days or "") if channel else "",
        "duty_officer": (channel.duty_officer_id or "") if channel else "",
        "token_expires_at_0": "",
        "token_expires_at_1": "",
        "new_credentials": "",
    }
    if channel:
        base |= {"state": channel.state, "state_reason": channel.state_reason}
    return {**base, **more}


# ---- looking


def test_every_model_of_every_room_is_in_the_admin_or_on_the_page_of_its_owner():
    from django.apps import apps

    on_a_page = {inline.model for a in admin.site._registry.values() for inline in a.inlines}
    on_a_page |= {apps.get_model("divisions", "MembershipChannel")}  # under a membership, once it exists
    ours = {
        m for room in ("divisions", "posts", "records", "moderation") for m in apps.get_app_config(room).get_models()
    }
    assert ours - set(admin.site._registry) <= on_a_page


def test_every_list_and_every_form_opens(desk: Client, department: SimpleNamespace):
    for model, owner in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert desk.get(reverse(f"{name}_changelist")).status_code == 200, model
        added = desk.get(reverse(f"{name}_add")).status_code
        assert added in (200, 403), model
        for row in model._default_manager.all()[:1]:
            assert desk.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200, model
        assert owner.list_per_page <= 50


def test_every_list_can_be_searched(desk: Client, department: SimpleNamespace):
    for model, owner in admin.site._registry.items():
        if owner.search_fields:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            assert desk.get(address, {"q": "northeast"}).status_code == 200, model


@pytest.mark.parametrize(
    ("model", "field", "term", "found"),
    [
        ("membership", "user", "officer", "Officer, Northeast"),
        ("membership", "division", "north", "Northeast Patrol Division"),
        ("membership", "role", "moder", "Moderator"),
        ("membership", "channels", "northeast", "Facebook, Northeast Patrol Division"),
        ("channel", "duty_officer", "superv", "Supervisor, Northeast"),
        ("linkrule", "target_channel", "TestPD", "X, Test Police Department"),
        ("division", "parent", "head", "Headquarters"),
    ],
)
def test_people_divisions_roles_and_channels_are_found_while_typing(
    desk: Client, department: SimpleNamespace, model: str, field: str, term: str, found: str
):
    asked = {"app_label": "divisions", "model_name": model, "field_name": field, "term": term}
    answer = desk.get(reverse("admin:autocomplete"), asked)
    assert found in [row["text"] for row in answer.json()["results"]]


def test_the_index_has_its_name_and_our_rooms(desk: Client):
    words = text(desk.get("/admin/"))
    assert "Substation administration" in words
    for room in ("Who speaks", "People", "What is said", "Where it went", "The record"):
        assert room in words


def test_groups_are_left_out_because_rights_come_from_memberships(desk: Client):
    assert not any(model._meta.label == "auth.Group" for model in admin.site._registry)


def test_a_list_asks_as_many_questions_for_thirty_rows_as_for_three(desk: Client, department: SimpleNamespace):
    def ask(model: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert desk.get(page(model)).status_code == 200
        return len(seen)

    lists = ("user", "membership", "channel", "division", "linkrule", "divisionuserpermission", "role")
    before: dict[str, int] = {}
    for number in range(33):
        if number == 3:
            before = {name: ask(name) for name in lists}
        user = people.create_person(email=f"p{number}@test.example", name=f"Officer {number}", by=None)
        people.grant(
            user=user,
            division=department.northeast,
            role="officer",
            starts_on=TODAY,
            by=None,
            channels=[department.facebook_northeast],
        )
        Channel.objects.create(
            slug=f"x-{number}", division=department.northeast, platform="x", name=f"X {number}", handle=f"x{number}"
        )
    assert {name: ask(name) for name in lists} == before


def test_a_persons_page_asks_as_much_for_many_memberships_as_for_one(desk: Client, department: SimpleNamespace):
    address = page("user", "change", department.officer.pk)

    def ask() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(address).status_code == 200
        return len(seen)

    ask()  # Django looks up its content types once a process
    before = ask()
    for days in range(1, 12):
        start = TODAY + timedelta(days=days)
        people.grant(user=department.officer, division=department.central, role="officer", starts_on=start, by=None)
    assert ask() == before


def test_staff_who_are_no_superusers_see_what_their_membership_lets_them_see(as_: Any, department: SimpleNamespace):
    User.objects.filter(pk=department.officer.pk).update(is_staff=True)
    browser = as_(User.objects.get(pk=department.officer.pk))
    assert browser.get("/admin/").status_code == 200
    assert browser.get(page("user")).status_code == 403
    assert browser.get(page("channel")).status_code == 403
    assert browser.get(reverse("admin:records_ledgerentry_changelist")).status_code == 403


def test_an_administrator_of_one_division_sees_nothing_of_another(as_: Any, department: SimpleNamespace):
    people.grant(user=department.officer, division=department.northeast, role="administrator", starts_on=TODAY, by=None)
    User.objects.filter(pk=department.officer.pk).update(is_staff=True)
    browser = as_(User.objects.get(pk=department.officer.pk))
    words = text(browser.get(page("channel")))
    assert "TPDNortheast" in words
    assert "TPDCentral" not in words
    gone = browser.get(page("channel", "change", department.facebook_central.pk))
    missing = browser.get(page("channel", "change", 999_999))
    assert (gone.status_code, gone.headers["Location"]) == (missing.status_code, missing.headers["Location"])
    found = browser.get(
        reverse("admin:autocomplete"),
        {"app_label": "divisions", "model_name": "linkrule", "field_name": "source_channel", "term": "Central"},
    )
    assert "Central" not in text(found)


# ---- people and memberships


def test_a_person_is_added_through_the_service_and_gets_a_link(desk: Client, administrator: User):
    answer = desk.post(page("user", "add"), person_form(send_link="on"))
    assert answer.status_code == 302, text(answer)
    user = User.objects.get(email="new@test.example")
    assert not user.has_usable_password()
    assert last_act().type == "divisions.person.created"
    assert last_act().actor_label == administrator.label
    assert [m.to for m in mail.outbox] == [["new@test.example"]]


def test_an_address_that_is_taken_is_refused_at_its_field_and_what_was_typed_stays(desk: Client):
    answer = desk.post(page("user", "add"), person_form(email="Officer@Test.example", name="Somebody new"))
    assert answer.status_code == 200
    assert "email" in answer.context["adminform"].form.errors
    assert "Somebody new" in text(answer)


def test_a_superuser_without_membership_reads_why_a_person_cannot_be_added(root: Client):
    answer = root.post(page("user", "add"), person_form())
    assert answer.status_code == 200
    assert "Only an administrator or the social media officer can add people." in text(answer)
    assert "Officer, new" in text(answer)
    assert not User.objects.filter(email="new@test.example").exists()


def test_a_person_and_their_membership_are_saved_together_or_not_at_all(desk: Client, department: SimpleNamespace):
    row = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-division": department.northeast.pk,
        "memberships-0-role": Role.objects.get(code="officer").pk,
        "memberships-0-starts_on": TODAY.isoformat(),
        "memberships-0-ends_on": (TODAY - timedelta(days=3)).isoformat(),
    }
    refused = desk.post(page("user", "add"), person_form(**row))
    assert refused.status_code == 200
    assert not User.objects.filter(email="new@test.example").exists()
    assert "new@test.example" in text(refused)
    row["memberships-0-ends_on"] = ""
    assert desk.post(page("user", "add"), person_form(**row)).status_code == 302
    assert access.rights(User.objects.get(email="new@test.example")).can(Right.DRAFT_POST, department.northeast.pk)
    assert last_act().type == "divisions.membership.granted"


def test_a_membership_that_is_there_already_is_refused_beside_its_row(desk: Client, department: SimpleNamespace):
    user = department.officer
    row = {
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": user.memberships.get().pk,
        "memberships-0-user": user.pk,
        "memberships-1-division": department.northeast.pk,
        "memberships-1-role": Role.objects.get(code="officer").pk,
        "memberships-1-starts_on": "2025-01-01",
    }
    form = {**person_form(email=user.email, name=user.name, badge="", is_active="on"), **row}
    answer = desk.post(page("user", "change", user.pk), form)
    assert answer.status_code == 200
    assert user.memberships.count() == 1
    assert "already" in text(answer)


def test_a_changed_person_is_remembered_and_locked_out_when_inactive(desk: Client, department: SimpleNamespace):
    user = department.officer
    answer = desk.post(
        page("user", "change", user.pk), person_form(email=user.email, name="Officer, renamed", badge="")
    )
    assert answer.status_code == 302, text(answer)
    user.refresh_from_db()
    assert (user.name, user.is_active) == ("Officer, renamed", False)
    assert last_act().data["changed"] == {"name": "Officer, renamed", "is_active": False}
    assert access.mirror_differences() == 0


def test_nobody_locks_themselves_out(desk: Client, administrator: User):
    form = person_form(email=administrator.email, name=administrator.name, badge="", is_staff="on", is_superuser="on")
    answer = desk.post(page("user", "change", administrator.pk), form)
    assert "You cannot lock yourself out." in text(answer)


def test_only_a_superuser_opens_the_admin_to_somebody(staff: Client, department: SimpleNamespace):
    user = department.officer
    form = person_form(email=user.email, name=user.name, badge="9", is_active="on", is_staff="on", is_superuser="on")
    assert staff.post(page("user", "change", user.pk), form).status_code == 302
    user.refresh_from_db()
    assert (user.badge, user.is_staff, user.is_superuser) == ("9", False, False)


def test_an_administrator_who_is_no_superuser_does_not_touch_a_superuser(staff: Client, superuser: User):
    form = person_form(email="mine@test.example", name=superuser.name, badge="", is_active="on")
    answer = staff.post(page("user", "change", superuser.pk), form)
    assert "Only a superuser" in text(answer)
    superuser.refresh_from_db()
    assert superuser.email == "root@test.example"


def test_no_page_sets_somebody_elses_password(desk: Client, department: SimpleNamespace):
    assert desk.post(f"/admin/divisions/user/{department.officer.pk}/password/", {}).status_code in (302, 404)
    words = text(desk.get(page("user", "change", department.officer.pk)))
    assert 'type="password"' not in words
    assert department.officer.password[:20] not in words


def test_a_membership_is_granted_on_some_channels_only(desk: Client, department: SimpleNamespace):
    form = {
        "user": department.stranger.pk,
        "division": department.northeast.pk,
        "role": Role.objects.get(code="officer").pk,
        "starts_on": TODAY.isoformat(),
        "ends_on": "",
        "only_channels": [department.facebook_northeast.pk],
        **NO_ROWS,
    }
    assert desk.post(page("membership", "add"), form).status_code == 302
    made = Membership.objects.get(user=department.stranger, division=department.northeast)
    assert [n.channel for n in made.narrowings.all()] == [department.facebook_northeast]
    assert "Facebook" in text(desk.get(page("membership", "change", made.pk)))
    form["only_channels"] = [department.facebook_central.pk]
    form["starts_on"] = (TODAY + timedelta(days=1)).isoformat()
    refused = desk.post(page("membership", "add"), form)
    assert "is not a channel of" in text(refused)


def test_a_membership_is_never_edited_only_ended(desk: Client, department: SimpleNamespace):
    row = department.officer.memberships.get()
    address = page("membership", "change", row.pk)
    supervisor = Role.objects.get(code="supervisor")
    form = {"role": supervisor.pk, "starts_on": "2020-01-01", "ends_on": "", **NO_ROWS}
    assert "Nothing to save" in text(desk.post(address, form))
    row.refresh_from_db()
    assert (row.role.code, row.starts_on.isoformat()) == ("officer", "2025-01-01")
    assert "in the past" in text(desk.post(address, {**form, "ends_on": "2025-06-01"}))
    last_day = TODAY + timedelta(days=9)
    assert desk.post(address, {**form, "ends_on": last_day.isoformat()}).status_code == 302
    assert "can be moved, not removed" in text(desk.post(address, form))
    row.refresh_from_db()
    assert row.ends_on == last_day
    assert desk.post(address, {**form, "ends_on": last_day.isoformat(), "end_now": "on"}).status_code == 302
    assert not access.rights(department.officer).grants
    assert access.mirror_differences() == 0
    assert desk.post(address, {**form, "ends_on": (TODAY + timedelta(days=90)).isoformat()}).status_code == 403


def test_a_superuser_without_membership_reads_why_a_membership_cannot_be_given(
    root: Client, department: SimpleNamespace
):
    form = {
        "user": department.stranger.pk,
        "division": department.northeast.pk,
        "role": Role.objects.get(code="supervisor").pk,
        "starts_on": TODAY.isoformat(),
        "ends_on": "",
        **NO_ROWS,
    }
    answer = root.post(page("membership", "add"), form)
    assert answer.status_code == 200
    assert "takes a membership like anybody" in text(answer)
    assert Membership.objects.filter(user=department.stranger).count() == 1


def test_a_membership_whose_last_day_is_over_is_not_brought_back(department: SimpleNamespace):
    row = department.officer.memberships.get()
    Membership.objects.filter(pk=row.pk).update(ends_on=TODAY - timedelta(days=1))
    with pytest.raises(WrongMoment):
        people.end(membership=row, by=None, last_day=TODAY + timedelta(days=30))


def test_the_last_day_is_counted_in_the_departments_zone(department: SimpleNamespace):
    evening = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # still the 24th in Chicago
    row = people.end(membership=department.officer.memberships.get(), by=None, last_day=date(2026, 11, 24), now=evening)
    assert row.ends_on == date(2026, 11, 24)


# ---- roles


def role_form(role: Role, **more: Any) -> dict[str, Any]:
    rights = list(role.role_rights.filter(revoked_at=None))
    rows: dict[str, Any] = {"role_rights-TOTAL_FORMS": len(rights) + 1, "role_rights-INITIAL_FORMS": len(rights)}
    for number, right in enumerate(rights):
        rows |= {f"role_rights-{number}-id": right.pk, f"role_rights-{number}-role": role.pk}
    rows[f"role_rights-{len(rights)}-right"] = ""
    return {"name": role.name, "sentence": role.sentence, **rows, **more}


def test_a_right_is_given_to_a_role_and_ended_never_edited(desk: Client, department: SimpleNamespace):
    role = Role.objects.get(code="moderator")
    address = page("role", "change", role.pk)
    count = role.role_rights.count()
    given = desk.post(address, role_form(role, **{f"role_rights-{count}-right": "draft_post"}))
    assert given.status_code == 302, text(given)
    assert access.rights(department.moderator).can(Right.DRAFT_POST, department.headquarters.pk)
    rights = list(role.role_rights.filter(revoked_at=None))
    place = [r.right for r in rights].index("draft_post")
    assert desk.post(address, role_form(role, **{f"role_rights-{place}-end_now": "on"})).status_code == 302
    assert not access.rights(department.moderator).can(Right.DRAFT_POST, department.headquarters.pk)
    assert RoleRight.objects.get(role=role, right="draft_post").revoked_at is not None
    assert [e.type for e in LedgerEntry.objects.order_by("-seq")[:2]] == [
        "divisions.role.right_ended",
        "divisions.role.right_given",
    ]
    assert access.mirror_differences() == 0


def test_a_right_in_force_cannot_be_turned_into_another(desk: Client, department: SimpleNamespace):
    role = Role.objects.get(code="moderator")
    before = set(role.role_rights.values_list("pk", "right"))
    desk.post(page("role", "change", role.pk), role_form(role, **{"role_rights-0-right": "review_post"}))
    assert set(role.role_rights.values_list("pk", "right")) == before


def test_an_emergency_right_is_never_given_to_a_role(desk: Client, department: SimpleNamespace):
    role = Role.objects.get(code="officer")
    count = role.role_rights.count()
    answer = desk.post(
        page("role", "change", role.pk), role_form(role, **{f"role_rights-{count}-right": "break_glass"})
    )
    assert "by name, never by role" in text(answer)
    assert not role.role_rights.filter(right="break_glass").exists()


def test_a_superuser_without_membership_changes_no_role(root: Client, department: SimpleNamespace):
    role = Role.objects.get(code="officer")
    answer = root.post(page("role", "change", role.pk), role_form(role, name="Anything"))
    assert "takes a membership like anybody" in text(answer)


# ---- department and divisions


def test_the_department_is_changed_through_the_service(desk: Client, department: SimpleNamespace):
    form = {"name": "Test Police", "short_name": "TP", "crest_letters": "TP", "zone": "America/Chicago"}
    form |= {"phone": "214-555-0100", "notice": "Not watched at night.", "declared_accounts": "4"}
    assert "not an IANA time zone" in text(desk.post(page("department", "change", 1), {**form, "zone": "Dallas"}))
    assert desk.post(page("department", "change", 1), form).status_code == 302
    assert Department.objects.get().name == "Test Police"
    assert last_act().type == "divisions.department.changed"
    assert desk.get(page("department", "add")).status_code == 403


def test_a_division_is_added_with_its_own_channels(desk: Client, department: SimpleNamespace):
    answer = desk.post(page("division", "add"), division_form(parent=department.headquarters.pk))
    assert answer.status_code == 302, text(answer)
    made = Division.objects.get(slug="northwest")
    assert made.path.startswith(department.headquarters.path)
    assert made.channels.count() == 3
    assert access.rights(department.smo).can(Right.VIEW_DIVISION, made.pk)
    assert access.mirror_differences() == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"slug": "desk"}, "not_reserved"),
        ({"slug": "Not A Slug"}, "lower-case letters"),
        ({"zone": "Dallas"}, "not an IANA time zone"),
        ({"slug": "central"}, "already exists"),
        ({"parent": ""}, "Only a department file"),
    ],
)
def test_a_bad_division_is_refused_in_words(
    desk: Client, department: SimpleNamespace, more: dict[str, str], words: str
):
    answer = desk.post(page("division", "add"), division_form(**{"parent": department.headquarters.pk, **more}))
    assert answer.status_code == 200
    assert words in text(answer)
    assert "Northwest Patrol Division" in text(answer)
    assert not Division.objects.filter(name="Northwest Patrol Division").exists()


def test_only_what_was_touched_of_a_division_is_written(desk: Client, department: SimpleNamespace):
    place = department.northeast
    form = division_form(name=place.name, short_name=place.short_name, position=place.position, hours="Always")
    assert desk.post(page("division", "change", place.pk), form).status_code == 302
    place.refresh_from_db()
    assert (place.hours, place.slug) == ("Always", "northeast")
    assert last_act().data["changed"] == {"hours": "Always"}


def test_a_member_is_added_on_a_divisions_page(desk: Client, department: SimpleNamespace):
    place = department.northeast
    rows = list(place.memberships.all())
    row: dict[str, Any] = {"memberships-TOTAL_FORMS": len(rows) + 1, "memberships-INITIAL_FORMS": len(rows)}
    shown = list(place.memberships.order_by("-starts_on", "-pk"))
    for number, there in enumerate(shown):
        row |= {f"memberships-{number}-id": there.pk, f"memberships-{number}-division": place.pk}
    last = f"memberships-{len(rows)}"
    row |= {f"{last}-user": department.stranger.pk, f"{last}-role": Role.objects.get(code="moderator").pk}
    row[f"{last}-starts_on"] = TODAY.isoformat()
    form = division_form(name=place.name, short_name=place.short_name, position=place.position, **row)
    answer = desk.post(page("division", "change", place.pk), form)
    assert answer.status_code == 302, text(answer)
    assert place.memberships.filter(user=department.stranger, role__code="moderator").exists()


# ---- channels and links


def test_a_channel_is_added_and_changed_through_the_service(desk: Client, department: SimpleNamespace):
    fixed = {"division": department.northeast.pk, "platform": "facebook", "audience": "public", "slug": "second"}
    answer = desk.post(page("channel", "add"), channel_form(**fixed))
    assert answer.status_code == 302, text(answer)
    channel = Channel.objects.get(slug="second")
    assert last_act().type == "divisions.channel.created"
    form = channel_form(channel, cadence_days="4", audience="internal", division=department.central.pk)
    assert desk.post(page("channel", "change", channel.pk), form).status_code == 302
    channel.refresh_from_db()
    assert (channel.cadence_days, channel.audience, channel.division) == (4, "public", department.northeast)
    assert last_act().data["changed"] == {"cadence_days": "4"}


def test_our_own_pages_are_not_made_by_hand(desk: Client, department: SimpleNamespace):
    fixed = {"division": department.northeast.pk, "platform": "website", "audience": "public", "slug": "second"}
    answer = desk.post(page("channel", "add"), channel_form(**fixed))
    assert "platform" in answer.context["adminform"].form.errors


def test_a_channel_is_moved_along_the_table_with_its_reason(desk: Client, department: SimpleNamespace):
    channel = department.facebook_northeast
    address = page("channel", "change", channel.pk)
    form = channel_form(channel, state="paused", state_reason="The page is being renamed")
    assert desk.post(address, form).status_code == 302
    channel.refresh_from_db()
    assert (channel.state, channel.state_reason) == ("paused", "The page is being renamed")
    assert last_act().type == "divisions.channel.paused"
    answer = desk.post(address, channel_form(channel, state="needs_attention"))
    assert "state" in answer.context["adminform"].form.errors


def test_credentials_are_written_and_never_shown(desk: Client, department: SimpleNamespace):
    channel = department.facebook_northeast
    address = page("channel", "change", channel.pk)
    form = channel_form(channel, new_credentials='{"access_token": "very-secret-token"}')
    assert desk.post(address, form).status_code == 302
    channel.refresh_from_db()
    assert credentials.open_for(channel) == {"access_token": "very-secret-token"}
    words = text(desk.get(address)) + text(desk.get(page("channel"))) + text(desk.get(address + "history/"))
    assert "Stored, encrypted" in words
    assert "very-secret-token" not in words
    assert channel.credentials not in words
    assert "very-secret-token" not in json.dumps(list(LedgerEntry.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("typed", ["secret-not-json", '["secret-list"]', '{"token": 5, "why": "secret-number"}', "{}"])
def test_bad_credentials_are_refused_without_being_echoed(desk: Client, department: SimpleNamespace, typed: str):
    channel = department.facebook_northeast
    form = channel_form(channel, name="A name that stays", new_credentials=typed)
    answer = desk.post(page("channel", "change", channel.pk), form)
    assert "new_credentials" in answer.context["adminform"].form.errors
    assert "secret" not in text(answer).replace("very-secret", "")
    assert "A name that stays" in text(answer)
    channel.refresh_from_db()
    assert channel.credentials == ""


def test_untouched_credentials_stay(desk: Client, department: SimpleNamespace):
    channel = department.facebook_northeast
    Channel.objects.filter(pk=channel.pk).update(credentials=credentials.seal({"access_token": "kept"}))
    desk.post(page("channel", "change", channel.pk), channel_form(channel, cadence_days="2"))
    assert credentials.open_for(Channel.objects.get(pk=channel.pk)) == {"access_token": "kept"}


def test_a_superuser_without_membership_reads_why_a_channel_cannot_be_changed(
    root: Client, department: SimpleNamespace
):
    channel = department.facebook_northeast
    answer = root.post(page("channel", "change", channel.pk), channel_form(channel, name="Another name"))
    assert answer.status_code == 200
    assert "takes a membership like anybody" in text(answer)
    assert "Another name" in text(answer)
    channel.refresh_from_db()
    assert channel.name != "Another name"


def test_somebody_with_a_membership_but_without_the_right_reads_who_has_it(as_: Any, department: SimpleNamespace):
    User.objects.filter(pk=department.supervisor.pk).update(is_staff=True, is_superuser=True)
    channel = department.facebook_northeast
    browser = as_(User.objects.get(pk=department.supervisor.pk))
    answer = browser.post(page("channel", "change", channel.pk), channel_form(channel, name="Another name"))
    assert "You may not connect and change channels in" in text(answer)
    assert "Administrator" in text(answer)


def test_a_link_is_made_and_ended(desk: Client, department: SimpleNamespace):
    form = {"source_channel": department.facebook_northeast.pk, "target_channel": department.nixle.pk}
    form |= {"approver": "source"}
    answer = desk.post(page("linkrule", "add"), form)
    assert answer.status_code == 302, text(answer)
    link = LinkRule.objects.get(target_channel=department.nixle)
    address = page("linkrule", "change", link.pk)
    assert "Nothing to save" in text(desk.post(address, {}))
    assert desk.post(address, {"end_now": "on", "approver": "target"}).status_code == 302
    link.refresh_from_db()
    assert link.revoked_at is not None
    assert link.approver == "source"
    assert desk.post(address, {"end_now": "on"}).status_code == 403


def test_a_link_between_two_audiences_is_refused_at_its_field(desk: Client, department: SimpleNamespace):
    form = {"source_channel": department.facebook_northeast.pk, "target_channel": department.x_staff.pk}
    answer = desk.post(page("linkrule", "add"), {**form, "approver": "source"})
    assert "target_channel" in answer.context["adminform"].form.errors


# ---- what nobody does


@pytest.mark.parametrize("model", ["user", "division", "channel", "membership", "role", "linkrule", "department"])
def test_nobody_deletes_what_has_a_history(root: Client, desk: Client, department: SimpleNamespace, model: str):
    registered = next(m for m in admin.site._registry if m._meta.label_lower == f"divisions.{model}")
    row = registered._default_manager.first()
    assert row is not None
    for browser in (root, desk):
        assert browser.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        browser.post(page(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert registered._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", ["divisionuserpermission", "channeluserpermission"])
def test_the_mirror_is_only_looked_at(desk: Client, department: SimpleNamespace, model: str):
    before = access.mirror_differences()
    assert desk.post(page(model, "add"), {"user": 1, "permission": 1, "content_object": 1}).status_code == 403
    assert access.mirror_differences() == before == 0


def test_a_stale_membership_form_that_lost_its_race_is_told(desk: Client, department: SimpleNamespace):
    row = department.officer.memberships.get()
    people.end(membership=row, by=None)
    answer = desk.post(page("membership", "change", row.pk), {"ends_on": "", "end_now": "on", **NO_ROWS})
    assert answer.status_code == 403


# ---- taking away


def test_people_divisions_and_channels_can_be_taken_away_as_a_list(desk: Client, department: SimpleNamespace):
    for model, word in (("user", "officer@test.example"), ("division", "northeast"), ("channel", "TPDNortheast")):
        answer = desk.post(f"{page(model)}export/", {"format": "0", "resource": "0"})
        assert answer.status_code == 200, model
        assert word in text(answer)
        assert answer.headers["Content-Type"].startswith("text/csv")


def test_an_export_carries_no_secret(desk: Client, department: SimpleNamespace):
    sealed = credentials.seal({"access_token": "x"})
    Channel.objects.filter(slug="x-staff").update(credentials=sealed)
    words = text(desk.post(f"{page('channel')}export/", {"format": "0", "resource": "0"}))
    assert sealed not in words
    assert "staff-follower" not in words
    words = text(desk.post(f"{page('user')}export/", {"format": "0", "resource": "0"}))
    assert not re.search(r"md5\$|pbkdf2", words)
    assert "Officer in Northeast" in words


def test_nothing_is_imported_past_the_services(desk: Client, department: SimpleNamespace):
    for model in ("user", "division", "channel"):
        assert desk.get(f"{page(model)}import/", follow=True).redirect_chain or True
        before = User.objects.count(), Division.objects.count(), Channel.objects.count()
        desk.post(f"{page(model)}import/", {"format": "0"})
        assert (User.objects.count(), Division.objects.count(), Channel.objects.count()) == before
