"""Django admin of oversight: for looking. Rounds are answered and signed on the desk only."""

from moderation.admin.check_round import CheckPlanAdmin, CheckRoundAdmin, TaskAdmin

__all__ = ["CheckPlanAdmin", "CheckRoundAdmin", "TaskAdmin"]
