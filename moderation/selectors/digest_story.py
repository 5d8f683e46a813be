"""What a digest says: its headline, what has to be decided, its bars; made from the numbers once and kept with them.

Plain values only, so that they can be stored. Nothing here reads rows that `digest_posts` and `digest_watch` do not.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat

from divisions.models import Department, Division
from divisions.selectors import register
from moderation.models import Digest
from moderation.selectors import digest_posts, digest_watch
from moderation.selectors.digest_numbers import NEWS, NUMBERS, OF_DIVISION, values
from moderation.selectors.digest_scope import Scope, days
from posts.selectors.presence import number

BARE_DAYS = 3  # so many days without anybody on duty are no slip any more
SHOWN = 5  # lines of each number in a daily mail; the others stand on the page
_NOT_AS_PLANNED = ("rounds-late", "failed", "drift", "withdrawn", "overdue")
# Numbers of which any is too many: code, one, several, what they have in common, what to do.
_OPEN = (
    ("unsigned", "alert", "alerts", "went out unreviewed and nobody signed.", "Ask its reviewers to look and sign."),
    ("drift-open", "difference", "differences", "nobody explained.", "An account shows what we did not send."),
)


def told(scope: Scope) -> dict[str, Any]:
    """Everything that is kept of a digest: its numbers, and the words and bars made from them."""
    found = values(scope)
    kept: dict[str, Any] = {"divisions": sorted(scope.division_ids), "values": found}
    if scope.kind == Digest.Kind.DAILY:
        return kept | {"title": _daily(scope, found), "lists": _lists(scope), "duty": _duty(scope)}
    decisions = _decisions(scope, found)
    out = digest_posts.by_day(scope)
    return kept | {
        "title": _headline(scope, found),
        "lead": _lead(scope, found, decisions),
        "minutes": digest_posts.correction_minutes(scope),
        "decisions": decisions,
        "bars": _bars(scope),
        "days": [[day.isoformat(), out.get(day, 0)] for day in days(scope)],
    }


def has_news(kept: dict[str, Any]) -> bool:
    """Whether a daily digest has anything to say."""
    return any(kept["values"].get(code) for code in NEWS)


def many(n: int, one: str, several: str) -> str:
    """ "one account", "two accounts", "14 accounts"."""
    return f"{number(n).lower() if n else 'no'} {one if n == 1 else several}"


def _name(scope: Scope) -> str:
    if scope.kind == Digest.Kind.MONTHLY:
        return dateformat.format(scope.first, "F Y")
    return f"Week of {dateformat.format(scope.first, 'j F')}"


def _headline(scope: Scope, found: dict[str, int]) -> str:
    """The two things that matter most: whether everything was watched, and what went quiet."""
    due, late, quiet = found["rounds-due"], found["rounds-late"], found["quiet"]
    if not found["accounts"]:
        return f"{_name(scope)}: there is no account to watch yet"
    watched = "no check was due" if not due else "every account was watched"
    if late:
        watched = f"{many(late, 'check', 'checks')} came late"
    ends = "none went quiet" if not quiet else f"{number(quiet).lower()} went quiet"
    if late or not due:
        ends = f"{many(quiet, 'account', 'accounts')} went quiet"
    return f"{_name(scope)}: {watched}, {ends}"


def _lead(scope: Scope, found: dict[str, int], decisions: list[dict[str, str]]) -> str:
    places = len(scope.division_ids)
    size = f"{found['accounts']} {'account' if found['accounts'] == 1 else 'accounts'}, {places} divisions."
    if not decisions:
        return f"{size} Nothing needs a decision from you."
    words = many(len(decisions), "thing needs", "things need")
    rest = "" if any(found[code] for code in _NOT_AS_PLANNED) else "; the rest went as planned"
    return f"{size} {words[:1].upper()}{words[1:]} a decision from you{rest}."


def _decisions(scope: Scope, found: dict[str, int]) -> list[dict[str, str]]:
    """What only the reader can set right, each with the page where it is done or read."""
    made = [*_uncovered(scope), *_register()]
    for code, one, several, ends, text in _OPEN:
        if found[code]:
            words = many(found[code], one, several)
            made.append(_decision(f"{words[:1].upper()}{words[1:]} {ends}", text, f"code:{code}", "See them"))
    return made


def _uncovered(scope: Scope) -> list[dict[str, str]]:
    worst: dict[Division, int] = {}
    for row in digest_watch.uncovered(scope):
        if row.bare_days >= BARE_DAYS:
            worst[row.division] = max(worst.get(row.division, 0), row.bare_days)
    return [
        _decision(
            f"{place.short_name} had nobody on duty on {many(n, 'day', 'days')}.",
            "Ask the division commander, or close the account with a notice.",
            f"code:uncovered{OF_DIVISION}{place.slug}",
            "See the accounts",
        )
        for place, n in sorted(worst.items(), key=lambda item: item[0].position)
    ]


def _register() -> list[dict[str, str]]:
    department, counted = Department.objects.first(), register.counted()
    if department is None or department.declared_accounts in (None, counted):
        return []
    title = f"The published list says {department.declared_accounts} accounts; we count {counted}."
    return [
        _decision(
            title, "Correct the list, or close what does not belong on it.", "/desk/register/", "See the register"
        )
    ]


def _decision(title: str, text: str, path: str, link: str) -> dict[str, str]:
    return {"title": title, "text": text, "path": path, "link": link}


def _bars(scope: Scope) -> list[dict[str, Any]]:
    """Posts by division, most first, with what is worth a word."""
    found, last = digest_posts.by_division(scope), digest_posts.last_out(scope)
    quiet = Counter(row.division_id for row in digest_watch.quiet(scope))
    promising = digest_watch.accounts(scope).filter(cadence_days__isnull=False)
    promises = Counter(promising.values_list("division", flat=True))
    bars = []
    for place in Division.objects.filter(pk__in=scope.division_ids):
        n = found[place.pk]
        said = [f"{n['failed']} failed"] if n["failed"] else []
        said += [f"{n['corrected']} corrected"] if n["corrected"] else []
        silent, bad = quiet[place.pk], 0 < promises[place.pk] <= quiet[place.pk]
        if bad and place.pk in last:
            said.append(f"quiet after {dateformat.format(last[place.pk].astimezone(ZoneInfo(scope.zone)), 'j M')}")
        elif silent:
            said.append(f"{many(silent, 'account', 'accounts')} quiet")
        bars.append({"slug": place.slug, "name": place.short_name, "posts": n["posts"], "note": ", ".join(said),
                     "bad": bad})  # fmt: skip
    return sorted(bars, key=lambda bar: -bar["posts"])


def _daily(scope: Scope, found: dict[str, int]) -> str:
    back = found["trouble"] + found["back"] + found["expired"]
    said = [f"{found['live']} went out"] if found["live"] else []
    said += [f"{back} came back"] if back else []
    said += [f"{found['due']} due today"] if found["due"] else []
    return f"Good morning: {', '.join(said)}" if said else "Good morning: nothing is new"


def _lists(scope: Scope) -> dict[str, list[dict[str, str]]]:
    """The first lines of each number that a daily mail tells."""
    found = {}
    for code in NEWS:
        number_ = NUMBERS[code]
        lines = [number_.line(row) for row in list(number_.rows(scope)[:SHOWN])]
        found[code] = [{"title": line.title, "text": line.text, "path": line.url} for line in lines]
    return found


def _duty(scope: Scope) -> list[dict[str, str]]:
    rows = digest_watch.duty(scope)[:SHOWN]
    return [{"account": str(row), "who": row.on_duty or "nobody"} for row in rows]
