"""Every number there is in digests, by its code, and which of them each kind of digest counts. Reads only.

A number is the count of its rows; there is no other way to get one. `<code>--<division>` narrows it to a division.
"""

from __future__ import annotations

from dataclasses import replace

from divisions.errors import NotVisible
from divisions.models import Division
from moderation.models import Digest
from moderation.selectors import digest_posts, digest_watch
from moderation.selectors.digest_scope import Number, Rows, Scope, count

NUMBERS: dict[str, Number] = {number.code: number for number in (*digest_posts.NUMBERS, *digest_watch.NUMBERS)}
_OVERSIGHT = (
    "posts", "posts-before", "failed", "corrected", "withdrawn", "accounts", "quiet", "uncovered", "rounds-due",
    "rounds-on-time", "rounds-late", "drift", "drift-open", "holds", "drills", "unsigned", "overdue", "direct",
)  # fmt: skip
COUNTED: dict[str, tuple[str, ...]] = {
    Digest.Kind.DAILY: ("live", "trouble", "back", "expired", "due", "duty"),
    Digest.Kind.WEEKLY: _OVERSIGHT,
    Digest.Kind.MONTHLY: _OVERSIGHT,
}
NEWS = ("live", "trouble", "back", "expired", "due")  # without any of these, nobody gets a daily digest
OF_DIVISION = "--"


def values(scope: Scope) -> dict[str, int]:
    """Every number of a digest of this kind."""
    return {code: count(NUMBERS[code].rows(scope)) for code in COUNTED[scope.kind]}


def rows_of(code: str, scope: Scope) -> tuple[Number, Rows]:
    """A number and its rows; of one division where the code says so. Raises NotVisible for a code that is none."""
    plain, _, slug = code.partition(OF_DIVISION)
    number = NUMBERS.get(plain)
    if number is None or plain not in COUNTED[scope.kind]:
        raise NotVisible
    if slug:
        place = Division.objects.filter(slug=slug, pk__in=scope.division_ids).first()
        if place is None:
            raise NotVisible
        number = replace(number, label=f"{number.label}, {place.short_name}")
        scope = scope.only(place.pk)
    return number, number.rows(scope)
