"""The public log: what was taken down and put right, once it is so, and never anything of staff's."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.test import Client
from django.utils import timezone

from posts.models import Delivery, Post
from posts.selectors.corrections import Typed
from posts.services import correct, withdraw
from posts.states import Act, DeliveryState
from tests.counting import queries_of
from tests.network import SandboxNetwork
from tests.stories import approved, live, tick

REMOVED, CORRECTED = "/removals/", "/news/corrections/"
WRONG = "We gave the wrong street."


def said(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def out(d: SimpleNamespace, **words: Any) -> Post:
    """A post of Northeast that is out."""
    return live(d.northeast, d.officer, d.supervisor, now=timezone.now(), **words)


def taken_down(d: SimpleNamespace, post: Post) -> Post:
    """By two people, and the website has its receipt."""
    asked = withdraw.ask(post=post, ground="prejudicial", reason="It named a person as guilty.", by=d.supervisor)
    withdraw.confirm(withdrawal=asked, by=d.smo)
    tick(timezone.now() + timedelta(minutes=1))
    return post


def put_right(d: SimpleNamespace, post: Post) -> Post:
    """By two people, and the website has its receipt."""
    typed = Typed(
        was_wrong=WRONG, reason="A reader told us so.", title="Elm Street is closed", text="It is Elm Street."
    )
    asked = correct.ask(post=Post.objects.get(pk=post.pk), typed=typed, by=d.supervisor)
    correct.confirm(correction=asked, by=d.smo)
    tick(timezone.now() + timedelta(minutes=1))
    return post


def test_what_was_taken_down_is_listed_with_its_ground_and_not_repeated(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    post = out(d, title="A man did it")
    assert "Nothing has been removed" in said(client, REMOVED)
    taken_down(d, post)
    body = said(client, REMOVED)
    assert "It prejudices a case or a person." in body
    assert "a second one agreed" in body
    assert "A man did it" not in body
    assert "a-man-did-it" not in body
    assert f'href="/news/{post.pk}-removed/"' in body
    assert client.get(f"/news/{post.pk}-removed/").status_code == 410


def test_nothing_is_called_removed_before_the_page_has_its_receipt(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = out(d)
    asked = withdraw.ask(post=post, ground="illegal", reason="A court ordered it.", by=d.supervisor)
    assert "Nothing has been removed" in said(client, REMOVED)
    withdraw.confirm(withdrawal=asked, by=d.smo)
    Delivery.objects.filter(post=post, act=Act.WITHDRAW).update(state=DeliveryState.FAILED)
    assert "Nothing has been removed" in said(client, REMOVED)


def test_a_copy_that_is_not_proven_gone_is_counted_as_such(
    client: Client, department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    now = timezone.now()
    places = [d.northeast_website, d.facebook_northeast, d.x_department]
    post = approved(d.northeast, d.officer, d.supervisor, channels=places, now=now)
    tick(now + timedelta(minutes=1))
    taken_down(d, post)
    assert "All 2 copies on our accounts are proven gone" in said(client, REMOVED)
    Delivery.objects.filter(post=post, act=Act.PUBLISH, channel=d.x_department).update(state="delivered")
    assert "1 of 2 copies on our accounts not yet proven gone" in said(client, REMOVED)


def test_what_was_put_right_is_listed_with_what_was_wrong_and_leads_to_its_page(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    post = out(d, title="Oak Street is closed")
    assert "Nothing has been corrected" in said(client, CORRECTED)
    put_right(d, post)
    body = said(client, CORRECTED)
    assert WRONG in body
    assert "Elm Street is closed</a>" in body
    taken_down(d, Post.objects.get(pk=post.pk))
    assert WRONG not in said(client, CORRECTED)


def test_p6_staff_posts_are_in_neither(client: Client, department: SimpleNamespace) -> None:
    d = department
    inside: dict[str, Any] = {"audience": "internal", "kind": "internal_notice", "title": "Soup at noon"}
    put_right(d, out(d, **inside))
    taken_down(d, out(d, **inside))
    assert "Nothing has been removed" in said(client, REMOVED)
    assert "Nothing has been corrected" in said(client, CORRECTED)


def test_the_log_asks_as_many_questions_for_many_as_for_few(client: Client, department: SimpleNamespace) -> None:
    d = department

    def more(count: int) -> list[int]:
        for _ in range(count):
            put_right(d, out(d))
            taken_down(d, out(d))
        return [queries_of(client, path) for path in (REMOVED, CORRECTED)]

    few = more(1)
    assert more(4) == few


def test_both_stand_in_the_foot_of_every_public_page(client: Client, department: SimpleNamespace) -> None:
    for path in ("/", "/official/", REMOVED, CORRECTED):
        body = said(client, path)
        assert f'href="{REMOVED}"' in body
        assert f'href="{CORRECTED}"' in body
