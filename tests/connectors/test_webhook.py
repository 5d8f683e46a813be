"""The signed webhook against a receiver on loopback that checks with the convention's own library."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from connectors import http
from connectors.contract import Account, Act, Done, Media, Outgoing, Policy, Step, Target
from connectors.errors import ConnectorError, Misconfigured, NotAuthorised, NotSupported, Refused, Temporary
from connectors.registry import get
from connectors.webhook_signing import new_secret, signature
from tests.connectors.receiver import Receiver, receiving

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SECRET = new_secret()
LINK = "https://pd.example.org/news/7-road-closed/"
ODD = 'Café № 7 – “closed” <b>&</b> 🚓\n\nSecond "paragraph"\nand a line'
ALLOWED = {"canonical_url", "cap_url", "html", "id", "lang", "media", "text", "title", "version"}
WEBHOOK = get("webhook")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        http.configure(outbound_allow=[found.host_port], read_timeout_s=2.0)
        yield found


def account(receiver: Receiver, **more: Any) -> Account:
    given: dict[str, Any] = {"secrets": {"secret": SECRET}, "api_base": receiver.url, **more}
    return Account(platform="webhook", handle="cad", mode="live", **given)


def outgoing(act: Act = Act.PUBLISH, **more: Any) -> Outgoing:
    given: dict[str, Any] = {"title": "Road closed", "text": ODD, "link": LINK, "key": "delivery-1", **more}
    return Outgoing(act=act, planned_at=NOW, **given)


def say(receiver: Receiver, said: Outgoing, **more: Any) -> Done:
    (step,) = WEBHOOK.plan(said)
    stored = Step.from_json(json.loads(json.dumps(step.to_json())))
    result = WEBHOOK.run(account(receiver, **more), stored, {})
    assert isinstance(result, Done)
    return result


def test_the_library_of_the_convention_takes_what_we_sign(receiver: Receiver) -> None:
    done = say(receiver, outgoing())
    ((headers, body),) = receiver.heard
    checked = Verifier(SECRET).verify(body, headers)
    assert (checked["type"], checked["data"]["id"]) == ("post.published", "delivery-1")
    assert headers["webhook-id"] == "delivery-1"
    assert (done.receipt.remote_id, done.receipt.raw["http_status"]) == ("delivery-1", 204)


def test_the_library_signs_as_we_do() -> None:
    body = b'{"a":1}'
    assert signature(SECRET, "m", 1_764_000_000, body) == Verifier(SECRET).sign(
        "m", datetime.fromtimestamp(1_764_000_000, UTC), body.decode()
    )


def test_a_changed_byte_or_a_stranger_s_secret_is_not_taken(receiver: Receiver) -> None:
    say(receiver, outgoing())
    ((headers, body),) = receiver.heard
    for secret, heard in ((SECRET, body + b" "), (new_secret(), body)):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(heard, headers)


def test_a_recording_is_refused_five_minutes_later(receiver: Receiver) -> None:
    say(receiver, outgoing())
    ((headers, body),) = receiver.heard
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)), pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body, headers)


def test_while_a_secret_is_changed_both_are_good_and_after_that_the_new_one_alone(receiver: Receiver) -> None:
    old, ends = new_secret(), int(datetime.now(UTC).timestamp()) + 60
    for until, taken in ((ends, True), (ends - 120, False)):
        secrets = {"secret": SECRET, "previous": old, "previous_until": str(until)}
        say(receiver, outgoing(), secrets=secrets)
        headers, body = receiver.heard[-1]
        Verifier(SECRET).verify(body, headers)
        if taken:
            Verifier(old).verify(body, headers)
        else:
            with pytest.raises(WebhookVerificationError):
                Verifier(old).verify(body, headers)


def test_the_body_is_what_was_planned_byte_for_byte_and_holds_the_allow_list_only(receiver: Receiver) -> None:
    picture = Media(sha256="a" * 64, mime="image/png", alt="A map", url="https://pd.example.org/media/a.png")
    (step,) = WEBHOOK.plan(outgoing(media=(picture,)))
    say(receiver, outgoing(media=(picture,)))
    ((_, body),) = receiver.heard
    assert body.decode() == step.payload["body"]
    told = json.loads(body)
    assert set(told) == {"type", "timestamp", "data"}
    assert set(told["data"]) == ALLOWED
    assert told["data"]["media"] == [{"url": picture.url, "alt": "A map", "type": "image/png", "sha256": "a" * 64}]
    assert told["data"]["text"] == ODD
    assert "&lt;b&gt;" in told["data"]["html"]
    assert told["data"]["canonical_url"] == LINK


@pytest.mark.parametrize(
    ("act", "kind", "type_"),
    [
        (Act.PUBLISH, "update", "post.published"),
        (Act.EDIT, "update", "post.updated"),
        (Act.WITHDRAW, "update", "post.withdrawn"),
        (Act.PUBLISH, "safety_alert", "alert.issued"),
        (Act.EDIT, "safety_alert", "alert.updated"),
        (Act.WITHDRAW, "safety_alert", "alert.cancelled"),
    ],
)
def test_every_act_is_an_event_about_the_same_post(receiver: Receiver, act: Act, kind: str, type_: str) -> None:
    target = None if act is Act.PUBLISH else Target(remote_id="delivery-1")
    key = "delivery-1" if act is Act.PUBLISH else "delivery-2"
    done = say(receiver, outgoing(act, kind=kind, key=key, target=target))
    ((headers, body),) = receiver.heard
    told = json.loads(body)
    assert (told["type"], told["data"]["id"], headers["webhook-id"]) == (type_, "delivery-1", key)
    assert done.receipt.remote_id == "delivery-1"
    if act is Act.WITHDRAW:  # what was taken down is not said once more
        assert (told["data"]["text"], told["data"]["html"], told["data"]["media"]) == ("", "", [])


def test_plan_is_pure_repeatable_and_refuses_what_is_no_event() -> None:
    assert WEBHOOK.plan(outgoing()) == WEBHOOK.plan(outgoing())
    assert all(step.repeatable for step in WEBHOOK.plan(outgoing()))
    assert WEBHOOK.ambiguous_policy is Policy.REPEAT
    for act in (Act.REPLY, Act.HIDE, Act.RESTORE):
        with pytest.raises(NotSupported):
            WEBHOOK.plan(outgoing(act, target=Target(remote_id="1")))
    with pytest.raises(Misconfigured, match="target"):
        WEBHOOK.plan(outgoing(Act.EDIT))


@pytest.mark.parametrize(
    ("status", "headers", "kind", "after"),
    [
        (408, {}, Temporary, None),
        (425, {}, Temporary, None),
        (429, {"Retry-After": "120"}, Temporary, 120.0),
        (500, {}, Temporary, None),
        (503, {"Retry-After": "7"}, Temporary, 7.0),
        (410, {}, NotAuthorised, None),
        (302, {"Location": "http://127.0.0.1:9/"}, Refused, None),
        (307, {"Location": "http://127.0.0.1:9/"}, Refused, None),
        (400, {}, Refused, None),
        (401, {}, Refused, None),
        (404, {}, Refused, None),
    ],
)
def test_what_an_answer_means(
    receiver: Receiver, status: int, headers: dict[str, str], kind: type[ConnectorError], after: float | None
) -> None:
    receiver.will(status, headers)
    with pytest.raises(kind) as caught:
        say(receiver, outgoing())
    assert caught.value.status == status
    assert getattr(caught.value, "retry_after", None) == after
    assert len(receiver.heard) == 1  # no redirect was followed


def test_silence_after_the_request_is_tried_again_with_the_same_id_and_bytes(receiver: Receiver) -> None:
    receiver.will_hang_up()
    with pytest.raises(Temporary):
        say(receiver, outgoing())
    say(receiver, outgoing())
    (first, one), (second, two) = receiver.heard
    assert (first["webhook-id"], one) == (second["webhook-id"], two)


def test_a_long_answer_is_cut_and_still_counts(receiver: Receiver) -> None:
    receiver.will(200, {}, b"x" * 1_000_000)
    done = say(receiver, outgoing())
    assert done.receipt.raw["words"] == "x" * 1024


def test_an_answer_that_repeats_our_secret_is_kept_without_it(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.will(400, {}, f"bad key {SECRET}\x00".encode())
    with pytest.raises(Refused) as caught:
        say(receiver, outgoing())
    shown = f"{caught.value} {caught.value.body} {account(receiver)!r} {caplog.text}"
    assert SECRET not in shown
    assert "\x00" not in shown


def test_a_ping_says_whether_the_endpoint_is_there(receiver: Receiver) -> None:
    assert WEBHOOK.verify(account(receiver)).ok
    ((headers, body),) = receiver.heard
    assert Verifier(SECRET).verify(body, headers)["type"] == "ping"
    receiver.will(404)
    health = WEBHOOK.verify(account(receiver))
    assert not health.ok
    assert "404" in health.warnings[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:127.0.0.1]/hook",
        "https://localhost/hook",
        "https://10.0.0.7/hook",
        "https://169.254.169.254/latest/meta-data",
        "http://93.184.216.34/hook",
        "https://93.184.216.34:8443/hook",
        "https://user:word@93.184.216.34/hook",
        "ftp://93.184.216.34/hook",
        "https://[::1/hook",
        "",
    ],
)
def test_a_private_or_odd_address_is_never_called(receiver: Receiver, url: str) -> None:
    with pytest.raises(Misconfigured):
        say(receiver, outgoing(), api_base=url)
    assert receiver.heard == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:10.1.2.3", "fd00::1", "224.0.0.1"])
def test_a_public_name_that_leads_inside_is_never_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr("connectors.guard._resolve", lambda host, port: ["93.184.216.34", address])
    with pytest.raises(Misconfigured, match="private address"):
        say(receiver, outgoing(), api_base="https://hooks.example.com/in")


@pytest.mark.parametrize("secret", ["", "whsec_short", "whsec_" + base64.b64encode(b"x" * 8).decode(), "whsec_ü"])
def test_without_a_good_secret_nothing_is_sent(receiver: Receiver, secret: str) -> None:
    with pytest.raises(Misconfigured, match="secret"):
        say(receiver, outgoing(), secrets={"secret": secret})
    assert receiver.heard == []


def test_an_event_planned_later_has_a_higher_version(receiver: Receiver) -> None:
    first = json.loads(WEBHOOK.plan(outgoing())[0].payload["body"])
    later = replace(outgoing(Act.EDIT, target=Target(remote_id="delivery-1")), planned_at=NOW + timedelta(minutes=3))
    second = json.loads(WEBHOOK.plan(later)[0].payload["body"])
    assert second["data"]["version"] > first["data"]["version"]
