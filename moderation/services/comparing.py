"""Compares what an account shows with what it should show. Pure: no query, no call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors import matching
from connectors.contract import Profile, Remote
from moderation.selectors import words
from moderation.selectors.expected import Copy, Expectation
from moderation.states import DriftKind
from posts.models import Delivery
from posts.states import DeliveryState

JUST_SENT = timedelta(minutes=15)
PROFILE = "profile"
_NAMES, _ABOUT = ("name", "handle"), ("text", "link", "picture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference, not yet a case. `copy` = the copy of ours that it is about."""

    kind: DriftKind
    remote_id: str
    url: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    happened_at: datetime | None = None
    copy: Copy | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same state, however often it is seen; of a profile, for the same change."""
        told = [self.expected, self.shown] if self.remote_id == PROFILE else fingerprint_of(self.shown)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def key(self) -> tuple[str, str, str]:
        """What a case is known by on its channel."""
        return (self.kind.value, self.remote_id, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it: differences, and copies of ours that were not in what was listed."""

    findings: tuple[Finding, ...]
    absent: tuple[Copy, ...]


def posts(
    shown: Iterable[Remote],
    expectation: Expectation,
    outside: Mapping[str, Mapping[str, Any]],
    *,
    seen_from: datetime,
    watched_from: datetime,
    now: datetime,
) -> Compared:
    """Compare the listed posts, which reach back to `seen_from`.

    `outside` are states of posts that are not ours and known from earlier cases, by their id; what is older than
    `watched_from` was there before us.
    """
    findings: list[Finding] = []
    seen: set[int] = set()
    for remote in shown:
        copy = copy_of(remote, expectation)
        if copy is not None:
            seen.add(copy.delivery.pk)
            findings += against(remote, copy)
        elif remote.created_at >= watched_from and not _is_ours(remote, expectation, now):
            findings += _strange(remote, outside)
    absent = [c for c in expectation.copies if c.delivery.pk not in seen and c.settled and c.out_since >= seen_from]
    return Compared(tuple(findings), tuple(absent))


def copy_of(remote: Remote, expectation: Expectation) -> Copy | None:
    """Which copy of ours a post is: by an id it has or had, by its address; proven by a pasted link, by its words."""
    for key in (remote.remote_id, *remote.versions, remote.url):
        if key and key in expectation.by_id:
            return expectation.by_id[key]
    pasted = (copy for copy in expectation.copies if not copy.has_id)
    return next((copy for copy in pasted if _same_words(remote, copy)), None)


def against(remote: Remote, copy: Copy) -> list[Finding]:
    """What differs between a post and the copy it is: at most one finding, the gravest."""
    if not copy.settled:
        return []
    kind = _difference(remote, copy)
    if kind is None:
        return []
    return [
        Finding(
            kind=kind,
            remote_id=remote.remote_id,
            url=remote.url,
            expected=said_by(copy),
            shown=state_of(remote),
            copy=copy,
        )
    ]


def deleted(copy: Copy) -> Finding:
    """A copy of ours that is not there any more."""
    row = copy.delivery
    return Finding(
        kind=DriftKind.DELETED, remote_id=copy.newest_id, url=row.remote_url, expected=said_by(copy), copy=copy
    )


def profile(known: Mapping[str, str], told: Profile) -> tuple[list[Finding], dict[str, str]]:
    """What changed above the posts, and the profile as it is known from now on. The first one seen is the measure."""
    now_known = {**known, **{name: value for name in (*_NAMES, *_ABOUT) if (value := getattr(told, name)) is not None}}
    findings = []
    for kind, names in ((DriftKind.PROFILE_NAME, _NAMES), (DriftKind.PROFILE_TEXT, _ABOUT)):
        changed = [name for name in names if name in known and known[name] != now_known[name]]
        if changed:
            before, after = ({n: d[n] for n in changed} for d in (known, now_known))
            findings.append(Finding(kind=kind, remote_id=PROFILE, expected=before, shown=after))
    return findings, now_known


def state_of(remote: Remote) -> dict[str, Any]:
    """A post as it stands there, in plain values."""
    return {
        "text": remote.text,
        "links": sorted(set(remote.links)),
        "pictures": remote.pictures,
        "created_at": remote.created_at.isoformat(),
        "ours": remote.ours,
    }


def said_by(copy: Copy) -> dict[str, Any]:
    """A copy as it should stand there, in plain values."""
    return {"text": copy.texts[0], "links": sorted(copy.links), "pictures": copy.pictures}


def fingerprint_of(shown: Mapping[str, Any]) -> list[Any]:
    """What of a state makes it another one: words, links, pictures."""
    if not shown:
        return []
    return [matching.normalised(shown["text"]), shown["links"], shown["pictures"]]


def _difference(remote: Remote, copy: Copy) -> DriftKind | None:
    if not _same_words(remote, copy):
        return DriftKind.EDITED
    if remote.pictures is not None and remote.pictures != copy.pictures:
        return DriftKind.PICTURES
    return DriftKind.LINK if _other_links(remote, copy) else None


def _same_words(remote: Remote, copy: Copy) -> bool:
    return any(words.same(remote.text, text, has_links=bool(remote.links)) for text in copy.texts)


def _other_links(remote: Remote, copy: Copy) -> bool:
    """A link of ours is missing, or the text leads somewhere else besides. The platform's own do not count."""
    in_text = {words.key(found): words.host(found) for found in words.addresses(remote.text)}
    shown = {words.key(link) for link in remote.links} | set(in_text)
    ours = {words.key(link) for link in copy.links}
    if ours - shown:
        return True
    own = words.host(remote.url)
    named = words.names_in(copy.texts[0])
    return any(k not in ours and k not in named and place != own for k, place in in_text.items())


def _is_ours(remote: Remote, expectation: Expectation, now: datetime) -> bool:
    """Known by its id (taken down, too), or perhaps one that went out without our having heard so yet.

    So is an answer to a comment when a person said afterwards that it is answered there: that is who and why.
    """
    if not expectation.known.isdisjoint((remote.remote_id, *remote.versions)):
        return True
    answered_at = expectation.answered.get(remote.answers)
    if answered_at is not None and remote.created_at <= answered_at:
        return True
    if any(_may_be(remote, row) for row in expectation.pending):
        return True
    flying = any(row.state == DeliveryState.IN_FLIGHT for row in expectation.pending)
    return flying and remote.ours is True and remote.created_at >= now - JUST_SENT


def _may_be(remote: Remote, row: Delivery) -> bool:
    link, text = row.payload["link"], row.payload["text"]
    linked = bool(link) and words.key(link) in {words.key(found) for found in remote.links}
    plain = words.same(remote.text, text, has_links=bool(remote.links))
    return linked or plain or remote.remote_id in row.step_state.values()


def _strange(remote: Remote, outside: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """A post that is not ours: new, or known from an earlier case and changed since."""
    state = state_of(remote)
    known = next((outside[i] for i in (remote.remote_id, *reversed(remote.versions)) if i in outside), None)
    if known is not None and fingerprint_of(known) == fingerprint_of(state):
        return []
    return [
        Finding(
            kind=DriftKind.POSTED if known is None else DriftKind.EDITED,
            remote_id=remote.remote_id,
            url=remote.url,
            expected=known or {},
            shown=state,
            happened_at=remote.created_at if known is None else None,
        )
    ]
