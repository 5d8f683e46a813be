"""Who has which role in which division and when: the truth. The guardian tables below are only its mirror.

Rows of Membership, MembershipChannel and RoleRight are never updated in place, except that they end (`ends_on`,
`revoked_at`): so "who could post to X on date Y?" is a query.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from guardian.models import UserObjectPermissionBase

from divisions.models.channel import Channel
from divisions.models.department import Division
from divisions.models.user import User
from divisions.permissions import Reach, Right


class Role(models.Model):
    """A named bundle of rights, as data, with one plain sentence."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    sentence = models.CharField(max_length=200)
    reach = models.CharField(
        max_length=10,
        choices=[(Reach.OWN, "That division only"), (Reach.TREE, "That division and all below")],
    )

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class RoleRight(models.Model):
    """One right of a role, from when and until when."""

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="role_rights")
    right = models.CharField(max_length=40, choices=Right.choices)
    granted_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["right"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["role", "right"], condition=models.Q(revoked_at__isnull=True), name="role_right_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.get_right_display()}"


class Membership(models.Model):
    """A person's role in a division, from `starts_on` to `ends_on` (last day, included; department's dates)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    channels = models.ManyToManyField(
        Channel,
        through="MembershipChannel",
        blank=True,
        help_text="Empty = every channel of the division.",
    )

    class Meta:
        ordering: ClassVar = ["division", "role", "user"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="membership_ends_after_it_starts",
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
            ),
            models.UniqueConstraint(
                fields=["user", "division", "role", "starts_on"],
                condition=models.Q(revoked_at__isnull=True),
                name="membership_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} in {self.division}"


class MembershipChannel(models.Model):
    """Narrows a membership to one channel (several rows: to those channels)."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="narrowings")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="narrowings")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["membership", "channel"],
                condition=models.Q(revoked_at__isnull=True),
                name="narrowing_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership}, only {self.channel}"


class DivisionUserPermission(UserObjectPermissionBase):
    """guardian's mirror of memberships on divisions (direct foreign key; rewritten, never edited)."""

    content_object = models.ForeignKey(Division, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ("view",)


class ChannelUserPermission(UserObjectPermissionBase):
    """guardian's mirror on the channels a membership is narrowed to."""

    content_object = models.ForeignKey(Channel, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        default_permissions = ("view",)
