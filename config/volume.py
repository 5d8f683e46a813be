"""Made-up volume for measurements and trials: divisions, people, channels, and posts approved as people approve them.

Every post was written by an officer and approved by a supervisor, so the gate lets it through for the same reasons as
any other. Must not live here: the command line (management/commands/load_volume.py), what a delivery does.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from connectors import counting, http
from connectors.errors import ConnectorError
from divisions.errors import BadInput
from divisions.models import Channel, Department, Division, Membership, User
from divisions.services import channels as channel_services
from divisions.services import credentials, divisions, people, roles
from divisions.states import Audience, ChannelState, Mode, Platform
from posts.errors import StopsOpen
from posts.kinds import Kind
from posts.selectors import moments
from posts.services import bulk
from posts.services.bulk import Written

BATCH = 250  # posts a transaction
MOST = {"divisions": 5_000, "channels": 20_000, "posts": 1_000_000}
MOST_AHEAD = timedelta(days=350)
LONGEST_SPREAD_S = 7 * 86_400.0
MAX_WEIGHT = 280  # X is the shortest of the two platforms
TEXT = "v:{n}: Volume post for measurements."
FIRST_DAY = date(2025, 1, 1)
SPOKEN = (Platform.X, Platform.FACEBOOK)  # what the sandbox network speaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to make. `due_at` is when the first post is due; the others follow evenly over `spread_s` seconds."""

    divisions: int
    channels: int
    posts: int
    due_at: datetime
    spread_s: float = 0.0
    text: str = TEXT
    base_url: str = ""
    platforms: tuple[str, ...] = (Platform.X,)

    def due(self, number: int) -> datetime:
        """When post `number` is due, to the second."""
        step_s = self.spread_s / max(self.posts - 1, 1)
        return (self.due_at + timedelta(seconds=number * step_s)).replace(microsecond=0)

    def words(self, number: int) -> str:
        """What post `number` says."""
        return self.text.replace("{n}", str(number))


@dataclass(frozen=True, slots=True)
class Voice:
    """A channel with the two people who make its posts, and the zone its wall clock is in."""

    channel: Channel
    officer: User
    supervisor: User
    zone: str


def check(wanted: Wanted, *, now: datetime) -> None:
    """Raise BadInput, its field the option's name, for what cannot be made."""
    for name, most in MOST.items():
        least = 0 if name == "posts" else 1
        value = getattr(wanted, name)
        if not least <= value <= most:
            raise BadInput(f"--{name}", f"{value} is not from {least} to {most}.", cure=f"--{name} {least or most}")
    if not 0 <= wanted.spread_s <= LONGEST_SPREAD_S:
        limit = f"{wanted.spread_s:g} s is not from 0 to {LONGEST_SPREAD_S:.0f} (a week)."
        raise BadInput("--spread-s", limit, cure="--spread-s 60")
    if wanted.posts and not now < wanted.due_at <= now + MOST_AHEAD:
        shown = wanted.due_at.isoformat()
        raise BadInput("--due-at", f"{shown} is not within the coming year.", cure="Pick a time to come.")
    weight = counting.x_weighted(wanted.words(max(wanted.posts - 1, 0)))
    if not 0 < weight <= MAX_WEIGHT or not wanted.text.strip():
        raise BadInput("--text", f"{weight} of 1 to {MAX_WEIGHT} characters as X counts.", cure=f"Like '{TEXT}'")
    if wanted.base_url and urlsplit(wanted.base_url).scheme not in ("http", "https"):
        raise BadInput("--base-url", f"“{wanted.base_url}” is no address.", cure="Like http://127.0.0.1:8025/x")


def load(wanted: Wanted, *, now: datetime, say: Callable[[str], None] = lambda line: None) -> int:
    """Make the volume; returns how many posts were written. Divisions, people and channels are made once.

    Approvals carry the time `now`, whatever the writing takes. Raises BadInput (see `check`).
    """
    check(wanted, now=now)
    voices = _voices(wanted, now)
    say(f"{wanted.divisions} divisions and {wanted.channels} channels are there.")
    for first in range(0, wanted.posts, BATCH):
        numbers = range(first, min(first + BATCH, wanted.posts))
        items = [_written(wanted, number, voices[number % len(voices)]) for number in numbers]
        try:
            bulk.write_and_approve(items, now=now)
        except StopsOpen as stops:
            raise BadInput("--text", str(stops), cure="Other words.") from stops
        if numbers.stop % 5000 == 0:
            say(f"{numbers.stop} posts approved.")
    return wanted.posts


def _written(wanted: Wanted, number: int, voice: Voice) -> Written:
    """Post `number`, for one channel."""
    return Written(
        channel=voice.channel,
        officer=voice.officer,
        supervisor=voice.supervisor,
        kind=Kind.UPDATE,
        title=f"Volume post {number}",
        text=wanted.words(number),
        wall_time=_wall(wanted.due(number), voice.zone),
        zone=voice.zone,
    )


def _wall(due: datetime, zone: str) -> str:
    wall = due.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
    if moments.moment(wall, zone) != due:
        raise BadInput("--due-at", f"The clock shows {wall} twice in {zone}.", cure="Pick another hour.")
    return wall


