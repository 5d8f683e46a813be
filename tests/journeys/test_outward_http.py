"""The main job over HTTP, on real services and a real sandbox network: from an officer's desk to every channel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import feedparser
import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags

from divisions.models import User
from posts.models import Delivery, Post
from posts.states import DeliveryState, Stage
from records.models import LedgerEntry
from tests.journeys.page_forms import form_in
from tests.network import SandboxNetwork
from tests.people import PASSWORD
from tests.stories import NOW, picture, tick

TITLE = "Coffee with an officer on Saturday"
TEXT = "Meet the officers of your beat at the Lakeside library, Saturday from nine to eleven. Bring your questions."
SHORT = "Coffee with an officer: Saturday, nine to eleven, Lakeside library."
ALT = "A plain orange card with no words on it"
DUE = datetime.fromisoformat("2026-11-24T10:00:00-06:00")


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Nine in the morning in Chicago; `clock.move_to` goes on."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(department: SimpleNamespace) -> SimpleNamespace:
    """The department, everybody with a password."""
    for user in User.objects.filter(email__in=[f"{n}@test.example" for n in ("officer", "supervisor", "smo")]):
        user.set_password(PASSWORD)
        user.save()
    return department


def sign_in(name: str) -> Client:
    """A browser that went through the sign-in form."""
    browser = Client()
    answer = browser.post("/accounts/login/?next=/desk/", {"login": f"{name}@test.example", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    return browser


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


def write(desk: Client, department: SimpleNamespace) -> str:
    """Start a post, write it, add a picture; returns the composer's address."""
    d = department
    start = form_in(desk.get("/desk/posts/new/?kind=update"))
    begun = desk.post("/desk/posts/new/", start)
    edit = begun.headers["Location"]
    typed = form_in(desk.get(edit), "compose") | {
        "title": TITLE,
        "text": TEXT,
        "channels": [d.northeast_website.pk, d.facebook_northeast.pk, d.x_department.pk],
        f"own-{d.x_department.pk}": "on",
        f"words-{d.x_department.pk}": SHORT,
        "when": "at",
        "wall_day": "2026-11-24",
        "wall_clock": "10:00",
    }
    file = picture("orange")
    file.name = "card.jpg"
    added = desk.post(edit.replace("edit", "pictures"), {**typed, "file": file})
    assert added.status_code == 302, words(added)
    return str(edit)


def see(network: SandboxNetwork, account: str) -> str:
    with urlopen(f"{network.base_url}/see/{account}/") as answer:
        return str(answer.read().decode())


def submit(desk: Client, edit: str) -> Post:
    """Describe the picture, look at the counters, submit."""
    typed = form_in(desk.get(edit), "compose")
    typed |= {f"alt-{typed['media'][0]}": ALT, f"credit-{typed['media'][0]}": "Test PD, own picture"}
    seen = words(desk.post(edit.replace("edit", "preview"), typed, headers={"HX-Request": "true"}))
    assert "of 280" in seen
    assert "of 63,206" in seen
    assert "Goes out Tue 24 Nov, 10:00 on 3 channels if a supervisor approves by 09:45." in seen
    sent = desk.post(edit.replace("edit", "submit"), typed)
    assert sent.status_code == 302, words(sent)
    return Post.objects.get()


def test_a_post_travels_from_an_officers_desk_to_every_channel(
    people: SimpleNamespace, network: SandboxNetwork, clock: Any, client: Client
) -> None:
    d = people
    desk = sign_in("officer")
    post = submit(desk, write(desk, d))
    assert post.stage == Stage.IN_REVIEW

    clock.move_to(NOW + timedelta(minutes=10))
    boss = sign_in("supervisor")
    assert TITLE in words(boss.get("/desk/review/"))
    page = boss.get(f"/desk/review/{post.pk}/")
    assert ALT in words(page)
    assert SHORT in words(page)
    decision = form_in(page, "decide") | {"verdict": "approve"}
    assert boss.post(f"/desk/review/{post.pk}/", decision).status_code == 302

    tick(DUE - timedelta(seconds=1))
    assert not Delivery.objects.exclude(state=DeliveryState.QUEUED).exists()
    assert client.get(f"/news/{post.pk}-coffee-with-an-officer-on-saturday/").status_code == 404
    clock.move_to(DUE)
    tick(DUE)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}

    public = f"/news/{post.pk}-coffee-with-an-officer-on-saturday/"
    followers_and_readers_see_it(network, client, public)
    receipts_stand_on_the_post(desk, post)
    the_central_officer_sees_the_accounts(post)
    the_ledger_knows_every_step(post)


