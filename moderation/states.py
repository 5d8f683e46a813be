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

SPARK_DAYS = 90
SPARK_BARS = 30  # of three days each: a weekly rhythm shows, a single day does not
