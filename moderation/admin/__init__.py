"""Django admin of oversight: for looking. Rounds are answered and signed on the desk only."""

from moderation.admin.check_round import CheckPlanAdmin, CheckRoundAdmin, TaskAdmin
from moderation.admin.contribution import CommentWatchAdmin, ContributionAdmin
from moderation.admin.digest import DigestAdmin
from moderation.admin.drift import ChannelWatchAdmin, DriftCaseAdmin

__all__ = [
    "ChannelWatchAdmin",
    "CheckPlanAdmin",
    "CheckRoundAdmin",
    "CommentWatchAdmin",
    "ContributionAdmin",
    "DigestAdmin",
    "DriftCaseAdmin",
    "TaskAdmin",
]
