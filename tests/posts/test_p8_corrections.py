"""P8: published words are put right in the open, by two people; the old words stay, to the byte; each copy is proven."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from divisions.errors import BadInput, NotAllowed, NotVisible, WrongMoment
from divisions.models import Channel
from posts.errors import OwnWork, StopsOpen
from posts.models import Approval, Correction, Delivery, Post, Revision, Variant
from posts.selectors import copies, public
from posts.selectors.copies import Shows
from posts.selectors.corrections import Typed
from posts.services import correct, decide, fingerprint, hold, put_right, withdraw
from posts.states import Act, DeliveryState
from tests.network import SandboxNetwork
from tests.stories import approved, tick

OLD = "Bring it to our front desk until Friday, November 27, 6 p.m. Use the west entrance."
NEW = "Bring it to our front desk until Saturday, November 28, 4 p.m. Use the ramp on the east side."
WRONG = "We gave the wrong last day and the wrong door."
WHY = "The flyer said Saturday; a reader told us."


def said(**more: Any) -> Typed:
    """What is typed for the stock correction."""
    facts: dict[str, Any] = {"was_wrong": WRONG, "reason": WHY, "title": "Toy drive: where to bring a toy", "text": NEW}
    return Typed(**{**facts, **more})


def published(d: SimpleNamespace, *, now: datetime | None = None) -> Post:
    """A post that is out on its page, the feed, Facebook and X, the last with its own words."""
    now = now or timezone.now()
    post = approved(
        d.northeast,
        d.officer,
        d.supervisor,
        title="Toy drive: where to bring a toy",
        text=OLD,
        channels=[d.northeast_website, d.northeast_feed, d.facebook_northeast, d.x_department],
        own_words={d.x_department.pk: "Toys are taken until Friday, 6 p.m."},
        now=now,
    )
    tick(now + timedelta(minutes=1))
    assert set(post.deliveries.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    return Post.objects.select_related("division", "revision").get(pk=post.pk)


@pytest.fixture
def out(department: SimpleNamespace, network: SandboxNetwork) -> Post:
    """The stock post, published a moment ago."""
    return published(department)


def corrected(d: SimpleNamespace, post: Post, *, now: datetime | None = None, **more: Any) -> Correction:
    """Asked for by the supervisor, confirmed by the central officer, delivered as far as it goes."""
    moment = now or timezone.now() + timedelta(minutes=2)
    words = {d.x_department.pk: "Toys are taken until Saturday, 4 p.m.", **more.pop("words", {})}
    row = correct.ask(post=post, typed=said(words=words, **more), by=d.supervisor, now=moment)
    correct.confirm(correction=row, by=d.smo, now=moment)
    tick(moment + timedelta(seconds=1))
    return row


def _row(post: Post, channel: Channel, act: str) -> Delivery:
    return post.deliveries.select_related("amended_by").get(channel=channel, act=act)


def _shown(post: Post) -> dict[int, Shows]:
    post = Post.objects.select_related("revision").get(pk=post.pk)
    assert post.revision is not None
    return {copy.channel.pk: copy.shows(post.revision) for copy in copies.of_post(post)}


def test_every_copy_is_put_right_and_proven_by_reading(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    corrected(d, out)
    rows = list(out.deliveries.filter(act=Act.EDIT))
    assert {row.state for row in rows} == {DeliveryState.DELIVERED}
    assert len(rows) == 4
    [on_facebook] = network.texts(d.facebook_northeast)
    assert on_facebook.startswith(NEW)
    assert "Corrected " in on_facebook
    assert WRONG in on_facebook
    assert list(_row(out, d.facebook_northeast, Act.EDIT).attempts.values_list("step", flat=True))[-1] == "read-back"
    [on_x] = network.texts(d.x_department)
    assert on_x.startswith("Toys are taken until Saturday, 4 p.m.")
    assert set(_shown(out).values()) == {Shows.RIGHT}


def test_x_is_edited_inside_its_half_hour_and_a_later_withdrawal_uses_its_new_id(
    department: SimpleNamespace, network: SandboxNetwork, out: Post
) -> None:
    d = department
    corrected(d, out)
    first, edit = _row(out, d.x_department, Act.PUBLISH), _row(out, d.x_department, Act.EDIT)
    assert edit.target_remote_id == first.remote_id
    assert edit.remote_id
    assert edit.remote_id != first.remote_id
    asked = withdraw.ask(post=out, ground="illegal", reason="It names a child after all.", by=d.supervisor)
    withdraw.confirm(withdrawal=asked, by=d.smo)
    tick(timezone.now() + timedelta(minutes=3))
    assert _row(out, d.x_department, Act.WITHDRAW).target_remote_id == edit.remote_id
    assert network.shown(d.x_department) == []
    assert network.shown(d.facebook_northeast) == []


def test_after_its_half_hour_x_gets_a_reply_that_is_counted_for_itself(
    department: SimpleNamespace, network: SandboxNetwork
) -> None:
    d = department
    out = published(d)
    corrected(d, out, now=timezone.now() + timedelta(minutes=31))
    assert not out.deliveries.filter(channel=d.x_department, act=Act.EDIT).exists()
    reply = _row(out, d.x_department, Act.REPLY)
    assert reply.state == DeliveryState.DELIVERED
    newest, first = network.texts(d.x_department)
    assert newest.startswith(f"Correction: {WRONG}")
    assert first.startswith("Toys are taken until Friday"), "what stands there is not touched"
    assert _shown(out)[d.x_department.pk] == Shows.REPLIED
