"""What a reader sees of a delivered post: its frozen words, pictures, facts and times. No queries, no HTML pages here.

Everything is read from the delivery and its revision, both frozen by triggers; never from a draft or a newer revision.
Once corrected, the words are those of the edit that has its receipt (`amended_by`), and nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from textwrap import shorten
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.functional import cached_property

from divisions.errors import BadInput
from divisions.models import Division
from posts.kinds import SPECS, Fact, Kind
from posts.models import Delivery, Revision
from posts.selectors import moments
from posts.states import DeliveryState

VIDEO_MIME, CAPTIONS_MIME, STILL_MIME = "video/mp4", "text/vtt", "image/jpeg"
EXTENSIONS = {STILL_MIME: "jpg", "image/png": "png", VIDEO_MIME: "mp4", CAPTIONS_MIME: "vtt"}
EXCERPT_LENGTH = 140
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-Z0-9\"“¿¡])")
GATHERINGS = (Kind.EVENT, Kind.QA_ANNOUNCEMENT)

# The composer asks in sentences; a reader's list needs short words. An FAQ's question is printed as its title.
LABELS = {
    "appeal_type": "Appeal",
    "case_number": "Case",
    "happened_at": "When",
    "tips_phone": "Tips to",
    "contact": "Press",
    "do_now": "Do now",
    "honoured": "Honored",
    "purpose": "For",
    "guest": "With",
    "notice_type": "About",
}
NO_CASE = "none assigned"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture or video as it was approved. `width` and `height` in pixels; `url` is a path on this site.

    `poster` and `captions` are the hashes of a video's still and of its WebVTT file; empty where there is none.
    """

    sha256: str
    mime: str
    alt: str
    credit: str
    width: int
    height: int
    size_bytes: int
    poster: str = ""
    captions: str = ""
    no_speech: bool = False
    duration_ms: int | None = None

    @property
    def is_video(self) -> bool:
        """Whether it moves."""
        return self.mime == VIDEO_MIME

    @property
    def credit_line(self) -> str:
        """ "Picture: Officer, Northeast"; a credit that says by itself what it is ("Drawing: …") stays as it is."""
        if not self.credit or ":" in self.credit:
            return self.credit
        return f"{'Video' if self.is_video else 'Picture'}: {self.credit}"

    @property
    def url(self) -> str:
        """Where the file view serves it."""
        return file_path(self.sha256, self.mime)

    @property
    def still_url(self) -> str:
        """It as one picture: itself, or what a video shows before it plays."""
        if not self.is_video:
            return self.url
        return file_path(self.poster, STILL_MIME) if self.poster else ""

    @property
    def captions_url(self) -> str:
        """Where its captions are read; empty where there are none."""
        return file_path(self.captions, CAPTIONS_MIME) if self.captions else ""

    @property
    def length(self) -> str:
        """ "1:05"; empty for a picture."""
        return clock(self.duration_ms)


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact in words: `text`, else a `moment` or a `day` to be printed in the department's style."""

    name: str
    label: str
    text: str = ""
    moment: datetime | None = None
    day: date | None = None
    href: str = ""

    @property
    def words(self) -> str:
        """The whole fact in words, for where no markup can go."""
        if self.moment:
            return dateformat.format(self.moment, "F j, Y, g:i a")
        return dateformat.format(self.day, "F j, Y") if self.day else self.text


def clock(duration_ms: int | None) -> str:
    """How long something runs, as players show it: "0:05", "12:40"; empty for None."""
    if duration_ms is None:
        return ""
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    return f"{minutes}:{seconds:02}"


def file_path(sha256: str, mime: str) -> str:
    """The address of a rendition or thumb by its hash."""
    return f"/media/{sha256}.{EXTENSIONS.get(mime, 'bin')}"


