"""Django admin of what is said and where it went: for looking. Words, approvals and deliveries change on the desk only.

P1 and P2 need no second gate here because there is no way to write: nothing in this package saves but the text and the
credit of a picture, through `posts.services.media`.
"""

from posts.admin.amends import CorrectionAdmin, WithdrawalAdmin
from posts.admin.delivery import AttemptAdmin, ChannelLaneAdmin, DeliveryAdmin, HeartbeatAdmin
from posts.admin.hold import HoldAdmin, IncidentAdmin
from posts.admin.mailing import MailCopyAdmin, SubscriberAdmin, SubscribeRequestAdmin, SubscriptionAdmin
from posts.admin.matrix import BreakGlassAdmin, MatrixRowAdmin, ReminderAdmin
from posts.admin.media import MediaAssetAdmin
from posts.admin.pattern import PatternAdmin
from posts.admin.post import DraftAdmin, PostAdmin
from posts.admin.review import ApprovalAdmin, ReviewAdmin
from posts.admin.revision import RevisionAdmin, RevisionMediaAdmin, VariantAdmin

__all__ = [
    "ApprovalAdmin",
    "AttemptAdmin",
    "BreakGlassAdmin",
    "ChannelLaneAdmin",
    "CorrectionAdmin",
    "DeliveryAdmin",
    "DraftAdmin",
    "HeartbeatAdmin",
    "HoldAdmin",
    "IncidentAdmin",
    "MailCopyAdmin",
    "MatrixRowAdmin",
    "MediaAssetAdmin",
    "PatternAdmin",
    "PostAdmin",
    "ReminderAdmin",
    "ReviewAdmin",
    "RevisionAdmin",
    "RevisionMediaAdmin",
    "SubscribeRequestAdmin",
    "SubscriberAdmin",
    "SubscriptionAdmin",
    "VariantAdmin",
    "WithdrawalAdmin",
]
