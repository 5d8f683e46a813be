"""Rows of oversight: check rounds and what they found."""

from moderation.models.check_round import CheckItem, CheckPlan, CheckRound, Screenshot, Task

__all__ = ["CheckItem", "CheckPlan", "CheckRound", "Screenshot", "Task"]
