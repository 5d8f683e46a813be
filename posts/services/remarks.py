"""Comments on words, as a reviewer types them: what is quoted must stand in what was submitted."""

from __future__ import annotations

from collections.abc import Sequence

from divisions.errors import BadInput
from posts.models import Revision

Comment = tuple[str, str]
MAX_QUOTE, MAX_COMMENT = 500, 1000


def read(revision: Revision, typed: Sequence[Comment]) -> list[Comment]:
    """The comments without the empty ones, in order. Raises BadInput naming `quote-N` or `comment-N`."""
    said: list[Comment] = []
    stands = ""
    for number, (quote, comment) in enumerate(((" ".join(q.split()), c.strip()) for q, c in typed), start=1):
        if not quote and not comment:
            continue
        stands = stands or _words(revision)
        if not quote:
            raise BadInput(f"quote-{number}", "Which words?", cure="Copy them from the text.")
        if quote not in stands:
            raise BadInput(
                f"quote-{number}", "These words do not stand in what was submitted.", cure="Copy them from the text."
            )
        if not comment:
            raise BadInput(f"comment-{number}", "What about these words?", cure="Say what to change.")
        _limit(f"quote-{number}", quote, MAX_QUOTE)
        _limit(f"comment-{number}", comment, MAX_COMMENT)
        said.append((quote, comment))
    return said


def as_note(quote: str, comment: str) -> str:
    """The reason in one line when only words were commented on."""
    return f"About “{quote}”: {comment}"


def _words(revision: Revision) -> str:
    """Everything that may be quoted, with spaces made plain: title, text, own words of channels, picture texts."""
    variants = list(revision.variants.prefetch_related("media"))
    pictures = [media.alt for variant in variants for media in variant.media.all()]
    parts = [revision.title, revision.text, *(variant.text for variant in variants), *pictures]
    return "\n".join(" ".join(part.split()) for part in parts)


def _limit(field: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise BadInput(field, f"{len(value)} of {limit} characters.", cure=f"Shorten by {len(value) - limit}.")
