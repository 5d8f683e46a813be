"""The settings of this place: keys, sandbox or real, what connectors may reach, static files, made-up people."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from config import local
from config.doctor.seen import Seen, fine, named, stop, warn
from divisions.models import Channel, User
from divisions.states import OWN_PLATFORMS, ChannelState, Mode

LEAST_SECRET = 50
_NEW_KEYS = (
    "Make new ones (.env.example says how), keep the old FIELD_KEYS behind the new one until all is re-encrypted."
)


def keys(now: datetime) -> Seen:
    """SECRET_KEY and FIELD_KEYS are set, strong, and in production not those a demo made for itself."""
    return judge_keys(settings.SECRET_KEY, settings.FIELD_KEYS, local.read(local.VAR_DIR), may_be_own=settings.LOCAL)


def judge_keys(secret: str, field: tuple[str, ...], memory: dict[str, object], *, may_be_own: bool) -> Seen:
    """Judge keys against those that this checkout remembers in `var/`. No key is ever said."""
    if not secret or not field:
        return stop("SECRET_KEY or FIELD_KEYS is empty", _NEW_KEYS)
    if may_be_own:
        return fine(f"keys of this checkout or given ones, {len(field)} for fields (demo or development)")
    if secret == memory.get("secret_key") or memory.get("field_key") in field:
        return stop("a key that the demo made is used in production", _NEW_KEYS)
    if len(secret) < LEAST_SECRET or len(set(secret)) < 5:
        return warn("SECRET_KEY is short or simple", "Set at least 50 random characters.")
    return fine(f"SECRET_KEY and {len(field)} of FIELD_KEYS are set")


def mode(now: datetime) -> Seen:
    """Training and production are not mixed: SANDBOX, DEBUG, the channels' modes, what connectors may reach."""
    accounts = Channel.objects.exclude(platform__in=OWN_PLATFORMS).exclude(state=ChannelState.RETIRED)
    modes = {
        mode: list(accounts.filter(mode=mode).order_by("slug").values_list("slug", flat=True)[:50])
        for mode in (Mode.LIVE, Mode.SANDBOX)
    }
    if settings.SANDBOX:
        return _training(modes[Mode.LIVE])
    if settings.DEBUG and not settings.EMBEDDED:
        return stop("DEBUG is on: error pages show settings", "DEBUG=0")
    if modes[Mode.SANDBOX]:
        return warn(
            f"in sandbox mode, so their posts reach nobody: {named(modes[Mode.SANDBOX])}",
            "Set the channel's mode to live or by hand in Django admin.",
        )
    if settings.OUTBOUND_ALLOW:
        return warn(
            f"connectors may reach private addresses: {named(settings.OUTBOUND_ALLOW)}",
            "Empty OUTBOUND_ALLOW unless a platform of yours really stands there.",
        )
    return fine("production: real accounts, no private addresses")


def _training(live: list[str]) -> Seen:
    parts = urlsplit(settings.SANDBOX_URL)
    place = f"{parts.hostname}:{parts.port or 80}"
    if place not in settings.OUTBOUND_ALLOW:
        return stop(f"connectors may not reach the made-up network at {place}", f"OUTBOUND_ALLOW={place}")
    if live:
        return warn(
            f"SANDBOX is on, so these live accounts send nothing: {named(live)}",
            "Set their mode to sandbox, or SANDBOX=0 when this is production.",
        )
    return fine("training: everything goes to the made-up network")


def static_files(now: datetime) -> Seen:
    """The desk's look is collected: without it every page is an error."""
    if not settings.HASHED_STATIC:
        return fine("served as they are (development)")
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    cure = "make setup, or manage.py collectstatic --noinput after static/build.py."
    try:
        paths: dict[str, str] = json.loads(manifest.read_text("utf-8"))["paths"]
    except (OSError, ValueError, KeyError) as error:
        return stop(f"not collected ({type(error).__name__})", cure)
    wanted = ("css/desk.css", "css/tokens.css", "js/desk.js", "vendor/js/htmx.min.js")
    gone = [name for name in wanted if name not in paths or not (settings.STATIC_ROOT / paths[name]).exists()]
    return stop(f"missing: {named(gone)}", cure) if gone else fine(f"{len(paths)} files collected")


def made_up_people(now: datetime) -> Seen:
    """Nobody of the demo can sign in to a real department: their password is printed."""
    found = User.objects.filter(Q(email__endswith="@demo.example"), is_active=True).order_by("email")
    names = [] if settings.SANDBOX else list(found.values_list("email", flat=True)[:50])
    if names:
        return stop(f"people of the demo can sign in here: {named(names)}", "Deactivate them in Django admin.")
    return fine("none in production" if not settings.SANDBOX else "training: people of the demo may sign in")
