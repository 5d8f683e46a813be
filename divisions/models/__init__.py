"""Rows of who speaks."""

from divisions.models.channel import Channel, LinkRule
from divisions.models.department import Department, Division
from divisions.models.duty import Absence, Training
from divisions.models.membership import (
    ChannelUserPermission,
    DivisionUserPermission,
    Membership,
    MembershipChannel,
    Role,
    RoleRight,
)
from divisions.models.moves import AccessReview, AccessReviewItem, Handover, HandoverKind
from divisions.models.notice import Notice, NoticeChoice
from divisions.models.official import OfficialKey, OfficialList
from divisions.models.platform_app import PendingConnection, PendingStep, PlatformApp
from divisions.models.register import AccountHolder, AccountRecord
from divisions.models.roster import DutyShift, Takeover, TakeoverStep
from divisions.models.user import User

__all__ = [
    "Absence",
    "AccessReview",
    "AccessReviewItem",
    "AccountHolder",
    "AccountRecord",
    "Channel",
    "ChannelUserPermission",
    "Department",
    "Division",
    "DivisionUserPermission",
    "DutyShift",
    "Handover",
    "HandoverKind",
    "LinkRule",
    "Membership",
    "MembershipChannel",
    "Notice",
    "NoticeChoice",
    "OfficialKey",
    "OfficialList",
    "PendingConnection",
    "PendingStep",
    "PlatformApp",
    "Role",
    "RoleRight",
    "Takeover",
    "TakeoverStep",
    "Training",
    "User",
]
