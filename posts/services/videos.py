"""Videos of the library: takes one in and seals it, has its clean copy made, keeps its poster and captions.

What is inside a video file is `video`'s, what captions may say is `captions`'. The row is the queue: a tick looks for
what is PROCESSING, so nothing is lost with a broker or a worker.
"""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from PIL.Image import Image

from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Division, User
from divisions.permissions import Right
from posts.models import MediaAsset, MediaState
from posts.services import captions, media, video

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # renewed with the progress; a worker that died gives its video back after it
MAX_TRIES = 3  # workers that may die over one video before a person is asked
POSTER_SIDE = 1280
_ONE_AT_A_TIME = 7_215_001  # advisory lock: who looks for the next video
_GAVE_UP = "Making the copy was broken off three times. Press “Try again”; if it fails once more, export it anew."


# ---- taking one in


@transaction.atomic
def add(
    *,
    division: Division,
    name: str,
    file: IO[bytes],
    size_bytes: int,
    by: User | None,
    alt_text: str = "",
    credit: str = "",
    now: datetime | None = None,
) -> MediaAsset:
    """Take one video into the division's library; its clean copy is made by the next tick (`make_one`).

    Raises BadInput (field `file`) for more than VIDEO_MAX_BYTES or VIDEO_MAX_S, a container or codec that is not
    taken, a damaged file; NotAllowed without `draft_post`.
    """
    access.require(by, Right.DRAFT_POST, division)
    facts = video.look(file, size_bytes)
    original = f"originals/{uuid.uuid4().hex}"
    digest = media.hash_of(file)
    file.seek(0)
    default_storage.save(original, File(file))
    asset = MediaAsset(
        division=division,
        uploaded_by=by,
        created_at=now or timezone.now(),
        original_name=name[-200:],
        original_path=original,
        original_sha256=digest,
        mime=video.MIME,
        width=facts.width,
        height=facts.height,
        size_bytes=size_bytes,
        duration_ms=round(facts.duration_s * 1000),
        alt_text=alt_text.strip(),
        credit=credit.strip(),
        state=MediaState.PROCESSING,
    )
    asset.full_clean(exclude=["uploaded_by"])
    asset.save()
    media.remember("posts.media.added", asset, by, now, {"name": asset.original_name, "original_sha256": digest})
    return asset


# ---- making the clean copy


class _Taken(Exception):
    """Somebody else has the video now: this worker was thought dead."""


def make_one(*, now: datetime | None = None) -> MediaAsset | None:
    """Make the clean copy of the video that has waited longest; None when there is none, or one is being made.

    Takes as long as it takes (VIDEO_WORK_S at most). Files first, then one transaction with the row and the ledger.
    """
    asset = _claim(now or timezone.now())
    if asset is None:
        return None
    try:
        _make(asset, now)
    except _Taken:
        log.warning("video %s: another worker has taken it over", asset.pk)
    except (video.CannotBeMade, BadInput, OSError) as error:
        _fail(asset, _words_of(error), now)
    except Exception:
        log.exception("video %s: making its copy went wrong", asset.pk)
        _fail(asset, "Making the copy went wrong. Press “Try again”; if it fails once more, export it anew.", now)
    return MediaAsset.objects.get(pk=asset.pk)


def _words_of(error: Exception) -> str:
    if isinstance(error, OSError):
        return "The file could not be read or written. Press “Try again”; if it fails once more, tell who runs this."
    return str(error)[:300]


