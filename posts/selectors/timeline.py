"""A post's timeline: its ledger entries in plain words, newest first. One table from entry type to sentence and dot.

The reader's right to see the post is proved by the caller. The ledger itself is never changed by how it is told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from divisions.models import Channel
from posts.models import Post
from records.models import LedgerEntry
from records.selectors import ledger

SHOWN = 50
_ONE_ACT = timedelta(seconds=2)  # deliveries that move together are told together


@dataclass(frozen=True, slots=True)
class Told:
    """How one type is told. `words` may use {who} {channel} {revision} {number} {reason} {cause} {url}."""

    words: str
    dot: str = ""
    together: bool = False


TELLING: dict[str, Told] = {
    "posts.post.started": Told("{who} started it"),
    "posts.post.submitted": Told("{who} submitted revision {revision}"),
    "posts.post.recalled": Told("{who} took it back from review"),
    "posts.post.reopened": Told("{who} pressed Change. The approval ended"),
    "posts.post.cancelled": Told("{who} dropped it"),
    "posts.post.expired": Told("Nobody approved it in time", "is-failed"),
    "posts.post.retimed": Told("{who} re-timed it"),
    "posts.revision.approved": Told("{who} approved revision {revision} as {number}{part}", "is-ok"),
    "posts.revision.changes_requested": Told("{who} asked for a change: “{note}”", "is-due"),
    "posts.revision.rejected": Told("{who} rejected it: “{note}”", "is-failed"),
    "posts.post.reminded": Told("Reminded that its time runs out: {people}", "is-due"),
    "posts.revision.trusted": Told("Nobody has to approve this kind: {number}, sampled afterwards"),
    "posts.post.glass_broken": Told("{who} published it without review, {number}: “{reason}”", "is-failed"),
    "posts.post.glass_signed": Told("{who} signed the emergency publication {number}: “{finding}”", "is-ok"),
    "posts.approval.voided": Told("Approval {number} ended. {reason}"),
    "posts.pattern.started": Told("It repeats {words}, on approval {number}"),
    "posts.pattern.left_out": Told("{when} is left out. {why}", "is-due"),
    "posts.pattern.ended": Told("{who} ended the repeating. {reason}"),
    "posts.post.repeated": Told("Scheduled by its pattern: it rests on approval {rests_on}, as {number}", "is-ok"),
    "posts.post.not_repeated": Told("Not scheduled by itself, it waits as a draft. {why}", "is-failed"),
    "posts.delivery.queued": Told("{channel}: queued", together=True),
    "posts.delivery.delivered": Told("{channel}: delivered", "is-ok", together=True),
    "posts.delivery.awaiting_proof": Told("{channel}: to be posted by hand, waits for its link", "is-waiting"),
    "posts.delivery.awaiting_retry": Told("{channel}: not yet taken, tried again by itself", "is-due"),
    "posts.delivery.failed": Told("{channel}: failed. {cause}", "is-failed"),
    "posts.delivery.uncertain": Told("{channel}: sent, no answer", "is-due"),
    "posts.delivery.missed": Told("{channel}: its time passed, nothing was sent", "is-failed", together=True),
    "posts.delivery.cancelled": Told("{channel}: cancelled", together=True),
    "posts.delivery.sent_again": Told("{who} sent it again: {channel}"),
    "posts.delivery.dropped": Told("{who} left it unsent: {channel}"),
    "posts.delivery.gone_outside": Told("{channel}: gone, deleted outside; nobody here took it down", "is-failed"),
    "posts.delivery.held": Told("{channel}: held", together=True),
    "posts.delivery.kept": Told("{who} let it go on: {channel}", together=True),
    "posts.delivery.retimed": Told("{who} re-timed {channel}", together=True),
    "posts.correction.asked": Told("{who} asked to correct it: “{wrong}”", "is-due"),
    "posts.correction.approved": Told("{who} approved the correction, revision {revision}, as {number}", "is-ok"),
    "posts.correction.confirmed": Told("It is corrected: revision {revision} stands on approval {number}", "is-ok"),
    "posts.correction.refused": Told("{who} left the words as they stand: “{note}”"),
    "posts.correction.taken_back": Told("{who} took the correction back"),
    "posts.correction.caught_up": Told("{who} had the right words brought to {channel}"),
    "posts.withdrawal.asked": Told("{who} asked to take it down: {because}. “{reason}”", "is-due"),
    "posts.withdrawal.confirmed": Told("{who} confirmed that it is taken down"),
    "posts.withdrawal.refused": Told("{who} left it up: “{note}”"),
    "posts.withdrawal.taken_back": Told("{who} took the request to take it down back"),
    "posts.delivery.taking_down": Told("{channel}: being taken down", together=True),
    "posts.delivery.withdrawn": Told("{channel}: gone, and proven", "is-ok", together=True),
    "posts.delivery.corrected": Told("{channel}: corrected, and proven", "is-ok", together=True),
}


@dataclass(slots=True)
class Line:
    """One line of the timeline. `at` is when it happened, `dot` the class of its dot."""

    at: datetime
    words: str
    dot: str
    type: str


def of_post(post: Post, *, everything: bool = False) -> tuple[list[Line], int]:
    """The lines and how many ledger entries there are. Three queries."""
    entries = ledger.about("post", post.pk)
    names = _names(post)
    chosen = list(entries[: 1000 if everything else SHOWN])
    return _lines(chosen, names), entries.count()


def _names(post: Post) -> dict[str, str]:
    """What the post's channels are called, by slug."""
    found = Channel.objects.filter(deliveries__post=post).distinct().order_by()
    return {channel.slug: channel.get_platform_display() if channel.is_own else str(channel) for channel in found}


def _lines(entries: Iterable[LedgerEntry], names: Mapping[str, str]) -> list[Line]:
    lines: list[Line] = []
    gathered: list[str] = []
    for entry in entries:
        told = TELLING.get(entry.type) or Told(_plainly(entry.type))
        channel = names.get(entry.data.get("channel", ""), entry.data.get("channel", ""))
        last = lines[-1] if lines else None
        if told.together and last and last.type == entry.type and last.at - entry.occurred_at <= _ONE_ACT:
            gathered.append(channel)
            last.words = _say(told, entry, _list(gathered))
            continue
        gathered = [channel]
        lines.append(Line(entry.occurred_at, _say(told, entry, channel), told.dot, entry.type))
    return lines


def _say(told: Told, entry: LedgerEntry, channel: str) -> str:
    return told.words.format_map(_Facts(entry, channel)).strip().rstrip(":")


class _Facts(dict[str, Any]):
    """An entry's data for a sentence; what an old entry does not know is left empty, never an error."""

    def __init__(self, entry: LedgerEntry, channel: str) -> None:
        super().__init__(entry.data)
        self["who"] = entry.actor_label.split(" <")[0]
        self["channel"] = channel
        if self.get("seats") and not self.get("completes"):
            self["part"] = f", one of {self['seats']}"
        if "number" in self:
            self["number"] = str(self["number"]).replace("-", "\u2011")  # an approval's number never breaks

    def __missing__(self, key: str) -> str:
        return ""


def _list(names: list[str]) -> str:
    ordered = names[::-1]  # entries come newest first, the sentence names them in the order they happened
    return ordered[0] if len(ordered) == 1 else f"{', '.join(ordered[:-1])} and {ordered[-1]}"


def _plainly(kind: str) -> str:
    """A type that nobody gave a sentence is told by its own name."""
    return "{who}: " + kind.split(".", 1)[-1].replace(".", " ").replace("_", " ")
