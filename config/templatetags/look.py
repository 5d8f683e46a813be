"""The template tags every page draws with: {% load look %}. Described with examples in docs/look.md.

Lives here: icons, chips, platform squares, times, sparklines. Must not live here: anything that asks the
database or knows a right.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from config.signs import platform_sign, sign

register = template.Library()

SPRITE = "vendor/img/sprite.svg"
SPARK_BAR, SPARK_STEP, SPARK_HEIGHT = 2, 3, 26


@register.simple_tag
def icon(name: str, size: int = 18, label: str = "") -> SafeString:
    """An icon of the USWDS sprite, silent beside a word; with `label` it speaks for itself."""
    voice = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" {1} focusable="false"><use href="{2}#{3}"></use></svg>',
        size, voice, static(SPRITE), name,
    )  # fmt: skip


@register.simple_tag
def chip(state: object, word: object = "", title: str = "") -> SafeString:
    """The chip of a delivery state, stage, finding, kind or moment; `word` replaces the usual word."""
    mark = sign(state)
    return format_html(
        '<span class="chip{}"{}>{}<span class="chip__word">{}</span></span>',
        f" chip--{mark.tone}" if mark.tone else "",
        format_html(' title="{}"', title) if title else "",
        icon(mark.icon, 14),
        word or mark.word,
    )


@register.simple_tag
def state_icon(state: object, size: int = 16) -> SafeString:
    """Only the icon of a state, with its word for those who cannot see it (calendar cards, dense cells)."""
    mark = sign(state)
    return icon(mark.icon, size, label=mark.word)


@register.simple_tag
def state_word(state: object) -> str:
    """Only the word of a state, as the chip says it."""
    return sign(state).word


@register.simple_tag
def platform_glyph(slug: object, named: bool = False, large: bool = False) -> SafeString:
    """A platform's gray square. `named` adds its name for screen readers where no word stands beside."""
    name, label = platform_sign(slug)
    return format_html(
        '<span class="glyph{}">{}</span>',
        " glyph--large" if large else "",
        icon(name, 16 if large else 14, label=label if named else ""),
    )


@register.simple_tag
def platform_icon(slug: object, size: int = 14) -> SafeString:
    """A platform's glyph without its square, named for screen readers (calendar cards)."""
    name, label = platform_sign(slug)
    return icon(name, size, label=label)


@register.simple_tag
def platform_name(slug: object) -> str:
    """A platform's name as people say it: "X", "Public page"."""
    return platform_sign(slug)[1]


@register.simple_tag
def desk_time(moment: datetime | None, zone: str | tzinfo | None = None, with_zone: bool = False) -> SafeString:
    """A time as the desk says it, "Tue 24 Nov, 17:45", in `zone` (a name or tzinfo); nothing for None."""
    return _time(moment, zone, "D j M, H:i" + (" T" if with_zone else ""))


@register.simple_tag
def desk_clock(moment: datetime | None, zone: str | tzinfo | None = None) -> SafeString:
    """Only the clock: "17:45"."""
    return _time(moment, zone, "H:i")


@register.simple_tag
def desk_when(
    moment: datetime | None, zone: str | tzinfo | None = None, now: datetime | None = None, inside: bool = False
) -> SafeString:
    """As a colleague says it: "Today 17:00", "Yesterday 18:00", "Wed 09:00", else "Mon 7 Dec, 09:00".

    `inside` a sentence the first word is small: "today 17:00".
    """
    if moment is None:
        return mark_safe("")
    days = (_local(moment, zone).date() - _local(now or timezone.now(), zone).date()).days
    names = {0: r"\T\o\d\a\y H:i", -1: r"\Y\e\s\t\e\r\d\a\y H:i", 1: r"\T\o\m\o\r\r\o\w H:i"}
    if inside:
        names = {day: form[:1] + form[1].lower() + form[2:] for day, form in names.items()}
    return _time(moment, zone, names.get(days) or ("D H:i" if 1 < days < 7 else "D j M, H:i"))


@register.simple_tag
def desk_date(day: date | datetime | None, zone: str | tzinfo | None = None) -> SafeString:
    """A day as the desk says it: "Thu 24 Dec 2026"."""
    return _time(day, zone, "D j M Y")


@register.simple_tag
def public_time(moment: datetime | None, zone: str | tzinfo | None = None) -> SafeString:
    """A time as the public pages say it: "November 24, 2026, 5:45 p.m."."""
    return _time(moment, zone, "F j, Y, g:i a")


