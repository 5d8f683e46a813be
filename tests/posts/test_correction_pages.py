"""Correcting on the desk: the form keeps what was typed, the second person sees the exact words, each copy is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from divisions.access import rights
from divisions.errors import WrongMoment
from divisions.models import User
from divisions.services import people
from posts.models import Approval, Correction, Delivery, Post
from posts.selectors import needs
from posts.services import correct, review, withdraw
from posts.states import Act, DeliveryState
from tests.network import SandboxNetwork
from tests.people import stock
from tests.posts.test_p8_corrections import NEW, OLD, WRONG, published, said
from tests.stories import NOW, approved, live, submitted, tick

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    """The days written here are ahead, and the week has days left, whenever this runs."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def out(department: SimpleNamespace, network: SandboxNetwork) -> Post:
    """The stock post on its page, the feed, Facebook and X."""
    return published(department)


def _typed(d: SimpleNamespace, **more: str) -> dict[str, str]:
    return {
        "was_wrong": WRONG,
        "apology": "We are sorry if you came for nothing.",
        "title": "Toy drive: where to bring a toy",
        "text": NEW,
        "reason": "A reader told us, and the flyer says so.",
        f"words-{d.x_department.pk}": "Toys are taken until Saturday, 4 p.m.",
        f"reply-{d.x_department.pk}": "",
        f"words-{d.facebook_northeast.pk}": "",
        **more,
    }


