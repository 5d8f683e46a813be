"""Hands out renditions, thumbs, stills and captions by their hash.

Never an original, never a guessable name, never past the rights.
"""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from posts.selectors import pictures
from posts.selectors.published import EXTENSIONS, VIDEO_MIME
from posts.services.media import path_of
from posts.views import ranges

# A file never changes under its name, but it may be withdrawn: an hour is how long a copy may outlive its page.
PUBLIC = "public, max-age=3600, immutable"
PRIVATE = "private, no-cache"


@require_safe
def show(request: HttpRequest, sha256: str, extension: str) -> HttpResponseBase:
    """Stream a file to whoever may see it; for everybody else it does not exist (P5, P6)."""
    mime = pictures.public(sha256, extension)
    is_public = mime is not None
    if mime is None and request.user.is_authenticated:
        mime = pictures.member(sha256, extension, request.rights)  # type: ignore[attr-defined]
    if mime is None or EXTENSIONS.get(mime) != extension:
        raise Http404
    answer = _answer(request, sha256, mime)
    answer["ETag"] = f'"{sha256}"'
    answer["Cache-Control"] = PUBLIC if is_public else PRIVATE
    if not is_public:
        patch_vary_headers(answer, ["Cookie"])
    return answer


def _answer(request: HttpRequest, sha256: str, mime: str) -> HttpResponseBase:
    if f'"{sha256}"' in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified()
    answer = _bytes(request, sha256, mime)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    if mime == VIDEO_MIME:
        answer["Accept-Ranges"] = "bytes"
    return answer


def _bytes(request: HttpRequest, sha256: str, mime: str) -> HttpResponseBase:
    try:
        file = default_storage.open(path_of(sha256))
    except FileNotFoundError as error:
        raise Http404 from error
    content_type = f"{mime}; charset=utf-8" if mime.startswith("text/") else mime
    if mime != VIDEO_MIME or "Range" not in request.headers:
        return FileResponse(file, content_type=content_type)
    try:
        span = ranges.asked(request, file.size, f'"{sha256}"')
    except ValueError:
        size = file.size
        file.close()
        return ranges.nothing(size)
    return ranges.piece(file, span, file.size, mime) if span else FileResponse(file, content_type=mime)
