"""A row of every model that the admin shows, and where its pages are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import reverse

from config.models import Outage
from divisions.access import mirror
from divisions.models import Membership, MembershipChannel, NoticeChoice, PendingConnection, PlatformApp
from divisions.services import signing
from moderation.models import ChannelWatch
from moderation.services import plan
from posts.models import (
    Approval,
    Attempt,
    BreakGlass,
    Correction,
    Incident,
    MailCopy,
    Reminder,
    Subscriber,
)
from tests.rights.world import World
from tests.stories import NOW


def one_of_each(world: World) -> dict[str, Any]:
    """What the stories leave out, made bare; returns values for the pages that belong to no model."""
    officer = world.d.officer
    EmailAddress.objects.create(user=officer, email=officer.email, verified=True, primary=True)
    seen = {"username": "x", "ip_address": "127.0.0.1", "user_agent": "x", "path_info": "/"}
    AccessAttempt.objects.create(failures_since_start=1, **seen)
    AccessLog.objects.create(**seen)
    AccessFailureLog.objects.create(**seen)
    kind = ContentType.objects.get_for_model(type(world.posts["live"]))
    LogEntry.objects.create(
        user=officer, content_type=kind, object_id=str(world.posts["live"].pk), object_repr="x", action_flag=CHANGE
    )
    Outage.objects.create(noticed_at=NOW, next_mail_at=NOW, ended_at=NOW)
    Incident.objects.create(name="A fire", opened_by=world.d.smo, opened_at=NOW)
    Attempt.objects.create(delivery=world.deliveries["failed"], number=1, step="publish", started_at=NOW)
    approval = Approval.objects.filter(revision=world.posts["live"].revision_id).get()
    day = NOW + timedelta(days=1)
    why = "The gas was spreading and nobody answered."
    BreakGlass.objects.create(approval=approval, by=officer, reason=why, at=NOW, review_due_at=day)
    asked = {"asked_by": officer, "asked_at": NOW, "reason": "The street was named wrongly."}
    Correction.objects.create(post=world.posts["live"], revision=approval.revision, was_wrong="The street.", **asked)
    Reminder.objects.create(revision=approval.revision, rung="central", at=NOW)
    ChannelWatch.objects.create(channel=world.d.facebook_central, next_at=NOW)
    PlatformApp.objects.create(platform="facebook", client_id="1", made_by=world.d.smo)
    begun = {"platform": "x", "mode": "sandbox", "audience": "public", "expires_at": day}
    PendingConnection.objects.create(user=world.d.smo, division=world.d.northeast, session_hash="1", **begun)
    NoticeChoice.objects.create(user=officer, kind="drift")
    plan.set_rhythm(channel=world.d.nixle, every_days=14, by=world.d.smo, now=NOW)
    _a_mailing_list(world)
    signing.current(now=NOW)
    narrowed = Membership.objects.get(user=world.d.colleague)
    MembershipChannel.objects.create(membership=narrowed, channel=world.d.facebook_northeast)
    mirror([world.d.colleague])
    return {"kind": kind.pk, "post": world.posts["live"].pk}


def _a_mailing_list(world: World) -> None:
    """One mail to the reader of Northeast's list."""
    reader = Subscriber.objects.get()
    MailCopy.objects.create(delivery=world.deliveries["failed"], subscriber=reader, ready_at=NOW, at=NOW)


def path_of(name: str, things: dict[str, Any]) -> str:
    """Where a page of the admin is; a model's own pages show its first row."""
    step = name.removeprefix("admin:")
    plain: dict[str, list[Any]] = {"app_list": ["posts"], "view_on_site": [things["kind"], things["post"]]}
    if step == "-":
        return "/admin/no/such/page/"
    if step == "autocomplete":
        return f"{reverse(name)}?app_label=divisions&model_name=membership&field_name=division&term=n"
    label, _, rest = step.partition("_")
    model, _, act = rest.rpartition("_")
    if label in apps.app_configs and act in ("change", "delete", "history"):
        return reverse(name, args=[first(label, model).pk])
    return reverse(name, args=plain.get(step, []))


def first(label: str, model: str) -> Model:
    """Some row of a model; none is an error of `one_of_each`."""
    row = apps.get_model(label, model)._base_manager.order_by("pk").first()
    assert row is not None, f"no row of {label}.{model}"
    return row
