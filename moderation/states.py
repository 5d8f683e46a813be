"""When an account on the wall needs somebody: the levels and every threshold, as data with its reason.

Change a number here and the wall, its counts and the navigation follow. No queries live here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.db import models

T = TypeVar("T")


class Level(models.IntegerChoices):
    """How soon an account needs a person; the wall's three groups, worst first."""

    ACT = 0, "Act now"
    SOON = 1, "Soon"
    ORDER = 2, "In order"


class Answer(models.TextChoices):
    """The answer to a question of a check round; every question is worded so that yes is good."""

    YES = "yes", "Yes"
    NO = "no", "No"
    NA = "na", "N/A"
    UNREAD = "unread", "Could not be read"


class AskedOf(models.TextChoices):
    """Who answers a question of a check round."""

    SYSTEM = "system", "The system"
    PERSON = "person", "A person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Generic[T]):
    """From where on something is `soon` and from where on `act`; `why` is what the numbers rest on."""

    soon: T
    act: T
    why: str


# Days of silence over the promised cadence.
SILENCE = Threshold(
    soon=1.0,
    act=2.0,
    why="One whole cadence without a post breaks the promise; a second one means nobody noticed the first.",
)
# How long before the connection's end.
TOKEN_LEFT = Threshold(
    soon=timedelta(days=14),
    act=timedelta(days=3),
    why="Renewing asks for the page's second administrator, who may be off for a week; three days bridge a weekend.",
)
# How long a delivery may be unconfirmed.
DOUBT = Threshold(
    soon=timedelta(0),
    act=timedelta(hours=2),
    why="The last automatic look is 15 minutes after the call; two hours is the usual grace, then it is late.",
)
# How long a hand-off may wait for its link, from its time on.
PROOF = Threshold(
    soon=timedelta(hours=4),
    act=timedelta(days=1),
    why="Half a shift to post by hand; after a day it is marked missed.",
)
# How long a comment below a post may wait, from when it was said.
UNANSWERED = Threshold(
    soon=timedelta(hours=8),
    act=timedelta(days=1),
    why="A shift to answer what its own readers asked; after a day whoever asked has turned to somebody else.",
)

# How long a check round may be late.
CHECK_LATE = Threshold(
    soon=timedelta(0),
    act=timedelta(days=1),
    why="A round opens two days ahead; a day past its day it has been passed over three times.",
)

# Share of the register's facts that are known of an account.
PROFILE = Threshold(
    soon=0.5,
    act=0.0,
    why="With half of it missing, nobody can tell whose account it is; that hurts no one today, so it is never urgent.",
)

SPARK_DAYS = 90
SPARK_BARS = 30  # of three days each: a weekly rhythm shows, a single day does not


class DriftKind(models.TextChoices):
    """How an account differs from what was sent there."""

    POSTED = "posted", "Posted outside"
    EDITED = "edited", "Words changed outside"
    LINK = "link", "Link changed outside"
    PICTURES = "pictures", "Pictures changed outside"
    DELETED = "deleted", "Deleted outside"
    PROFILE_NAME = "profile_name", "Name changed"
    PROFILE_TEXT = "profile_text", "Profile changed"


class DriftDecision(models.TextChoices):
    """What a person made of a difference."""

    CLAIM = "claim", "Claimed: known who and why"
    ADOPT = "adopt", "Adopted into the record"
    COMPROMISE = "compromise", "Treated as a takeover"


# After a takeover: what has to be done before the case is closed, in this order.
TAKEOVER_STEPS: tuple[tuple[str, str], ...] = (
    ("passwords", "Two administrators of the account changed their passwords"),
    ("two_factor", "Two-factor sign-in is on for everybody who can post there"),
    ("leavers", "People who left, and people nobody knows, were removed from the account"),
    ("apps", "Connected apps were reviewed; Substation's old access and every unknown app were removed there"),
    ("posts", "Posts, messages, advertisements and the profile were looked through and put right"),
    ("reconnect", "The account was reconnected with a new sign-in"),
)

LOOK_EVERY = timedelta(hours=1)
LOOK_AGAIN = timedelta(minutes=10)  # after a look that did not succeed
LOOKED_LATE = timedelta(hours=3)  # longer ago than this is said in colour
LOOK_BACK = timedelta(days=14)  # each hour: platforms count, and some charge, what is read
LOOK_FAR_BACK = timedelta(days=90)  # once a day, and whenever a person asks
SETTLES = timedelta(minutes=2)  # what we changed so recently may not show to every reader yet


class ContributionKind(models.TextChoices):
    """What somebody of the public contributed."""

    COMMENT = "comment", "Comment"


class Answered(models.TextChoices):
    """How a contribution came to be answered."""

    SEEN = "seen", "Answered there"  # our own answer was read below it
    THERE = "there", "Answered there"  # a person says so
    NOT_NEEDED = "not_needed", "Needs no answer"


COMMENTS_EVERY = timedelta(hours=1)
COMMENTS_BACK = timedelta(days=2)  # posts of these days each hour: most is said in the first hours
COMMENTS_FAR_BACK = timedelta(days=14)  # all others less often: platforms count, and some charge, what is read
COMMENTS_FAR_EVERY = timedelta(hours=6)
