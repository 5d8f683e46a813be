"""The e-mail lists: who is on one, who asked to be, and what became of each mail of a delivery.

An address is a person's: it stands here while it is needed (`posts.services.subscribing`), never in the ledger.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import Channel, User
from posts.models.delivery import Delivery


class Source(models.TextChoices):
    """How an address came onto a list."""

    FORM = "form", "Signed up and confirmed"
    IMPORT = "import", "Imported with a consent note"


class Ended(models.TextChoices):
    """Why a subscription ended."""

    PERSON = "person", "Unsubscribed"
    REMOVED = "removed", "Removed by the department"


class CopyState(models.TextChoices):
    """Where one mail of a delivery stands. Committed before and after it is sent (P3)."""

    PENDING = "pending", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    REFUSED = "refused", "Refused"
    UNCERTAIN = "uncertain", "Uncertain"
    LEFT = "left", "Left the list meanwhile"


class Subscriber(models.Model):
    """One address. `folded` is how it is compared; both are emptied when nobody needs the address any more.

    `refusals` counts hard refusals in a row; a suspended address gets nothing until it is confirmed anew.
    """

    address = models.CharField(max_length=254, blank=True)
    folded = models.CharField(max_length=254, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    refusals = models.PositiveSmallIntegerField(default=0)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["folded"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.address or "an address that was erased"


class Subscription(models.Model):
    """One address on one list. `note` says by what right an imported address is here."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="subscriptions")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="subscriptions")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.FORM)
    note = models.CharField(max_length=300, blank=True)
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=10, choices=Ended.choices, blank=True)

    class Meta:
        ordering: ClassVar = ["-confirmed_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "-confirmed_at"],
                name="subscription_active",
                condition=models.Q(ended_at__isnull=True),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscriber", "channel"], name="once_on_a_list"),
            models.CheckConstraint(
                name="subscription_ends_with_a_reason",
                condition=models.Q(ended_at__isnull=True, ended_why="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_why="")),
            ),
            models.CheckConstraint(
                name="an_import_says_by_what_right", condition=~models.Q(source=Source.IMPORT) | ~models.Q(note="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} on {self.channel}"


class SubscribeRequest(models.Model):
    """Somebody typed an address into the public form: a mail is owed, and nothing else yet.

    The mail is owed whether or not we know the address, so that the form tells nobody who is on a list. `origin` is a
    keyed hash of where it came from, for the limits; the row is deleted after two days.
    """

    address = models.CharField(max_length=254)
    folded = models.CharField(max_length=254, db_index=True)
    channels = models.JSONField(default=list)
    asked_at = models.DateTimeField()
    origin = models.CharField(max_length=64, db_index=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="subscribe_asked"),
            models.Index(fields=["mail_due_at"], name="subscribe_mail", condition=models.Q(mail_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.address}, {self.asked_at:%Y-%m-%d %H:%M}"


class MailCopy(models.Model):
    """One mail of one delivery. `attempt` is the delivery's attempt that began it: the fence against a frozen worker.

    `tries` counts how often it was begun, `status` and `words` are the mail server's last answer.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="mail_copies")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="mail_copies")
    state = models.CharField(max_length=10, choices=CopyState.choices, default=CopyState.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "mail copies"
        ordering: ClassVar = ["delivery", "pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["delivery", "state", "ready_at"], name="mail_copy_open")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "subscriber"], name="one_mail_each"),
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk} of delivery {self.delivery_id}: {self.get_state_display().lower()}"
