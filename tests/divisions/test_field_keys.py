"""FIELD_KEYS change hands: everything that is sealed moves to the newest key, or nothing does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

from divisions.errors import BadInput, NotAllowed
from divisions.models import Channel, Department
from divisions.services import credentials, field_keys, signing
from records.models import LedgerEntry
from records.services import ledger

NEW = Fernet.generate_key().decode()


@pytest.fixture
def sealed(department: SimpleNamespace) -> SimpleNamespace:
    """Two accounts with secrets and a signed list, all under the key of today."""
    for slug in ("facebook-northeast", "x-department"):
        Channel.objects.filter(slug=slug).update(credentials=credentials.seal({"access_token": f"secret-{slug}"}))
    signing.current()
    return department


def test_everything_moves_to_the_newest_key_and_the_old_one_may_go(client: Client, sealed: SimpleNamespace) -> None:
    with override_settings(FIELD_KEYS=[NEW, *settings.FIELD_KEYS]):
        call_command("rotate_field_keys")
    with override_settings(FIELD_KEYS=[NEW]):
        for slug in ("facebook-northeast", "x-department"):
            channel = Channel.objects.get(slug=slug)
            assert credentials.open_for(channel) == {"access_token": f"secret-{slug}"}
        Channel.objects.filter(slug="nixle").update(state="retired")  # so that a new list is signed
        body, signature = client.get("/official/accounts.json"), client.get("/official/accounts.json.sig")
        pem = client.get("/official/key.pem").content.decode()
        assert b"test-police-department" not in body.content
        assert signing.verify(body.content, signature.content.decode(), pem)


def test_the_ledger_says_that_and_how_many_never_what(sealed: SimpleNamespace) -> None:
    with override_settings(FIELD_KEYS=[NEW, *settings.FIELD_KEYS]):
        assert field_keys.rotate(by=sealed.smo) == 3
        entry = LedgerEntry.objects.get(type="divisions.field_keys.rotated")
        assert entry.actor_id == sealed.smo.pk
        assert entry.data == {"secrets": 3, "key": field_keys.newest()}
    assert NEW[:8] not in str(entry.data)


def test_one_secret_that_no_key_opens_stops_it_all(sealed: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    lost = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    Channel.objects.filter(slug="x-department").update(credentials=lost)
    before = list(Channel.objects.order_by("pk").values_list("credentials", flat=True))
    with override_settings(FIELD_KEYS=[NEW, *settings.FIELD_KEYS]):
        with pytest.raises(BadInput, match="x-department"):
            field_keys.rotate(by=None)
        with pytest.raises(SystemExit) as stopped:
            call_command("rotate_field_keys")
    assert stopped.value.code == 2
    assert list(Channel.objects.order_by("pk").values_list("credentials", flat=True)) == before


def test_only_who_manages_channels_everywhere_may(sealed: SimpleNamespace) -> None:
    with pytest.raises(NotAllowed):
        field_keys.rotate(by=sealed.boss)


def test_the_ledger_fails_and_nothing_moves(sealed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the ledger cannot be written")

    before = Department.objects.get().signing_key
    monkeypatch.setattr(ledger, "append_many", refuse)
    with override_settings(FIELD_KEYS=[NEW, *settings.FIELD_KEYS]), pytest.raises(RuntimeError):
        field_keys.rotate(by=None)
    assert Department.objects.get().signing_key == before
