"""Who could write, submit or approve for a channel on a day, and by what: a membership, or a link rule to the channel.

The same rules as today's (`access.can_post_to`), read from rows that end and are never edited (`divisions.as_of`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from divisions import as_of
from divisions.access import Grant, Rights
from divisions.as_of import Held
from divisions.models import Channel, LinkRule, Membership, User
from divisions.permissions import Reach, Right
from divisions.states import Approver

ASKED = (Right.DRAFT_POST, Right.SUBMIT_POST, Right.REVIEW_POST)
CSV_HEAD = ("channel", "day", "person", "e-mail", "write", "submit", "approve", "by")


@dataclass(slots=True, kw_only=True)
class Could:
    """One person and what they could do, with the reasons in words."""

    user: User
    rights: set[Right] = field(default_factory=set)
    ways: list[str] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether they could write and change drafts."""
        return Right.DRAFT_POST in self.rights

    @property
    def submits(self) -> bool:
        """Whether they could send a post to review."""
        return Right.SUBMIT_POST in self.rights

    @property
    def approves(self) -> bool:
        """Whether they could approve somebody else's post."""
        return Right.REVIEW_POST in self.rights


def on(channel: Channel, day: date) -> list[Could]:
    """Everybody who could, by name. Seven queries, however many people there are."""
    when = as_of.day_of(day)
    links = list(
        LinkRule.objects.filter(when.alive("created_at"), target_channel=channel).select_related(
            "source_channel__division"
        )
    )
    places = [channel.division, *(link.source_channel.division for link in links)]
    above = {int(pk) for place in places for pk in place.path.strip("/").split("/")}
    reach = Q(division__in=[place.pk for place in places]) | Q(division__in=above, role__reach=Reach.TREE)
    found: dict[int, Could] = {}
    for held in as_of.held(when, Membership.objects.filter(reach)):
        _note(found, held, _rights(held, channel), f"{held.membership.role}, {held.membership.division}")
        for link in links:
            _note(found, held, _by_link(held, link), f"linked from {link.source_channel}")
    return sorted(found.values(), key=lambda could: (could.user.name, could.user.pk))


def _rights(held: Held, channel: Channel) -> set[Right]:
    """Which of the asked rights a membership gave on a channel of its reach."""
    grant = Grant(division_ids=held.division_ids, rights=held.rights, channel_ids=held.channel_ids)
    mine = Rights(user_id=held.membership.user_id, grants=(grant,))
    return {right for right in ASKED if mine.can(right, channel.division_id, channel)}


def _by_link(held: Held, link: LinkRule) -> set[Right]:
    """What a link rule added: whoever writes for its source, and its approvers where the source approves."""
    if not held.meets(link.created_at, link.revoked_at):
        return set()
    there = _rights(held, link.source_channel)
    return there if link.approver == Approver.SOURCE else there - {Right.REVIEW_POST}


def _note(found: dict[int, Could], held: Held, rights: set[Right], way: str) -> None:
    if not rights:
        return
    user = held.membership.user
    could = found.setdefault(user.pk, Could(user=user))
    could.rights |= rights
    if way not in could.ways:
        could.ways.append(way)


def rows_of_file(channel: Channel, day: date, found: Iterable[Could]) -> Iterable[tuple[str, ...]]:
    """The answer as lines of a CSV file, after its head."""
    for could in found:
        said = ("yes" if yes else "no" for yes in (could.writes, could.submits, could.approves))
        yield (channel.slug, str(day), could.user.name, could.user.email, *said, "; ".join(could.ways))
