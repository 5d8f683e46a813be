"""A draft opened on the writing desk: what the composer shows, before and after saving. Reads only.

The views of `compose` gate, save and answer; what a page needs is put together here, the same for the whole page and
for the parts that follow the typing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, QueryDict
from django.utils import dateformat, timezone

from divisions import access
from divisions.permissions import Right
from posts.checks import Finding, touches
from posts.forms.compose import ComposeForm
from posts.forms.media import ACCEPT
from posts.kinds import SPECS, Flag, Kind
from posts.models import Draft, MediaAsset, Post
from posts.models.approving import Asks
from posts.models.post import When
from posts.selectors import approving, candidate, posts, repeats, story, targets, windows
from posts.selectors.approving import Requirement
from posts.selectors.candidate import Look, Preview
from posts.selectors.repeats import Outlook
from posts.selectors.targets import Target
from posts.services import break_glass, submit
from posts.states import Stage
from posts.views import previews, shown

FIRST_KINDS = 5
MAX_MARK = 2000
_ZONES = {
    "America/New_York": "Eastern time",
    "America/Chicago": "Central time",
    "America/Denver": "Mountain time",
    "America/Phoenix": "Arizona time",
    "America/Los_Angeles": "Pacific time",
    "America/Anchorage": "Alaska time",
    "Pacific/Honolulu": "Hawaii time",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One box of the composer with its fields, its counter and what stands against it."""

    target: Target
    ticked: bool
    own: bool
    tick_id: str
    own_field: Any
    words_field: Any
    counter: str
    over: bool
    left_out: str = ""


class Writing:
    """One draft and the person in front of it. Raises NotVisible and NotAllowed when it opens."""

    def __init__(self, request: HttpRequest, pk: int, *, now: datetime | None = None) -> None:
        self.request, self.now = request, now or timezone.now()
        self.mine: access.Rights = request.rights  # type: ignore[attr-defined]
        self.post: Post = posts.get_visible(self.mine, pk)
        access.require(request.user, Right.DRAFT_POST, self.post.division, has=self.mine)  # type: ignore[arg-type]
        self.draft = Draft.objects.select_related("saved_by").get(post=self.post)
        self.draft.post = self.post
        self.targets = targets.of_draft(self.mine, self.draft)

    def form(self, data: QueryDict | None = None) -> ComposeForm:
        """The form as saved, or with what was posted."""
        return ComposeForm(self.draft, self.targets, self._pictures(data), data)

    def _pictures(self, data: QueryDict | None) -> list[MediaAsset]:
        """The chosen pictures, of this division's library only, in the order chosen."""
        if data is None:
            return [use.asset for use in self.draft.media.select_related("asset")]
        wanted = list(dict.fromkeys(pk for pk in data.getlist("media") if pk.isdigit() and len(pk) < 19))
        found = MediaAsset.objects.filter(pk__in=wanted, division=self.post.division_id).in_bulk()
        return [found[int(pk)] for pk in wanted if int(pk) in found]


