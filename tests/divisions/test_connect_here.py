"""E-mail lists and webhooks are made in the connect pages, too: what is looked at, what is said, what is kept."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from config import env
from connectors import http
from connectors.connecting import mail_domain
from connectors.connecting.contract import Finding, Weight
from divisions.errors import BadInput
from divisions.models import Channel, PendingConnection
from divisions.services import channels, connect, connect_begun, credentials, disconnect
from divisions.services.connect import Wanted
from posts.models import Delivery
from posts.services import webhooks
from records.models import LedgerEntry
from records.services import ledger
from tests.connectors.receiver import Receiver, receiving
from tests.posts.lists import Server, serving
from tests.stories import NOW, approved, tick

START = "/desk/channels/connect/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def smo(department: SimpleNamespace, as_: Any) -> Client:
    """The social media officer's browser."""
    client: Client = as_(department.smo)
    return client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An endpoint on loopback that OUTBOUND_ALLOW names."""
    with receiving() as found:
        http.configure(outbound_allow=[found.host_port], read_timeout_s=2.0)
        yield found
    http.configure()


@pytest.fixture
def server() -> Iterator[Server]:
    """A mail server on loopback, named by EMAIL_URL."""
    with serving() as found:
        yield found


def way(platform: str, mode: str = "sandbox", audience: str = "public") -> str:
    """The page of a platform."""
    return f"{START}{platform}/?division=northeast&audience={audience}&mode={mode}"


def begun() -> str:
    """The address of the one connection that is begun."""
    return f"{START}open/{PendingConnection.objects.get().key}/"


def secret_made(client: Client, endpoint: str, at: str = "") -> str:
    """Say where events go, and read the secret that is shown in the answer."""
    answer = client.post(at or way("webhook"), {"act": "typed", "endpoint": endpoint})
    assert answer.status_code == 200, answer.content.decode()
    [shown] = SECRET.findall(answer.content.decode())
    return str(shown)


def checking(receiver: Receiver, *secrets: str) -> None:
    """Have the endpoint check signatures from now on, with any of these secrets."""
    receiver.check = lambda body, headers: any(_good(secret, body, headers) for secret in secrets)


def _good(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Verifier(secret).verify(body, headers)
    except Exception:
        return False
    return True


# ---- webhook


def test_a_webhook_is_connected_from_nothing_and_a_post_is_told_there(
    department: SimpleNamespace, receiver: Receiver, smo: Client
) -> None:
    d = department
    said = {"division": "northeast", "platform": "webhook", "audience": "public", "mode": "sandbox"}
    assert smo.post(START, said)["Location"] == way("webhook")
    secret = secret_made(smo, receiver.url)
    assert receiver.heard == []
    checking(receiver, secret)
    smo.post(begun(), {"act": "choose", "account": "endpoint"})
    found = smo.get(begun()).content.decode()
    assert "The endpoint took a signed call (it answered 204)." in found
    assert "It refuses a call that somebody else signed." in found
    assert "tell it of a correction and of a withdrawal" in found
    assert Channel.objects.filter(platform="webhook").count() == 0
    assert smo.post(begun(), {"act": "connect", "name": "City hall"}).status_code == 302
    channel = Channel.objects.get(platform="webhook")
    assert (channel.api_base, channel.state, channel.mode) == (receiver.url, "connected", "sandbox")
    assert credentials.open_for(channel) == {"secret": secret}
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website, channel])
    tick(NOW + timedelta(minutes=2))
    assert Delivery.objects.get(post=post, channel=channel).state == "delivered"
    body, headers = receiver.heard[-1][1], receiver.heard[-1][0]
    assert Verifier(secret).verify(body, headers)["type"] == "post.published"


def test_the_secret_is_shown_in_one_answer_and_stands_nowhere_else(
    department: SimpleNamespace, receiver: Receiver, smo: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secret_made(smo, receiver.url)
    pages = [smo.get(begun()).content.decode()]
    row = PendingConnection.objects.get()
    assert connect.hand_out(pending=row) == ""
    pages += [repr(row), str(row), row.sealed, repr(connect_begun.accounts(row))]
    own = begun()
    smo.post(own, {"act": "choose", "account": "endpoint"})
    pages.append(smo.get(own).content.decode())
    smo.post(own, {"act": "connect", "name": "City hall"})
    channel = Channel.objects.get(platform="webhook")
    for path in ("", "reconnect/", "disconnect/", "webhook/"):
        pages.append(smo.get(f"/desk/channels/{channel.slug}/{path}").content.decode())
    pages += [repr(channel), channel.credentials, caplog.text]
    pages += [str(entry.data) for entry in LedgerEntry.objects.all()]
    assert secret not in "\n".join(pages)
    assert "It was shown once" in pages[0]


def test_a_refused_signature_stops_and_says_who_mends_what(
    department: SimpleNamespace, receiver: Receiver, smo: Client
) -> None:
    secret_made(smo, receiver.url)
    checking(receiver)
    smo.post(begun(), {"act": "choose", "account": "endpoint"})
    text = smo.get(begun()).content.decode()
    assert "The endpoint does not take our signature (it answered 401)." in text
    assert "puts in the secret, letter by letter" in text
    assert smo.post(begun(), {"act": "connect", "name": "City hall"}).status_code == 422
    assert not Channel.objects.filter(platform="webhook").exists()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "did not answer with 2xx"),
        (302, "a redirect, which is never followed"),
        (404, "refuses a call: it answered 404"),
        (410, "gone for good"),
    ],
)
def test_only_2xx_lets_a_webhook_be_connected(
    department: SimpleNamespace, receiver: Receiver, smo: Client, status: int, words: str
) -> None:
    secret_made(smo, receiver.url)
    receiver.will(status, {"Location": "http://127.0.0.1:1/"} if status == 302 else {})
    smo.post(begun(), {"act": "choose", "account": "endpoint"})
    assert words in smo.get(begun()).content.decode()
    assert smo.post(begun(), {"act": "connect", "name": "City hall"}).status_code == 422


def test_an_endpoint_that_checks_nothing_is_warned_of(
    department: SimpleNamespace, receiver: Receiver, smo: Client
) -> None:
    secret_made(smo, receiver.url)
    smo.post(begun(), {"act": "choose", "account": "endpoint"})
    text = smo.get(begun()).content.decode()
    assert "It also took a call that somebody else signed (204)" in text
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 2
    assert smo.post(begun(), {"act": "connect", "name": "City hall"}).status_code == 302


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://127.0.0.1:9/hook", "9 is not https on port 443"),
        ("https://127.0.0.1/hook", "is the private address 127.0.0.1"),
        ("https://10.0.0.8/hook", "is the private address 10.0.0.8"),
        ("https://[::ffff:169.254.169.254]/latest", "private address"),
        ("https://user:key@127.0.0.1/hook", "no address that can be called"),
        ("ftp://127.0.0.1/hook", "is not https"),
        ("not an address", "no address that can be called"),
        ("https://127.0.0.1/" + "x" * 300, "longer than 300"),
    ],
)
def test_an_address_that_is_never_called_is_refused_before_a_secret_is_made(
    department: SimpleNamespace, smo: Client, settings: Any, endpoint: str, words: str
) -> None:
    settings.SANDBOX = False
    answer = smo.post(way("webhook", mode="live"), {"act": "typed", "endpoint": endpoint})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert "whsec_" not in text
    assert not PendingConnection.objects.exists()


def test_in_training_nothing_leaves_for_an_address_outside(department: SimpleNamespace, smo: Client) -> None:
    answer = smo.post(way("webhook"), {"act": "typed", "endpoint": "https://cad.example.gov/hook"})
    assert answer.status_code == 422
    assert "this webhook is in training" in answer.content.decode().lower()


def a_hook(d: SimpleNamespace, receiver: Receiver) -> Channel:
    """A webhook that stands already, with a secret."""
    facts = {"name": "City hall", "mode": "sandbox", "api_base": receiver.url}
    channel = channels.create_channel(
        slug="city-hall", division=d.northeast, platform="webhook", audience="public", by=d.smo, **facts
    )
    webhooks.make_secret(channel=channel, by=d.smo, now=NOW)
    return Channel.objects.get(pk=channel.pk)


def test_a_new_secret_keeps_the_channel_and_no_event_is_lost_while_it_changes(
    department: SimpleNamespace, receiver: Receiver, smo: Client
) -> None:
    hook = a_hook(department, receiver)
    old = credentials.open_for(hook)["secret"]
    checking(receiver, old)
    page = smo.get(f"/desk/channels/{hook.slug}/reconnect/").content.decode()
    assert receiver.url in page
    fresh = secret_made(smo, receiver.url, f"/desk/channels/{hook.slug}/reconnect/")
    smo.post(begun(), {"act": "choose", "account": "endpoint"})
    assert smo.post(begun(), {"act": "connect"}).status_code == 302
    again = Channel.objects.get(pk=hook.pk)
    kept = credentials.open_for(again)
    assert (kept["secret"], kept["previous"]) == (fresh, old)
    assert int(kept["previous_until"]) > timezone.now().timestamp() + 23 * 3600
    assert (again.slug, again.name) == (hook.slug, hook.name)
    kinds = set(LedgerEntry.objects.filter(subject_type="channel").values_list("type", flat=True))
    assert {"divisions.connecting.tried", "divisions.credentials.reconnected"} <= kinds


def test_a_webhook_is_disconnected_and_never_told_by_hand(
    department: SimpleNamespace, receiver: Receiver, smo: Client
) -> None:
    hook = a_hook(department, receiver)
    page = smo.get(f"/desk/channels/{hook.slug}/disconnect/").content.decode()
    assert "Go on by hand" not in page
    with pytest.raises(BadInput):
        disconnect.disconnect(channel=hook, then="hand_off", reason="Done", by=department.smo)
    outcome = disconnect.disconnect(channel=hook, then="paused", reason="Done", by=department.smo)
    assert outcome.how == "not_supported"
    hook.refresh_from_db()
    assert (hook.credentials, hook.state) == ("", "paused")


def test_a_second_channel_to_one_endpoint_is_warned_of(
    department: SimpleNamespace, receiver: Receiver, smo: Client
) -> None:
    a_hook(department, receiver)
    secret_made(smo, receiver.url)
    smo.post(begun(), {"act": "choose", "account": "endpoint"})
    assert "City hall tells this endpoint already" in smo.get(begun()).content.decode()


# ---- e-mail list

SENDER = {"act": "typed", "sender_name": "Northeast by e-mail", "sender_address": "news@pd.example.org"}


def test_a_list_is_set_up_from_nothing_with_a_test_mail_to_who_asks(
    department: SimpleNamespace, server: Server, smo: Client
) -> None:
    assert f"{department.northeast.name} by e-mail" in smo.get(way("email")).content.decode()
    smo.post(way("email"), SENDER)
    [(to, mail)] = server.taken
    assert to == department.smo.email
    assert str(mail["From"]) == "Northeast by e-mail <news@pd.example.org>"
    assert str(mail["Subject"]) == "Test mail: Northeast by e-mail"
    text = smo.get(begun()).content.decode()
    assert f"A test mail was taken for {department.smo.email}." in text
    assert "No pixel watches readers." in text
    assert smo.post(begun(), {"act": "connect", "name": "Northeast list"}).status_code == 302
    channel = Channel.objects.get(platform="email")
    assert channel.settings == {"sender_name": "Northeast by e-mail", "sender_address": "news@pd.example.org"}
    assert (channel.name, channel.credentials, channel.remote_id) == ("Northeast list", "", "")
    assert smo.get(f"/desk/channels/{channel.slug}/").status_code == 200
    assert smo.get(f"/desk/channels/{channel.slug}/reconnect/").status_code == 200


def test_each_mail_of_the_list_comes_from_its_own_sender(
    department: SimpleNamespace, server: Server, smo: Client
) -> None:
    from posts.models import Subscriber, Subscription

    smo.post(way("email"), SENDER)
    smo.post(begun(), {"act": "connect", "name": "Northeast list"})
    channel, d = Channel.objects.get(platform="email"), department
    reader = Subscriber.objects.create(address="a@home.example", folded="a@home.example", created_at=NOW)
    Subscription.objects.create(subscriber=reader, channel=channel, confirmed_at=NOW)
    approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website, channel])
    tick(NOW + timedelta(minutes=2))
    tick(NOW + timedelta(minutes=3))
    assert server.to == [d.smo.email, "a@home.example"]
    assert str(server.taken[-1][1]["From"]) == "Northeast by e-mail <news@pd.example.org>"


def test_without_a_mail_server_it_says_what_is_missing_and_who_sets_it(
    department: SimpleNamespace, smo: Client
) -> None:
    smo.post(way("email"), SENDER)  # the tests' own settings keep mails in memory
    text = smo.get(begun()).content.decode()
    assert "No mail server is set." in text
    assert "Whoever runs the server sets EMAIL_URL, for example smtp+tls://" in text
    assert smo.post(begun(), {"act": "connect", "name": "List"}).status_code == 422


def test_a_mail_server_that_is_away_stops_and_nothing_is_lost(department: SimpleNamespace, smo: Client) -> None:
    with override_settings(**env.email("smtp://127.0.0.1:1")):
        smo.post(way("email"), SENDER)
    text = smo.get(begun()).content.decode()
    assert "The mail server 127.0.0.1 cannot be reached" in text
    assert "looks at EMAIL_URL" in text


def test_a_refused_sender_and_a_refused_test_mail_are_told_apart(
    department: SimpleNamespace, server: Server, smo: Client
) -> None:
    server.meet(department.smo.email, "RCPT", "550 5.1.1 No such person")
    smo.post(way("email"), SENDER)
    assert f"The test mail to {department.smo.email} was not taken: 5.1.1 No such" in smo.get(begun()).content.decode()
    PendingConnection.objects.all().delete()
    server.refuses_sender = True
    smo.post(way("email"), SENDER)
    text = smo.get(begun()).content.decode()
    assert "refuses news@pd.example.org as sender" in text
    assert "lets Substation send as news@pd.example.org" in text


@pytest.mark.parametrize("address", ["nobody", "a@b", "@pd.example.org", "a b@pd.example.org", "ä@pd.example.org"])
def test_a_sender_that_is_no_address_is_refused_at_its_field(
    department: SimpleNamespace, smo: Client, address: str
) -> None:
    answer = smo.post(way("email"), {**SENDER, "sender_address": address})
    assert answer.status_code == 422
    assert "This is no e-mail address." in answer.content.decode()
    assert not PendingConnection.objects.exists()


def test_a_list_is_for_everybody_and_a_webhook_is_not_told_by_hand(department: SimpleNamespace, smo: Client) -> None:
    said = {"division": "northeast", "platform": "email", "audience": "internal", "mode": "sandbox"}
    assert "so it is for everybody" in smo.post(START, said).content.decode()
    said = {"division": "northeast", "platform": "webhook", "audience": "public", "mode": "hand_off"}
    assert "Nobody tells an endpoint by hand." in smo.post(START, said).content.decode()


def test_live_it_looks_at_the_domain_and_at_the_way_out(
    department: SimpleNamespace, server: Server, smo: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SANDBOX, settings.BASE_URL = False, "http://desk.example.org"
    said = Finding(code="spf", weight=Weight.WARNING, words="SPF is missing", cure="Whoever runs the DNS adds one")
    monkeypatch.setattr(mail_domain, "look", lambda domain, relay: (said,))
    smo.post(way("email", mode="live"), SENDER)
    text = smo.get(begun()).content.decode()
    assert "SPF is missing" in text
    assert "mail programs take https only" in text
    assert smo.post(begun(), {"act": "connect", "name": "List"}).status_code == 422


def test_the_ledger_fails_and_no_list_is_kept(
    department: SimpleNamespace, server: Server, smo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted(platform="email", mode="sandbox", division=department.northeast, audience="public")
    typed = {key: value for key, value in SENDER.items() if key != "act"}
    row = connect.typed(wanted=wanted, typed=typed, session="s", by=department.smo)
    fail: Callable[..., Any] = lambda *args, **kwargs: (_ for _ in ()).throw(RuntimeError("no ledger"))  # noqa: E731
    monkeypatch.setattr(ledger, "remember", fail)
    with pytest.raises(RuntimeError):
        connect.connect(pending=row, name="List", by=department.smo)
    assert not Channel.objects.filter(platform="email").exists()
    assert PendingConnection.objects.filter(pk=row.pk).exists()