@register.simple_tag
def public_date(day: date | datetime | None, zone: str | tzinfo | None = None) -> SafeString:
    """A day as the public pages say it: "November 24, 2026"."""
    return _time(day, zone, "F j, Y")


@register.simple_tag
def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long since, in one unit: "4 s ago", "12 min ago", "5 h ago", "23 days ago"; "never" for None."""
    if moment is None:
        return "never"
    seconds = max(0, int(((now or timezone.now()) - moment).total_seconds()))
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // unit} {name} ago"
    return f"{seconds // 86400} days ago"


@register.simple_tag
def left(moment: datetime | None, now: datetime | None = None) -> str:
    """How long until, for the clock chip: "47 min left", "2 h 25 min left", "3 days left", "no time left"."""
    if moment is None:
        return ""
    minutes = int((moment - (now or timezone.now())).total_seconds() // 60)
    if minutes < 0:
        return "no time left"
    if minutes < 60:
        return f"{minutes} min left"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min left"
    return f"{minutes // 1440} days left"


@register.simple_tag
def sparkline(values: Sequence[int], peak: int = 0, silent: int = 0, label: str = "") -> SafeString:
    """Small bars on one scale (`peak`, the same for the whole table); the last `silent` ones are a red line.

    `label` is the sentence for those who cannot see it, for example "14 posts in 90 days, none for 23 days".
    """
    top = max(peak, *values, 1) if values else 1
    bars = values[: len(values) - silent] if silent else values
    width = len(values) * SPARK_STEP or SPARK_STEP
    drawn = format_html_join(
        "",
        '<rect class="spark__bar" x="{}" y="{}" width="{}" height="{}"></rect>',
        ((n * SPARK_STEP, SPARK_HEIGHT - h, SPARK_BAR, h) for n, v in enumerate(bars) if (h := _height(v, top))),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {0} 28" preserveAspectRatio="none" role="img" aria-label="{1}">'
        '<path class="spark__base" d="M0 27H{0}"></path>{2}{3}</svg>',
        width, label or f"{sum(values)} posts", drawn, _silence(len(values), silent),
    )  # fmt: skip


@register.simple_tag
def bar(value: float, of: float, tone: str = "") -> SafeString:
    """One horizontal bar; the number stands beside it as text, so it is silent."""
    share = round(100 * min(max(value / of, 0), 1), 1) if of else 0
    return format_html(
        '<svg class="bar{}" aria-hidden="true" focusable="false">'
        '<rect width="{}%" height="12" rx="2"></rect></svg>',
        f" bar--{tone}" if tone else "", share,
    )  # fmt: skip


@register.filter
def zero(value: object) -> object:
    """A number for a quiet table cell: 0 and nothing are gray, so that what is not 0 stands out."""
    if value in (0, "0", None, ""):
        return format_html('<span class="is-zero">{}</span>', "none" if value in (None, "") else 0)
    return value


@register.filter
def minutes(span: timedelta | None) -> int:
    """Whole minutes of a time span, rounded up: for "wait 15 minutes"."""
    return -(-int(span.total_seconds()) // 60) if span else 0


@register.filter
def initials(words: object) -> str:
    """Two letters for a round sign: "Northeast Patrol" -> "NP"; one word -> its first two letters."""
    parts = str(words or "").replace(",", " ").split()
    if len(parts) == 1:
        return parts[0][:2].upper()
    return "".join(part[0] for part in parts[:2]).upper()


def _height(value: int, top: int) -> float:
    return round(value / top * (SPARK_HEIGHT - 2), 1) if value else 0


def _silence(count: int, silent: int) -> SafeString:
    if not silent:
        return mark_safe("")
    return format_html(
        '<rect class="spark__silence" x="{}" y="24" width="{}" height="3"></rect>',
        (count - silent) * SPARK_STEP, silent * SPARK_STEP,
    )  # fmt: skip


def _time(moment: date | datetime | None, zone: str | tzinfo | None, form: str) -> SafeString:
    if moment is None:
        return mark_safe("")
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), dateformat.format(moment, form))
    here = _local(moment, zone)
    stamp = here.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}">{}</time>', stamp, dateformat.format(here, form))


def _local(moment: datetime, zone: str | tzinfo | None) -> datetime:
    where = ZoneInfo(zone) if isinstance(zone, str) and zone else zone or timezone.get_current_timezone()
    return moment.astimezone(where if isinstance(where, tzinfo) else UTC)