@transaction.atomic
def _claim(now: datetime) -> MediaAsset | None:
    """The next video, with this worker's mark on it. One at a time in the house: there are posts to send."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    waiting = MediaAsset.objects.filter(state=MediaState.PROCESSING).order_by("created_at", "pk")
    if waiting.filter(work_until__gt=now).exists():
        return None
    for asset in waiting.select_for_update(of=("self",), skip_locked=True).select_related("division")[:MAX_TRIES]:
        if asset.tries >= MAX_TRIES:
            _write_failure(asset, _GAVE_UP, now)
            continue
        asset.tries += 1
        asset.work_by, asset.work_until, asset.progress = uuid.uuid4().hex, now + LEASE, 0
        asset.save(update_fields=["tries", "work_by", "work_until", "progress"])
        return asset
    return None


def _make(asset: MediaAsset, now: datetime | None) -> None:
    with tempfile.TemporaryDirectory(prefix="video-") as folder:
        target = Path(folder) / "clean.mp4"
        with default_storage.open(asset.original_path) as original:
            facts = video.look(original, original.size)
            width, height = video.clean(original, facts, str(target), _teller(asset))
        posters = [
            {"sha256": media.store(media.jpeg(picture)), "at_ms": at_ms, "thumb": media.store(_thumb(picture))}
            for at_ms, picture in video.stills(str(target), POSTER_SIDE)
        ]
        sha256 = _keep(target)
        size_bytes = target.stat().st_size
    asset.width, asset.height, asset.size_bytes = width, height, size_bytes
    asset.sha256, asset.posters = sha256, posters
    asset.poster_sha256, asset.thumb_sha256 = str(posters[0]["sha256"]), str(posters[0]["thumb"])
    _settle(asset, now)


def _thumb(picture: Image) -> bytes:
    small = picture.copy()
    small.thumbnail((media.THUMB_SIDE, media.THUMB_SIDE))
    return media.jpeg(small)


def _keep(path: Path) -> str:
    with path.open("rb") as file:
        sha256 = media.hash_of(file)
        if not default_storage.exists(media.path_of(sha256)):
            file.seek(0)
            default_storage.save(media.path_of(sha256), File(file))
    return sha256


def _teller(asset: MediaAsset) -> Callable[[int], None]:
    """Writes the progress and renews the lease, every second at most; raises `_Taken` when the lease is lost."""
    told = {"at": timezone.now()}

    def tell(percent: int) -> None:
        moment = timezone.now()
        if moment - told["at"] < timedelta(seconds=1):
            return
        told["at"] = moment
        mine = MediaAsset.objects.filter(pk=asset.pk, work_by=asset.work_by, state=MediaState.PROCESSING)
        if not mine.update(progress=percent, work_until=moment + LEASE):
            raise _Taken

    return tell


@transaction.atomic
def _settle(asset: MediaAsset, now: datetime | None) -> None:
    """The copy is there. Only what the work made is written: words may have been changed meanwhile."""
    _still_mine(asset)
    asset.state, asset.progress, asset.problem = MediaState.READY, 100, ""
    asset.work_by, asset.work_until = "", None
    made = ("width", "height", "size_bytes", "sha256", "posters", "poster_sha256", "thumb_sha256")
    asset.save(update_fields=[*made, "state", "progress", "problem", "work_by", "work_until"])
    about: dict[str, object] = {"sha256": asset.sha256, "poster": asset.poster_sha256, "duration_ms": asset.duration_ms}
    media.remember("posts.media.made_ready", asset, None, now, about)


@transaction.atomic
def _fail(asset: MediaAsset, problem: str, now: datetime | None) -> None:
    try:
        _still_mine(asset)
    except _Taken:
        return
    _write_failure(asset, problem, now)


def _still_mine(asset: MediaAsset) -> None:
    rows = MediaAsset.objects.select_for_update(of=("self",))
    if not rows.filter(pk=asset.pk, work_by=asset.work_by, state=MediaState.PROCESSING).exists():
        raise _Taken


def _write_failure(asset: MediaAsset, problem: str, now: datetime | None) -> None:
    asset.state, asset.problem, asset.work_by, asset.work_until = MediaState.FAILED, problem, "", None
    asset.save(update_fields=["state", "problem", "work_by", "work_until"])
    media.remember("posts.media.failed", asset, None, now, {"problem": problem})


# ---- what a person does with one


@transaction.atomic
def try_again(*, asset: MediaAsset, by: User | None, now: datetime | None = None) -> MediaAsset:
    """Have the copy made once more from the sealed original. Raises WrongMoment when it has not failed."""
    row = _locked(asset, by)
    if row.state != MediaState.FAILED:
        raise WrongMoment("This video has not failed.", cure="Look at it again.")
    row.state, row.problem, row.tries, row.progress = MediaState.PROCESSING, "", 0, 0
    row.save(update_fields=["state", "problem", "tries", "progress"])
    media.remember("posts.media.tried_again", row, by, now, {})
    return row


@transaction.atomic
def describe(
    *,
    asset: MediaAsset,
    alt_text: str,
    credit: str,
    captions: str,
    no_speech: bool,
    poster: str,
    by: User | None,
    now: datetime | None = None,
) -> MediaAsset:
    """Everything a person says of a video at once, all or nothing; `poster` empty = as it is.

    Raises what `media.describe`, `caption` and `choose_poster` raise.
    """
    media.describe(asset=asset, alt_text=alt_text, credit=credit, by=by, now=now)
    row = caption(asset=asset, text=captions, no_speech=no_speech, by=by, now=now)
    return choose_poster(asset=row, sha256=poster, by=by, now=now) if poster else row


@transaction.atomic
def choose_poster(*, asset: MediaAsset, sha256: str, by: User | None, now: datetime | None = None) -> MediaAsset:
    """Show another of its three stills before it plays. What was submitted keeps its own.

    Raises BadInput (field `poster`) for any other picture.
    """
    row = _locked(asset, by)
    chosen = next((still for still in row.posters if still["sha256"] == sha256), None)
    if chosen is None:
        raise BadInput("poster", "That is none of its three pictures.", cure="Choose one of them.")
    if row.poster_sha256 == sha256:
        return row
    row.poster_sha256, row.thumb_sha256 = chosen["sha256"], chosen["thumb"]
    row.save(update_fields=["poster_sha256", "thumb_sha256"])
    media.remember("posts.media.poster_chosen", row, by, now, {"sha256": sha256, "at_ms": chosen["at_ms"]})
    return row


@transaction.atomic
def caption(
    *, asset: MediaAsset, text: str, no_speech: bool, by: User | None, now: datetime | None = None
) -> MediaAsset:
    """Keep captions (WebVTT or SRT; empty = none), or say that nobody speaks. What was submitted keeps its own.

    Raises BadInput (field `captions`, with the line) for what no player would understand, or for both at once.
    """
    row = _locked(asset, by)
    length = row.duration_ms if row.is_ready else None
    body = captions.to_vtt(text, length_ms=length) if text.strip() else ""
    if body and no_speech:
        raise BadInput("captions", "There are captions, and it says that nobody speaks.", cure="Keep one of the two.")
    sha256 = media.store(body.encode()) if body else ""
    if (row.captions_sha256, row.no_speech) == (sha256, no_speech):
        return row
    row.captions_sha256, row.no_speech = sha256, no_speech
    row.save(update_fields=["captions_sha256", "no_speech"])
    media.remember("posts.media.captioned", row, by, now, {"sha256": sha256, "no_speech": no_speech})
    return row


def _locked(asset: MediaAsset, by: User | None) -> MediaAsset:
    access.require(by, Right.DRAFT_POST, asset.division)
    row = MediaAsset.objects.select_for_update(of=("self",)).select_related("division").get(pk=asset.pk)
    if not row.is_video:
        raise WrongMoment("This is a picture, not a video.", cure="Choose a video.")
    return row


def captions_text(sha256: str) -> str:
    """Captions as they are kept (WebVTT), by their hash; empty where there are none or the file is gone."""
    if not sha256:
        return ""
    try:
        return media.Blobs().read(sha256).decode()
    except OSError:
        return ""
