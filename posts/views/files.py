"""Hands out renditions and thumbs by their hash: never an original, never a guessable name, never past the rights."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from posts.selectors import pictures
from posts.selectors.published import EXTENSIONS
from posts.services.media import path_of

# A file never changes under its name, but it may be withdrawn: an hour is how long a copy may outlive its page.
PUBLIC = "public, max-age=3600, immutable"
PRIVATE = "private, no-cache"


@require_safe
def show(request: HttpRequest, sha256: str, extension: str) -> HttpResponse | FileResponse:
    """Stream a picture to whoever may see it; for everybody else it does not exist (P5, P6)."""
    mime = pictures.public(sha256)
    is_public = mime is not None
    if mime is None and request.user.is_authenticated:
        mime = pictures.member(sha256, request.rights)  # type: ignore[attr-defined]
    if mime is None or EXTENSIONS.get(mime) != extension:
        raise Http404
    answer = _answer(request, sha256, mime)
    answer["ETag"] = f'"{sha256}"'
    answer["Cache-Control"] = PUBLIC if is_public else PRIVATE
    if not is_public:
        patch_vary_headers(answer, ["Cookie"])
    return answer


def _answer(request: HttpRequest, sha256: str, mime: str) -> HttpResponse | FileResponse:
    if f'"{sha256}"' in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified()
    try:
        file = default_storage.open(path_of(sha256))
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(file, content_type=mime)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    return answer
