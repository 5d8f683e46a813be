"""A draft as it would go out: what the preview shows, the counters count and the checks look at. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from connectors import registry
from connectors.contract import Act, Media, Outgoing, Rendered
from divisions.errors import BadInput
from divisions.models import Channel
from divisions.states import Platform
from posts import checks
from posts.models import Draft, MediaAsset, Post
from posts.models.post import When
from posts.selectors import moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One channel of a draft: what would go out and how it counts."""

    channel: Channel
    text: str
    own_words: bool
    rendered: Rendered
    link: str


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
    """Render every chosen channel and run the checks. Four queries, however many channels and pictures."""
    post = draft.post
    variants = list(draft.variants.select_related("channel__division"))
    pictures = tuple(use.asset for use in draft.media.select_related("asset"))
    link = page_url(post, draft.title) if any(v.channel.platform == Platform.WEBSITE for v in variants) else ""
    previews = tuple(
        _preview(draft, v.channel, v.text, "" if v.channel.is_own else link, pictures, now) for v in variants
    )
    due_at, expires_at, problems = _times(draft)
    found = checks.run(_candidate(post, draft, previews, pictures, due_at, expires_at, now))
    findings = (*problems, *found)
    return Look(previews=previews, pictures=pictures, due_at=due_at, expires_at=expires_at, findings=findings)


def page_url(post: Post, title: str) -> str:
    """The canonical address that every copy links to."""
    return f"{settings.BASE_URL}{post.address(title)}"


def media_of(assets: Iterable[MediaAsset]) -> tuple[Media, ...]:
    """Library pictures as the connectors see them."""
    return tuple(
        Media(
            sha256=a.sha256,
            mime=a.mime,
            alt=a.alt_text,
            credit=a.credit,
            width=a.width,
            height=a.height,
            size_bytes=a.size_bytes,
        )
        for a in assets
    )


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
    outgoing = Outgoing(
        act=Act.PUBLISH,
        key="preview",
        planned_at=now,
        title=draft.title,
        text=text,
        language=draft.language,
        link=link or None,
        media=media_of(pictures),
    )
    rendered = connector.render(outgoing, connector.capabilities())
    return Preview(channel=channel, text=text, own_words=own is not None, rendered=rendered, link=link)


def _times(draft: Draft) -> tuple[datetime | None, datetime | None, tuple[checks.Finding, ...]]:
    problems: list[checks.Finding] = []
    due_at = None
    if draft.when == When.AT:
        try:
            due_at = moments.moment(draft.wall_time, draft.zone)
        except BadInput as error:
            message = error.message if draft.wall_time else "No time is chosen."
            problems.append(
                checks.Finding(
                    code="TIME_UNCLEAR",
                    severity=checks.Severity.STOP,
                    message=message,
                    cure=error.cure if draft.wall_time else "Pick a day and a time, or “As soon as approved”.",
                    field="wall_time",
                )
            )
    expires_at = moments.end_of_day(draft.expires_on, draft.zone) if draft.expires_on else None
    return due_at, expires_at, tuple(problems)


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
        variants=tuple(
            checks.VariantCandidate(
                channel=p.channel.slug,
                label=str(p.channel),
                platform=p.channel.platform,
                rendered=p.rendered,
            )
            for p in previews
        ),
        pictures=tuple(checks.Picture(name=a.original_name, alt=a.alt_text, credit=a.credit) for a in pictures),
        now=now,
        due_at=due_at,
        expires_at=expires_at,
    )
