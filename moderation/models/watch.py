"""What every watch of an account by the clock has: when it is due, when it last succeeded, who is at it now."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from divisions.models import Channel


class Watch(models.Model):
    """One account's watch.

    `looked_at` = the last look that succeeded, `far_at` the last one over the long window; `problem` why the newest
    one did not (`problem_since`: since when). `lease` names who looks at it now, until `lease_until`.
    """

    channel: models.OneToOneField[Channel, Channel]
    next_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    far_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    problem_since = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        default_permissions: ClassVar = ("view",)
