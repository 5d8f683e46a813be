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
from divisions.models.user import User

__all__ = [
    "Absence",
    "Channel",
    "ChannelUserPermission",
    "Department",
    "Division",
    "DivisionUserPermission",
    "LinkRule",
    "Membership",
    "MembershipChannel",
    "Role",
    "RoleRight",
    "Training",
    "User",
]
