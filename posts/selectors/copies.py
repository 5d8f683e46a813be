"""The copies of a post: which words each shows now, and what a correction can do there. Reads only.

A copy is the publication on one channel; edits and replies are done to it. What is said there stands in `corrections`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connectors import registry
from divisions.models import Channel
from divisions.states import ChannelState, Mode
from posts.models import Delivery, Post, Revision
from posts.states import UNFINISHED, Act, DeliveryState

_S = DeliveryState
WINDOW_MARGIN = timedelta(minutes=1)  # an edit that begins in the last minute would come too late
OPEN_ACT = (*UNFINISHED, _S.FAILED, _S.MISSED)  # not done, and nobody has closed it


class Shows(StrEnum):
    """What stands there, measured by a revision."""

    RIGHT = "right"
    REPLIED = "replied"
    GOING = "going"
    STUCK = "stuck"
    OLD = "old"
    DOUBT = "doubt"
    NOT_OUT = "not_out"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class CopyOf:
    """One copy with everything done to it since, oldest first. Needs what `of_post` loads."""

    publication: Delivery
    acts: tuple[Delivery, ...]

    @property
    def channel(self) -> Channel:
        """Where it stands."""
        return self.publication.channel

    @property
    def is_out(self) -> bool:
        """Whether there is proof that it stands."""
        return self.publication.state == _S.DELIVERED

    @property
    def is_gone(self) -> bool:
        """Whether it was taken down."""
        return self.publication.state == _S.WITHDRAWN

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may be out without our knowing."""
        return self.publication.state == _S.UNCERTAIN or self.publication.look_at is not None

    @property
    def is_not_out(self) -> bool:
        """Whether it surely did not go out yet, and may still."""
        return not self.is_in_doubt and self.publication.state not in (_S.DELIVERED, _S.WITHDRAWN, _S.CANCELLED)

    @property
    def is_by_hand(self) -> bool:
        """Whether a person does everything there."""
        return self.channel.mode == Mode.HAND_OFF and not self.channel.is_own

    @property
    def is_retired(self) -> bool:
        """Whether nothing is done there any more."""
        return self.channel.state == ChannelState.RETIRED

    @property
    def shown(self) -> Revision | None:
        """The revision whose words it shows (or will show first)."""
        amended = self.publication.amended_by
        return amended.revision if amended is not None else self.publication.revision

    def may_edit(self, *, now: datetime) -> bool:
        """Whether the platform lets these words be changed now; what is not out yet has its whole window before it."""
        if self.channel.is_own or self.is_by_hand:
            return True
        rules = registry.get(self.channel.platform, self.channel.mode).capabilities().edit
        if rules.when == "always":
            return True
        if rules.when != "window":
            return False
        since, window = self.publication.settled_at if self.is_out else None, timedelta(seconds=rules.window_s or 0)
        edited = sum(act.act == Act.EDIT and act.state == _S.DELIVERED for act in self.acts)
        in_time = since is None or now + WINDOW_MARGIN < since + window
        return in_time and (rules.times is None or edited < rules.times)

    @property
    def may_need_reply(self) -> bool:
        """Whether an edit can be refused there for good, so that an answer below it is what is left."""
        if self.channel.is_own or self.is_by_hand:
            return False
        return registry.get(self.channel.platform, self.channel.mode).capabilities().edit.when != "always"

    def acts_for(self, revision: Revision) -> list[Delivery]:
        """The edits and replies that bring the words of `revision` here, closed ones too; oldest first."""
        return [act for act in self.acts if act.revision_id == revision.pk]

    def act_on(self, revision: Revision) -> Delivery | None:
        """The newest of them that is not closed."""
        rows = [act for act in self.acts_for(revision) if act.state in (*OPEN_ACT, _S.DELIVERED)]
        return rows[-1] if rows else None

    def shows(self, newest: Revision) -> Shows:
        """How this copy stands beside the newest words."""
        if self.is_gone:
            return Shows.GONE
        if not self.is_out:
            return Shows.DOUBT if self.is_in_doubt else Shows.NOT_OUT
        if self.shown is not None and self.shown.pk == newest.pk:
            return Shows.RIGHT
        act = self.act_on(newest)
        if act is None:
            return Shows.OLD
        if act.state == _S.DELIVERED:
            return Shows.REPLIED
        return Shows.STUCK if act.state in (_S.FAILED, _S.MISSED) else Shows.GOING


def of_post(post: Post) -> list[CopyOf]:
    """Every copy of a post that is not given up, the oldest first. Two queries."""
    return of_rows(
        Delivery.objects.filter(post=post, act__in=[Act.PUBLISH, Act.EDIT, Act.REPLY])
        .select_related("channel__division", "revision", "variant", "amended_by__revision")
        .prefetch_related("variant__media__asset")
        .order_by("pk")
    )


def of_rows(rows: Iterable[Delivery]) -> list[CopyOf]:
    """The same from rows that are read already, in the order of their ids."""
    found = list(rows)
    acts: dict[int, list[Delivery]] = {}
    for row in found:
        if row.publication_id and row.act in (Act.EDIT, Act.REPLY):
            acts.setdefault(row.publication_id, []).append(row)
    published = [row for row in found if row.act == Act.PUBLISH and row.state != _S.CANCELLED]
    return [CopyOf(row, tuple(acts.get(row.pk, ()))) for row in published]


def old_words(copies: Sequence[CopyOf], newest: Revision) -> list[CopyOf]:
    """Copies that stand with other words than the newest, without anything under way for them."""
    return [copy for copy in copies if copy.shows(newest) in (Shows.OLD, Shows.STUCK)]