def followers_and_readers_see_it(network: SandboxNetwork, client: Client, public: str) -> None:
    facebook, x = see(network, "facebook/TPDNortheast"), see(network, "x/TestPD")
    assert TEXT in facebook
    assert ALT in facebook
    assert SHORT in x
    assert TEXT not in x
    assert f"http://testserver{public}" in x
    page = client.get(public)
    assert TEXT in words(page)
    assert f'alt="{ALT}"' in page.content.decode()
    [picture_address] = set(re.findall(r'<img[^>]*src="(/media/[^"]+)"', page.content.decode()))
    assert b"".join(client.get(picture_address).streaming_content).startswith(b"\xff\xd8")  # type: ignore[attr-defined]
    for feed in ("/feeds/news.atom", "/northeast/feed.atom"):
        [entry] = feedparser.parse(client.get(feed).content).entries
        assert (entry.title, entry.link) == (TITLE, f"http://testserver{public}")
    assert TITLE in words(client.get("/northeast/"))
    assert TITLE not in words(client.get("/central/"))


def receipts_stand_on_the_post(desk: Client, post: Post) -> None:
    page = desk.get(f"/desk/posts/{post.pk}/").content.decode()
    links = dict(post.deliveries.exclude(remote_url="").values_list("channel__platform", "remote_url"))
    assert {"website", "facebook", "x"} <= set(links)
    for link in links.values():
        assert f'href="{link}"' in page
        if "/see/" in link:
            with urlopen(link) as answer:
                assert answer.status == 200


def the_central_officer_sees_the_accounts(post: Post) -> None:
    desk = sign_in("smo")
    wall = words(desk.get("/desk/wall/"))
    for account in ("Facebook, Northeast", "Facebook, Central", "@TestPD", "Departmental use only", "5 counted"):
        assert account in wall
    assert wall.count("Last today 10:00") == 2, wall
    for channel in ("facebook-northeast", "x-department"):
        assert TITLE in words(desk.get(f"/desk/channels/{channel}/"))


def the_ledger_knows_every_step(post: Post) -> None:
    entries = LedgerEntry.objects.filter(subject_type="post", subject_id=str(post.pk)).order_by("seq")
    assert [entry.type for entry in entries] == [
        "posts.post.started",
        "posts.post.submitted",
        "posts.revision.approved",
        *["posts.delivery.queued"] * 4,
        *["posts.delivery.delivered"] * 4,
    ]
    assert entries[2].actor_label == "Supervisor, Northeast <supervisor@test.example>"
    assert {entry.data.get("url", "") for entry in entries[7:]} >= set(
        post.deliveries.exclude(channel__platform="feed").values_list("remote_url", flat=True)
    )
    pictures = LedgerEntry.objects.filter(type__startswith="posts.media").order_by("seq").values_list("type", flat=True)
    assert list(pictures) == ["posts.media.added", "posts.media.described"]


def test_a_supervisor_cannot_be_by_passed_by_the_one_who_wrote_it(
    people: SimpleNamespace, network: SandboxNetwork
) -> None:
    desk = sign_in("officer")
    post = submit(desk, write(desk, people))
    page = desk.get(f"/desk/review/{post.pk}/")
    assert "You cannot decide this one" in words(page)
    refused = desk.post(f"/desk/review/{post.pk}/", {"verdict": "approve", "revision": post.revision_id})
    assert refused.status_code == 403
    tick(DUE)
    assert not Delivery.objects.exists()
    assert network.texts(people.facebook_northeast) == []
