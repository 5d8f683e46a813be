"""Rows of what is said, what was approved of it, and where it went."""

from posts.models.amends import Correction, Withdrawal
from posts.models.approving import BreakGlass, MatrixRow, Reminder
from posts.models.delivery import Attempt, ChannelLane, Delivery, Heartbeat
from posts.models.hold import Hold, Incident, IncidentLog
from posts.models.mailing import MailCopy, Subscriber, SubscribeRequest, Subscription
from posts.models.media import MediaAsset, MediaState
from posts.models.pattern import Pattern
from posts.models.post import Draft, DraftMedia, DraftVariant, Post
from posts.models.review import Approval, Review, WordComment
from posts.models.revision import Revision, RevisionMedia, Variant

__all__ = [
    "Approval",
    "Attempt",
    "BreakGlass",
    "ChannelLane",
    "Correction",
    "Delivery",
    "Draft",
    "DraftMedia",
    "DraftVariant",
    "Heartbeat",
    "Hold",
    "Incident",
    "IncidentLog",
    "MailCopy",
    "MatrixRow",
    "MediaAsset",
    "MediaState",
    "Pattern",
    "Post",
    "Reminder",
    "Review",
    "Revision",
    "RevisionMedia",
    "SubscribeRequest",
    "Subscriber",
    "Subscription",
    "Variant",
    "Withdrawal",
    "WordComment",
]
