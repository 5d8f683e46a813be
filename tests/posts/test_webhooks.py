"""Posts as events at an endpoint: through the engine, from the desk's page, and never a staff post to the public."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from standardwebhooks import Webhook as Verifier

from connectors import http
from divisions.access import rights
from divisions.errors import BadInput, NotAllowed
from divisions.models import Channel
from divisions.selectors.channels import offered_in_composer, official_accounts
from divisions.services import channels
from divisions.services.credentials import open_for
from divisions.states import ChannelState
from posts.models import Delivery, Post
from posts.services import correct, webhooks, withdraw
from posts.states import DeliveryState
from records.models import LedgerEntry
from tests.connectors.receiver import Receiver, receiving
from tests.stories import NOW, approved, asset, tick

DUE = NOW + timedelta(minutes=2)
CANARY = "lunchroom-canary-7431"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        http.configure(outbound_allow=[found.host_port], read_timeout_s=2.0)
        yield found
    http.configure()


@pytest.fixture
def hook(department: SimpleNamespace, receiver: Receiver) -> Channel:
    return a_hook(department, receiver)


def a_hook(d: SimpleNamespace, receiver: Receiver, *, slug: str = "city-hall", audience: str = "public") -> Channel:
    channel = channels.create_channel(
        slug=slug,
        division=d.northeast,
        platform="webhook",
        audience=audience,
        by=d.smo,
        name="City hall",
        mode="sandbox",
        api_base=receiver.url,
    )
    webhooks.make_secret(channel=channel, by=d.smo, now=NOW)
    channel.refresh_from_db()
    return channel


def sent(d: SimpleNamespace, hook: Channel, **more: Any) -> Post:
    return approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website, hook], **more)


def events(receiver: Receiver, hook: Channel) -> list[dict[str, Any]]:
    """Everything heard, each checked with the library of the convention."""
    hook.refresh_from_db()
    verifier = Verifier(open_for(hook)["secret"])
    return [verifier.verify(body, headers) for headers, body in receiver.heard]


def on(post: Post, hook: Channel, act: str = "publish") -> Delivery:
    return post.deliveries.get(channel=hook, act=act)


def test_a_post_its_correction_and_its_withdrawal_are_events_about_one_thing(
    department: SimpleNamespace, receiver: Receiver, hook: Channel
) -> None:
    d = department
    post = sent(d, hook, pictures=[asset(d.northeast, d.officer)])
    tick(DUE)
    row = on(post, hook)
    assert (row.state, row.attempts.get().status) == (DeliveryState.DELIVERED, 204)
    typed = correct.Typed(
        was_wrong="The wrong street was named.",
        reason="A reader told the desk about it.",
        title="Elm Street is closed until four",
        text="A water main broke. Use Oak Street. The 41 bus stops at the library.",
    )
    asked = correct.ask(post=post, typed=typed, by=d.supervisor, now=DUE)
    correct.confirm(correction=asked, by=d.smo, now=DUE + timedelta(minutes=1))
    tick(DUE + timedelta(minutes=2))
    assert on(post, hook, "edit").state == DeliveryState.DELIVERED
    down = withdraw.ask(post=post, ground="illegal", reason="A court ordered it today.", by=d.supervisor, now=DUE)
    withdraw.confirm(withdrawal=down, by=d.smo, now=DUE + timedelta(minutes=3))
    tick(DUE + timedelta(minutes=4))
    assert on(post, hook).state == DeliveryState.WITHDRAWN
    told = events(receiver, hook)
    assert [event["type"] for event in told] == ["post.published", "post.updated", "post.withdrawn"]
    assert {event["data"]["id"] for event in told} == {row.key}
    versions = [event["data"]["version"] for event in told]
    assert versions == sorted(set(versions))
    first, second, third = (event["data"] for event in told)
    assert first["canonical_url"] == f"http://testserver/news/{post.pk}-oak-street-is-closed-until-four/"
    assert first["media"][0]["url"].startswith("http://testserver/media/")
    assert "Use Oak Street" in second["text"]
    assert third["text"] == ""
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 3


def test_an_answer_not_heard_is_repeated_with_the_same_id_and_bytes(
    department: SimpleNamespace, receiver: Receiver, hook: Channel
) -> None:
    receiver.will_hang_up()
    receiver.will(503, {"Retry-After": "30"})
    row = on(sent(department, hook), hook)
    at = DUE
    for _ in range(4):
        tick(at)
        row.refresh_from_db()
        at = max(at, row.ready_at) + timedelta(seconds=1)
    assert row.state == DeliveryState.DELIVERED
    assert len({(headers["webhook-id"], body) for headers, body in receiver.heard}) == 1
    assert len(receiver.heard) == 3


def test_gone_for_good_flags_the_channel_and_tells_its_people(
    department: SimpleNamespace, receiver: Receiver, hook: Channel
) -> None:
    receiver.will(410)
    row = on(sent(department, hook), hook)
    tick(DUE)
    row.refresh_from_db()
    hook.refresh_from_db()
    assert (row.state, hook.state) == (DeliveryState.FAILED, ChannelState.NEEDS_ATTENTION)
    tick(DUE + timedelta(minutes=1))
    assert len(receiver.heard) == 1


def test_a_redirect_is_refused_with_the_cure(department: SimpleNamespace, receiver: Receiver, hook: Channel) -> None:
    receiver.will(301, {"Location": "https://else.example/"})
    row = on(sent(department, hook), hook)
    tick(DUE)
    row.refresh_from_db()
    assert row.state == DeliveryState.FAILED
    assert "redirect" in row.problem["cause"]
    assert "where it really is" in row.problem["press"]


def test_p6_a_staff_post_is_told_to_staff_endpoints_alone(
    department: SimpleNamespace, receiver: Receiver, hook: Channel
) -> None:
    d = department
    inside = a_hook(d, receiver, slug="intranet", audience="internal")
    offered = offered_in_composer(rights(d.officer), d.northeast.pk, "internal")
    assert (inside in offered, hook in offered) == (True, False)
    notice = {
        "audience": "internal",
        "kind": "internal_notice",
        "title": f"{CANARY} at noon",
        "text": f"{CANARY}: soup.",
    }
    approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_internal, inside], **notice)
    sent(d, hook)
    tick(DUE)
    keys = {channel.pk: Verifier(open_for(channel)["secret"]) for channel in (hook, inside)}
    for headers, body in receiver.heard:
        told_staff = CANARY in body.decode()
        keys[inside.pk if told_staff else hook.pk].verify(body, headers)
        if told_staff:
            assert json.loads(body)["data"]["canonical_url"] is None
    assert len(receiver.heard) == 2


def test_an_endpoint_is_no_account_of_ours(department: SimpleNamespace, hook: Channel, as_: Any) -> None:
    assert hook not in official_accounts()
    assert "City hall" not in Client().get("/official/").content.decode()
    assert "City hall" not in as_(department.smo).get("/desk/wall/").content.decode()


# ---- the desk's page


@pytest.fixture
def desk(department: SimpleNamespace, as_: Any) -> Client:
    client: Client = as_(department.smo)
    return client


def test_a_secret_is_shown_once_and_the_one_before_is_good_for_a_day(
    department: SimpleNamespace, desk: Client, receiver: Receiver, hook: Channel
) -> None:
    old = open_for(hook)["secret"]
    page = desk.post(reverse("posts:hook_secret", args=[hook.slug]))
    hook.refresh_from_db()
    new = open_for(hook)["secret"]
    assert new != old
    assert new in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    later = desk.get(reverse("posts:hook", args=[hook.slug])).content.decode()
    assert new not in later
    assert old not in later
    assert new not in hook.credentials
    sent(department, hook)
    tick(DUE)
    headers, body = receiver.heard[-1]
    for secret in (old, new):
        Verifier(secret).verify(body, headers)
    assert new not in str(list(LedgerEntry.objects.values()))


def test_a_ping_from_the_page_says_what_came_back(desk: Client, receiver: Receiver, hook: Channel) -> None:
    path = reverse("posts:hook_ping", args=[hook.slug])
    assert "The ping arrived." in desk.post(path, follow=True).content.decode()
    [told] = events(receiver, hook)
    assert told["type"] == "ping"
    receiver.will(410)
    assert "410" in desk.post(path, follow=True).content.decode()
    hook.refresh_from_db()
    assert hook.state == ChannelState.NEEDS_ATTENTION
    assert LedgerEntry.objects.filter(type="posts.webhook.pinged").count() == 2


def test_the_page_shows_what_the_endpoint_answered(
    department: SimpleNamespace, desk: Client, receiver: Receiver, hook: Channel
) -> None:
    empty = desk.get(reverse("posts:hook", args=[hook.slug])).content.decode()
    assert "Nothing was sent yet." in empty
    receiver.will(400, {}, b"unknown <b>field</b>")
    row = on(sent(department, hook), hook)
    tick(DUE)
    page = desk.get(reverse("posts:hook", args=[hook.slug])).content.decode()
    assert "answered 400" in page
    assert f"/desk/deliveries/{row.pk}/" in page


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/in", "https://hooks.example.com:8443/in", "nonsense", "https://"]
)
def test_an_endpoint_that_is_never_called_is_refused_at_the_field(desk: Client, hook: Channel, url: str) -> None:
    before = hook.api_base
    answer = desk.post(reverse("posts:hook_endpoint", args=[hook.slug]), {"endpoint": url})
    assert answer.status_code == 422
    hook.refresh_from_db()
    assert hook.api_base == before


def test_an_endpoint_is_kept_as_it_was_typed(department: SimpleNamespace, hook: Channel) -> None:
    webhooks.set_endpoint(channel=hook, url=" https://hooks.example.com/in/ ", by=department.smo)
    hook.refresh_from_db()
    assert hook.api_base == "https://hooks.example.com/in/"
    with pytest.raises(NotAllowed):
        webhooks.set_endpoint(channel=hook, url="https://hooks.example.com/", by=department.officer)
    with pytest.raises(BadInput):
        webhooks.set_endpoint(channel=hook, url="https://user:word@hooks.example.com/", by=department.smo)