class Published:
    """A delivered post as its readers see it. Needs `revision`, `post__division`, `amended_by__revision` loaded.

    `said` = the delivery whose words are shown: the newest, unless an earlier version is asked for.
    """

    def __init__(self, delivery: Delivery, said: Delivery | None = None) -> None:
        self.said = said or delivery.amended_by or delivery
        if delivery.revision is None or self.said.revision is None:
            raise ValueError("a delivery without a revision says nothing to readers")
        self.delivery = delivery
        self.first: Revision = delivery.revision
        self.revision: Revision = self.said.revision
        self.division: Division = delivery.post.division
        self.pk: int = delivery.post_id
        self.kind: str = delivery.post.kind
        self.title: str = self.revision.title
        self.zone: str = self.revision.zone
        self.at: datetime = delivery.settled_at or delivery.due_at
        self.corrected_at: datetime | None = None if self.said is delivery else self.said.settled_at

    @property
    def changed_at(self) -> datetime:
        """When its words last changed."""
        return self.corrected_at or self.at

    @property
    def was_wrong(self) -> str:
        """What the correction says was wrong; empty when nothing was corrected."""
        return self._correction("wrong")

    @property
    def apology(self) -> str:
        """The line of apology, where there is one."""
        return self._correction("apology")

    def _correction(self, name: str) -> str:
        told = self.revision.facts.get("correction") if self.corrected_at else None
        return str(told.get(name, "")) if isinstance(told, dict) else ""

    @property
    def url(self) -> str:
        """The public path of its page."""
        return self.delivery.post.address(self.title)

    @property
    def kind_name(self) -> str:
        """ "Appeal", "Event" …"""
        return Kind(self.kind).label

    @property
    def excerpt(self) -> str:
        """The beginning of the words, one line: whole sentences where they fit."""
        return excerpt(self.text)

    @property
    def text(self) -> str:
        """The words on this channel, plain."""
        return str(self.said.payload["text"])

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of this channel's variant, in order."""
        return tuple(Picture(**item) for item in self.said.payload["media"])

    @property
    def thumb_url(self) -> str:
        """A small form of the first picture; the picture itself where the list did not read the thumb's name.

        Of a video it is the still that was approved: the library may show another one by now.
        """
        first = self.pictures[0] if self.pictures else None
        thumb = getattr(self.delivery, "thumb_sha256", None)
        if thumb and first and not first.is_video:
            return file_path(thumb, STILL_MIME)
        return first.still_url if first else ""

    @property
    def thumb_alt(self) -> str:
        """What the first picture shows."""
        return self.pictures[0].alt if self.pictures else ""

    # ---- its end

    @property
    def is_appeal(self) -> bool:
        """Whether it asks for help, so that "ended" means something to whoever could help."""
        return self.kind == Kind.APPEAL

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds (`expires_at` is the midnight after it)."""
        end = self.revision.expires_at
        return (end - timedelta(seconds=1)).astimezone(ZoneInfo(self.zone)).date() if end else None

    def has_ended(self, now: datetime) -> bool:
        """Whether its content is past its own end."""
        return self.revision.expires_at is not None and self.revision.expires_at <= now

    # ---- when it takes place

    @cached_property
    def starts_at(self) -> datetime | None:
        """When the event starts, aware, in the zone it was written in."""
        return self._moment("starts_at")

    @cached_property
    def ends_at(self) -> datetime | None:
        """When the event ends."""
        return self._moment("ends_at")

    @property
    def starts_on(self) -> date | None:
        """The day the event starts, for its date tile."""
        return self.starts_at.date() if self.starts_at else None

    @property
    def when_words(self) -> str:
        """ "Saturday, 10 a.m. to 1 p.m."; the day stands beside it."""
        return self._span("l, P")

    @property
    def occasion(self) -> str:
        """ "Saturday, November 28, 10 a.m. to 1 p.m."; empty for what is no event."""
        return self._span("l, F j, P")

    def _span(self, form: str) -> str:
        if self.starts_at is None:
            return ""
        words = dateformat.format(self.starts_at, form)
        if self.ends_at is None:
            return words
        if self.ends_at.date() == self.starts_at.date():
            return f"{words} to {dateformat.format(self.ends_at, 'P')}"
        return f"{words} until {dateformat.format(self.ends_at, 'l, F j, P')}"

    @property
    def place(self) -> str:
        """Where the event is."""
        return str(self.revision.facts.get("place", ""))

    def is_over(self, now: datetime) -> bool:
        """Whether the event has taken place; one without an end is over when its day is."""
        if self.ends_at is not None:
            return self.ends_at <= now
        return self.starts_at is not None and self.starts_at.date() < now.astimezone(ZoneInfo(self.zone)).date()

    # ---- facts

    @property
    def facts(self) -> list[FactLine]:
        """What the kind asks for and the revision holds, in the kind's order."""
        held = self.revision.facts
        return [self._line(fact, str(held[fact.name])) for fact in SPECS[self.kind].facts if _is_told(fact, held)]

    @property
    def question(self) -> str:
        """What an FAQ answers."""
        return str(self.revision.facts.get("question") or self.title)

    @property
    def tips(self) -> FactLine | None:
        """Whom to call with a tip."""
        return next((line for line in self.facts if line.name == "tips_phone"), None)

    @property
    def do_now(self) -> str:
        """What a safety alert asks people to do."""
        return str(self.revision.facts.get("do_now", ""))

    def _line(self, fact: Fact, text: str) -> FactLine:
        label = LABELS.get(fact.name, fact.label)
        if fact.type == "moment" and (moment := self._moment(fact.name)):
            return FactLine(fact.name, label, moment=moment)
        if fact.type == "date" and (day := _day(text)):
            return FactLine(fact.name, label, day=day)
        if fact.type == "choice":
            return FactLine(fact.name, label, text=dict(fact.choices).get(text, text))
        return FactLine(fact.name, label, text=text, href=tel(text) if fact.type == "phone" else "")

    def _moment(self, name: str) -> datetime | None:
        wall = self.revision.facts.get(name)
        if not wall:
            return None
        try:
            return moments.moment(str(wall), self.zone).astimezone(ZoneInfo(self.zone))
        except BadInput:
            return None


