"""The department's apps at platforms, and connections that somebody has begun: secrets only as ciphertext.

An account itself is a Channel (`channel`). What a platform asks of an app: `connectors.connecting`.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from divisions.models.channel import Channel
from divisions.models.department import Division
from divisions.models.user import User
from divisions.states import Audience, Mode, Platform


class PlatformApp(models.Model):
    """One app of the department at a platform (at one server, where a platform has many), with its sealed secret."""

    platform = models.CharField(max_length=20, choices=Platform.choices)
    api_base = models.URLField(max_length=300, blank=True, help_text="Empty = the platform's own address.")
    client_id = models.CharField("client id", max_length=300)
    client_secret = models.TextField(blank=True, editable=False)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["platform", "api_base"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "api_base"], name="one_app_a_platform_server"),
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()}, {self.api_base or 'its own address'}"


class PendingStep(models.TextChoices):
    """How far somebody came."""

    SIGN_IN = "sign_in", "Waiting for the sign-in at the platform"
    CHOOSE = "choose", "Choosing the account"
    CHECK = "check", "Checked, not yet connected"


class PendingConnection(models.Model):
    """A connection that is begun and not yet made; gone after some minutes, made or not.

    `state_hash` finds it when the platform sends the person back and is emptied then: a state is good once.
    `session_hash` binds it to the browser it began in. `sealed` holds state, verifier, app and opened accounts.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pending_connections")
    session_hash = models.CharField(max_length=64)
    platform = models.CharField(max_length=20, choices=Platform.choices)
    mode = models.CharField(max_length=10, choices=Mode.choices)
    division = models.ForeignKey(Division, on_delete=models.CASCADE)
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.CASCADE, help_text="To reconnect.")
    audience = models.CharField(max_length=10, choices=Audience.choices)
    step = models.CharField(max_length=10, choices=PendingStep.choices, default=PendingStep.SIGN_IN)
    state_hash = models.CharField(max_length=64, blank=True)
    sealed = models.TextField(editable=False)
    findings = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-made_at"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state_hash"], condition=~models.Q(state_hash=""), name="one_connection_a_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()}, {self.get_step_display().lower()}"