def test_from_the_posts_page_to_every_copy_put_right(
    as_: Callable[..., Client], department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d, desk = department, as_(department.supervisor)
    page = desk.get(reverse("posts:detail", args=[out.pk])).content.decode()
    assert reverse("posts:correct", args=[out.pk]) in page
    assert "Change (needs approval again)" not in page
    form = desk.get(reverse("posts:correct", args=[out.pk])).content.decode()
    assert OLD in form
    assert "Toys are taken until Friday, 6 p.m." in form
    answer = desk.post(reverse("posts:correct", args=[out.pk]), {**_typed(d), "ask": "1"}, follow=True)
    body = answer.content.decode()
    assert "Waits for a second person" in body
    assert "old wording: </span>Friday, November 27, 6</del>" in body
    assert "Edited in place, with a note that it was corrected." in body
    assert "If it cannot be edited any more, the reply" in body
    correction = Correction.objects.get()
    assert "you cannot approve it" in body
    assert "Confirm the correction" not in body
    other = as_(d.smo)
    assert "asks to correct it" in other.get("/desk/").content.decode()
    assert "Confirm the correction" in other.get(reverse("posts:correction", args=[correction.pk])).content.decode()
    done = other.post(reverse("posts:correction", args=[correction.pk]), {"act": "confirm"}, follow=True)
    assert "This post was corrected" in done.content.decode()
    assert "On its way, not yet proven" in done.content.decode()
    tick(timezone.now() + timedelta(minutes=2))
    done = other.get(reverse("posts:correction", args=[correction.pk])).content.decode()
    assert done.count("Shows these words") == 4
    assert network.texts(d.facebook_northeast)[0].startswith(NEW)
    timeline = desk.get(reverse("posts:detail", args=[out.pk])).content.decode()
    assert f"asked to correct it: “{WRONG}”" in timeline


def test_what_is_wrong_is_said_at_its_field_and_everything_typed_is_kept(
    as_: Callable[..., Client], department: SimpleNamespace, out: Post
) -> None:
    d, address = department, reverse("posts:correct", args=[out.pk])
    answer = as_(d.supervisor).post(address, {**_typed(d, was_wrong="", reason="x"), "ask": "1"})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert "was_wrong" in form.errors
    assert NEW in answer.content.decode()
    answer = as_(d.supervisor).post(address, {**_typed(d, reason="x"), "ask": "1"})
    assert "reason" in answer.context["form"].errors
    long = "Toys are taken until Saturday. " * 12
    answer = as_(d.supervisor).post(address, {**_typed(d, **{f"words-{d.x_department.pk}": long}), "ask": "1"})
    assert answer.status_code == 422
    assert f"words-{d.x_department.pk}" in answer.context["form"].errors
    assert long in answer.content.decode()
    assert not Correction.objects.exists()


def test_looking_saves_nothing_and_follows_the_typing(
    as_: Callable[..., Client], department: SimpleNamespace, out: Post
) -> None:
    d, address = department, reverse("posts:correct", args=[out.pk])
    typed = {**_typed(d, was_wrong="", reason=""), "look": "1"}
    part = as_(d.supervisor).post(address, typed, headers={"HX-Request": "true"})
    body = part.content.decode()
    assert part.status_code == 200
    assert body.lstrip().startswith('<div class="stack" id="correct-preview">')
    assert "new wording: </span>Saturday, November 28, 4</ins>" in body
    assert "of 280" in body
    whole = as_(d.supervisor).post(address, typed)
    assert whole.status_code == 200
    assert not Correction.objects.exists()


def test_a_copy_left_behind_is_listed_with_one_press(
    as_: Callable[..., Client], department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d, now = department, timezone.now() + timedelta(minutes=2)
    network.misbehave(d.x_department, "500", count=None)
    words = {d.x_department.pk: "Toys are taken until Saturday, 4 p.m."}
    row = correct.ask(post=out, typed=said(words=words), by=d.supervisor, now=now)
    correct.confirm(correction=row, by=d.smo, now=now)
    tick(now + timedelta(seconds=1))
    edit = out.deliveries.get(channel=d.x_department, act=Act.EDIT)
    Delivery.objects.filter(pk=edit.pk).update(state=DeliveryState.FAILED, look_at=None)
    copy = out.deliveries.get(channel=d.x_department, act=Act.PUBLISH)
    Delivery.objects.filter(pk=copy.pk).update(settled_at=now - timedelta(hours=1))
    page = as_(d.supervisor).get(reverse("posts:detail", args=[out.pk])).content.decode()
    assert "Shows the old words" in page
    assert "Post the correction as a reply" in page
    network.server.network.faults.clear()
    as_(d.supervisor).post(reverse("posts:catch_up", args=[copy.pk]))
    edit.refresh_from_db()
    assert edit.state == DeliveryState.CANCELLED
    tick(now + timedelta(minutes=3))
    assert network.texts(d.x_department)[0].startswith("Correction: ")
    page = as_(d.supervisor).get(reverse("posts:detail", args=[out.pk])).content.decode()
    assert "Shows the old words" not in page


def test_only_whoever_may_decide_is_asked(department: SimpleNamespace, out: Post) -> None:
    d = department
    correct.ask(post=out, typed=said(words={d.x_department.pk: "Until Saturday."}), by=d.supervisor)
    now = timezone.now()

    def asked(person: User) -> bool:
        return any(need.step == "posts:correction" for need in needs.rows(rights(person), now=now))

    assert asked(d.smo)
    for person in (d.supervisor, d.officer, d.colleague, d.stranger, d.boss, d.auditor):
        assert not asked(person)


def test_what_asked_for_two_approvals_asks_for_two_others_again(
    as_: Callable[..., Client], department: SimpleNamespace
) -> None:
    d, now = department, timezone.now()
    people.grant(user=d.colleague, division=d.northeast, role="supervisor", starts_on=date(2026, 1, 1), by=None)
    first = submitted(d.northeast, d.officer, flags=("death",), channels=[d.northeast_website], now=now)
    review.approve(revision=first, by=d.supervisor, now=now)
    review.approve(revision=first, by=d.smo, now=now)
    tick(now + timedelta(seconds=1))
    row = correct.ask(post=first.post, typed=said(), by=d.supervisor, now=now)
    row = correct.confirm(correction=row, by=d.smo, now=now)
    assert row.verdict == ""
    assert not first.post.deliveries.filter(act=Act.EDIT).exists()
    page = as_(d.smo).get(reverse("posts:correction", args=[row.pk])).content.decode()
    assert "You have approved it, as 1 of 2." in page
    with pytest.raises(WrongMoment):
        correct.confirm(correction=row, by=d.smo, now=now)
    assert correct.confirm(correction=row, by=d.colleague, now=now).verdict == "confirmed"
    tick(now + timedelta(minutes=2))
    assert first.post.deliveries.get(act=Act.EDIT).state == DeliveryState.DELIVERED


def test_what_is_not_out_cannot_be_corrected(as_: Callable[..., Client], department: SimpleNamespace) -> None:
    d = department
    own = [d.northeast_website]
    waiting = approved(d.northeast, d.officer, d.supervisor, channels=own, now=timezone.now())
    answer = as_(d.supervisor).get(reverse("posts:correct", args=[waiting.pk]), follow=True)
    assert "Nothing of it is out" in answer.content.decode()
    page = as_(d.supervisor).get(reverse("posts:detail", args=[waiting.pk])).content.decode()
    assert reverse("posts:correct", args=[waiting.pk]) not in page


# ---- at the same instant


def _together(*acts: Callable[[], object]) -> list[object]:
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def one(number: int) -> None:
        try:
            gate.wait(60)
            results[number] = acts[number]()  # type: ignore[call-overload]
        except Exception as error:
            results[number] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return list(results)


@pytest.mark.django_db(transaction=True)
def test_of_a_correction_and_a_withdrawal_one_wins_and_the_other_is_told() -> None:
    d, now = stock(), timezone.now()
    post = live(d.northeast, d.officer, d.supervisor, now=now)
    asked = correct.ask(post=post, typed=said(), by=d.supervisor, now=now)
    down = withdraw.ask(post=post, ground="illegal", reason="It names a child after all.", by=d.supervisor, now=now)
    corrected, withdrawn = _together(
        lambda: correct.confirm(correction=asked, by=d.smo, now=now),
        lambda: withdraw.confirm(withdrawal=down, by=d.smo, now=now),
    )
    assert isinstance(corrected, WrongMoment)
    assert not isinstance(withdrawn, Exception)
    assert not post.deliveries.filter(act=Act.EDIT).exists()
    assert post.deliveries.filter(act=Act.WITHDRAW).count() == 2
    assert not Approval.objects.filter(revision=asked.revision).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_corrections_and_of_two_confirmations_one_wins() -> None:
    d, now = stock(), timezone.now()
    post = live(d.northeast, d.officer, d.supervisor, now=now)
    asked = _together(
        *(
            lambda by=by, text=text: correct.ask(post=post, typed=said(text=text), by=by, now=now)  # type: ignore[misc]
            for by, text in ((d.supervisor, "One."), (d.smo, "Two."))
        )
    )
    assert sum(isinstance(result, WrongMoment) for result in asked) == 1
    row = Correction.objects.get()
    other = d.smo if row.asked_by_id == d.supervisor.pk else d.supervisor
    done = _together(*(lambda: correct.confirm(correction=row, by=other, now=now) for _ in range(2)))
    assert sum(isinstance(result, WrongMoment) for result in done) == 1
    assert post.deliveries.filter(act=Act.EDIT).count() == 2