@transaction.atomic
def _voices(wanted: Wanted, now: datetime) -> list[Voice]:
    Department.objects.get_or_create(
        pk=1,
        defaults={"name": "Volume Department", "short_name": "Volume", "crest_letters": "VD", "zone": "UTC"},
    )
    roles.load_roles(now=now)
    places = _divisions(wanted.divisions, now)
    crews = [_crew(place, now) for place in places]
    made = _channels(wanted, places, now)
    _tokens(made, wanted.base_url, now)
    zones = [moments.zone_of(place) for place in places]
    return [
        Voice(channel, *crews[n % len(places)], zones[n % len(places)])
        for n, channel in enumerate(Channel.objects.filter(pk__in=[c.pk for c in made]).order_by("pk"))
    ]


def _divisions(count: int, now: datetime) -> list[Division]:
    """Divisions volume-1 …, below the division at the top when there is one."""
    there = {d.slug: d for d in Division.objects.filter(slug__startswith="volume-")}
    top = Division.objects.filter(parent__isnull=True).order_by("pk").first()
    found = []
    for number in range(1, count + 1):
        slug = f"volume-{number}"
        if slug not in there:
            name = f"Volume {number}"
            there[slug] = divisions.create_division(slug=slug, name=name, parent=top, by=None, now=now)
            top = top or there[slug]
        found.append(there[slug])
    return found


def _crew(place: Division, now: datetime) -> tuple[User, User]:
    officer, supervisor = (_person(place, role, now) for role in ("officer", "supervisor"))
    return officer, supervisor


def _person(place: Division, role: str, now: datetime) -> User:
    email = f"{role}.{place.slug}@volume.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = people.create_person(email=email, name=f"{role.capitalize()}, {place.name}", by=None, now=now)
    if not Membership.objects.filter(user=user, division=place, role__code=role, revoked_at=None).exists():
        people.grant(user=user, division=place, role=role, starts_on=FIRST_DAY, by=None, now=now)
    return user


def _channels(wanted: Wanted, places: Sequence[Division], now: datetime) -> list[Channel]:
    """Channels spread over the divisions and platforms; one that is there is pointed at `base_url` again."""
    there = {c.slug: c for c in Channel.objects.filter(slug__startswith="volume-").select_related("division")}
    found = []
    for number in range(1, wanted.channels + 1):
        platform = wanted.platforms[(number - 1) % len(wanted.platforms)]
        slug, place = f"volume-{platform}-{number}", places[(number - 1) % len(places)]
        known = there.get(slug)
        if known is None:
            found.append(_channel(slug, place, platform, number, wanted.base_url, now))
            continue
        if known.division_id != place.pk:
            raise BadInput(
                "--divisions",
                f"{slug} was made in {known.division}, and would be in {place} now.",
                cure="Use the number of divisions of the first run.",
            )
        channel_services.change_channel(channel=known, api_base=wanted.base_url, by=None, now=now)
        channel_services.move_channel(channel=known, to=ChannelState.CONNECTED, by=None, now=now)
        found.append(known)
    return found


def _channel(slug: str, place: Division, platform: str, number: int, base_url: str, now: datetime) -> Channel:
    return channel_services.create_channel(
        slug=slug,
        division=place,
        platform=platform,
        audience=Audience.PUBLIC,
        name=f"Volume {number}",
        handle=f"volume{number}",
        remote_id=str(7 * 10**14 + int(sha256(slug.encode()).hexdigest()[:10], 16)),
        mode=Mode.SANDBOX,
        api_base=base_url,
        by=None,
        now=now,
    )


def _tokens(made: Sequence[Channel], base_url: str, now: datetime) -> None:
    """Give every channel the token its account has at the sandbox, a made-up one where nobody keeps accounts."""
    given = _accounts(made, base_url or settings.SANDBOX_URL)
    for channel in made:
        have = credentials.open_for(channel).get("access_token", "")
        token = given.get((channel.platform, channel.handle)) or have or f"volume-{secrets.token_urlsafe(12)}"
        if token != have:
            channel_services.set_credentials(channel=channel, secrets={"access_token": token}, by=None, now=now)


def _accounts(made: Sequence[Channel], address: str) -> dict[tuple[str, str], str]:
    """Make the accounts at the sandbox's own door; nothing when the server there has no such door."""
    where = urlsplit(address)
    facts = [
        {"platform": c.platform, "handle": c.handle, "name": c.name, "remote_id": c.remote_id}
        for c in made
        if c.platform in SPOKEN
    ]
    with _reaching(where.hostname or "", where.port or (443 if where.scheme == "https" else 80)):
        url = f"{where.scheme}://{where.netloc}/_accounts"
        try:
            answer = http.request("POST", url, headers={}, json=facts, timeout_s=30, repeatable=True)
            listed: Iterable[dict[str, Any]] = json.loads(answer.text())["accounts"] if answer.status == 200 else []
            return {(one["platform"], one["handle"]): str(one["token"]) for one in listed}
        except (ConnectorError, ValueError, KeyError, TypeError):
            return {}


@contextmanager
def _reaching(host: str, port: int) -> Iterator[None]:
    """Let this process call one private address; the workers' OUTBOUND_ALLOW stays what it is."""
    http.configure(outbound_allow=[*settings.OUTBOUND_ALLOW, f"{host}:{port}"])
    try:
        yield
    finally:
        http.configure(outbound_allow=settings.OUTBOUND_ALLOW, read_timeout_s=settings.HTTP_READ_TIMEOUT_S)
