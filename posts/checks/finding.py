"""The shapes of checking: what is looked at, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from connectors.contract import Rendered

TOUCHES = "TOUCHES"


class Severity(StrEnum):
    """How strong a finding is."""

    NOTE = "note"
    WARNING = "warning"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found: what, how grave, where, and what to do. `code` is stable: scripts hold on to it."""

    code: str
    severity: Severity
    message: str
    cure: str
    field: str
    platform: str | None = None
    channel: str | None = None
    evidence: str = ""
    source: str = ""

    @property
    def is_about_touching(self) -> bool:
        """Whether it says what the words seem to touch, answered or not."""
        return self.code == TOUCHES

    @property
    def is_question(self) -> bool:
        """Whether nothing is wrong, only not answered yet."""
        return self.is_about_touching and self.severity is Severity.STOP

    def to_json(self) -> dict[str, Any]:
        """For storing with a revision."""
        return asdict(self) | {"severity": self.severity.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When the readers of a channel look most: wall clock of a zone, both ends included; it may run past midnight."""

    starts: time
    ends: time
    zone: str

    def covers(self, moment: datetime) -> bool:
        """Whether the clock in that zone then shows a time inside it."""
        shown = moment.astimezone(ZoneInfo(self.zone)).time().replace(second=0, microsecond=0)
        if self.ends_next_day:
            return shown >= self.starts or shown <= self.ends
        return self.starts <= shown <= self.ends

    @property
    def ends_next_day(self) -> bool:
        """Whether midnight lies in it: 22:00 to 02:00."""
        return self.ends < self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCandidate:
    """One channel's form: its slug and label, its platform, what would go out as its connector counts it.

    `left_out` has an entry for each picture or video that this platform cannot carry: whether it is a video.
    """

    channel: str
    label: str
    platform: str
    rendered: Rendered
    window: Window | None = None
    left_out: tuple[bool, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture or video as the checks see it; `state` is that of its clean copy (ready | processing | failed)."""

    name: str
    alt: str
    credit: str
    is_video: bool = False
    state: str = "ready"
    captioned: bool = False
    no_speech: bool = False

    @property
    def noun(self) -> str:
        """What to call it."""
        return "video" if self.is_video else "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A draft as it would go out. Times are aware; `due_at` None = as soon as approved.

    `own_words` are the channels' texts that differ; `not_touched` is what the author answered (see `checks.touches`).
    """

    kind: str
    audience: str
    title: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    not_touched: Mapping[str, Any] = field(default_factory=dict)
    own_words: tuple[str, ...] = ()
    variants: tuple[VariantCandidate, ...] = ()
    pictures: tuple[Picture, ...] = ()
    now: datetime
    due_at: datetime | None = None
    expires_at: datetime | None = None
