"""Every right there is, and the roles that bundle them (data for the first load; the rows are the truth)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models


class Right(models.TextChoices):
    """One thing a person may do in a division. Named verb_noun; the label completes "may ..."."""

    VIEW_DIVISION = "view_division", "see the division's posts, media and channels"
    VIEW_ALL = "view_all", "see everything, of every division, without touching it"
    VIEW_INTERNAL = "view_internal", "read the staff feed"
    DRAFT_POST = "draft_post", "write and change drafts"
    SUBMIT_POST = "submit_post", "send a draft to review"
    REVIEW_POST = "review_post", "approve somebody else's post or ask for changes"
    RETIME_POST = "retime_post", "move a scheduled post inside its approved range"
    CORRECT_POST = "correct_post", "correct a published post"
    WITHDRAW_POST = "withdraw_post", "withdraw a published post"
    DECIDE_DELIVERY = "decide_delivery", "decide about a delivery that is uncertain, missed or failed"
    PROVE_HANDOFF = "prove_handoff", "paste the link of a post made by hand"
    ANSWER_COMMENT = "answer_comment", "answer the public's comments"
    MODERATE_COMMENT = "moderate_comment", "hide or restore a comment under the policy"
    HOLD_DIVISION = "hold_division", "hold the division's posting"
    HOLD_ALL = "hold_all", "hold posting for every account"
    MANAGE_CHANNEL = "manage_channel", "connect and change channels"
    MANAGE_LINK = "manage_link", "let one channel's posts also go to another"
    MANAGE_PEOPLE = "manage_people", "give and end memberships"
    VIEW_WALL = "view_wall", "see every account on one wall"
    SIGN_CHECK = "sign_check", "sign a check round"
    DECIDE_DRIFT = "decide_drift", "decide about what a platform shows that was not sent"
    PUBLISH_POLICY = "publish_policy", "publish the comment policy"
    DECIDE_OBJECTION = "decide_objection", "decide an objection"
    READ_LEDGER = "read_ledger", "read the ledger"
    EXPORT_PACK = "export_pack", "export a pack of records"
    PLACE_LEGAL_HOLD = "place_legal_hold", "place a legal hold"
    DISPOSE_RECORD = "dispose_record", "dispose of a record that is due"
    BREAK_GLASS = "break_glass", "publish a safety alert without waiting for review"


# Rights that touch a channel: a membership narrowed to some channels has these on those channels only.
CHANNEL_RIGHTS = frozenset(
    {
        Right.DRAFT_POST,
        Right.SUBMIT_POST,
        Right.REVIEW_POST,
        Right.RETIME_POST,
        Right.CORRECT_POST,
        Right.WITHDRAW_POST,
        Right.DECIDE_DELIVERY,
        Right.PROVE_HANDOFF,
        Right.ANSWER_COMMENT,
        Right.MODERATE_COMMENT,
        Right.MANAGE_CHANNEL,
        Right.MANAGE_LINK,
    }
)


class Reach(StrEnum):
    """How far a role's rights go from the division of the membership."""

    OWN = "own"
    TREE = "tree"


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A named bundle of rights as it is first loaded; afterwards administrators own the rows."""

    code: str
    name: str
    sentence: str
    reach: Reach
    rights: frozenset[Right]


_OFFICER = frozenset(
    {
        Right.VIEW_DIVISION,
        Right.DRAFT_POST,
        Right.SUBMIT_POST,
        Right.ANSWER_COMMENT,
        Right.PROVE_HANDOFF,
        Right.VIEW_INTERNAL,
    }
)
_SUPERVISOR = _OFFICER | {
    Right.REVIEW_POST,
    Right.RETIME_POST,
    Right.CORRECT_POST,
    Right.WITHDRAW_POST,
    Right.DECIDE_DELIVERY,
    Right.HOLD_DIVISION,
}
_CENTRAL = _SUPERVISOR | {
    Right.MODERATE_COMMENT,
    Right.HOLD_ALL,
    Right.MANAGE_CHANNEL,
    Right.MANAGE_LINK,
    Right.MANAGE_PEOPLE,
    Right.VIEW_WALL,
    Right.SIGN_CHECK,
    Right.DECIDE_DRIFT,
    Right.PUBLISH_POLICY,
    Right.DECIDE_OBJECTION,
}
_VIEW = frozenset({Right.VIEW_INTERNAL, Right.VIEW_ALL, Right.READ_LEDGER})

ROLES: tuple[RoleSpec, ...] = (
    RoleSpec("officer", "Officer", "Writes for the division and answers the public.", Reach.OWN, _OFFICER),
    RoleSpec(
        "supervisor",
        "Supervisor",
        "Approves what the division's officers write, never their own, and decides when a delivery is in doubt.",
        Reach.OWN,
        _SUPERVISOR,
    ),
    RoleSpec(
        "moderator",
        "Moderator",
        "Answers and moderates comments under the published policy.",
        Reach.OWN,
        frozenset({Right.VIEW_DIVISION, Right.ANSWER_COMMENT, Right.MODERATE_COMMENT, Right.VIEW_INTERNAL}),
    ),
    RoleSpec(
        "central_officer",
        "Social media officer",
        "Oversees every account of the department, and can do what a supervisor can in each division.",
        Reach.TREE,
        _CENTRAL,
    ),
    RoleSpec(
        "administrator",
        "Administrator",
        "Looks after people, channels and links; writes and approves nothing.",
        Reach.TREE,
        frozenset(
            {
                Right.VIEW_DIVISION,
                Right.MANAGE_PEOPLE,
                Right.MANAGE_CHANNEL,
                Right.MANAGE_LINK,
                Right.VIEW_INTERNAL,
            }
        ),
    ),
    RoleSpec(
        "records_officer",
        "Records officer",
        "Reads everything, exports records, places legal holds, disposes of what is due.",
        Reach.TREE,
        _VIEW | {Right.EXPORT_PACK, Right.PLACE_LEGAL_HOLD, Right.DISPOSE_RECORD},
    ),
    RoleSpec(
        "auditor",
        "Auditor",
        "Reads everything and the ledger, changes nothing.",
        Reach.TREE,
        _VIEW,
    ),
)
