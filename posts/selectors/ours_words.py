"""Did we say these words? Looks through what was published in public, newest first, bounded. Public side only (P6)."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value

from divisions.states import Audience
from posts.models import Delivery, Revision, Variant
from posts.states import Act, DeliveryState

LEAST_WORDS, LEAST_LETTERS = 4, 20  # less is in too many posts to mean one
NEWEST = 5_000  # wordings looked through: some years of a busy department, and some 50 ms
_OUT = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
_CURLY = str.maketrans("“”„‘’‚", "\"\"\"'''")
_ENDS = " \"'….,;:"


def are_words(text: str) -> bool:
    """Whether it is long enough to be looked for as words of a post."""
    flat = plain(text)
    return len(flat) >= LEAST_LETTERS and len(flat.split()) >= LEAST_WORDS


def plain(text: str) -> str:
    """One line, straight quotes, nothing around it: as somebody copies it from a screen."""
    return " ".join(text.translate(_CURLY).split()).strip(_ENDS)


def find(text: str) -> Revision | None:
    """The newest wording with these words that went out in public, whatever became of it since. One query."""
    asked = plain(text)
    newest = Revision.objects.order_by("-pk").values("pk")[:NEWEST]
    public = Delivery.objects.filter(
        revision=OuterRef("pk"),
        channel__audience=Audience.PUBLIC,
        act__in=(Act.PUBLISH, Act.EDIT, Act.REPLY),
        state__in=_OUT,
    )
    own_words = _flat(Variant.objects.filter(revision=OuterRef("pk"), channel__audience=Audience.PUBLIC))
    said = Q(flat__icontains=asked) | Q(title__icontains=asked) | Q(Exists(own_words.filter(flat__icontains=asked)))
    rows = _flat(Revision.objects.filter(pk__in=newest, post__audience=Audience.PUBLIC))
    found: Revision | None = rows.filter(said).filter(Exists(public)).order_by("-pk").first()
    return found


def _flat(rows: QuerySet[Any]) -> QuerySet[Any]:
    straight = Func(F("text"), Value("“”„‘’‚"), Value("\"\"\"'''"), function="translate")
    one_line = Func(
        straight, Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace", output_field=TextField()
    )
    flat: QuerySet[Any] = rows.annotate(flat=one_line)
    return flat
