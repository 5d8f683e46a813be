"""Pictures of the screen in a round: cleaned like every picture (P7), sealed, shown to its readers only."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from divisions import access
from divisions.errors import BadInput
from divisions.models import User
from divisions.permissions import Right
from moderation.models import CheckRound, Screenshot
from moderation.services.rounds import locked
from posts.services import media

MOST = 5
MAX_BYTES = 10 * 1024 * 1024


@transaction.atomic
def add(*, row: CheckRound, name: str, file: IO[bytes], by: User, now: datetime | None = None) -> Screenshot:
    """Put a picture into an open round. Its hash is part of what is signed, and of the ledger's entry.

    Raises BadInput (field `screenshot`) for a sixth picture, more than 10 MB or what is no picture; WrongMoment when
    the round is signed; NotAllowed without `sign_check`.
    """
    row = locked(row)
    access.require(by, Right.SIGN_CHECK, row.channel.division, channel=row.channel)
    if row.screenshots.count() >= MOST:
        raise BadInput("screenshot", f"A round takes {MOST} pictures.", cure="Choose the ones that prove something.")
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise BadInput("screenshot", "The picture has more than 10 MB.", cure="Save it smaller and try again.")
    try:
        clean = media.clean(data)
    except BadInput as error:
        raise BadInput("screenshot", error.message, cure=error.cure) from error
    path = default_storage.save(f"checks/{uuid.uuid4().hex}", ContentFile(clean.body))
    return Screenshot.objects.create(
        round=row,
        name=name[-200:],
        path=path,
        sha256=hashlib.sha256(clean.body).hexdigest(),
        mime=clean.mime,
        width=clean.size[0],
        height=clean.size[1],
        size_bytes=len(clean.body),
        added_by=by,
        added_at=now or timezone.now(),
    )
