"""The pictures: the folder takes files, and what was approved lies there byte for byte."""

from __future__ import annotations

import random
import tempfile
from datetime import datetime

from django.conf import settings

from config.doctor.seen import Seen, fine, named, stop
from posts.models import RevisionMedia
from posts.services.media import Blobs

NEWEST = 500  # uses of pictures in revisions, newest first, from which the sample is taken
SAMPLE = 50
_DICE = random.Random  # which pictures are looked at is no secret


def folder(now: datetime) -> Seen:
    """The media folder can be written to."""
    try:
        settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.MEDIA_ROOT, prefix=".doctor-"):
            pass
    except OSError as error:
        return stop(
            f"the media folder takes no files ({type(error).__name__})",
            "Give the web process's user write access to STORAGE.",
        )
    return fine("the media folder takes files")


def pictures(now: datetime) -> Seen:
    """A sample of the pictures last approved is there and unchanged. Another sample each day, the same all day."""
    newest = RevisionMedia.objects.order_by("-pk").values_list("sha256", flat=True)[:NEWEST]
    known = sorted(set(newest))
    chosen = sorted(_DICE(now.date().toordinal()).sample(known, min(SAMPLE, len(known))))
    wrong = [f"{sha[:12]} {why}" for sha in chosen if (why := _wrong(sha))]
    if wrong:
        return stop(
            f"{len(wrong)} of {len(chosen)} looked at: {named(wrong)}",
            "Bring the media folder back from the backup: posts with these pictures will not go out.",
        )
    return fine(f"{len(chosen)} of the {len(known)} newest looked at, all unchanged")


def _wrong(sha: str) -> str:
    try:
        return "" if Blobs().hash_of(sha) == sha else "has other bytes"
    except OSError:
        return "is gone"
