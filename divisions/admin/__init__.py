"""Django admin of who speaks: department, divisions, people, memberships, roles, channels, links.

Thin doors: every save calls `divisions.services` with `by=` the person signed in. guardian's tables are shown as what
they are, a mirror.
"""

from divisions.admin.apps import PendingConnectionAdmin, PlatformAppAdmin
from divisions.admin.channels import ChannelAdmin
from divisions.admin.doors import ServiceAdmin, ServiceForm, asking, person
from divisions.admin.duty import AbsenceAdmin, TrainingAdmin
from divisions.admin.links import LinkRuleAdmin
from divisions.admin.memberships import MembershipAdmin
from divisions.admin.mirror import ChannelUserPermissionAdmin, DivisionUserPermissionAdmin
from divisions.admin.moves import AccessReviewAdmin, DutyShiftAdmin, HandoverAdmin, TakeoverAdmin
from divisions.admin.notices import NoticeAdmin, NoticeChoiceAdmin
from divisions.admin.people import PersonAdmin
from divisions.admin.places import DepartmentAdmin, DivisionAdmin
from divisions.admin.register import (
    AccountHolderAdmin,
    AccountRecordAdmin,
    OfficialKeyAdmin,
    OfficialListAdmin,
)
from divisions.admin.roles import RoleAdmin

__all__ = [
    "AbsenceAdmin",
    "AccessReviewAdmin",
    "AccountHolderAdmin",
    "AccountRecordAdmin",
    "ChannelAdmin",
    "ChannelUserPermissionAdmin",
    "DepartmentAdmin",
    "DivisionAdmin",
    "DivisionUserPermissionAdmin",
    "DutyShiftAdmin",
    "HandoverAdmin",
    "LinkRuleAdmin",
    "MembershipAdmin",
    "NoticeAdmin",
    "NoticeChoiceAdmin",
    "OfficialKeyAdmin",
    "OfficialListAdmin",
    "PendingConnectionAdmin",
    "PersonAdmin",
    "PlatformAppAdmin",
    "RoleAdmin",
    "ServiceAdmin",
    "ServiceForm",
    "TakeoverAdmin",
    "TrainingAdmin",
    "asking",
    "person",
]