class Copy:
    """Another place where the post was said; what became of it after a correction or a withdrawal.

    `newest` is the revision that the page shows, `replies` what was posted below copies, with receipts.
    """

    def __init__(self, delivery: Delivery, newest: Revision | None = None, replies: Iterable[Delivery] = ()) -> None:
        shown = delivery.amended_by or delivery
        self.channel = delivery.channel
        self.at: datetime = delivery.state_at
        self.is_gone: bool = delivery.state == DeliveryState.WITHDRAWN
        self.url: str = _web(shown.remote_url) or _web(delivery.remote_url)
        wanted = newest.pk if newest and newest.corrects_id else None
        self.corrected_at = shown.settled_at if shown is not delivery and shown.revision_id == wanted else None
        reply = next((r for r in replies if r.publication_id == delivery.pk and r.revision_id == wanted), None)
        self.replied_at = reply.settled_at if reply else None
        self.reply_url: str = _web(reply.remote_url) if reply else ""
        self.is_behind: bool = wanted is not None and shown.revision_id != wanted and reply is None


def _web(address: str) -> str:
    """A platform's answer or a pasted link: nothing but a web address becomes a link."""
    return address if address.startswith(("https://", "http://")) else ""


def changed_facts(before: Published, after: Published) -> list[tuple[str, str, str]]:
    """Facts that a correction changed: label, as it was, as it is (empty where there is none)."""
    old, new = ({line.label: line.words for line in post.facts} | _until(post) for post in (before, after))
    labels = dict.fromkeys([*new, *old])
    return [(x, old.get(x, ""), new.get(x, "")) for x in labels if old.get(x, "") != new.get(x, "")]


def _until(post: Published) -> dict[str, str]:
    return {"Until": dateformat.format(post.last_day, "F j, Y")} if post.last_day else {}


def excerpt(text: str) -> str:
    """The first sentences of the first paragraph, at most `EXCERPT_LENGTH` characters."""
    first = " ".join(text.strip().split("\n\n", 1)[0].split())
    said = ""
    for sentence in _SENTENCE.split(first):
        longer = f"{said} {sentence}".strip()
        if len(longer) > EXCERPT_LENGTH:
            break
        said = longer
    return said or shorten(first, EXCERPT_LENGTH, placeholder=" …")


def tel(phone: str) -> str:
    """A telephone link; empty when it is not a number that can be dialled."""
    digits = re.sub(r"\D", "", phone)
    if not 7 <= len(digits) <= 15:
        return ""
    prefix = "+1" if len(digits) == 10 else "+" if phone.strip().startswith("+") else ""
    return f"tel:{prefix}{digits}"


def _is_told(fact: Fact, held: dict[str, Any]) -> bool:
    value = str(held.get(fact.name) or "").strip()
    return bool(value) and fact.name != "question" and value.lower().rstrip(".") != NO_CASE


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
