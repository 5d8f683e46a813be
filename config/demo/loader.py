"""Loads the demo department: people, channels, and thirty days of posts, made by the real services with `now=`.

History goes through the same gate, claim and settle as everything else; only the wire call is answered from the
mirror (what a platform said then). Must not live here: content (posts/*.yaml), pictures, rules.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from config.demo import comments, content, digests, films, mirror, pictures, rounds
from config.demo.content import DemoPost
from connectors.contract import Done, Result
from connectors.errors import ConnectorError
from divisions.models import Channel, Division, User
from divisions.services import channels, load_department
from divisions.states import OWN_PLATFORMS
from moderation.services import linking
from posts.models import MediaAsset, Post, Revision
from posts.services import compose, decide, deliver, media, review, submit, videos
from posts.services.compose import DraftInput
from posts.states import DeliveryState

WORKER = "demo"
FIRST_DAY = timedelta(days=60)  # the department is older than its oldest post
WRITTEN, APPROVED = timedelta(hours=5), timedelta(hours=3)  # before a post of the past went out
AT_THE_DESK = timedelta(minutes=40)  # before now: when what is still open was written
PICTURE_WORK = timedelta(days=31)
BY_HAND = timedelta(minutes=9)
BEST_WINDOWS = {  # when the readers of two pages look most
    "facebook-northeast": {"best_from": time(17, 30), "best_until": time(19)},
    "facebook-central": {"best_from": time(11, 30), "best_until": time(13)},
}
STAYS_OPEN = frozenset({"in_review", "changes_requested", "draft", "scheduled", "due_soon"})


def load(*, now: datetime, say: Callable[[str], None]) -> bool:
    """Load the demo into an empty database, all of it or nothing; False when posts are there already."""
    if Post.objects.exists():
        return False
    with mirror.reachable(), transaction.atomic():
        mirror.clear()
        _department(now)
        mirror.spare_accounts()
        say("People, divisions and channels are there.")
        story = _Story(now)
        for number, post in enumerate(content.load(now=now), start=1):
            story.tell(post)
            if number % 40 == 0:
                say(f"{number} posts written.")
        comments.tell(now=now)
        rounds.tell(now=now)
        say("Ninety days of check rounds are signed.")
        digests.tell(now=now)
    return True


def _department(now: datetime) -> None:
    load_department.load(content.department(), now=now - FIRST_DAY)
    for user in User.objects.all():
        user.set_password(settings.DEMO_PASSWORD)
        user.is_staff = user.is_superuser = user.email.startswith("admin@")
        user.save()
    for channel in Channel.objects.exclude(platform__in=OWN_PLATFORMS):
        token = mirror.account(channel)
        facts = {"url": mirror.page(channel), **BEST_WINDOWS.get(channel.slug, {})}
        channels.change_channel(channel=channel, by=None, now=now - FIRST_DAY, **facts)
        if channel.platform in mirror.SPOKEN:
            channels.set_credentials(channel=channel, secrets={"access_token": token}, by=None, now=now - FIRST_DAY)
            linking.ask(Channel.objects.select_related("division").get(pk=channel.pk), now=now)


class _Story:
    """Tells one demo post after another, in the order in which they went out."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.people = {user.email: user for user in User.objects.all()}
        self.divisions = {division.slug: division for division in Division.objects.all()}
        self.channels = {channel.slug: channel for channel in Channel.objects.select_related("division")}
        self.assets: dict[tuple[str, str], MediaAsset] = {}

    def tell(self, post: DemoPost) -> None:
        """Write it, and take it as far as its scenario says."""
        past = post.due_at <= self.now and post.scenario not in STAYS_OPEN
        written = post.due_at - WRITTEN if past else self.now - AT_THE_DESK
        row = self._write(post, written)
        if post.scenario == "draft":
            return
        revision = submit.submit(post=row, by=self.people[post.by], now=written)
        self._decide(post, revision, post.due_at - APPROVED if past else self.now - AT_THE_DESK / 2)
        if past:
            self._go_out(post, row)

    def _write(self, post: DemoPost, now: datetime) -> Post:
        by, division = self.people[post.by], self.divisions[post.division]
        row = compose.start(division=division, kind=post.kind, audience=post.audience, by=by, now=now)
        shown = [self._film(post, by, division).pk] if post.film else []
        shown += [self._picture(post, by, division).pk] if post.picture else []
        compose.save(
            post=row,
            version=1,
            by=by,
            now=now,
            data=DraftInput(
                kind=post.kind,
                title=post.title,
                text=post.text,
                language=post.language,
                facts=post.facts,
                when="at",
                wall_time=post.wall_time,
                expires_on=post.expires_on,
                channels={c.pk: post.own_words.get(c.platform) for c in self._places(post)},
                media=tuple(shown),
            ),
        )
        return row

    def _places(self, post: DemoPost) -> list[Channel]:
        own = {"page": ("website", "feed"), "internal": ("internal",)}
        slugs = [
            slug
            for name in post.channels
            for slug in ([f"{post.division}-{p}" for p in own[name]] if name in own else [name])
        ]
        return [self.channels[slug] for slug in slugs]

    def _picture(self, post: DemoPost, by: User, division: Division) -> MediaAsset:
        assert post.picture is not None
        wanted = post.picture
        key = (division.slug, f"{wanted.name}:{bool(wanted.alt)}")
        if key not in self.assets:
            self.assets[key] = media.add(
                division=division,
                name=f"{wanted.name}.jpg",
                file=io.BytesIO(pictures.draw(wanted.name)),
                by=by,
                alt_text=wanted.alt,
                credit=wanted.credit,
                now=self.now - PICTURE_WORK,
            )
        return self.assets[key]

    def _film(self, post: DemoPost, by: User, division: Division) -> MediaAsset:
        """A film with its captions; its clean copy is made here, as no worker runs while the demo is loaded."""
        assert post.film is not None
        data, now = films.draw(post.film.name), self.now - PICTURE_WORK
        film = videos.add(
            division=division,
            name=f"{post.film.name}.mp4",
            file=io.BytesIO(data),
            size_bytes=len(data),
            by=by,
            alt_text=post.film.alt,
            credit=post.film.credit,
            now=now,
        )
        videos.make_one(now=now)
        return videos.caption(asset=film, text=films.CAPTIONS[post.film.name], no_speech=False, by=by, now=now)

    def _decide(self, post: DemoPost, revision: Revision, now: datetime) -> None:
        if post.scenario == "in_review":
            return
        supervisor = self.people[f"supervisor.{post.division}@demo.example"]
        if post.scenario == "changes_requested":
            review.request_changes(revision=revision, by=supervisor, note=post.review_note, now=now)
        else:
            review.approve(revision=revision, by=supervisor, now=now)

    def _go_out(self, post: DemoPost, row: Post) -> None:
        if post.fault:
            mirror.misbehave(self.channels[post.fault["channel"]], post.fault["fault"])
        while lanes := deliver.claim(now=post.due_at, worker=WORKER):
            for lane, rows in lanes.items():
                run = self._answer_of(post)
                deliver.run_lane(lane, rows, worker=WORKER, clock=lambda: post.due_at, run=run)
        if post.scenario != "awaiting_proof":
            self._prove(row, post.due_at + BY_HAND)

    def _answer_of(self, post: DemoPost) -> Callable[[deliver.Call], Result | ConnectorError]:
        """What the wire says: the mirror's receipt, or the real answer where the demo wants a fault."""

        def run(call: deliver.Call) -> Result | ConnectorError:
            channel = call.delivery.channel
            broken = post.fault is not None and post.fault["channel"] == channel.slug
            if channel.is_own or broken:
                return deliver.make_call(call)
            return Done(mirror.show(call.delivery))

        return run

    def _prove(self, row: Post, now: datetime) -> None:
        for delivery in row.deliveries.filter(state=DeliveryState.AWAITING_PROOF).select_related("channel"):
            by = self.people[f"officer.{row.division.slug}@demo.example"]
            decide.prove(delivery=delivery, link=mirror.show(delivery).url, by=by, now=now)
