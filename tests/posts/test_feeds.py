"""The Atom feeds, read by a feed reader's own parser."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import feedparser
import pytest
from django.test import Client, override_settings

from posts.models import Delivery
from posts.states import DeliveryState
from tests.stories import NOW, appeal_facts, approved, asset, live

FEEDS = ["/feeds/news.atom", "/northeast/feed.atom"]


def read(client: Client, path: str, **headers: str) -> Any:
    """The feed as a reader takes it; it must be well formed."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    return feed


@pytest.mark.parametrize("path", FEEDS)
def test_a_delivered_post_is_in_the_feed_with_all_it_needs(
    client: Client, department: SimpleNamespace, path: str
) -> None:
    d = department
    picture = asset(d.northeast, d.officer, alt='A van, "green"')
    post = live(d.northeast, d.officer, d.supervisor, pictures=[picture], **appeal_facts(title="A van <green> & big?"))
    feed = read(client, path)
    entry = feed.entries[0]
    assert entry.title == "A van &lt;green&gt; &amp; big?" or entry.title == "A van <green> & big?"
    assert entry.link == f"http://testserver/news/{post.pk}-a-van-green-big/"
    assert entry.id == f"tag:testserver,2026-11-24:post-{post.pk}"
    assert entry.published == entry.updated == "2026-11-24T15:01:00+00:00"
    assert entry.author == "Northeast Patrol Division"
    assert entry.content[0].type == "text/html"
    assert entry.content[0].language == "en"
    assert "<p>A water main broke." in entry.content[0].value
    assert "Tips to: <strong>214-555-0148</strong>" in entry.content[0].value
    assert f'src="http://testserver/media/{picture.sha256}.jpg"' in entry.content[0].value
    enclosure = entry.enclosures[0]
    assert (enclosure.type, int(enclosure.length)) == ("image/jpeg", picture.size_bytes)
    assert enclosure.href == f"http://testserver/media/{picture.sha256}.jpg"
    assert entry.tags[0].term == "Appeal"


def test_a_feed_says_what_it_is_and_where(client: Client, department: SimpleNamespace) -> None:
    feed = read(client, "/northeast/feed.atom").feed
    assert feed.title == "Northeast Patrol Division"
    assert feed.id == "tag:testserver,2026:/northeast/feed.atom"
    assert feed.language == "en"
    links = {link.rel: link.href for link in feed.links}
    assert links == {"alternate": "http://testserver/northeast/", "self": "http://testserver/northeast/feed.atom"}
    assert read(client, "/feeds/news.atom").feed.title == "Test Police Department"


def test_markup_in_the_words_is_never_markup_in_the_feed(client: Client, department: SimpleNamespace) -> None:
    d = department
    text = 'Words <script>alert(1)</script> & <a href="javascript:alert(2)">more</a> ]]> https://example.org/a?b=1&c=2'
    live(d.northeast, d.officer, d.supervisor, text=text, facts={"where": "<img src=x onerror=alert(3)>"})
    body = client.get("/northeast/feed.atom").content.decode()
    html = feedparser.parse(body, sanitize_html=False).entries[0].content[0].value
    assert "<script" not in html
    assert "<img" not in html
    assert '<a href="javascript' not in html
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html


def test_a_division_feed_carries_its_own_posts_only(client: Client, department: SimpleNamespace) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor, title="Ours")
    live(d.central, d.stranger, d.smo, title="Theirs", now=NOW + timedelta(hours=1))
    assert [e.title for e in read(client, "/northeast/feed.atom").entries] == ["Ours"]
    assert [e.title for e in read(client, "/feeds/news.atom").entries] == ["Theirs", "Ours"]


def test_a_post_that_goes_only_to_the_feed_links_to_its_division(client: Client, department: SimpleNamespace) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor, channels=[d.northeast_feed])
    assert read(client, "/northeast/feed.atom").entries[0].link == "http://testserver/northeast/"


def test_a_post_that_goes_only_to_the_page_is_not_in_the_feed(client: Client, department: SimpleNamespace) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    assert read(client, "/northeast/feed.atom").entries == []


def test_what_is_not_delivered_is_not_in_the_feed(client: Client, department: SimpleNamespace) -> None:
    d = department
    approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T18:00")
    for path in FEEDS:
        assert read(client, path).entries == []


@pytest.mark.parametrize("platform", ["website", "feed"])
def test_a_withdrawn_post_leaves_the_feed(client: Client, department: SimpleNamespace, platform: str) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    rows = Delivery.objects.filter(post=post, channel__platform=platform)
    rows.update(state=DeliveryState.WITHDRAWN, state_at=NOW + timedelta(hours=1))
    for path in FEEDS:
        assert read(client, path).entries == []


@pytest.mark.parametrize("path", FEEDS)
def test_an_unchanged_feed_answers_304_and_a_changed_one_does_not(
    client: Client, department: SimpleNamespace, path: str
) -> None:
    d = department
    empty = client.get(path)
    assert client.get(path, headers={"if-none-match": empty["ETag"]}).status_code == 304
    live(d.northeast, d.officer, d.supervisor)
    first = client.get(path, headers={"if-none-match": empty["ETag"]})
    assert first.status_code == 200
    assert first["Last-Modified"] == "Tue, 24 Nov 2026 15:01:00 GMT"
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get(path, headers={"if-modified-since": first["Last-Modified"]}).status_code == 304


def test_an_id_stays_when_title_and_site_change(client: Client, department: SimpleNamespace) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor)
    before = read(client, "/northeast/feed.atom").entries[0].id
    with override_settings(BASE_URL="https://moved.example"):
        entry = read(client, "/northeast/feed.atom").entries[0]
    assert entry.id == before
    assert entry.link.startswith("https://moved.example/news/")


def test_a_long_feed_comes_in_pages_of_fifty(client: Client, department: SimpleNamespace) -> None:
    d = department
    for number in range(52):
        when = NOW - timedelta(hours=60 - number)
        live(d.northeast, d.officer, d.supervisor, title=f"Number {number:02}", now=when)
    first = read(client, "/northeast/feed.atom")
    assert [e.title for e in first.entries] == [f"Number {n:02}" for n in range(51, 1, -1)]
    links = {link.rel: link.href for link in first.feed.links}
    assert links["next"] == "http://testserver/northeast/feed.atom?start=50"
    second = read(client, "/northeast/feed.atom?start=50")
    assert [e.title for e in second.entries] == ["Number 01", "Number 00"]
    assert {link.rel: link.href for link in second.feed.links}["previous"] == "http://testserver/northeast/feed.atom"


@pytest.mark.parametrize("start", ["", "-1", "x", "²", "99999999999999999999", "9999999"])
def test_a_start_that_makes_no_sense_is_no_error(client: Client, department: SimpleNamespace, start: str) -> None:
    read(client, f"/northeast/feed.atom?start={start}")
