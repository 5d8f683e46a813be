"""What a check round asks: every question as data, worded so that yes is good, and the numbers a round rests on.

Who answers: the system when the round opens (and again on demand), or a person. No queries live here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from divisions.states import Audience, Platform
from moderation.states import AskedOf

EVERY_DAYS = 7  # the department's usual week; an account with another rhythm has a CheckPlan
LAST_POSTS = 10
SAMPLED = 5  # directly published posts a round: each is read in a minute, so a round stays inside a coffee
LEAVE_FOR_TASKS = timedelta(days=3)
CHECKED_WITHIN = timedelta(days=2)  # the nightly look at an account, and one missed night

_SPEAKING = (Platform.FACEBOOK, Platform.X, Platform.YOUTUBE, Platform.MASTODON, Platform.BLUESKY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `platforms` empty = all; `task` is what to do when the system's answer is no; `see` a place."""

    code: str
    words: str
    asked_of: AskedOf
    platforms: tuple[Platform, ...] = ()
    audience: Audience | None = None
    task: str = ""
    see: str = ""
    hint: str = ""

    def fits(self, platform: str, audience: str) -> bool:
        """Whether it is asked about an account of this platform and audience."""
        return (not self.platforms or platform in self.platforms) and self.audience in (None, audience)


def _person(code: str, words: str, **more: object) -> Question:
    return Question(code=code, words=words, asked_of=AskedOf.PERSON, **more)  # type: ignore[arg-type]


def _system(code: str, words: str, task: str, **more: object) -> Question:
    return Question(code=code, words=words, asked_of=AskedOf.SYSTEM, task=task, **more)  # type: ignore[arg-type]


SAMPLE = "sample"
LINKS = "links"
LINKS_BACK = "links_back"
NOT_LOOKED = "Not looked at yet."

QUESTIONS: tuple[Question, ...] = (
    _person("tone", "Is the tone of the last 10 posts fit for the department?", see="posts"),
    _person("replies", "Are replies to questions polite and complete?", platforms=_SPEAKING),
    _person(
        "officers",
        "Is every officer in the pictures fine with being shown?",
        platforms=_SPEAKING,
        hint="Ask the division when a face is new to you.",
    ),
    _person("pinned", "Is the pinned post still true?", platforms=_SPEAKING, hint="N/A when nothing is pinned."),
    _person("inside", "Is everything that was posted fit for the public?", audience=Audience.PUBLIC, see="posts"),
    _person("name", "Are the name and the crest the department's own?"),
    _person("runs", "Would a visitor know who runs this page and when it is read?", audience=Audience.PUBLIC),
    _person("appeals", "Is every appeal closed that should be?", audience=Audience.PUBLIC),
    _person(SAMPLE, "Would a reviewer have approved the posts of the sample?", see="sample"),
    _system("cadence", "Posts keep the promised cadence", "Post again, agree a cadence you can keep", see="account"),
    _system("duty", "An officer is on duty", "Put somebody on duty", see="account"),
    _system("admins", "Two people hold it, each with a second factor", "Name a second administrator", see="register"),
    _system("trouble", "Nothing that was sent is in trouble", "Decide what did not go out", see="trouble"),
    _system(
        "answered",
        "No comment below a post waits longer than a day",
        "Answer the comments that wait",
        platforms=_SPEAKING,
        see="comments",
    ),
    _system("account", "The connection works and was looked at", "Repair the connection", see="account"),
    _system(LINKS, "Links in the last 10 posts work", "Repair the broken link", see="posts"),
    _system("contact", "Phone, address and hours stand in the register", "Complete the register", see="account"),
    _system("alt", "Pictures have text", "Give every picture its text", see="posts"),
    _system("corrections", "No correction waits for a decision", "Decide the correction", see="corrections"),
    _system("drift", "Nothing was posted or changed outside", "Decide what was posted outside", see="drift"),
    _system("policy", "The comment policy is linked", "Link the comment policy", audience=Audience.PUBLIC),
    _system(
        LINKS_BACK,
        "Our directory lists it and it links back",
        "Put our address into the account's profile",
        audience=Audience.PUBLIC,
        see="directory",
    ),
)
BY_CODE = {question.code: question for question in QUESTIONS}


def asked(platform: str, audience: str, *, sampled: bool) -> list[Question]:
    """The questions of a round in their order; the sample is asked about only where there is one."""
    fitting = [question for question in QUESTIONS if question.fits(platform, audience)]
    return [question for question in fitting if sampled or question.code != SAMPLE]


def opens_ahead(every_days: int) -> timedelta:
    """How long before it is due a round opens: two days, never more than half of its rhythm."""
    return min(timedelta(days=2), timedelta(days=every_days) / 2)
