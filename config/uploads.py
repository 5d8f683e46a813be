"""The bound of what anybody may send in one file: what is more is let go by while it comes, never kept on the disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class Bounded(FileUploadHandler):
    """Drops a file that grows over VIDEO_MAX_BYTES, the most that any room takes, and keeps the rest of the form.

    The request says so as `file_too_big`, for the view to say it at the field.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Count anew."""
        super().new_file(*args, **kwargs)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass it on until it is too much."""
        self.seen += len(raw_data)
        if self.seen > settings.VIDEO_MAX_BYTES:
            self.request.file_too_big = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """The next handlers keep it."""
        return None
