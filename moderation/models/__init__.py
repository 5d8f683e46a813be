"""Rows of oversight: check rounds and what they found."""

from moderation.models.check_round import CheckItem, CheckPlan, CheckRound, Screenshot, Task
from moderation.models.digest import Digest
from moderation.models.drift import ChannelWatch, DriftCase, DriftStep

__all__ = [
    "ChannelWatch",
    "CheckItem",
    "CheckPlan",
    "CheckRound",
    "Digest",
    "DriftCase",
    "DriftStep",
    "Screenshot",
    "Task",
]
