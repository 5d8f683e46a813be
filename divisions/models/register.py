"""What the register knows of an account and the platform does not tell: who holds it, how it is got back, where listed.

What a channel *is* stands in `divisions.models.channel`. Holders are never edited; they end.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.channel import Channel
from divisions.models.user import User


class AccountRecord(models.Model):
    """One account's entry. `read_hours` is what the public is told of when somebody reads it."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="record")
    owner = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_accounts",
        help_text="Who answers for the account.",
    )
    opened_on = models.DateField(null=True, blank=True, help_text="When the account was opened.")
    recovery = models.CharField(
        max_length=200, blank=True, help_text="Where the platform sends a lost password: a mailbox or phone of ours."
    )
    public_email = models.EmailField(blank=True, help_text="As the account shows it.")
    public_phone = models.CharField(max_length=40, blank=True, help_text="As the account shows it.")
    contact_url = models.URLField(max_length=300, blank=True, help_text="The contact page it links to.")
    policy_url = models.URLField(max_length=300, blank=True, help_text="The comment policy it links to.")
    listed_url = models.URLField(max_length=300, blank=True, help_text="The page of ours that lists it.")
    links_back = models.BooleanField(null=True, blank=True, help_text="Whether its profile links to our pages.")
    links_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    read_hours = models.CharField(max_length=100, blank=True, help_text="Weekdays, 8 a.m. to 6 p.m.")
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return f"Register entry of {self.channel}"


class AccountHolder(models.Model):
    """A person who can sign in to the account at the platform as its administrator."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="holders")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="held_accounts")
    second_factor = models.BooleanField("holds a second factor", default=False)
    added_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "user"], condition=models.Q(removed_at__isnull=True), name="holder_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.channel}"
