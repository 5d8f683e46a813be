"""The signed list of official accounts: who is on it, that anybody can verify it, and that one changed byte fails."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client, override_settings

from divisions.models import AccountRecord, Channel, Department, OfficialKey, OfficialList
from divisions.services import credentials, signing
from records.models import LedgerEntry
from records.services import ledger
from tests.counting import queries_of

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
FILES = ("/official/accounts.json", "/official/accounts.json.sig", "/official/key.pem")


def fetched(client: Client) -> tuple[bytes, str, str]:
    """The list, its signature and the key, as anybody gets them."""
    body, signature, pem = (client.get(path).content for path in FILES)
    return body, signature.decode(), pem.decode()


def by_openssl(folder: Path, body: bytes, signature: str, pem: str) -> bool:
    """The commands of the page about verifying, word for word."""
    for name, content in (("accounts.json", body), ("accounts.json.sig", signature), ("key.pem", pem)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for line in (
        "openssl base64 -d -in accounts.json.sig -out accounts.sig",
        "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in accounts.json -sigfile accounts.sig",
    ):
        done = subprocess.run(line.split(), cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "Signature Verified Successfully" in done.stdout


def test_the_list_names_the_public_accounts_and_no_other(client: Client, department: SimpleNamespace) -> None:
    record = AccountRecord.objects.filter(channel=department.x_department)
    record.update(opened_on=date(2009, 6, 1), read_hours="Weekdays")
    said = json.loads(fetched(client)[0])
    handles = {account["handle"] for account in said["accounts"]}
    assert handles == {"TPDCentral", "TPDNortheast", "TestPD", "test-police-department"}
    assert next(a for a in said["accounts"] if a["handle"] == "TestPD") == {
        "platform": "x",
        "handle": "TestPD",
        "name": "Test Police Department",
        "url": "https://x.example/TestPD",
        "division": "Headquarters",
        "since": "2009-06-01",
        "read_hours": "Weekdays",
    }
    assert said["department"] == "Test Police Department"


def test_a_protected_account_is_not_on_it_whatever_its_audience(client: Client, department: SimpleNamespace) -> None:
    Channel.objects.filter(slug="nixle").update(settings={"protected": True})
    assert b"test-police-department" not in fetched(client)[0]
    assert "test-police-department" not in client.get("/official/").content.decode()


def test_its_bytes_are_canonical_utf_8(client: Client, department: SimpleNamespace) -> None:
    Department.objects.update(name="Département de Police")
    body = fetched(client)[0].decode("utf-8")
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "Département" in body


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_alone_verifies_it_and_one_changed_byte_fails(
    client: Client, department: SimpleNamespace, tmp_path: Path
) -> None:
    body, signature, pem = fetched(client)
    assert by_openssl(tmp_path, body, signature, pem)
    assert not by_openssl(tmp_path, body.replace(b"TestPD", b"TestPB", 1), signature, pem)
    assert not by_openssl(tmp_path, body + b"\n", signature, pem)


def test_a_library_verifies_it_and_every_changed_byte_fails(client: Client, department: SimpleNamespace) -> None:
    body, signature, pem = fetched(client)
    assert signing.verify(body, signature, pem)
    for place in (0, len(body) // 2, len(body) - 1):
        changed = bytearray(body)
        changed[place] ^= 1
        assert not signing.verify(bytes(changed), signature, pem)
    forged = base64.b64encode(bytes(64)).decode()
    assert not signing.verify(body, forged, pem)


def test_the_page_about_verifying_gives_the_commands_and_the_fingerprint(
    client: Client, department: SimpleNamespace
) -> None:
    page = client.get("/official/verify/").content.decode()
    for words in (
        "openssl base64 -d",
        "openssl pkeyutl -verify -pubin",
        "http://testserver/official/accounts.json.sig",
    ):
        assert words in page
    assert OfficialKey.objects.get().fingerprint in page


def test_the_same_list_stands_until_something_changes_or_a_day_is_over(department: SimpleNamespace) -> None:
    first = signing.current(now=NOW)
    assert first is not None
    assert signing.current(now=NOW + timedelta(hours=23)) == first
    assert signing.current(now=NOW + timedelta(hours=25)) != first
    newest = signing.current(now=NOW + timedelta(hours=25))
    Channel.objects.filter(slug="nixle").update(state="retired")
    changed = signing.current(now=NOW + timedelta(hours=26))
    assert changed is not None
    assert changed != newest
    assert "test-police-department" not in changed.body
    assert changed.valid_until - changed.made_at == signing.LASTS


def test_a_browser_that_has_it_already_is_told_so(client: Client, department: SimpleNamespace) -> None:
    for path in FILES:
        answer = client.get(path)
        assert client.get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_it_asks_as_many_questions_for_many_accounts_as_for_few(client: Client, department: SimpleNamespace) -> None:
    few = [queries_of(client, path) for path in FILES if client.get(path)]
    Channel.objects.bulk_create(
        Channel(slug=f"more-{n}", division=department.central, platform="mastodon", handle=f"more{n}", name="More")
        for n in range(30)
    )
    many = [queries_of(client, path) for path in FILES if client.get(path)]
    assert few == many
    assert max(many) <= 4


def test_the_key_is_made_once_sealed_and_remembered(department: SimpleNamespace) -> None:
    signing.current(now=NOW)
    signing.current(now=NOW + timedelta(days=3))
    key = OfficialKey.objects.get()
    sealed = Department.objects.get().signing_key
    assert "PRIVATE" not in sealed
    assert list(credentials.open_sealed(sealed, of="", else_="")) == ["ed25519"]
    acts = list(LedgerEntry.objects.order_by("seq").values_list("type", flat=True))
    assert acts.count("divisions.official_key.made") == 1
    assert acts.count("divisions.official_list.signed") == 2
    entry = LedgerEntry.objects.get(type="divisions.official_key.made")
    assert entry.data == {"fingerprint": key.fingerprint, "replaces": None}


def test_rotating_makes_a_new_key_and_keeps_the_old_one_listed(client: Client, department: SimpleNamespace) -> None:
    body, signature, pem = fetched(client)
    call_command("official_key", rotate=True)
    new_body, new_signature, new_pem = fetched(client)
    assert new_pem != pem
    assert signing.verify(new_body, new_signature, new_pem)
    assert not signing.verify(new_body, new_signature, pem)
    page = client.get("/official/verify/").content.decode()
    assert pem.strip().splitlines()[1] in page  # an old copy can still be verified
    assert signing.verify(body, signature, pem)
    assert LedgerEntry.objects.filter(type="divisions.official_key.made").count() == 2


def test_without_the_key_the_last_list_stands_while_it_is_valid_and_then_nothing(
    client: Client, department: SimpleNamespace, time_machine: Any
) -> None:
    time_machine.move_to(NOW)
    body = fetched(client)[0]
    with override_settings(FIELD_KEYS=[Fernet.generate_key().decode()]):
        time_machine.move_to(NOW + timedelta(days=2))
        assert client.get(FILES[0]).content == body
        time_machine.move_to(NOW + timedelta(days=8))
        assert client.get(FILES[0]).status_code == 503


def test_without_a_department_there_is_no_list(client: Client, db: None) -> None:
    assert [client.get(path).status_code for path in FILES] == [404, 404, 404]


def test_the_ledger_fails_and_neither_key_nor_list_is_made(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the ledger cannot be written")

    monkeypatch.setattr(ledger, "append_many", refuse)
    with pytest.raises(RuntimeError):
        signing.current(now=NOW)
    with pytest.raises(RuntimeError):
        signing.rotate_key(by=None, now=NOW)
    assert (OfficialKey.objects.count(), OfficialList.objects.count()) == (0, 0)
    assert Department.objects.get().signing_key == ""
