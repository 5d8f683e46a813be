"""P6, internal stays internal: one canary text and one picture, looked for at every address this system answers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from divisions.models import Channel, Division
from posts.models import Delivery, MediaAsset, Post, Variant
from posts.states import DeliveryState
from tests.network import SandboxNetwork
from tests.stories import NOW, approved, asset, draft, live, submitted, tick

CANARY = "lunchroom-canary-7431"
CONTROL = "control-marker-for-everybody"
INTERNAL: dict[str, Any] = {
    "audience": "internal",
    "kind": "internal_notice",
    "title": f"{CANARY} at noon",
    "text": f"{CANARY}: soup in the briefing room.",
}


@dataclass
class Planted:
    """Where the canary sits: staff posts at every stage, their picture, their deliveries; and a public control."""

    posts: list[Post]
    picture: MediaAsset
    control: Post


@pytest.fixture
def planted(department: SimpleNamespace) -> Planted:
    """Staff posts of Northeast: delivered with a picture, approved, in review, draft; and one public post."""
    d = department
    picture = asset(d.northeast, d.officer, alt=f"{CANARY} on a plate", colour="orange")
    out = live(d.northeast, d.officer, d.supervisor, pictures=[picture], **INTERNAL)
    waiting = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T18:00", **INTERNAL)
    reviewed = submitted(d.northeast, d.officer, **INTERNAL).post
    drafted = draft(d.northeast, d.officer, **INTERNAL)
    control = live(d.northeast, d.officer, d.supervisor, title=CONTROL)
    assert out.deliveries.get().state == DeliveryState.DELIVERED
    return Planted([out, waiting, reviewed, drafted], picture, control)


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every route and regular expression the system answers."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern)


def values(planted: Planted) -> dict[str, list[str]]:
    """What to put into an address: whatever could lead to the canary."""
    ids = {post.pk for post in planted.posts} | {planted.control.pk, planted.picture.pk}
    ids |= set(Delivery.objects.values_list("pk", flat=True))
    divisions = list(Division.objects.values_list("slug", flat=True))
    channels = list(Channel.objects.values_list("slug", flat=True))
    return {
        "pk": [str(pk) for pk in sorted(ids)],
        "slug": [*divisions, *channels, f"{CANARY}-at-noon"],
        "sha256": [planted.picture.sha256, planted.picture.thumb_sha256],
        "extension": ["jpg", "png"],
        "object_id": [str(planted.posts[0].pk)],
        "app_label": ["posts"],
        "url": ["posts/post/"],
        "content_type_id": ["1"],
        "uidb36": ["1"],
        "key": ["x"],
        "token": ["x"],
        "platform": ["facebook"],
        "code": ["two_admins"],
        "quarter": ["2026-Q4"],
    }


def addresses(planted: Planted) -> list[str]:
    """Every address, filled in every way. A parameter nobody gave a value to is a KeyError: add it above."""
    known = values(planted)
    found: set[str] = {"/news/?page=2", "/news/?kind=internal_notice", "/news/?division=northeast&page=2"}
    found |= {f"/feeds/news.atom?start={n}" for n in (0, 1, 50)} | {f"/?q={CANARY[:5]}", f"/official/?q={CANARY[:5]}"}
    for pattern in patterns(get_resolver()):
        plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern.replace("^", "").replace("$", "").replace("\\Z", ""))
        plain = re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", plain.replace("\\.", "."))
        names = re.findall(r"<(\w+)>", plain)
        for chosen in itertools.product(*(known[name] for name in names)):
            path = plain
            for name, value in zip(names, chosen, strict=True):
                path = path.replace(f"<{name}>", value, 1)
            found.add(f"/{path}")
    return sorted(found)


def said(answer: Any) -> str:
    """Body and headers, but not where a redirect leads: that repeats what was asked."""
    body = answer.getvalue() if answer.streaming else answer.content
    headers = "\n".join(f"{k}: {v}" for k, v in answer.headers.items() if k != "Location")
    return headers + body.decode("utf-8", "replace")


def test_p6_the_canary_is_at_no_address_for_somebody_who_is_not_signed_in(client: Client, planted: Planted) -> None:
    hits, seen_control, statuses = [], 0, set()
    for path in addresses(planted):
        answer = client.get(path)
        statuses.add(answer.status_code)
        text = said(answer)
        seen_control += CONTROL in text
        if CANARY in text:
            hits.append(path)
    assert hits == []
    assert seen_control >= 6  # front, news, division, page, both feeds: the search does find what is public
    assert statuses <= {200, 301, 302, 304, 400, 403, 404, 405, 409, 410, 503}, statuses


def test_p6_the_picture_of_a_staff_post_has_no_public_address(client: Client, planted: Planted) -> None:
    for sha256 in (planted.picture.sha256, planted.picture.thumb_sha256):
        assert client.get(f"/media/{sha256}.jpg").status_code == 404


def test_p6_members_do_find_it_in_the_staff_feed(planted: Planted, department: SimpleNamespace, as_: Any) -> None:
    member = as_(department.stranger)
    assert CANARY in said(member.get("/desk/staff/"))
    assert CANARY in said(member.get(f"/desk/staff/{planted.posts[0].pk}/"))


@pytest.mark.parametrize("who", ["officer", "stranger", "smo"])
def test_p6_public_pages_show_members_no_more_than_anybody(
    planted: Planted, department: SimpleNamespace, as_: Any, who: str
) -> None:
    member = as_(getattr(department, who))
    for path in addresses(planted):
        if not path.startswith(("/desk/", "/admin/", "/accounts/", "/media/")):
            assert CANARY not in said(member.get(path)), path


def test_p6_another_public_slug_does_not_open_a_staff_post(client: Client, planted: Planted) -> None:
    for post in planted.posts:
        for slug in ("x", f"{CANARY}-at-noon"):
            assert client.get(f"/news/{post.pk}-{slug}/").status_code == 404


# ---- the database refuses what no service would try


def test_p6_the_database_refuses_a_public_delivery_of_a_staff_post(
    planted: Planted, department: SimpleNamespace
) -> None:
    post = planted.posts[0]
    model = post.deliveries.get()
    for number, channel in enumerate(Channel.objects.filter(audience="public")):
        row = Delivery(
            act="publish",
            post=post,
            revision=model.revision,
            variant=model.variant,
            channel=channel,
            payload=model.payload,
            payload_hash=model.payload_hash,
            key=f"raw-{number}",
            due_at=NOW,
            ready_at=NOW,
            grace_until=NOW + timedelta(hours=2),
            state=DeliveryState.DELIVERED,
        )
        with pytest.raises(IntegrityError, match="never goes to a channel of audience public"), transaction.atomic():
            row.save()


def test_p6_the_database_refuses_a_public_variant_of_a_staff_post(
    planted: Planted, department: SimpleNamespace
) -> None:
    revision = planted.posts[0].revision
    with pytest.raises(IntegrityError, match="never goes to a channel"), transaction.atomic():
        Variant.objects.create(revision=revision, channel=department.northeast_website, text="x")


def test_p6_the_database_refuses_to_make_a_staff_post_public_afterwards(
    planted: Planted, department: SimpleNamespace
) -> None:
    post = planted.posts[0]
    with pytest.raises(IntegrityError, match="audience"), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(audience="public")
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        Delivery.objects.filter(post=post).update(channel=department.northeast_website)
    with pytest.raises(IntegrityError), transaction.atomic():
        Channel.objects.filter(pk=department.northeast_internal.pk).update(audience="public")
    with pytest.raises(IntegrityError), transaction.atomic():
        Channel.objects.filter(pk=department.northeast_internal.pk).update(platform="website")


# ---- the sandbox network: what followers see


def test_p6_no_public_account_of_the_network_ever_shows_it(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    picture = asset(d.headquarters, d.smo, alt=f"{CANARY} on a plate", colour="orange")
    channels = [d.headquarters_internal, d.x_staff]
    approved(d.headquarters, d.smo, d.boss, channels=channels, pictures=[picture], **INTERNAL)
    approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast, d.x_department], title=CONTROL)
    for minute in range(2, 8):
        tick(NOW + timedelta(minutes=minute))

    assert CANARY in "".join(network.texts(d.x_staff))  # it did go where it may
    for channel in Channel.objects.filter(audience="public", mode="sandbox"):
        shown = network.shown(channel)
        assert CANARY not in repr(shown)
        if channel in (d.facebook_northeast, d.x_department):
            assert shown
        assert CANARY not in followers_see(network, channel)
    assert CANARY not in followers_see(network, d.x_staff)  # protected: nothing without its follower's token


def followers_see(network: SandboxNetwork, channel: Channel) -> str:
    """The account's page for somebody who follows nobody; a refusal's words count too."""
    try:
        with urlopen(f"{network.base_url}/see/{channel.platform}/{channel.handle}/") as answer:
            return str(answer.read().decode())
    except HTTPError as refusal:
        with refusal:
            return refusal.read().decode()
