"""The kinds of post: what each asks for, how late it may still go, how urgent it is. Data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.db import models

FactType = Literal["line", "text", "date", "moment", "choice", "phone", "case"]


class Kind(models.TextChoices):
    """What sort of post it is."""

    UPDATE = "update", "Update"
    APPEAL = "appeal", "Appeal"
    PRESS_RELEASE = "press_release", "Press release"
    EVENT = "event", "Event"
    SAFETY_ALERT = "safety_alert", "Safety alert"
    AWARD = "award", "Award"
    FUNDRAISER = "fundraiser", "Fundraiser"
    FAQ = "faq", "FAQ"
    INFORMATION = "information", "Information page"
    BLOG = "blog", "Blog entry"
    MEDIA = "media", "Photos or video"
    INTERNAL_NOTICE = "internal_notice", "Internal notice"
    QA_ANNOUNCEMENT = "qa_announcement", "Q&A announcement"


class Flag(models.TextChoices):
    """What a post touches; any of them asks for a second approver once the matrix is in force."""

    JUVENILE = "juvenile", "a child"
    SEXUAL_OFFENCE = "sexual_offence", "a sexual offense"
    OFFICER_INVOLVED = "officer_involved", "an officer's use of force"
    DEATH = "death", "a death"
    AMBER = "amber", "an AMBER alert"
    MINOR_IMAGE = "minor_image", "a picture of a child"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact a kind asks for. `choices` are (value, label) pairs for type `choice`."""

    name: str
    label: str
    type: FactType = "line"
    required: bool = False
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class KindSpec:
    """How a kind behaves. `grace` None = an event: until it ends, else two hours.

    `may_repeat` = the same words are right again another day. Not so for what names its own moment (event, Q&A), is
    about a case or a person (appeal, press release, award), is an entry or a report of its day (blog, photos), or
    warns of something now (safety alert).
    """

    kind: Kind
    icon: str
    facts: tuple[Fact, ...] = ()
    grace: timedelta | None = timedelta(hours=2)
    urgent: bool = False
    needs_expiry: bool = False
    internal_only: bool = False
    may_repeat: bool = False


_CASE = Fact("case_number", "Case number", "case", help="Or write: none assigned.")
_WHERE = Fact("where", "Where", help="The block, never a house.")
_TIPS = Fact("tips_phone", "Who takes tips", "phone", required=True)
_APPEAL_TYPES = (("witness", "Witness or CCTV"), ("missing", "Missing person"), ("wanted", "Wanted"))

SPECS: dict[str, KindSpec] = {
    spec.kind: spec
    for spec in (
        KindSpec(Kind.UPDATE, "campaign", (_WHERE, _CASE), may_repeat=True),
        KindSpec(
            Kind.APPEAL,
            "search",
            (
                Fact("appeal_type", "Type", "choice", required=True, choices=_APPEAL_TYPES),
                _CASE,
                Fact("happened_at", "When it happened", "moment"),
                _WHERE,
                _TIPS,
            ),
            needs_expiry=True,
        ),
        KindSpec(
            Kind.PRESS_RELEASE,
            "assessment",
            (Fact("contact", "Who journalists call", "line"), _CASE),
        ),
        KindSpec(
            Kind.EVENT,
            "event",
            (
                Fact("starts_at", "Starts", "moment", required=True),
                Fact("ends_at", "Ends", "moment"),
                Fact("place", "Place", required=True),
            ),
            grace=None,
        ),
        KindSpec(
            Kind.SAFETY_ALERT,
            "warning",
            (_WHERE, Fact("do_now", "What people should do now", required=True)),
            grace=timedelta(minutes=5),
            urgent=True,
        ),
        KindSpec(Kind.AWARD, "star", (Fact("honoured", "Who or what is honored"),)),
        KindSpec(
            Kind.FUNDRAISER,
            "attach_money",
            (Fact("purpose", "What it is for", required=True),),
            may_repeat=True,
        ),
        KindSpec(Kind.FAQ, "help", (Fact("question", "The question", required=True),), may_repeat=True),
        KindSpec(Kind.INFORMATION, "info", (), may_repeat=True),
        KindSpec(Kind.BLOG, "edit", (Fact("series", "Series"),)),
        KindSpec(Kind.MEDIA, "photo_camera", ()),
        KindSpec(
            Kind.INTERNAL_NOTICE,
            "people",
            (
                Fact(
                    "notice_type",
                    "About",
                    "choice",
                    choices=(
                        ("retirement", "Retirement"),
                        ("award", "Award"),
                        ("fundraiser", "Fundraiser"),
                        ("sick", "Sick or injured officer"),
                        ("other", "Something else"),
                    ),
                ),
            ),
            internal_only=True,
            may_repeat=True,
        ),
        KindSpec(
            Kind.QA_ANNOUNCEMENT,
            "forum",
            (
                Fact("starts_at", "Starts", "moment", required=True),
                Fact("ends_at", "Ends", "moment"),
                Fact("guest", "Who answers"),
            ),
        ),
    )
}

if set(SPECS) != set(Kind.values):
    raise RuntimeError("every kind needs exactly one spec")
