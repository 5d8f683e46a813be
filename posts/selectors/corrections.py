"""A correction before it is frozen: what it says on each copy, how that counts, what the checks find. Reads only.

Also which corrections there are, and who may look at them. What each copy shows now stands in `copies`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat

from connectors import registry
from connectors.contract import Act as WireAct
from connectors.contract import Outgoing, Rendered
from divisions.models import Channel, LinkRule
from divisions.services.accounts import capabilities_of
from divisions.states import Platform
from posts import checks
from posts.checks import touches
from posts.kinds import Flag
from posts.models import Post, Revision, RevisionMedia
from posts.selectors import candidate, carried, moments, said_before
from posts.selectors.copies import CopyOf
from posts.states import Act

_NOTE = re.compile(r"\n+(\(Corrected\)|Corrected [A-Z][a-z]{2} \d[^\n]*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Everything the form holds. `words` and `replies` map a channel's id to its own words; empty = composed.

    `facts` None and `expires_on` None mean as before; `not_touched` is why new words do not touch what they point at.
    """

    was_wrong: str
    reason: str
    title: str
    text: str
    apology: str = ""
    facts: Mapping[str, Any] | None = None
    expires_on: date | None = None
    words: Mapping[int, str] = field(default_factory=dict)
    replies: Mapping[int, str] = field(default_factory=dict)
    not_touched: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One act on one copy with exactly the words it would say there."""

    copy: CopyOf
    act: Act
    text: str
    link: str
    media: tuple[RevisionMedia, ...]
    rendered: Rendered

    @property
    def key(self) -> str:
        """What findings call it."""
        return f"{self.copy.channel.slug}-reply" if self.act == Act.REPLY else self.copy.channel.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A correction as it would be frozen now."""

    said: tuple[Said, ...]
    facts: dict[str, Any]
    page_text: str
    expires_at: datetime | None
    findings: tuple[checks.Finding, ...]
    touched: tuple[str, ...] = ()

    @property
    def touching(self) -> list[checks.Finding]:
        """What the new words point at and the old ones did not."""
        return [f for f in self.findings if f.is_about_touching]

    @property
    def said_before(self) -> list[checks.Finding]:
        """Copies that carry a correction as a reply already."""
        return [f for f in self.findings if f.code == said_before.CODE]

    @property
    def stops(self) -> list[checks.Finding]:
        """What keeps it from being asked for."""
        return [f for f in self.findings if f.severity is checks.Severity.STOP]


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to one copy when it is confirmed now; `act` None = nothing by itself."""

    copy: CopyOf
    act: Act | None
    words: str


def look(post: Post, copies: Sequence[CopyOf], typed: Typed, *, now: datetime) -> Look:
    """Compose every act that may be needed, and run the checks on the new words. At most one query. `post.revision` is
    what is corrected."""
    old = _revision(post)
    facts = old.facts if typed.facts is None else {k: v for k, v in typed.facts.items() if v not in ("", None)}
    facts = {k: v for k, v in facts.items() if k != "correction"}
    expires_at = moments.end_of_day(typed.expires_on, old.zone) if typed.expires_on else old.expires_at
    said = tuple(_said(post, old, copies, typed, now))
    candidate_ = _candidate(post, typed, facts, said, expires_at, now)
    found = [f for f in checks.run(candidate_) if not f.is_about_touching]
    touched, newly = _newly_touched(candidate_, old, copies, typed)
    found += newly
    if expires_at == old.expires_at:
        found = [f for f in found if f.code != "EXPIRY_PAST"]  # what has ended may still be put right
    found += said_before.warnings(copies, old.zone, now=now)
    own = {s.copy.channel.platform: s.text for s in said if s.copy.channel.is_own}
    page = own.get(Platform.WEBSITE) or own.get(Platform.INTERNAL) or own.get(Platform.FEED) or typed.text
    account = {"wrong": typed.was_wrong, "why": typed.reason, "apology": typed.apology}
    return Look(
        said=said,
        facts={**facts, "correction": account},
        page_text=page,
        expires_at=expires_at,
        findings=tuple(found),
        touched=touched,
    )


def _newly_touched(
    new: checks.Candidate, old: Revision, copies: Sequence[CopyOf], typed: Typed
) -> tuple[tuple[str, ...], list[checks.Finding]]:
    """What the new words point at and those that stand do not: it is taken as touched, unless somebody says why not."""
    shown = [str((c.publication.amended_by or c.publication).payload.get("text") or "") for c in copies]
    before = touches.in_words("\n".join([old.title, old.text, *map(str, old.facts.values()), *shown]))
    findings, flags = [], []
    for flag, words in touches.found(new).items():
        known = {word.lower() for word in before.get(flag, ())}
        if flag in old.flags or flag == Flag.MINOR_IMAGE or not (fresh := [w for w in words if w.lower() not in known]):
            continue
        why = typed.not_touched.strip()
        findings.append(touches.newly(flag, fresh, why))
        if len(why) < touches.LEAST_WHY:
            flags.append(flag.value)
    return tuple(flags), findings


def plans(copies: Iterable[CopyOf], frozen: Mapping[int, Iterable[str]], *, now: datetime) -> list[Plan]:
    """What becomes of each copy, for whoever asks and whoever confirms. `frozen`: the acts it has words for."""
    return [_plan(copy, set(frozen.get(copy.channel.pk, ())), now) for copy in copies if not copy.is_gone]


def due_act(copy: CopyOf, frozen: Iterable[str], *, now: datetime) -> Act | None:
    """What is done to a copy that stands, of the acts that were approved for it; None = nothing can be."""
    approved = set(frozen)
    if copy.is_retired:
        return None
    if Act.EDIT in approved and copy.may_edit(now=now):
        return Act.EDIT
    return Act.REPLY if Act.REPLY in approved else None


def changed(old: Revision, new: Look, typed: Typed) -> bool:
    """Whether anything differs from what stands."""
    before = {k: v for k, v in old.facts.items() if k != "correction"}
    after = {k: v for k, v in new.facts.items() if k != "correction"}
    if (old.title, old.text.strip(), before, old.expires_at) != (
        typed.title.strip(),
        typed.text.strip(),
        after,
        new.expires_at,
    ):
        return True
    own = {s.copy.channel.pk: own_words(s.copy) for s in new.said}
    return any(words.strip() != own.get(pk, "") for pk, words in typed.words.items())


def own_words(copy: CopyOf) -> str:
    """The words that a copy was given of its own, without the note of an earlier correction; empty = what all say."""
    shown = copy.publication.amended_by or copy.publication
    said = _NOTE.sub("", str(shown.payload["text"])).strip()
    return "" if shown.revision is None or said == shown.revision.text.strip() else said


# ---- what is said


def _said(post: Post, old: Revision, copies: Sequence[CopyOf], typed: Typed, now: datetime) -> Iterator[Said]:
    standing = [copy for copy in copies if not copy.is_gone and not copy.is_retired]
    has_page = any(copy.channel.platform == Platform.WEBSITE for copy in standing)
    link = candidate.page_url(post, typed.title) if has_page else ""
    foreign = _lent(post, standing)
    for copy in standing:
        shut = copy.channel.division_id != post.division_id and copy.channel.pk not in foreign
        if not copy.is_out and not shut:
            yield _compose(post, old, copy, Act.PUBLISH, _plain(copy, typed, standing), link, now, typed.title)
        if copy.may_edit(now=now):
            yield _edit(post, old, copy, typed, standing, link, now)
        if copy.may_need_reply:
            yield _reply(post, old, copy, typed, link, now)


def _lent(post: Post, copies: Sequence[CopyOf]) -> set[int]:
    """Ids of other divisions' channels that still take this division's posts; no query when none is waiting."""
    ids = [c.channel.pk for c in copies if c.channel.division_id != post.division_id and not c.is_out]
    if not ids:
        return set()
    rules = LinkRule.objects.filter(
        source_channel__division=post.division_id, target_channel__in=ids, revoked_at__isnull=True
    )
    return set(rules.values_list("target_channel", flat=True))


def _plain(copy: CopyOf, typed: Typed, copies: Sequence[CopyOf]) -> str:
    """The new words of a channel without any note; the feed follows the public page of its division."""
    own = typed.words.get(copy.channel.pk, "").strip()
    if not own and copy.channel.platform == Platform.FEED:
        page = next((c.channel.pk for c in copies if c.channel.platform == Platform.WEBSITE), 0)
        own = typed.words.get(page, "").strip()
    return own or typed.text.strip()


def _edit(
    post: Post, old: Revision, copy: CopyOf, typed: Typed, copies: Sequence[CopyOf], link: str, now: datetime
) -> Said:
    """On platforms a correction is visible: the longest note that fits stands below the words."""
    text = _plain(copy, typed, copies)
    if copy.channel.is_own:
        return _compose(post, old, copy, Act.EDIT, text, link, now, typed.title)
    at = dateformat.format(now.astimezone(ZoneInfo(old.zone)), "M j, g:i a")
    notes = (f"\n\nCorrected {at}: {typed.was_wrong.strip()}", f"\n\nCorrected {at}", "\n(Corrected)")
    return _first_that_fits(_compose(post, old, copy, Act.EDIT, text + note, link, now, typed.title) for note in notes)


def _reply(post: Post, old: Revision, copy: CopyOf, typed: Typed, link: str, now: datetime) -> Said:
    """What was wrong and what is right; where that does not fit, what was wrong and the way to the page."""
    own, wrong = typed.replies.get(copy.channel.pk, "").strip(), f"Correction: {typed.was_wrong.strip()}"
    right = typed.words.get(copy.channel.pk, "").strip() or typed.text.strip()
    sorry = f"{wrong} {typed.apology.strip()}" if typed.apology.strip() else wrong
    texts = [own] if own else [f"{sorry}\n\n{right}", f"{wrong}\n\n{right}", *((sorry, wrong) if link else ())]
    return _first_that_fits(_compose(post, old, copy, Act.REPLY, text, link, now, typed.title) for text in texts)


def _first_that_fits(several: Iterator[Said]) -> Said:
    """The first without a stop, else the last: its stop is told to the person, nothing is shortened here."""
    last = None
    for last in several:
        if not any(p.severity == "stop" for p in last.rendered.problems):
            return last
    assert last is not None
    return last


def _compose(
    post: Post, old: Revision, copy: CopyOf, act: Act, text: str, link: str, now: datetime, title: str
) -> Said:
    channel: Channel = copy.channel
    variant = copy.publication.variant
    pictures = tuple(variant.media.all()) if variant and act != Act.REPLY else ()
    connector = registry.get(channel.platform, channel.mode)
    link = "" if channel.is_own else link
    outgoing = Outgoing(
        act=WireAct(act),
        key="preview",
        planned_at=now,
        title=title,
        text=text,
        language=old.language,
        link=link or None,
        media=carried.of_rows(pictures),
    )
    rendered = connector.render(outgoing, capabilities_of(copy.channel))
    return Said(copy=copy, act=act, text=text, link=link, media=pictures, rendered=rendered)


def _candidate(
    post: Post,
    typed: Typed,
    facts: Mapping[str, Any],
    said: Sequence[Said],
    expires_at: datetime | None,
    now: datetime,
) -> checks.Candidate:
    pictures = {m.sha256: m for s in said for m in s.media}.values()
    return checks.Candidate(
        kind=post.kind,
        audience=post.audience,
        title=typed.title,
        text=typed.text,
        facts={name: value for name, value in facts.items() if name != "correction"},
        own_words=(typed.was_wrong, typed.apology, *typed.words.values(), *typed.replies.values()),
        variants=tuple(
            checks.VariantCandidate(
                channel=s.key,
                label=f"{s.copy.channel} (reply)" if s.act == Act.REPLY else str(s.copy.channel),
                platform=s.copy.channel.platform,
                rendered=s.rendered,
            )
            for s in said
        ),
        pictures=tuple(_picture(m) for m in pictures),
        now=now,
        expires_at=expires_at,
    )


def _picture(m: RevisionMedia) -> checks.Picture:
    return checks.Picture(
        name=m.asset.original_name,
        alt=m.alt,
        credit=m.credit,
        is_video=m.is_video,
        captioned=bool(m.captions_sha256),
        no_speech=m.no_speech,
    )


def _plan(copy: CopyOf, frozen: set[str], now: datetime) -> Plan:
    if copy.is_retired:
        return Plan(copy, None, "The account is retired: nothing is done there any more.")
    if copy.is_in_doubt:
        return Plan(copy, None, "Nobody knows yet whether it is out. When it is found, one press corrects it.")
    if copy.is_not_out:
        return Plan(copy, Act.PUBLISH, "Not out yet: it goes out with the new words only.")
    act = due_act(copy, frozen, now=now)
    if copy.channel.is_own and act:
        return Plan(copy, act, "Corrected in place; the old words stay readable.")
    if copy.is_by_hand and act:
        return Plan(copy, act, "Posted by hand: a person corrects it there and says that it is done.")
    if act == Act.EDIT:
        return Plan(copy, act, "Edited in place, with a note that it was corrected.")
    if act == Act.REPLY:
        return Plan(copy, act, "It cannot be edited there any more: the correction is posted as a reply.")
    return Plan(copy, None, "Nothing can be done there: it keeps the old words.")


def _revision(post: Post) -> Revision:
    if post.revision is None:
        raise ValueError("a post without a revision has no words to correct")
    return post.revision
