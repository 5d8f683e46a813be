"""One act on one channel, each wire call of it, the lane it waits in, and the heartbeat of whoever sends."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import Channel
from posts.models.amends import Withdrawal
from posts.models.hold import Hold
from posts.models.post import Post
from posts.models.revision import Revision, Variant
from posts.states import CLAIMABLE, UNFINISHED, Act, DeliveryState, Outcome


class Delivery(models.Model):
    """The row is the schedule. `act` to `key` are immutable by trigger; the same row and key live to the end.

    `due_at` is the promise, `ready_at` when it may be claimed next (a retry moves only that), `grace_until` the last
    moment at which it may still begin (P12). `after` = wait for that delivery's settle (links point to its page).
    `look_at` is set while it may be out without our knowing (the last step's call had no answer): when to look for it
    on the platform. `looks` is how often that was tried, `looks_absent` how often it surely was not there.
    `publication` is the copy that an edit, a reply or a withdrawal is done to (null for a publication itself);
    `amended_by` is the newest edit of a publication that has its receipt: the words that the copy shows now.
    """

    act = models.CharField(max_length=10, choices=Act.choices, default=Act.PUBLISH)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="deliveries")
    # db_index=False: a row is written three times on its way out, and each index that changes with it is written too.
    # What is looked for by these columns is found by the indexes below.
    revision = models.ForeignKey(
        Revision, null=True, db_index=False, on_delete=models.PROTECT, related_name="deliveries"
    )
    variant = models.ForeignKey(Variant, null=True, db_index=False, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, db_index=False, on_delete=models.PROTECT, related_name="deliveries")
    target_remote_id = models.CharField(max_length=200, blank=True)
    publication = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="acts"
    )
    withdrawal = models.ForeignKey(
        Withdrawal, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="deliveries"
    )
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    key = models.CharField(max_length=64)

    due_at = models.DateTimeField()
    ready_at = models.DateTimeField()
    grace_until = models.DateTimeField()
    urgent = models.BooleanField(default=False)
    after = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="followers"
    )
    amended_by = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="amends"
    )
    hold = models.ForeignKey(
        Hold, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="deliveries"
    )
    state = models.CharField(max_length=20, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    state_at = models.DateTimeField(default=timezone.now)
    steps = models.JSONField(default=list)
    step_index = models.PositiveSmallIntegerField(default=0)
    step_state = models.JSONField(default=dict)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    claimed_by = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)
    looks = models.PositiveSmallIntegerField(default=0)
    looks_absent = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True)
    remote_url = models.CharField(max_length=400, blank=True)
    problem = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering: ClassVar = ["due_at", "pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(
                fields=["ready_at"],
                name="delivery_ready",
                condition=models.Q(state__in=CLAIMABLE, after__isnull=True),
            ),
            models.Index(
                fields=["channel", "urgent", "ready_at"],
                name="delivery_lane",
                condition=models.Q(state__in=CLAIMABLE),
            ),
            models.Index(
                fields=["grace_until"],
                name="delivery_late",
                condition=models.Q(state__in=(*CLAIMABLE, DeliveryState.AWAITING_PROOF)),
            ),
            models.Index(
                fields=["look_at"],
                name="delivery_to_look_up",
                condition=models.Q(look_at__isnull=False),
            ),
            models.Index(  # not of `lease_until`, so that beginning a call changes no index
                fields=["id"],
                name="delivery_in_flight",
                condition=models.Q(state=DeliveryState.IN_FLIGHT),
            ),
            models.Index(fields=["channel", "state", "settled_at"], name="delivery_by_channel"),
            models.Index(fields=["due_at"], name="delivery_due"),
            models.Index(  # the public lists: 200 ms without it at 120,000 deliveries, 5 ms with it
                fields=["-settled_at", "-id"],
                name="delivered_newest_first",
                condition=models.Q(act=Act.PUBLISH, state=DeliveryState.DELIVERED),
            ),
            *(  # few rows have one of these
                models.Index(fields=[name], name=f"delivery_{name}", condition=models.Q(**{f"{name}__isnull": False}))
                for name in ("publication", "withdrawal", "after", "amended_by", "hold")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="delivery_key"),
            models.UniqueConstraint(
                fields=["revision", "channel", "act"],
                condition=models.Q(revision__isnull=False),
                name="delivery_once",
            ),
            models.UniqueConstraint(
                fields=["channel", "remote_id"],
                condition=models.Q(act=Act.PUBLISH) & ~models.Q(remote_id=""),
                name="one_delivery_a_remote_post",
            ),
            models.UniqueConstraint(
                fields=["channel", "target_remote_id"],
                condition=models.Q(act__in=[Act.EDIT, Act.WITHDRAW, Act.HIDE, Act.RESTORE], state__in=UNFINISHED),
                name="one_change_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} of {self.post_id} on {self.channel_id}: {self.state}"

    @property
    def proven_word(self) -> str:
        """What the ledger calls its proof: delivered, corrected, withdrawn."""
        return {Act.EDIT: "corrected", Act.WITHDRAW: "withdrawn"}.get(Act(self.act), "delivered")


class Attempt(models.Model):
    """One wire call. Committed before the call begins; `ended_at` empty means it is open."""

    delivery = models.ForeignKey(Delivery, db_index=False, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    step = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    words = models.TextField(blank=True, help_text="The platform's own words, secrets cut out.")

    class Meta:
        ordering: ClassVar = ["delivery", "number"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once"),
            models.CheckConstraint(
                name="attempt_ends_with_an_outcome",
                condition=models.Q(ended_at__isnull=True, outcome="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}, attempt {self.number}: {self.outcome or 'open'}"


class ChannelLane(models.Model):
    """A channel's queue; two a channel, so that a safety alert never waits for a claimed batch."""

    channel = models.ForeignKey(Channel, db_index=False, on_delete=models.CASCADE, related_name="lanes")
    urgent = models.BooleanField(default=False)
    busy_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=100, blank=True)
    next_call_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "urgent"], name="two_lanes_a_channel"),
        ]

    def __str__(self) -> str:
        return f"{'Urgent' if self.urgent else 'Routine'} lane of {self.channel_id}"


class Heartbeat(models.Model):
    """When something that must keep running last said so. `name` = tick, beat, worker:<host>:<pid>."""

    name = models.CharField(max_length=50, primary_key=True)
    beat_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at:%H:%M:%S}"
