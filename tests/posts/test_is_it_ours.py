"""Is it really us? Ours, ours and removed, or not ours; accounts and posts for staff are never confirmed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from posts.models import Delivery
from posts.services import correct
from tests.stories import NOW, approved, live, tick


def asked(client: Client, text: str) -> str:
    """The heading of the answer."""
    answer = client.get("/official/", {"q": text})
    assert answer.status_code == 200
    body = answer.content.decode()
    return body.split('role="status">', 1)[1].split("<h3>", 1)[1].split("</h3>", 1)[0]


@pytest.mark.parametrize(
    "text",
    [
        "https://facebook.example/TPDNortheast",
        "http://www.facebook.example/tpdnortheast/",
        "m.facebook.example/TPDNortheast?ref=x",
        "@TestPD",
        "testpd",
        "https://x.example/TestPD",
        "http://testserver/northeast/",
    ],
)
def test_an_account_or_page_of_ours_is_ours(client: Client, department: SimpleNamespace, text: str) -> None:
    assert asked(client, text) == "Ours"


@pytest.mark.parametrize(
    "text",
    [
        "https://facebook.example/TPDNortheastTips",
        "https://facebook.example.evil.example/TPDNortheast",
        "https://evil.example/TPDNortheast",
        "https://evil.example/?u=https://facebook.example/TPDNortheast",
        "https://facebook.example@evil.example/TPDNortheast",
        "@TestPDStaff",
        "https://x.example/TestPDStaff",
        "https://x.example/",
        "http://testserver/news/999999-x/",
        "http://[",
        "some words that somebody saw",
        "\x00",
        "é" * 3000,
    ],
)
def test_anything_else_is_not(client: Client, department: SimpleNamespace, text: str) -> None:
    if text.strip("\x00"):
        assert asked(client, text) == "Not ours"
    else:
        assert client.get("/official/", {"q": text}).status_code == 200


def test_a_post_on_a_platform_is_known_by_its_receipt(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website, d.facebook_northeast])
    rows = Delivery.objects.filter(post=post)
    url = "https://facebook.example/TPDNortheast/posts/77"
    rows.update(state="delivered", settled_at=NOW)
    rows.filter(channel=d.facebook_northeast).update(remote_id="1001_77", remote_url=url)
    assert asked(client, url) == "Ours"
    assert asked(client, url.replace("77", "78")) == "Our account, an unknown post"
    assert asked(client, url.replace("facebook.example", "evil.example")) == "Not ours"
    rows.update(state="withdrawn")
    assert asked(client, url) == "Ours, and removed"


def test_a_page_of_ours_is_ours_and_a_removed_one_is_said_to_be(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    address = f"http://testserver{post.get_absolute_url()}"
    assert asked(client, address) == "Ours"
    Delivery.objects.filter(post=post).update(state="withdrawn")
    assert asked(client, address) == "Ours, and removed"


@pytest.mark.parametrize("text", ["https://bit.ly/3abcd", "bit.ly/3abcd", "HTTP://WWW.TINYURL.COM/x?y=1"])
def test_a_short_link_is_said_to_hide_where_it_leads(client: Client, department: SimpleNamespace, text: str) -> None:
    assert asked(client, text) == "We cannot tell"
    assert asked(client, "https://bit.ly/") == "Not ours"
    assert asked(client, "https://bit.ly.evil.example/3abcd") == "Not ours"


def test_a_page_is_known_however_its_address_is_written(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    Delivery.objects.filter(post=post).update(state="withdrawn")
    for path in (f"news/{post.pk}-x/", f"NEWS/{post.pk}-X", f"news/{post.pk}/", f"news/{post.pk}-x/?utm_source=a#b"):
        assert asked(client, f"http://TestServer/{path}") == "Ours, and removed"


def test_a_staff_post_is_never_confirmed(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor, audience="internal", kind="internal_notice")
    assert asked(client, f"http://testserver/news/{post.pk}-x/") == "Not ours"


def test_the_question_is_escaped(client: Client, department: SimpleNamespace) -> None:
    body = client.get("/official/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in body


WORDS = "A water main broke under\nOak Street, so it stays closed until “four” in the afternoon."


@pytest.mark.parametrize(
    "seen",
    [
        WORDS,
        "a water main broke under oak street, so it stays closed",
        '…broke under Oak Street, so it stays closed until "four" in the…',
    ],
)
def test_words_that_stand_on_a_page_of_ours_are_ours(client: Client, department: SimpleNamespace, seen: str) -> None:
    d = department
    live(d.northeast, d.officer, d.supervisor, text=WORDS)
    assert asked(client, seen) == "Ours"


def test_words_that_were_removed_or_put_right_since_are_told_apart(client: Client, department: SimpleNamespace) -> None:
    d, now = department, timezone.now()
    post = live(d.northeast, d.officer, d.supervisor, text=WORDS, now=now)
    typed = {"was_wrong": "The wrong street.", "reason": "A reader said so.", "title": "Elm Street"}
    wrong = correct.Typed(text="A water main broke under Elm Street, so that one is closed.", **typed)
    correct.confirm(correction=correct.ask(post=post, typed=wrong, by=d.supervisor), by=d.smo)
    tick(timezone.now() + timedelta(minutes=1))
    assert asked(client, WORDS) == "Ours, and since corrected"
    assert asked(client, "broke under Elm Street, so that one is closed") == "Ours"
    Delivery.objects.filter(post=post).update(state="withdrawn")
    assert asked(client, WORDS) == "Ours, and removed"


def test_words_that_never_went_out_or_only_to_staff_are_never_confirmed(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    approved(d.northeast, d.officer, d.supervisor, text=WORDS, due="2026-12-24T18:00")
    live(d.northeast, d.officer, d.supervisor, text=WORDS, audience="internal", kind="internal_notice")
    assert asked(client, WORDS) == "Not ours"
