"""The Atom feeds (RFC 4287) of the department and of each division. Reads deliveries of feed channels, nothing else.

Ids are tag URIs built from what is frozen in a delivery, so that they stay when the site moves or a title changes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import nh3
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import get_object_or_404
from django.utils import dateformat
from django.utils.decorators import decorator_from_middleware
from django.utils.feedgenerator import Atom1Feed, Enclosure
from django.utils.html import escape, format_html, format_html_join
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from divisions.models import Division
from divisions.selectors import divisions as division_selectors
from posts.selectors import public
from posts.selectors.published import Picture, Published

ENTRIES = 50
CACHE_S = 60
BEFORE_EVERYTHING = datetime(2026, 1, 1, tzinfo=UTC)  # `updated` of a feed that never said anything
TAGS = {"p", "br", "a", "ul", "li", "img", "strong"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}}

conditional = decorator_from_middleware(ConditionalGetMiddleware)


class Feed(Atom1Feed):
    """Atom with the whole content beside the summary, which is all that Django's carries."""

    def latest_post_date(self) -> datetime:
        """The newest `updated`; fixed for an empty feed, so that it does not change on every read."""
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=BEFORE_EVERYTHING)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        """The entry's own language."""
        return {"xml:lang": item["language"]}

    def add_root_elements(self, handler: Any) -> None:
        """The way to older entries (RFC 5005)."""
        super().add_root_elements(handler)
        for rel in ("previous", "next"):
            if self.feed[rel]:
                handler.addQuickElement("link", "", {"rel": rel, "href": self.feed[rel]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the content to what Django writes."""
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


@conditional
@require_safe
def department(request: HttpRequest) -> HttpResponse:
    """News of every division."""
    name = str(request.department)  # type: ignore[attr-defined]
    return _answer(request, name=name, path="/feeds/news.atom", page="/", division=None)


@conditional
@require_safe
def division(request: HttpRequest, slug: str) -> HttpResponse:
    """News of one division."""
    unit = get_object_or_404(division_selectors.public(), slug=slug)
    path = f"{unit.get_absolute_url()}feed.atom"
    return _answer(request, name=unit.name, path=path, page=unit.get_absolute_url(), division=unit)


def _answer(request: HttpRequest, *, name: str, path: str, page: str, division: Division | None) -> HttpResponse:
    start = _start(request)
    entries, more = public.feed(division=division, start=start, count=ENTRIES)
    feed = Feed(
        title=name,
        link=f"{settings.BASE_URL}{page}",
        description="",
        language="en",
        subtitle=f"News of the {name}" if division else f"News of all divisions of the {name}",
        author_name=name,
        feed_url=_page_url(path, start),
        feed_guid=f"tag:{urlsplit(settings.BASE_URL).hostname},2026:{path}",
        previous=_page_url(path, start - ENTRIES) if start else "",
        next=_page_url(path, start + ENTRIES) if more else "",
    )
    for entry in entries:
        _add(feed, entry)
    answer = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    answer["Cache-Control"] = f"public, max-age={CACHE_S}"
    answer["Last-Modified"] = http_date(feed.latest_post_date().timestamp())
    return answer


def _start(request: HttpRequest) -> int:
    """How many entries to leave out; what is not a number means the newest."""
    text = request.GET.get("start", "")
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _page_url(path: str, start: int) -> str:
    return f"{settings.BASE_URL}{path}" + (f"?start={start}" if start > 0 else "")


def _add(feed: Feed, entry: public.Entry) -> None:
    post = entry.post
    home = post.division.get_absolute_url()
    path = post.url if entry.has_page else home
    feed.add_item(
        title=post.title,
        link=f"{settings.BASE_URL}{path}",
        description=escape(post.excerpt),
        author_name=post.division.name,
        author_link=f"{settings.BASE_URL}{home}",
        pubdate=post.at,
        updateddate=post.changed_at,
        unique_id=_entry_id(post),
        categories=(post.kind_name,),
        enclosures=[Enclosure(f"{settings.BASE_URL}{p.url}", str(p.size_bytes), p.mime) for p in post.pictures],
        content=_content(post),
        language=post.revision.language,
    )


def _entry_id(post: Published) -> str:
    """From the address and the day frozen in the first delivery and its revision: fixed for ever."""
    host = urlsplit(post.delivery.payload["url"] or settings.BASE_URL).hostname
    return f"tag:{host},{post.first.created_at:%Y-%m-%d}:post-{post.pk}"


def _correction(post: Published) -> str:
    """What was wrong, before the words as they are now; nothing for what was never corrected."""
    if post.corrected_at is None:
        return ""
    at = dateformat.format(post.corrected_at.astimezone(ZoneInfo(post.zone)), "F j, Y, P")
    wrong = f"{post.was_wrong} {post.apology}".strip()
    return str(format_html("<p><strong>Corrected on {}:</strong> {}</p>", at, wrong))


def _film(picture: Picture) -> str:
    """Where a video plays: feed readers that show no enclosures find it, too."""
    if not picture.is_video:
        return ""
    return format_html('<p><a href="{}{}">Video, {}</a></p>', settings.BASE_URL, picture.url, picture.length)


def _content(post: Published) -> str:
    facts = format_html_join("", "<li>{}: <strong>{}</strong></li>", ((f.label, f.words) for f in post.facts))
    pictures = format_html_join(
        "",
        '<p><img src="{}" alt="{}" width="{}" height="{}"></p>{}',
        ((f"{settings.BASE_URL}{p.still_url}", p.alt, p.width, p.height, _film(p)) for p in post.pictures),
    )
    html = _correction(post) + post.revision.html + (format_html("<ul>{}</ul>", facts) if facts else "") + pictures
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"})
