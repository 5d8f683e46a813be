"""Rows of what is said, what was approved of it, and where it went."""

from posts.models.delivery import Attempt, ChannelLane, Delivery, Heartbeat
from posts.models.hold import Hold, Incident
from posts.models.media import MediaAsset
from posts.models.post import Draft, DraftMedia, DraftVariant, Post
from posts.models.review import Approval, Review
from posts.models.revision import Revision, RevisionMedia, Variant

__all__ = [
    "Approval",
    "Attempt",
    "ChannelLane",
    "Delivery",
    "Draft",
    "DraftMedia",
    "DraftVariant",
    "Heartbeat",
    "Hold",
    "Incident",
    "MediaAsset",
    "Post",
    "Review",
    "Revision",
    "RevisionMedia",
    "Variant",
]
