"""Holds: what stops posting at once, for whom, why; and the incident a hold belongs to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models import Channel, Division, User
from posts.kinds import Kind
from posts.models.post import Post


class Scope(models.TextChoices):
    """What a hold covers."""

    ALL = "all", "Every account"
    DIVISION = "division", "One division"
    KIND = "kind", "One kind of post"
    CHANNEL = "channel", "One account"


class Incident(models.Model):
    """A major incident; holds, exempt posts and decisions belong to it. `division` null = the whole department's.

    `next_update_at` is what the public was promised: past it, the desk raises an alarm until the next update is logged.
    """

    name = models.CharField(max_length=150)
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    next_update_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["next_update_at"], name="incident_open", condition=models.Q(closed_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="incident_is_closed_by_a_person",
                condition=models.Q(closed_at__isnull=True, closed_by=None)
                | models.Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LogKind(models.TextChoices):
    """What a line of an incident's log is."""

    DECISION = "decision", "Decision"
    UPDATE = "update", "Update to the public"
    NOTE = "note", "Note"


class IncidentLog(models.Model):
    """One line of an incident's log: who decided or said what, when. Immutable by trigger."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="log")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=LogKind.choices)
    text = models.CharField(max_length=1000)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"


class Hold(models.Model):
    """Stops publish, edit and reply in its scope, from its commit on. Never edited; it is released once.

    A drill is a rehearsed hold: it stops nothing and touches no other row.
    """

    scope = models.CharField(max_length=10, choices=Scope.choices)
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    with_tree = models.BooleanField("with all divisions below", default=False)
    kind = models.CharField(max_length=20, choices=Kind.choices, blank=True)
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=300)
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    exempt_posts = models.ManyToManyField(Post, blank=True, related_name="exempt_from")
    drill = models.BooleanField(default=False)
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-placed_at"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["placed_at"], name="hold_active", condition=models.Q(released_at__isnull=True)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hold_names_what_it_covers",
                condition=models.Q(scope=Scope.ALL, division=None, kind="", channel=None)
                | models.Q(scope=Scope.DIVISION, division__isnull=False, kind="", channel=None)
                | (models.Q(scope=Scope.KIND, division=None, channel=None) & ~models.Q(kind=""))
                | models.Q(scope=Scope.CHANNEL, division=None, kind="", channel__isnull=False),
            ),
            models.CheckConstraint(
                name="release_has_a_person",
                condition=models.Q(released_at__isnull=True, released_by=None)
                | models.Q(released_at__isnull=False, released_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{'Drill' if self.drill else 'Hold'}: {self.covers()}"

    def covers(self) -> str:
        """What it covers, in words that complete "Posting is on hold for …"."""
        if self.division:
            return f"{self.division}{' and all below' if self.with_tree else ''}"
        if self.kind:
            return f"every {self.get_kind_display().lower()}"
        return str(self.channel) if self.channel else "every account"
