"""A draft as it would go out: what the preview shows, the counters count and the checks look at. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from connectors import registry
from connectors.contract import Act, Outgoing, Rendered
from divisions.errors import BadInput
from divisions.models import Channel
from divisions.services.accounts import capabilities_of
from divisions.states import Platform
from posts import checks
from posts.models import Draft, MediaAsset, Post, RevisionMedia
from posts.models.post import When
from posts.selectors import carried, moments, repeat_checks, windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One channel of a draft: what would go out and how it counts."""

    channel: Channel
    text: str
    own_words: bool
    rendered: Rendered
    link: str
    media: tuple[MediaAsset | RevisionMedia, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A whole draft as it would go out, with everything the checks found."""

    previews: tuple[Preview, ...]
    pictures: tuple[MediaAsset, ...]
    due_at: datetime | None
    expires_at: datetime | None
    findings: tuple[checks.Finding, ...]

    @property
    def stops(self) -> list[checks.Finding]:
        """The findings that keep it from being submitted."""
        return [f for f in self.findings if f.severity is checks.Severity.STOP]


def look(draft: Draft, *, now: datetime) -> Look:
    """Render every chosen channel of a saved draft and run the checks. Four queries, however many channels."""
    words = [(v.channel, v.text) for v in draft.variants.select_related("channel__division")]
    pictures = [use.asset for use in draft.media.select_related("asset")]
    return look_at(draft, words, pictures, now=now)


def look_at(
    draft: Draft, words: Sequence[tuple[Channel, str | None]], pictures: Sequence[MediaAsset], *, now: datetime
) -> Look:
    """The same for what is only typed yet: `draft`, its post and the pictures may be unsaved copies. No query.

    `words` are the chosen channels, each with its own words or None for the same words.
    """
    post = draft.post
    shown = tuple(pictures)
    link = page_url(post, draft.title) if any(c.platform == Platform.WEBSITE for c, _ in words) else ""
    previews = tuple(_preview(draft, c, own, "" if c.is_own else link, shown, now) for c, own in words)
    due_at, expires_at, problems = _times(draft)
    found = checks.run(_candidate(post, draft, previews, shown, due_at, expires_at, now))
    again = repeat_checks.of(draft, [p.channel for p in previews if not p.link])
    return Look(
        previews=previews, pictures=shown, due_at=due_at, expires_at=expires_at, findings=(*problems, *again, *found)
    )


def page_url(post: Post, title: str) -> str:
    """The canonical address that every copy links to."""
    return f"{settings.BASE_URL}{post.address(title)}"


def _preview(
    draft: Draft,
    channel: Channel,
    own: str | None,
    link: str,
    pictures: tuple[MediaAsset, ...],
    now: datetime,
) -> Preview:
    text = draft.text if own is None else own
    connector = registry.get(channel.platform, channel.mode)
    capabilities = capabilities_of(channel)
    taken = tuple(asset for asset in pictures if carried.takes(asset, capabilities))
    outgoing = Outgoing(
        act=Act.PUBLISH,
        key="preview",
        planned_at=now,
        title=draft.title,
        text=text,
        language=draft.language,
        link=link or None,
        media=carried.of_assets(taken),
    )
    rendered = connector.render(outgoing, capabilities)
    return Preview(channel=channel, text=text, own_words=own is not None, rendered=rendered, link=link, media=taken)


def _times(draft: Draft) -> tuple[datetime | None, datetime | None, tuple[checks.Finding, ...]]:
    problems: list[checks.Finding] = []
    due_at = None
    if draft.when == When.AT:
        try:
            due_at = moments.moment(draft.wall_time, draft.zone)
            if moments.shows_twice(draft.wall_time, draft.zone):
                problems.append(_twice(draft.wall_time))
        except BadInput as error:
            message, cure = _unclear(draft.wall_time, error)
            problems.append(
                checks.Finding(
                    code="TIME_UNCLEAR",
                    severity=checks.Severity.STOP,
                    message=message,
                    cure=cure,
                    field="wall_time",
                )
            )
    expires_at = moments.end_of_day(draft.expires_on, draft.zone) if draft.expires_on else None
    return due_at, expires_at, tuple(problems)


def _twice(wall_time: str) -> checks.Finding:
    clock = wall_time.partition("T")[2][:5]
    return checks.Finding(
        code="TIME_TWICE",
        severity=checks.Severity.NOTE,
        message=f"The clock shows {clock} twice that night: summer time ends.",
        cure="It goes out the first time. Pick another time if you mean the second.",
        field="wall_time",
    )


def _unclear(wall_time: str, error: BadInput) -> tuple[str, str]:
    """A half-filled time in plain words; day and clock are two fields of the form."""
    day, _, clock = wall_time.partition("T")
    if not day and not clock:
        return "No time is chosen.", "Pick a day and a time, or “As soon as approved”."
    if not day or not clock:
        return ("The day is missing.", "Pick it.") if not day else ("The time of day is missing.", "Pick it.")
    return error.message, error.cure


def _candidate(
    post: Post,
    draft: Draft,
    previews: tuple[Preview, ...],
    pictures: tuple[MediaAsset, ...],
    due_at: datetime | None,
    expires_at: datetime | None,
    now: datetime,
) -> checks.Candidate:
    return checks.Candidate(
        kind=post.kind,
        audience=post.audience,
        title=draft.title,
        text=draft.text,
        facts=draft.facts,
        flags=tuple(draft.flags),
        not_touched=draft.not_touched,
        own_words=tuple(p.text for p in previews if p.own_words),
        variants=tuple(
            checks.VariantCandidate(
                channel=p.channel.slug,
                label=str(p.channel),
                platform=p.channel.platform,
                rendered=p.rendered,
                window=windows.of(p.channel, draft),
                left_out=tuple(a.is_video for a in pictures if a not in p.media),
                link=p.link,
            )
            for p in previews
        ),
        pictures=tuple(_picture(a) for a in pictures),
        now=now,
        due_at=due_at,
        expires_at=expires_at,
    )


def _picture(asset: MediaAsset) -> checks.Picture:
    return checks.Picture(
        name=asset.original_name,
        alt=asset.alt_text,
        credit=asset.credit,
        is_video=asset.is_video,
        state=asset.state,
        captioned=bool(asset.captions_sha256),
        no_speech=asset.no_speech,
    )
