"""An untouched day shows no drift, whatever we did ourselves; twenty changes from outside make twenty cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from config.demo import loader, mirror
from connectors import http
from connectors.sandbox.server import running
from divisions.models import Channel, Division, User
from moderation.models import ChannelWatch, DriftCase
from moderation.services import watching
from moderation.states import DriftKind
from posts.models import Delivery, Post
from posts.selectors.corrections import Typed
from posts.services import correct, withdraw
from posts.states import Act, DeliveryState
from tests.stories import approved, tick

ACCOUNTS = 10  # thirteen in the demo; to two a person posts by hand, and one lost its sign-in: it cannot be read


@pytest.fixture
def demo(db: None, settings: Any) -> Iterator[SimpleNamespace]:
    """The demo department with its history on the network, and a morning on which much was put right."""
    with running() as server:
        settings.SANDBOX_URL, settings.OUTBOUND_ALLOW = server.base_url, [server.host_port]
        loader.load(now=timezone.now(), say=lambda words: None)
        http.configure(outbound_allow=[server.host_port], read_timeout_s=2.0)
        world = SimpleNamespace(
            network=server.network,
            now=timezone.now() + timedelta(minutes=1),
            channels={channel.slug: channel for channel in Channel.objects.select_related("division")},
            people={user.email.split("@")[0]: user for user in User.objects.all()},
            northeast=Division.objects.get(slug="northeast"),
        )
        _a_busy_morning(world)
        yield world
    http.configure()


def _a_busy_morning(world: SimpleNamespace) -> None:
    """A correction by edit (on X under a new id), a withdrawal, and a post whose answer was lost."""
    corrected, taken_down = (_published(world, title, world.now) for title in ("Toy drive", "Lost dog"))
    by, smo, at = world.people["supervisor.northeast"], world.people["smo"], world.now + timedelta(minutes=2)
    typed = Typed(
        was_wrong="We gave the wrong day.",
        reason="A reader told us so.",
        title="Toy drive",
        text="Bring toys until Saturday.",
        words={channel.pk: "Bring toys until Saturday." for channel in _spoken(world) if channel.platform == "x"},
    )
    correct.confirm(correction=correct.ask(post=corrected, typed=typed, by=by, now=at), by=smo, now=at)
    asked = withdraw.ask(post=taken_down, ground="prejudicial", reason="It names a witness.", by=by, now=at)
    withdraw.confirm(withdrawal=asked, by=smo, now=at)
    tick(at + timedelta(seconds=10))
    tick(at + timedelta(minutes=3))  # what the demo itself has due by then is out, and cannot take the lost answer
    mirror.misbehave(_spoken(world)[1], "drop_after_accept")
    world.unheard = _published(world, "Bridge closed", at + timedelta(minutes=2))


def _published(world: SimpleNamespace, title: str, at: datetime) -> Post:
    post = approved(
        world.northeast,
        world.people["officer.northeast"],
        world.people["supervisor.northeast"],
        title=title,
        text=f"{title}: bring it until Friday & use the west door, see austintown.example/parks.",
        channels=[*_spoken(world), world.channels["northeast-website"]],
        own_words={c.pk: f"{title}, until Friday & no later" for c in _spoken(world) if c.platform == "x"},
        now=at,
    )
    tick(at + timedelta(minutes=1))
    return post


def _spoken(world: SimpleNamespace) -> list[Channel]:
    linked = [c for c in world.channels.values() if c.platform == "x" and c.audience == "public"]
    return [world.channels["facebook-northeast"], linked[0]]


def _look_at_all(now: datetime) -> list[DriftCase]:
    """Every readable account, as the beat does it; returns the cases that are new."""
    before = set(DriftCase.objects.values_list("pk", flat=True))
    watching.enrol(now=now)
    ChannelWatch.objects.update(next_at=now, far_at=None)
    assert watching.look_at_due(now=now) == ACCOUNTS
    assert not ChannelWatch.objects.exclude(problem="").exists()
    return list(DriftCase.objects.exclude(pk__in=before))


def _standing(channel: Channel, *, pictures: bool = False) -> Iterator[Delivery]:
    """Copies that stand on an account since before today, oldest first."""
    rows = Delivery.objects.filter(channel=channel, act=Act.PUBLISH, state=DeliveryState.DELIVERED, amended_by=None)
    for row in rows.order_by("due_at"):
        if bool(row.payload["media"]) == pictures:
            yield row


def test_an_untouched_day_shows_no_drift_and_twenty_changes_make_twenty_cases(demo: SimpleNamespace) -> None:
    later = demo.now + timedelta(hours=1)
    states = set(Delivery.objects.filter(channel__in=demo.channels.values()).values_list("state", flat=True))
    assert {DeliveryState.UNCERTAIN, DeliveryState.FAILED, DeliveryState.WITHDRAWN} <= states
    assert demo.unheard.deliveries.filter(state=DeliveryState.UNCERTAIN).exists()
    assert Delivery.objects.exclude(amended_by=None).filter(channel=_spoken(demo)[1]).exists()
    assert [(c.kind, c.shown, c.expected) for c in _look_at_all(later)] == []
    wanted = _twenty_changes(demo)
    found = Counter((case.channel.slug, case.kind) for case in _look_at_all(later + timedelta(hours=1)))
    assert found == wanted
    assert found.total() == 20
    assert len({kind for _, kind in found}) == 7
    assert _look_at_all(later + timedelta(hours=2)) == []


def _twenty_changes(demo: SimpleNamespace) -> Counter[tuple[str, str]]:
    done: Counter[tuple[str, str]] = Counter()
    readable = [c for c in demo.channels.values() if c.platform in mirror.SPOKEN]
    facebook = [c for c in readable if c.platform == "facebook"]

    def outside(channel: Channel, kind: DriftKind, fault: str, **value: Any) -> None:
        mirror._post("_control", {"account": f"{channel.platform}/{channel.handle}", "fault": fault, "value": value})
        done[channel.slug, kind.value] += 1

    for number, channel in enumerate(readable[:5]):
        outside(channel, DriftKind.POSTED, "outside_post", text=f"Win a phone, number {number}")
    copies = {c.pk: list(_standing(c)) for c in readable}
    with_copies = [c for c in readable if len(copies[c.pk]) >= 3]
    for channel in with_copies[:4]:
        row = copies[channel.pk].pop()
        outside(channel, DriftKind.EDITED, "outside_edit", id=row.remote_id, text="These are not our words")
    for channel in with_copies[:4]:
        outside(channel, DriftKind.DELETED, "outside_delete", id=copies[channel.pk].pop().remote_id)
    cards = [r for c in facebook for r in copies[c.pk] if r.payload["link"]]
    for row in cards[:2]:
        channel = next(c for c in facebook if c.pk == row.channel_id)
        outside(channel, DriftKind.LINK, "outside_edit", id=row.remote_id, link="https://else.example/win")
    pictured = next(r for c in facebook for r in _standing(c, pictures=True))
    channel = next(c for c in facebook if c.pk == pictured.channel_id)
    outside(channel, DriftKind.PICTURES, "outside_edit", id=pictured.remote_id, pictures=0)
    for channel in readable[:2]:
        outside(channel, DriftKind.PROFILE_NAME, "outside_profile", name="Free phones")
    for channel in readable[1:3]:
        outside(channel, DriftKind.PROFILE_TEXT, "outside_profile", bio="Write to us", website="https://else.example/")
    return done
