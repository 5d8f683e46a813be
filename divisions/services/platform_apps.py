"""Keeps the department's apps at platforms: their ids, and their secrets sealed. One for all accounts of a platform."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.connecting.contract import App
from connectors.connecting.sandbox import APPS as SANDBOX_APPS
from divisions import access
from divisions.errors import BadInput
from divisions.models import Division, PlatformApp, User
from divisions.permissions import Right
from divisions.services import credentials
from divisions.states import Mode
from records.services import ledger

MOST = 300


def of(platform: str, mode: str, api_base: str = "") -> App | None:
    """Return the app to sign in with, opened; None = nobody has entered one yet. The sandbox has its own, made up."""
    if mode == Mode.SANDBOX:
        base = api_base or f"{settings.SANDBOX_URL}/{platform}"
        made_up = SANDBOX_APPS.get(platform)
        if made_up is not None:
            return App(
                client_id=made_up.client_id, client_secret=made_up.client_secret, api_base=base, mode=Mode.SANDBOX
            )
        api_base = base
    row = PlatformApp.objects.filter(platform=platform, api_base=api_base).first()
    if row is None:
        return None
    named = f"The secret of the app at {row.get_platform_display()}"
    kept = credentials.open_sealed(row.client_secret, of=named, else_="enter it anew on the connect page")
    secret = kept.get("client_secret", "")
    return App(client_id=row.client_id, client_secret=secret, api_base=row.api_base, mode=mode)


def may_keep(by: User) -> bool:
    """Whether a person may enter the app's keys: they open every account, so it takes the right at the top."""
    top = Division.objects.filter(parent__isnull=True).first()
    return top is not None and access.rights(by).can(Right.MANAGE_CHANNEL, top.pk)


@transaction.atomic
def keep(
    *,
    platform: str,
    client_id: str,
    client_secret: str,
    by: User,
    api_base: str = "",
    now: datetime | None = None,
) -> PlatformApp:
    """Seal the keys of an app, in place of older ones. Raises BadInput, and NotAllowed without the right at the top."""
    top = Division.objects.filter(parent__isnull=True).first()
    if top is not None:
        access.require(by, Right.MANAGE_CHANNEL, top)
    client_id, client_secret = client_id.strip(), client_secret.strip()
    if not client_id or len(client_id) > MOST:
        raise BadInput("client_id", f"The app's id is missing or longer than {MOST} characters.")
    facts = {
        "client_id": client_id,
        "client_secret": credentials.seal({"client_secret": client_secret} if client_secret else {}),
        "made_by": by,
        "made_at": now or timezone.now(),
    }
    row, _ = PlatformApp.objects.update_or_create(platform=platform, api_base=api_base, defaults=facts)
    data = {"platform": platform, "api_base": api_base, "client_id": client_id}
    ledger.remember("divisions.platform_app.kept", ("platform_app", row.pk), by=by, now=now, data=data, division=top)
    return row
