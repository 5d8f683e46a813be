"""Signs the list of official accounts, so that anybody can tell it is ours without asking us: the key, the list.

Ed25519 over the exact bytes that are handed out. What the list says stands in `divisions.selectors.official`; how a
reader verifies it in docs/official-accounts.md. The private key leaves this module only sealed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from django.utils import timezone

from divisions.models import Department, OfficialKey, OfficialList, User
from divisions.permissions import Right
from divisions.selectors import official
from divisions.services import credentials
from divisions.services.department import require_everywhere
from records.services import ledger

FORMAT = 1
LASTS = timedelta(days=7)  # an old copy that somebody passes on is told from a new one within a week
RENEWED_AFTER = timedelta(days=1)
_PRIVATE = "ed25519"


def current(*, now: datetime | None = None) -> OfficialList | None:
    """The list that holds now; a new one is signed when an account changed or the last one is a day old.

    Two queries while nothing changed. None without a department. Makes the first key itself. Raises BadInput
    (FIELD_KEYS) when a new list is due and the key does not open.
    """
    moment = (now or timezone.now()).replace(microsecond=0)
    accounts, row = official.accounts(), official.newest()
    name = Department.objects.values_list("name", flat=True).first()
    if name is None:
        return None
    return row if row is not None and _holds(row, name, accounts, moment) else _sign(moment)


@transaction.atomic
def rotate_key(*, by: User | None, now: datetime | None = None) -> OfficialKey:
    """Put a new key in the place of the old one, whose public half stays listed; the next list is signed with it.

    Takes `manage_channel` everywhere. The old private key is forgotten.
    """
    require_everywhere(by, Right.MANAGE_CHANNEL)
    department = Department.objects.select_for_update().get()
    return _make_key(department, by, now or timezone.now())


def verify(body: bytes, signature: str, public_pem: str) -> bool:
    """Whether `signature` (base64) is that of exactly these bytes."""
    from cryptography.exceptions import InvalidSignature

    key = serialization.load_pem_public_key(public_pem.encode())
    assert isinstance(key, Ed25519PublicKey)
    try:
        key.verify(base64.b64decode(signature), body)
    except InvalidSignature:
        return False
    return True


def _holds(row: OfficialList, name: str, accounts: list[dict[str, Any]], now: datetime) -> bool:
    said = json.loads(row.body)
    in_time = row.made_at <= now < row.made_at + RENEWED_AFTER
    return in_time and row.key.retired_at is None and (said["department"], said["accounts"]) == (name, accounts)


@transaction.atomic
def _sign(now: datetime) -> OfficialList:
    """One at a time: whoever waited for the lock takes the list that was made meanwhile."""
    department = Department.objects.select_for_update().get()
    accounts, row = official.accounts(), official.newest()
    if row is not None and _holds(row, department.name, accounts, now):
        return row
    key = OfficialKey.objects.filter(retired_at=None).first() or _make_key(department, None, now)
    body = canonical(
        {
            "format": FORMAT,
            "department": department.name,
            "made_at": now.isoformat(),
            "valid_until": (now + LASTS).isoformat(),
            "key": key.fingerprint,
            "accounts": accounts,
        }
    )
    signature = base64.b64encode(_private(department).sign(body.encode())).decode()
    made = OfficialList.objects.create(key=key, made_at=now, valid_until=now + LASTS, body=body, signature=signature)
    facts = {"sha256": hashlib.sha256(body.encode()).hexdigest(), "accounts": len(accounts), "key": key.fingerprint}
    ledger.remember("divisions.official_list.signed", ("official_list", made.pk), by=None, now=now, data=facts)
    return made


def canonical(document: dict[str, Any]) -> str:
    """JSON in the one form that is signed: keys sorted, no spaces, letters as they are (UTF-8)."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _make_key(department: Department, by: User | None, now: datetime) -> OfficialKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    before = OfficialKey.objects.filter(retired_at=None).first()
    if before is not None:
        before.retired_at = now
        before.save(update_fields=["retired_at"])
    department.signing_key = credentials.seal({_PRIVATE: base64.b64encode(private.private_bytes_raw()).decode()})
    department.save(update_fields=["signing_key"])
    fingerprint = hashlib.sha256(der).hexdigest()
    made = OfficialKey.objects.create(public_pem=pem.decode(), fingerprint=fingerprint, made_by=by, made_at=now)
    facts = {"fingerprint": fingerprint, "replaces": before.fingerprint if before else None}
    ledger.remember("divisions.official_key.made", ("official_key", made.pk), by=by, now=now, data=facts)
    return made


def _private(department: Department) -> Ed25519PrivateKey:
    how = "make a new one with manage.py official_key --rotate"
    secrets = credentials.open_sealed(department.signing_key, of="The keys of the official list", else_=how)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secrets[_PRIVATE]))
