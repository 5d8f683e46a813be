"""Rights as of a day, against a brute-force replay of what happened: every event in turn, asked after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from divisions import access
from divisions.errors import Refusal
from divisions.models import Channel, LinkRule, Membership, Role, RoleRight, User
from divisions.permissions import CHANNEL_RIGHTS, Right
from divisions.selectors import who_could
from divisions.services import channels, first_days, handing_back, handover, people, roles

ZONE = ZoneInfo("America/Chicago")
START = datetime(2026, 11, 30, 0, 0, tzinfo=ZONE)
DAYS = 6
PEOPLE, PLACES = ("officer", "colleague", "stranger"), ("headquarters", "northeast", "central")
ASKED = (Right.DRAFT_POST, Right.SUBMIT_POST, Right.REVIEW_POST, Right.VIEW_DIVISION)
ROLES = ("officer", "supervisor", "central_officer")


@dataclass
class Place:
    """A membership as the replay knows it."""

    user: int
    division: str
    role: str
    first: date
    last: date | None
    channels: frozenset[int]
    over: bool = False


@dataclass
class Model:
    """The brute-force truth: plain state, changed by each event; asked by walking everything."""

    roles: dict[str, set[str]]
    below: dict[str, set[str]]
    places: dict[int, Place] = field(default_factory=dict)
    links: set[tuple[int, int]] = field(default_factory=set)
    asleep: set[int] = field(default_factory=set)

    def can(self, user: int, right: Right, channel: Channel, at: datetime) -> bool:
        """Directly."""
        day = at.astimezone(ZONE).date()
        return user not in self.asleep and any(
            p.user == user
            and not p.over
            and p.first <= day
            and (p.last is None or day <= p.last)
            and right in self.roles[p.role]
            and channel.division.slug in (self.below[p.division] if p.role == "central_officer" else {p.division})
            and (not p.channels or right not in CHANNEL_RIGHTS or channel.is_own or channel.pk in p.channels)
            for p in self.places.values()
        )

    def can_post(self, user: int, right: Right, channel: Channel, at: datetime, every: list[Channel]) -> bool:
        """Directly or through a link rule."""
        return self.can(user, right, channel, at) or any(
            self.can(user, right, source, at) for source in every if (source.pk, channel.pk) in self.links
        )


KINDS = (
    *("grant", "grant", "grant", "narrow", "end", "last_day", "role_gets", "role_loses"),
    *("link", "unlink", "off", "on", "leaver", "transfer", "transfer", "undo"),
)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, DAYS * 24 * 60 - 1),
        st.sampled_from(KINDS),
        st.integers(0, 1000),
        st.integers(0, 1000),
        st.integers(0, 1000),
    ),
    min_size=1,
    max_size=14,
).map(lambda events: sorted(events, key=lambda event: event[0]))


class Story:
    """Makes each event happen through the services and in the model."""

    def __init__(self, d: SimpleNamespace) -> None:
        self.d = d
        self.every = [c for c in Channel.objects.select_related("division") if c.audience == "public"]
        self.people = [getattr(d, name) for name in PEOPLE]
        have = {role.code: {r.right for r in role.role_rights.all()} for role in Role.objects.all()}
        below = {"headquarters": {"headquarters", "northeast", "central"}}
        self.model = Model(roles=have, below={slug: below.get(slug, {slug}) for slug in PLACES})
        rows = Membership.objects.filter(user__in=self.people).select_related("division", "role")
        self.model.places = {
            m.pk: Place(m.user_id, m.division.slug, m.role.code, m.starts_on, None, frozenset()) for m in rows
        }
        alive = LinkRule.objects.filter(revoked_at=None)
        self.model.links = set(alive.values_list("source_channel", "target_channel"))

    def happen(self, at: datetime, kind: str, a: int, b: int, c: int) -> None:
        """One event; what a service refuses did not happen."""
        act: Callable[..., None] = getattr(self, f"_{kind}")
        with time_machine.travel(at, tick=False), transaction.atomic():
            try:
                with transaction.atomic():
                    act(at, a, b, c)
            except Refusal:
                pass

    def _grant(self, at: datetime, a: int, b: int, c: int, only: tuple[Channel, ...] = ()) -> None:
        person, place = self.people[a % 3], getattr(self.d, PLACES[b % 3])
        first = at.astimezone(ZONE).date() + timedelta(days=c % 4 - 1)
        last = first + timedelta(days=c % 5) if c % 2 else None
        role = ROLES[c % 3]
        row = people.grant(
            user=person, division=place, role=role, starts_on=first, ends_on=last, channels=only, by=None, now=at
        )
        self.model.places[row.pk] = Place(
            person.pk, place.slug, role, first, last, frozenset(channel.pk for channel in only)
        )

    def _narrow(self, at: datetime, a: int, b: int, c: int) -> None:
        place = getattr(self.d, PLACES[b % 3])
        own = [channel for channel in self.every if channel.division_id == place.pk and not channel.is_own]
        self._grant(at, a, b, c, only=(own[c % len(own)],))

    def _pick(self, a: int) -> tuple[int, Membership]:
        pk = sorted(self.model.places)[a % len(self.model.places)]
        return pk, Membership.objects.get(pk=pk)

    def _end(self, at: datetime, a: int, b: int, c: int) -> None:
        pk, row = self._pick(a)
        people.end(membership=row, by=None, now=at)
        self.model.places[pk].over = True

    def _last_day(self, at: datetime, a: int, b: int, c: int) -> None:
        pk, row = self._pick(a)
        day = at.astimezone(ZONE).date() + timedelta(days=b % 3)
        if day < row.starts_on:
            return
        people.end(membership=row, last_day=day, by=None, now=at)
        self.model.places[pk].last = day

    def _role_gets(self, at: datetime, a: int, b: int, c: int) -> None:
        code = ROLES[a % 3]
        roles.give_right(role=Role.objects.get(code=code), right=ASKED[b % 4], by=None, now=at)
        self.model.roles[code].add(ASKED[b % 4])

    def _role_loses(self, at: datetime, a: int, b: int, c: int) -> None:
        code = ROLES[a % 3]
        rows = RoleRight.objects.filter(role__code=code, right=ASKED[b % 4], revoked_at=None)
        for row in rows:
            roles.end_right(role_right=row, by=None, now=at)
            self.model.roles[code].discard(ASKED[b % 4])

    def _link(self, at: datetime, a: int, b: int, c: int) -> None:
        rows = [channel for channel in self.every if not channel.is_own]
        source, target = rows[a % len(rows)], rows[b % len(rows)]
        if source == target:
            return
        channels.make_link(source=source, target=target, by=None, now=at)
        self.model.links.add((source.pk, target.pk))

    def _unlink(self, at: datetime, a: int, b: int, c: int) -> None:
        rows = list(LinkRule.objects.filter(revoked_at=None).select_related("source_channel", "target_channel"))
        if rows:
            link = rows[a % len(rows)]
            channels.revoke_link(link=link, by=None, now=at)
            self.model.links.discard((link.source_channel_id, link.target_channel_id))

    def _off(self, at: datetime, a: int, b: int, c: int) -> None:
        people.change_person(person=self.people[a % 3], by=None, now=at, is_active=False)
        self.model.asleep.add(self.people[a % 3].pk)

    def _on(self, at: datetime, a: int, b: int, c: int) -> None:
        people.change_person(person=self.people[a % 3], by=None, now=at, is_active=True)
        self.model.asleep.discard(self.people[a % 3].pk)

    def _leaver(self, at: datetime, a: int, b: int, c: int) -> None:
        person = self.people[a % 3]
        handover.hand_over(person=person, kind="leaver", successor=self.d.smo, by=None, now=at)
        self.model.asleep.add(person.pk)
        today = at.astimezone(ZONE).date()
        for place in self.model.places.values():
            if place.user == person.pk and (place.last is None or place.last >= today):
                place.over = True

    def _transfer(self, at: datetime, a: int, b: int, c: int) -> None:
        person, to, role = self.people[a % 3], getattr(self.d, PLACES[b % 3]), ROLES[c % 3]
        today = at.astimezone(ZONE).date()
        first = today + timedelta(days=(a + c) % 3)
        asked = {"division": to, "role": role, "first_day": first, "successor": self.d.smo}
        row = handover.hand_over(person=person, kind="transfer", by=None, now=at, **asked)
        theirs = {pk: p for pk, p in self.model.places.items() if p.user == person.pk and not p.over}
        alive = {pk: p for pk, p in theirs.items() if p.last is None or p.last >= today}
        new = Place(person.pk, to.slug, role, first, None, frozenset())
        goes_on = {pk for pk, p in alive.items() if p.first <= first and replace(p, first=first) == new}
        for pk, place in alive.items():
            if pk not in goes_on and (first == today or place.first >= first):
                place.over = True
            elif pk not in goes_on:
                place.last = min(place.last or first, first - timedelta(days=1))
        if not goes_on:
            self.model.places[row.moved["memberships"]["given"]] = new

    def _undo(self, at: datetime, a: int, b: int, c: int) -> None:
        person = self.people[a % 3]
        row = handover.Handover.objects.filter(person=person, undone_at=None).first()
        if row is None:
            return
        handing_back.hand_back(handover=row, by=self.d.admin, now=at)
        if "is_active" in row.moved["person"]:
            self.model.asleep.discard(person.pk)
        given = row.moved["memberships"]["given"]
        if given:
            self.model.places[given].over = True
        for pk, (before, became) in row.moved["memberships"]["last_days"].items():
            place = self.model.places[int(pk)]
            if not place.over and str(place.last) == became:
                place.last = date.fromisoformat(before) if before else None
        for made in Membership.objects.filter(user=person, revoked_at=None).exclude(pk__in=self.model.places):
            only = frozenset(made.narrowings.filter(revoked_at=None).values_list("channel", flat=True))
            self.model.places[made.pk] = Place(
                person.pk, made.division.slug, made.role.code, made.starts_on, made.ends_on, only
            )


@settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
# An event of the very last minute: today is asked after it.
@example(events=[(DAYS * 24 * 60 - 1, "end", 0, 0, 0)])
# Two moves, the later one taken back first.
@example(events=[(600, "transfer", 0, 2, 2), (650, "leaver", 0, 0, 0), (700, "undo", 0, 0, 0), (750, "undo", 0, 0, 0)])
# A move in two days, which is what the old place ends with; and one that is taken back the same day.
@example(events=[(600, "transfer", 0, 2, 2)])
@example(events=[(600, "transfer", 0, 2, 2), (700, "undo", 0, 0, 0)])
@given(events=EVENTS)
def test_rights_as_of_a_day_are_what_a_replay_says(department: SimpleNamespace, events: list[Any]) -> None:
    with transaction.atomic():
        _replay(department, events)
        transaction.set_rollback(True)


def _replay(d: SimpleNamespace, events: list[Any]) -> None:
    before = START - timedelta(days=400)
    Membership.objects.update(created_at=before)
    RoleRight.objects.update(granted_at=before)
    LinkRule.objects.update(created_at=before)
    story = Story(d)
    truth: dict[date, set[tuple[int, str, int]]] = {}
    linked: dict[date, set[tuple[int, str, int]]] = {}

    def look(at: datetime) -> None:
        day = at.astimezone(ZONE).date()
        for user in story.people:
            for right in ASKED:
                for channel in story.every:
                    fact = (user.pk, right.value, channel.pk)
                    if story.model.can(user.pk, right, channel, at):
                        truth.setdefault(day, set()).add(fact)
                    if story.model.can_post(user.pk, right, channel, at, story.every):
                        linked.setdefault(day, set()).add(fact)

    ahead = list(events)
    for n in range(DAYS):
        midnight = START + timedelta(days=n)
        look(midnight)
        with time_machine.travel(midnight, tick=False):
            first_days.settle_due(now=midnight)  # passes on what is begun; gives and takes no right
        while ahead and ahead[0][0] < (n + 1) * 24 * 60:
            minute, kind, a, b, c = ahead.pop(0)
            at = (START + timedelta(minutes=minute, seconds=30)).astimezone(UTC)
            story.happen(at, kind, a, b, c)
            look(at)
    end = START + timedelta(days=DAYS, seconds=-1)
    for n in range(DAYS):
        day = (START + timedelta(days=n)).date()
        _same_by_rights(story, day, truth.get(day, set()))
        _same_by_list(story, day, linked.get(day, set()))
    _same_today(story, end)


def _same_by_rights(story: Story, day: date, expected: set[tuple[int, str, int]]) -> None:
    found = set()
    for user in story.people:
        mine = access.rights(User.objects.get(pk=user.pk), on=day)
        found |= {
            (user.pk, right.value, channel.pk)
            for right in ASKED
            for channel in story.every
            if mine.can(right, channel.division_id, channel)
        }
    assert found == expected, day


def _same_by_list(story: Story, day: date, expected: set[tuple[int, str, int]]) -> None:
    ids = {user.pk for user in story.people}
    for channel in story.every:
        found = {(could.user.pk, right.value) for could in who_could.on(channel, day) for right in could.rights}
        asked = {right.value for right in who_could.ASKED}
        wanted = {(pk, right) for pk, right, where in expected if where == channel.pk and right in asked}
        assert {pair for pair in found if pair[0] in ids} == wanted, (day, channel)


def _same_today(story: Story, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        for user in story.people:
            mine = access.rights(User.objects.get(pk=user.pk))
            for right in ASKED:
                for channel in story.every:
                    asked = mine.can(right, channel.division_id, channel)
                    assert asked == story.model.can(user.pk, right, channel, at), (user, right, channel)


def test_a_right_given_later_does_not_count_for_an_earlier_day(department: SimpleNamespace) -> None:
    d = department
    with time_machine.travel(START, tick=False):
        people.grant(user=d.colleague, division=d.central, role="auditor", starts_on=START.date(), by=None)
    with time_machine.travel(START + timedelta(days=2, hours=10), tick=False):
        roles.give_right(role=Role.objects.get(code="auditor"), right=Right.DRAFT_POST, by=None)
    days = [access.rights(d.colleague, on=START.date() + timedelta(days=n)) for n in range(4)]
    assert [mine.can(Right.DRAFT_POST, d.central.pk) for mine in days] == [False, False, True, True]


def test_a_membership_entered_today_gave_nothing_last_week(department: SimpleNamespace) -> None:
    d = department
    with time_machine.travel(START, tick=False):
        first = START.date() - timedelta(days=7)
        people.grant(user=d.stranger, division=d.northeast, role="officer", starts_on=first, by=None)
        assert access.rights(d.stranger).can(Right.DRAFT_POST, d.northeast.pk)
    assert not access.rights(d.stranger, on=first).can(Right.DRAFT_POST, d.northeast.pk)


@pytest.mark.parametrize("more", [0, 30])
def test_the_question_asks_as_many_queries_for_many_people(department: SimpleNamespace, more: int) -> None:
    d = department
    for n in range(more):
        person = people.create_person(email=f"p{n}@test.example", name=f"Person {n}", by=None)
        people.grant(user=person, division=d.northeast, role="officer", starts_on=date(2026, 1, 1), by=None)
    with CaptureQueriesContext(connection) as asked:
        who_could.on(d.x_department, START.date())
    assert len(asked) == 7
