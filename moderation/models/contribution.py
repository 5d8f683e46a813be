"""What the public wrote below our posts, and when each account's comments were last read.

The words are strangers': bounded and cleaned when they are read (`moderation.services.reading`), escaped when shown.
Answering, hiding and removing happen on the platform itself; here stands only what was said and what became of it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from divisions.models import Channel, User
from moderation.models.watch import Watch
from moderation.states import Answered, ContributionKind
from posts.models import Delivery

WAITS = models.Q(answered_at=None, gone_at=None)


class CommentWatch(Watch):
    """When an account's comments were last read.

    `far_at` = the last time that all posts of the long window were asked for; `resume_at` = that round goes on below
    the post of this time.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="comment_watch")
    resume_at = models.DateTimeField(null=True, blank=True)

    class Meta(Watch.Meta):
        verbose_name_plural = "comment watches"
        indexes: ClassVar = [models.Index(fields=["next_at"], name="comment_watch_due")]

    def __str__(self) -> str:
        return f"Comments of {self.channel_id}"


class Contribution(models.Model):
    """One comment. `delivery` is the copy of ours that it stands below; `fetched_at` the last time it was seen there.

    `gone_at`: the public does not see it there any more, or not yet (taken down, hidden, held back). `answered_how`:
    our own answer was read below it, or a person said that it is answered or needs none.
    """

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="contributions")
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.PROTECT, related_name="contributions"
    )
    kind = models.CharField(max_length=12, choices=ContributionKind.choices, default=ContributionKind.COMMENT)
    remote_id = models.CharField(max_length=200)
    author = models.CharField(max_length=150, blank=True)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    said_at = models.DateTimeField()
    fetched_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)
    answered_how = models.CharField(max_length=12, choices=Answered.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-said_at", "-pk"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["channel", "said_at"], name="contribution_waits", condition=WAITS),
            models.Index(fields=["channel", "-said_at", "-id"], name="contribution_of_account"),
            models.Index(fields=["-said_at", "-id"], name="contribution_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "remote_id"], name="one_row_a_contribution"),
            models.CheckConstraint(
                name="contribution_is_answered_by_somebody",
                condition=models.Q(answered_how="", answered_at=None, answered_by=None)
                | models.Q(answered_how=Answered.SEEN, answered_at__isnull=False, answered_by=None)
                | models.Q(
                    answered_how__in=[Answered.THERE, Answered.NOT_NEEDED],
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.author or 'somebody'} on {self.channel}"

    @property
    def waits(self) -> bool:
        """Whether it stands there and nobody has answered it."""
        return self.answered_at is None and self.gone_at is None

    @property
    def by_person(self) -> bool:
        """Whether a person decided about it, so that it can be taken back."""
        return self.answered_how in (Answered.THERE, Answered.NOT_NEEDED)
