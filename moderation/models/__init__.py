"""Rows of oversight: check rounds and what they found, drift, what the public wrote, digests."""

from moderation.models.check_round import CheckItem, CheckPlan, CheckRound, Screenshot, Task
from moderation.models.contribution import CommentWatch, Contribution
from moderation.models.digest import Digest
from moderation.models.drift import ChannelWatch, DriftCase, DriftStep

__all__ = [
    "ChannelWatch",
    "CheckItem",
    "CheckPlan",
    "CheckRound",
    "CommentWatch",
    "Contribution",
    "Digest",
    "DriftCase",
    "DriftStep",
    "Screenshot",
    "Task",
]