class Page:
    """Everything the composer says about one form, saved or not."""

    def __init__(self, writing: Writing, form: ComposeForm) -> None:
        self.writing, self.form = writing, form
        self.post, self.zone = writing.post, writing.draft.zone

    @cached_property
    def look(self) -> Look:
        """What would go out if it were submitted as it stands in the form."""
        form = self.form
        return candidate.look_at(form.unsaved(), form.words(), form.chosen_pictures(), now=self.writing.now)

    def context(self) -> dict[str, Any]:
        """All that the page and its live parts read."""
        look = self.look
        return {
            "page": self,
            "form": self.form,
            "post": self.post,
            "draft": self.writing.draft,
            "zone": self.zone,
            "zone_name": zone_name(self.zone, self.writing.now),
            "kinds": self.kinds(),
            "facts": self.facts(),
            "rows": self.rows(),
            "findings": [self.finding(f) for f in look.findings],
            "stops": [self.finding(f) for f in look.stops],
            "cards": self.cards(),
            "pictures": self.pictures(),
            "accept": ACCEPT,
            "sentence": self.sentence(),
            "emergency": self._may_break_glass(),
            "windows": self.best_windows(),
            "repeat": self.repeat,
            "touching": self.touching(),
            "asked": story.last_review(self.post) if self.post.stage == Stage.CHANGES_REQUESTED else None,
            "word_count": len(str(self.form.value("text") or "").split()),
        }

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds on offer, the usual ones first; the chosen one always among them."""
        chosen = self.form.shown_kind
        choices = [{"value": v, "label": n, "chosen": v == chosen} for v, n in self.form.fields["kind"].choices]  # type: ignore[attr-defined]
        first, rest = choices[:FIRST_KINDS], choices[FIRST_KINDS:]
        return [*first, *(c for c in rest if c["chosen"]), *({**c, "more": True} for c in rest if not c["chosen"])]

    def facts(self) -> list[dict[str, Any]]:
        """The fields of the kind's facts."""
        return [
            {"field": self.form[f"fact-{fact.name}"], "required": fact.required, "hint": _hint(fact.help)}
            for fact in SPECS[self.form.shown_kind].facts
        ]

    def rows(self) -> list[Row]:
        """One row a box, ticked or not, counted by its connector where it is ticked."""
        counted = {p.channel.pk: p.rendered for p in self.look.previews}
        left = {p.channel.pk: _left_out(p, self.look) for p in self.look.previews}
        return [
            self._row(number, target, counted.get(target.key), left.get(target.key, ""))
            for number, target in enumerate(self.form.targets)
        ]

    def _row(self, number: int, target: Target, rendered: Any, left_out: str) -> Row:
        limit = rendered.limit if rendered else None
        count = f"{rendered.count:,}" if rendered else ""
        return Row(
            target=target,
            ticked=self.form.ticked(target),
            own=self.form.own_words(target),
            tick_id=f"id_channels_{number}",
            own_field=self.form[f"own-{target.key}"],
            words_field=self.form[f"words-{target.key}"],
            counter=f"{count} of {limit:,}" if limit else count,
            over=bool(limit and rendered.count > limit),
            left_out=left_out,
        )

    def pictures(self) -> list[dict[str, Any]]:
        """The pictures and videos of the draft with their fields."""
        return [
            {
                "asset": asset,
                "shown": shown.of(asset),
                "thumb": shown.thumb(asset),
                "alt": self.form[f"alt-{asset.pk}"],
                "alt_length": len(asset.alt_text),
                "credit": self.form[f"credit-{asset.pk}"],
            }
            for asset in self.form.chosen_pictures()
        ]

    def cards(self) -> list[previews.Card]:
        """The previews, as the platforms would show it."""
        department = self.writing.request.department  # type: ignore[attr-defined]
        marks = [(f.severity.value, f.evidence) for f in self.look.findings if f.field in ("text", "title")]
        return previews.cards(
            self.look.previews,
            previews.Setting(
                crest=department.crest_letters if department else "",
                zone=self.zone,
                kicker=kicker(self.form.shown_kind, self.look.expires_at, self.zone),
                title=str(self.form.value("title") or ""),
                when=self.look.due_at,
                marks=marks,
            ),
        )

    def touching(self) -> dict[str, Any]:
        """What the words point at and nobody ticked, each with its field; answers to what is not asked now are kept."""
        answers, given = self.form.not_touched(), set(self.form.value("flags") or ())
        asked = [
            self._question(Flag(f.field.removeprefix("why-")), f, answers)
            for f in self.look.findings
            if f.is_about_touching and f.field.removeprefix("why-") not in given
        ]
        names = {line["name"] for line in asked}
        return {
            "asked": asked,
            "kept": [(flag, said) for flag, said in answers.items() if flag not in names],
            "mark": " ".join(f"{line['name']}:{' | '.join(line['all'])}" for line in asked)[:MAX_MARK],
        }

    def _question(self, flag: Flag, finding: Finding, answers: Mapping[str, Any]) -> dict[str, Any]:
        """One of them. `new` are words that came after it was answered: whether that holds for them is ticked."""
        words = touches.words_of(finding)
        said = answers.get(flag.value)
        known = [w for w in words if said is None or w.lower() in said["words"]]
        return {
            "name": flag.value,
            "label": flag.label,
            "field": self.form[f"why-{flag.value}"],
            "words": " | ".join(known if said is None else said["words"]),
            "new": [w for w in words if w not in known],
            "all": words,
        }

    @cached_property
    def repeat(self) -> Outlook | None:
        """How it would repeat and its first dates; None where it does not, or cannot be counted out yet."""
        draft = self.form.unsaved()
        return repeats.outlook(draft.repeats, draft.wall_time, self.zone)

    def best_windows(self) -> list[windows.Hint]:
        """When the readers of the ticked channels look most, and the next time to press."""
        ticked = [target for target in self.form.targets if self.form.ticked(target)]
        return windows.hints(ticked, self.writing.draft, self.look.due_at, now=self.writing.now)

    def finding(self, finding: Finding) -> dict[str, Any]:
        """One finding with the place in the form where it is cured."""
        url, link = self._cure(finding)
        block = finding.code == "VICTIM_ADDRESS"
        return {
            "finding": finding,
            "severity": finding.severity.value,
            "message": finding.message,
            "cure": finding.cure,
            "url": "" if block else url,
            "anchor": url,
            "link": "Use the block" if block else link,
            "action": "block" if block else "",
        }

    def _cure(self, finding: Finding) -> tuple[str, str]:
        if finding.field.startswith("text-"):
            row = next((r for r in self.form.targets if any(c.slug == finding.channel for c in r.channels)), None)
            if row is not None:
                own = self.form.own_words(row)
                return (
                    (f"#id_words-{row.key}", "Go to its words") if own else (f"#id_own-{row.key}", "Give it own words")
                )
            return "#id_text", "Go to the text"
        if finding.field == "media":
            return self._picture_anchor(finding)
        if finding.field == "channels":
            return "#channels", "Choose channels"
        if finding.is_about_touching:
            return f"#id_{finding.field}", "Answer" if finding.is_question else "Change it"
        if f"fact-{finding.field}" in self.form.fields:
            return f"#id_fact-{finding.field}", "Fill it in"
        names = {
            "wall_time": ("#id_wall_day", "Pick a time"),
            "expires_on": ("#id_expires_on", "Pick a day"),
            "repeats": ("#id_repeat", "Go to how it repeats"),
            "when": ("#when", "Choose a time"),
        }
        return names.get(finding.field, (f"#id_{finding.field}", f"Go to the {finding.field}"))

    def _picture_anchor(self, finding: Finding) -> tuple[str, str]:
        for asset in self.look.pictures:
            if finding.code == "ALT_MISSING" and not asset.alt_text.strip():
                return f"#id_alt-{asset.pk}", "Write picture text"
            if finding.code == "ALT_QUALITY" and asset.alt_text.strip() == finding.evidence:
                return f"#id_alt-{asset.pk}", "Go to picture text"
            if finding.code == "ATTRIBUTION" and not asset.credit.strip():
                return f"#id_credit-{asset.pk}", "Write the credit"
        return "#pictures", "Go to the pictures"

    def sentence(self) -> str:
        """The one sentence of the bar: when it goes out, where, and by when somebody must approve."""
        boxes = [t for t in self.form.targets if self.form.ticked(t)]
        if not boxes:
            return "Goes nowhere yet: no channel is chosen."
        where = f"{len(boxes)} channel{'s' if len(boxes) != 1 else ''}"
        if self.post.audience == "internal":
            where += ", staff only"
        who, timed = self._who(boxes), (self.form.value("when") or When.APPROVED) == When.AT
        due_at = self.look.due_at
        if not who and not (timed and due_at is None):
            when = dateformat.format(_local(due_at, self.zone), "D j M, H:i") if due_at else "as soon as you submit it"
            return f"Goes out {when} on {where}. Nobody has to approve it; some are looked at afterwards."
        if not timed:
            return f"Goes out as soon as {who}, on {where}."
        if due_at is None:
            return f"Goes out on {where} {f'once {who}' if who else 'by itself'}: pick the day and the time."
        by = submit.approve_by(self.form.shown_kind, When.AT, due_at, now=self.writing.now)
        same_day = _local(by, self.zone).date() == _local(due_at, self.zone).date()
        clock = dateformat.format(_local(by, self.zone), "H:i" if same_day else "D j M, H:i")
        when = dateformat.format(_local(due_at, self.zone), "D j M, H:i")
        return f"Goes out {when} on {where} if {who} by {clock}.{self._again()}"

    def _again(self) -> str:
        if self.repeat is None:
            return ""
        return f" Then {self.repeat.rule.words}, {self.repeat.rule.end_words}, on the same approval."

    @cached_property
    def requirement(self) -> Requirement:
        """What the matrix asks for, as the form stands."""
        channels = [channel for channel, _ in self.form.words()]
        return approving.of(
            self.post, kind=self.form.shown_kind, flags=self.form.value("flags") or (), channels=channels
        )

    def _may_break_glass(self) -> bool:
        """Whether this person may send it without waiting, as it was saved last."""
        person, mine, now = self.writing.request.user, self.writing.mine, self.writing.now
        alert = self.post.kind == Kind.SAFETY_ALERT
        return alert and break_glass.why_not(self.post, person, mine, now=now) is None  # type: ignore[arg-type]

    def _who(self, boxes: Sequence[Target]) -> str:
        """Who has to approve, with the verb; empty when nobody has to."""
        asked = sorted({t.approver for t in boxes if t.approver})
        trusted = self.requirement.asks is Asks.DIRECT and not asked and not self.form.rule()
        if trusted and not approving.was_sent_back(self.post):
            return ""
        who = self.requirement.who(f"a supervisor of {' and of '.join(asked)}" if asked else "a supervisor")
        return f"{who} {'approve' if self.requirement.seats > 1 else 'approves'}"


def _left_out(preview: Preview, look: Look) -> str:
    """What a channel does not take of the post: "the video", "the pictures"; empty where it takes all."""
    left = [asset for asset in look.pictures if asset not in preview.media]
    if not left:
        return ""
    noun = "video" if any(asset.is_video for asset in left) else "picture"
    return f"the {noun}{'s' if len(left) > 1 else ''}"


def kicker(kind: str, expires_at: datetime | None, zone: str) -> str:
    """The line above a title on our own pages: “Appeal, open until December 24”."""
    label = str(Kind(kind).label)
    if expires_at is None:
        return label
    last = expires_at - timedelta(seconds=1)
    return f"{label}, open until {dateformat.format(_local(last, zone), 'F j')}"


def zone_name(zone: str, now: datetime) -> str:
    """The zone a person's times are in, as people say it: “Central time”; elsewhere “Europe/Berlin, CET”."""
    return _ZONES.get(zone) or f"{zone.replace('_', ' ')}, {_local(now, zone):%Z}"


def _hint(words: str) -> str:
    """A fact's help as it stands behind its label: “(the block, never a house)”."""
    return f"({words.rstrip('.').lower()})" if words else ""


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))
