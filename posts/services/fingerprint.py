"""The content hash: one sha256 over everything an approval covers (P1, docs/adr/0015).

Computed from the stored rows and, for pictures, from the stored rendition bytes themselves, never from a cached value.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from posts.models import Revision, RevisionMedia, Variant
from posts.services import stored

Pictures = Mapping[int, Sequence[RevisionMedia]]

_VARIANTS = """
SELECT v.id, v.revision_id, c.slug, v.act, v.text, v.link,
    EXISTS (SELECT 1 FROM posts_revisionmedia m WHERE m.variant_id = v.id)
FROM posts_variant v JOIN divisions_channel c ON c.id = v.channel_id WHERE v.revision_id = ANY(%s)
"""


def of_revision(revision: Revision) -> str:
    """Hash a revision as it stands in the database and the storage now, 64 hex digits. What the gate compares."""
    return of_revisions([revision])[revision.pk]


def of_revisions(revisions: Sequence[Revision]) -> dict[int, str]:
    """The same for several, by id. Two queries at most, however many; needs `post` loaded."""
    return with_pictures(revisions)[0]


def with_pictures(revisions: Sequence[Revision]) -> tuple[dict[int, str], Pictures]:
    """The same, and the pictures of all their variants by variant id: read once for the hash and the payload."""
    said: dict[int, list[dict[str, Any]]] = {revision.pk: [] for revision in revisions}
    with connection.cursor() as cursor:
        cursor.execute(_VARIANTS, [list(said)])
        variants = cursor.fetchall()
    pictures = pictures_of(revisions) if any(has_pictures for *_, has_pictures in variants) else {}
    actual = {
        sha: stored.hash_of(sha) for sha in {sha for several in pictures.values() for p in several for sha in _files(p)}
    }
    for pk, revision, *words, _ in variants:
        said[revision].append(_said(*words, pictures=pictures.get(pk, ()), actual=actual))
    return {revision.pk: _of(revision, said[revision.pk]) for revision in revisions}, pictures


def pictures_of(revisions: Sequence[Revision]) -> dict[int, list[RevisionMedia]]:
    """The pictures of all variants of revisions, by variant id. One query."""
    found: dict[int, list[RevisionMedia]] = {}
    for picture in RevisionMedia.objects.filter(variant__revision__in=revisions):
        found.setdefault(picture.variant_id, []).append(picture)
    return found


def of_parts(revision: Revision, variants: Sequence[Variant], pictures: Sequence[RevisionMedia]) -> str:
    """Hash rows that may not be saved yet."""
    by_variant: dict[int, list[RevisionMedia]] = {id(v): [] for v in variants}
    owner = {v.pk: id(v) for v in variants if v.pk}
    for picture in pictures:
        key = id(picture.variant) if id(picture.variant) in by_variant else owner[picture.variant_id]
        by_variant[key].append(picture)
    return _of(
        revision,
        [_said(v.channel.slug, v.act, v.text, v.link, pictures=by_variant[id(v)], actual={}) for v in variants],
    )


def _of(revision: Revision, said: Sequence[dict[str, Any]]) -> str:
    return _digest(
        _repeats(revision)
        | {
            "post": revision.post_id,
            "kind": revision.post.kind,
            "facts": {
                "title": revision.title,
                "text": revision.text,
                "html": revision.html,
                "flags": sorted(revision.flags),
                "facts": revision.facts,
            },
            "language": revision.language,
            "expires_at": revision.expires_at,
            "not_before": revision.not_before,
            "not_after": revision.not_after,
            "channels": sorted(said, key=lambda c: (c["channel"], c["act"])),
        }
    )


def _repeats(revision: Revision) -> dict[str, Any]:
    """How it repeats, with the wall clock and the zone that count it out; nothing where it goes out once."""
    if not revision.repeats:
        return {}
    return {"repeats": {"rule": revision.repeats, "wall_time": revision.wall_time, "zone": revision.zone}}


def of_payload(payload: dict[str, Any]) -> str:
    """Hash a delivery's frozen payload, 64 hex digits."""
    return _digest(payload)


def _said(
    channel: str, act: str, text: str, link: str, *, pictures: Sequence[RevisionMedia], actual: Mapping[str, str]
) -> dict[str, Any]:
    """What is said on one channel. `actual` maps a picture's file name to the hash of its stored bytes."""
    ordered = sorted(pictures, key=lambda p: p.position)
    return {
        "channel": channel,
        "act": act,
        "text": text,
        "link": link,
        "media": [_shown(p, actual) for p in ordered],
    }


def _shown(picture: RevisionMedia, actual: Mapping[str, str]) -> dict[str, Any]:
    """One picture or video. Keys that a picture lacks stand only where they say something: old hashes stay valid."""
    said: dict[str, Any] = {
        "sha256": actual.get(picture.sha256, picture.sha256),
        "alt": picture.alt,
        "credit": picture.credit,
    }
    if poster := picture.poster_sha256:
        said["poster"] = actual.get(poster, poster)
    if captions := picture.captions_sha256:
        said["captions"] = actual.get(captions, captions)
    if picture.no_speech:
        said["no_speech"] = True
    return said


def _files(picture: RevisionMedia) -> list[str]:
    return [sha for sha in (picture.sha256, picture.poster_sha256, picture.captions_sha256) if sha]


def _digest(value: Any) -> str:
    text = _written(value)
    if not unicodedata.is_normalized("NFC", text):
        text = _written(_plain(value))
    return hashlib.sha256(text.encode()).hexdigest()


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """NFC text, RFC 3339 UTC times: the same content gives the same bytes wherever it is computed.

    The walk is left out where the written text is in NFC as a whole: then each string in it is, as every part of NFC
    text is NFC.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
