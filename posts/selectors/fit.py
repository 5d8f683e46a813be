"""Whether a frozen revision still fits its channels: their own checks again, with their limits as they are now.

Limits and accounts change between submitting and approving; the words do not. Reads only.
"""

from __future__ import annotations

from divisions.states import ChannelState
from posts import checks
from posts.checks import Finding, Severity
from posts.models import Revision
from posts.selectors import review


def problems(revision: Revision) -> list[Finding]:
    """The stops that the channels themselves name now. Two queries, however many channels."""
    previews = review.previews(revision)
    candidate = checks.Candidate(
        kind=revision.post.kind,
        audience=revision.post.audience,
        title=revision.title,
        text=revision.text,
        variants=tuple(
            checks.VariantCandidate(
                channel=p.channel.slug, label=str(p.channel), platform=p.channel.platform, rendered=p.rendered
            )
            for p in previews
        ),
        now=revision.created_at,
    )
    found = [finding for finding in checks.channels.check(candidate) if finding.severity is Severity.STOP]
    gone = [p.channel for p in previews if p.channel.state == ChannelState.RETIRED]
    return [*found, *(_retired(channel.slug, str(channel)) for channel in gone)]


def _retired(slug: str, name: str) -> Finding:
    return Finding(
        code="CHANNEL_RETIRED",
        severity=Severity.STOP,
        message=f"{name} is retired.",
        cure="The author can leave it out.",
        field="channels",
        channel=slug,
    )
