"""Every kind of thing people are told, as data: its words, how it is told unless somebody chose otherwise.

Must not live here: who is told (services of the room where it happens) and what a person chose (`NoticeChoice`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from divisions.permissions import Right


class Way(StrEnum):
    """By which way somebody is told."""

    DESK = "desk"
    MAIL = "mail"


class Group(StrEnum):
    """Under which heading the choices stand."""

    POSTS = "Your posts"
    DECISIONS = "What waits for you"
    ACCOUNTS = "Accounts and safety"
    PEOPLE = "People"
    DIGESTS = "Digests"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind:
    """One kind. `ways` = how it is told by default; `kept` = ways nobody may switch off, with the reason `because`.

    `right` = on offer in the choices to whoever has it somewhere; None = to everybody.
    """

    code: str
    label: str
    sentence: str
    group: Group
    ways: frozenset[Way] = frozenset({Way.DESK, Way.MAIL})
    kept: frozenset[Way] = frozenset()
    because: str = ""
    right: Right | None = None


_DESK, _BOTH = frozenset({Way.DESK}), frozenset({Way.DESK, Way.MAIL})
_SAFETY = "It is about safety."
_RIGHTS = "It is about your own rights and duties."
_OWN = "It is your own work."
DEFAULT = "duty"

KINDS: tuple[NoticeKind, ...] = (
    NoticeKind(
        code="post_live",
        label="A post of yours is live",
        sentence="With the link of each place.",
        group=Group.POSTS,
        ways=_DESK,
        right=Right.DRAFT_POST,
    ),
    NoticeKind(
        code="post_trouble",
        label="A post did not go out",
        sentence="It failed, missed its time, has to be posted by hand, or somebody has to look.",
        group=Group.POSTS,
        kept=_DESK,
        because=_OWN,
        right=Right.DRAFT_POST,
    ),
    NoticeKind(
        code="changes_requested",
        label="A reviewer sent a post of yours back",
        sentence="With the reviewer’s words.",
        group=Group.POSTS,
        kept=_DESK,
        because=_OWN,
        right=Right.DRAFT_POST,
    ),
    NoticeKind(
        code="post_approved",
        label="A post of yours is approved",
        sentence="And when it goes out.",
        group=Group.POSTS,
        ways=_DESK,
        right=Right.DRAFT_POST,
    ),
    NoticeKind(
        code="review_waiting",
        label="A post waits for your approval and its time runs out",
        sentence="Not approved in time, it does not go out.",
        group=Group.DECISIONS,
        right=Right.REVIEW_POST,
    ),
    NoticeKind(
        code="second_person",
        label="A correction or a withdrawal waits for a second person",
        sentence="The old words stand until somebody decides.",
        group=Group.DECISIONS,
        right=Right.REVIEW_POST,
    ),
    NoticeKind(
        code="check_task",
        label="A check round left you a task",
        sentence="With the day it is due.",
        group=Group.DECISIONS,
    ),
    NoticeKind(
        code="hold",
        label="Posting is held, or free again",
        sentence="A hold that covers a division of yours was placed or lifted.",
        group=Group.ACCOUNTS,
        kept=_DESK,
        because=_SAFETY,
    ),
    NoticeKind(
        code="alert_unreviewed",
        label="An alert went out without review",
        sentence="Somebody has to look at it and sign.",
        group=Group.ACCOUNTS,
        kept=_BOTH,
        because=_SAFETY,
        right=Right.REVIEW_POST,
    ),
    NoticeKind(
        code="compromise",
        label="Somebody else may be posting on an account",
        sentence="Nothing more goes out there until it is ours again.",
        group=Group.ACCOUNTS,
        kept=_BOTH,
        because=_SAFETY,
    ),
    NoticeKind(
        code="drift",
        label="An account shows what we did not send",
        sentence="A post made, changed or deleted outside.",
        group=Group.ACCOUNTS,
        right=Right.DECIDE_DRIFT,
    ),
    NoticeKind(
        code="account_broken",
        label="An account no longer takes posts",
        sentence="Somebody has to reconnect it.",
        group=Group.ACCOUNTS,
    ),
    NoticeKind(
        code="sign_in_ends",
        label="The sign-in of an account ends soon",
        sentence="Reconnected before then, nothing is missed.",
        group=Group.ACCOUNTS,
    ),
    NoticeKind(
        code=DEFAULT,
        label="Duty, handovers and your own rights",
        sentence="What you take over, when you are on, which rights begin or end.",
        group=Group.PEOPLE,
        kept=_DESK,
        because=_RIGHTS,
    ),
    NoticeKind(
        code="digest_daily",
        label="Daily digest, mornings",
        sentence="What went out, what came back, what is due. Only when there is something to say.",
        group=Group.DIGESTS,
        right=Right.DRAFT_POST,
    ),
    NoticeKind(
        code="digest_weekly",
        label="Weekly digest, Mondays",
        sentence="Accounts, check rounds, differences and duty of the week before.",
        group=Group.DIGESTS,
        right=Right.VIEW_WALL,
    ),
    NoticeKind(
        code="digest_monthly",
        label="Monthly report, on the 1st",
        sentence="The month in numbers, each of which opens its rows.",
        group=Group.DIGESTS,
        right=Right.VIEW_WALL,
    ),
)

BY_CODE: dict[str, NoticeKind] = {kind.code: kind for kind in KINDS}
