"""What the sandbox shows where nobody has an account: a webhook's receiver and the mails of e-mail lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

import pytest

from connectors.contract import Account, Act, Done, Outgoing, Target
from connectors.errors import Refused
from connectors.mail_line import Folder
from connectors.registry import get
from connectors.sandbox.receivers import judged
from connectors.sandbox.server import Running, running
from connectors.webhook_signing import new_secret, signature
from tests.connectors.conftest import Answered, fetch, post
from tests.connectors.conftest import get as page

HOOK = get("webhook", "sandbox")
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def account(network: Running, name: str, secret: str) -> Account:
    base = f"{network.base_url}/webhook/{name}/"
    return Account(platform="webhook", handle="", api_base=base, mode="sandbox", secrets={"secret": secret})


def tell(to: Account, key: str = "k1", act: Act = Act.PUBLISH, **more: Any) -> Done:
    said = {"title": "Road <closed>", "text": "Use Elm & Oak.", "link": "https://pd.example.org/news/7/", **more}
    (step,) = HOOK.plan(Outgoing(act=act, key=key, planned_at=NOW, **said))
    result = HOOK.run(to, step, {})
    assert isinstance(result, Done)
    return result


def paste(network: Running, name: str, secret: str) -> str:
    body = urlencode({"secret": secret}).encode()
    return fetch(Request(f"{network.base_url}/see/webhook/{name}/", body)).decode()


def test_a_receiver_shows_what_it_heard_and_checks_once_it_has_the_secret(network: Running) -> None:
    secret, name = new_secret(), "city-hall"
    tell(account(network, name, secret))
    shown = page(f"{network.base_url}/see/webhook/{name}/")
    assert "Taken: unchecked, no secret was pasted here" in shown
    assert "Road &lt;closed&gt;" in shown
    assert "Use Elm &amp; Oak." in shown
    pasted = paste(network, name, f"  {secret} ")
    assert "It checks each call" in pasted
    assert secret not in pasted
    tell(account(network, name, secret), "k2")
    assert "signature and time are good" in page(f"{network.base_url}/see/webhook/{name}/")
    with pytest.raises(Refused, match="401"):
        tell(account(network, name, new_secret()), "k3")
    tell(account(network, name, secret), "k2")
    shown = page(f"{network.base_url}/see/webhook/{name}/")
    assert "Refused: none of its signatures is made with our secret" in shown
    assert "known already, not acted on again" in shown
    tell(account(network, name, secret), "k4", act=Act.WITHDRAW, target=Target(remote_id="k2"))
    assert "post.withdrawn" in page(f"{network.base_url}/see/webhook/{name}/")
    assert name in page(f"{network.base_url}/see/webhook/")


def test_a_recording_is_refused_by_its_age() -> None:
    secret = new_secret()
    sent = int(NOW.timestamp())
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(sent),
        "webhook-signature": f"v1,old {signature(secret, 'm', sent, b'x')}",
    }
    assert judged(secret, headers, b"x", NOW)[1]
    assert not judged(secret, headers, b"x", NOW + timedelta(minutes=6))[1]
    assert not judged(secret, headers, b"y", NOW)[1]
    assert not judged(secret, {}, b"x", NOW)[1]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_<b>", "anything else at all that is long enough"])
def test_what_is_no_secret_is_not_kept(network: Running, secret: str) -> None:
    with pytest.raises(Answered) as caught:
        paste(network, "nobody", secret)
    assert (caught.value.code, "That is no secret" in caught.value.body) == (400, True)
    assert "It has no secret yet." in page(f"{network.base_url}/see/webhook/nobody/")


def test_what_is_typed_in_to_connect_a_made_up_account_stands_on_its_page(network: Running) -> None:
    post(f"{network.base_url}/_accounts", {"platform": "bluesky", "handle": "keys.sandbox.example"})
    assert "App password" in page(f"{network.base_url}/see/bluesky/keys.sandbox.example/")
    post(f"{network.base_url}/_accounts", {"platform": "nixle", "handle": "keys"})
    assert "Client secret" in page(f"{network.base_url}/see/nixle/keys/")
    post(f"{network.base_url}/_accounts", {"platform": "x", "handle": "Keys"})
    assert "To connect it" not in page(f"{network.base_url}/see/x/Keys/")


def test_nonsense_is_heard_and_escaped(network: Running) -> None:
    for body in (b"<b>\xff", b"[1]", b'{"data": 5}', b'{"data": {"media": ["<i>"]}}'):
        fetch(Request(f"{network.base_url}/webhook/odd/", body))
    shown = page(f"{network.base_url}/see/webhook/odd/")
    assert "unreadable" in shown
    assert "<b>" not in shown
    assert "<i>" not in shown


def test_a_receiver_remembers_after_a_restart_and_forgets_when_told_to(tmp_path: Path) -> None:
    state = tmp_path / "network.sqlite3"
    with running(state) as first:
        fetch(Request(f"{first.base_url}/webhook/kept/", b"{}"))
    with running(state) as again:
        assert "unchecked, no secret" in page(f"{again.base_url}/see/webhook/kept/")
        post(f"{again.base_url}/_clear", {})
        assert "Nothing was heard yet." in page(f"{again.base_url}/see/webhook/kept/")


def test_mails_of_lists_are_read_where_they_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    with running(mail=folder) as network:
        assert "No mail was written yet." in page(f"{network.base_url}/see/email/")
        said = b"From: Desk <a@x.example>\r\nTo: r@home.example\r\nSubject: Road <closed>\r\n\r\nUse Elm & Oak.\r\n"
        Folder(folder).send(said, sender="a@x.example", to="r@home.example", name="<k1.7@x.example>")
        (folder / "20261124-notice.log").write_text("Reset your password")
        index = page(f"{network.base_url}/see/email/")
        assert "Road &lt;closed&gt;" in index
        assert "password" not in index
        assert "Use Elm &amp; Oak." in page(f"{network.base_url}/see/email/k1.7-x.example.eml/")
        for name in ("20261124-notice.log", "..%2f..%2fetc%2fpasswd", "%2e%2e.eml", "none.eml"):
            with pytest.raises(Answered) as caught:
                page(f"{network.base_url}/see/email/{name}/")
            assert caught.value.code == 404
