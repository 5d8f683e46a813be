"""The public pages: department, division, news, one post, the official accounts. Anonymous, cacheable, no forms.

Every query behind them stands in `posts.selectors.public` (P6). A withdrawn post leaves a tombstone, status 410.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from divisions.models import Division
from divisions.selectors import channels as channel_selectors
from divisions.selectors import divisions as division_selectors
from posts.kinds import SPECS, Kind
from posts.selectors import ours, public, struck, withdrawals
from posts.selectors.published import Published, changed_facts, tel
from posts.views import linked_data

PER_PAGE = 25
ACCOUNTS_PER_PAGE = 50
CACHE_S = 60
NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"]
NEWS_KINDS = [kind for kind in Kind if not SPECS[kind].internal_only]

# The tag is made from what is sent, so it can never be older than the page.
conditional = decorator_from_middleware(ConditionalGetMiddleware)


@conditional
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The department: its divisions, what needs help, what is new, what is coming up, its accounts."""
    now = timezone.now()
    appeals = public.open_appeals(now=now, limit=4)
    events = public.upcoming(now=now, limit=5)
    context = {
        "divisions": list(division_selectors.public()),
        "appeals": appeals,
        "events": events,
        "news": _newest(public.news(), skip=[*appeals, *events], limit=8),
        "accounts": list(channel_selectors.official_accounts()),
        "feed_title": "News of all divisions",
        "desk_href": tel(request.department.phone if request.department else ""),  # type: ignore[attr-defined]
    }
    return rendered(request, "public/front.html", context, now=now)


@conditional
@require_safe
def division(request: HttpRequest, slug: str) -> HttpResponse:
    """One division: whom to call, what it needs, its news, where it is and when to meet it."""
    now = timezone.now()
    unit = get_object_or_404(division_selectors.public(), slug=slug)
    appeals = public.open_appeals(now=now, division=unit)
    events = public.upcoming(now=now, division=unit)
    standing = public.questions(division=unit)
    context = {
        "division": unit,
        "appeals": appeals,
        "events": events,
        "news": _newest(public.news(division=unit), skip=[*appeals, *events], limit=8),
        "questions": [post for post in standing if post.kind == Kind.FAQ],
        "guides": [post for post in standing if post.kind == Kind.INFORMATION],
        "accounts": list(channel_selectors.official_accounts().filter(division=unit)),
        "desk_href": tel(unit.phone_desk),
        "tips_href": tel(unit.phone_tips),
    }
    return rendered(request, "public/division.html", context, now=now)


@conditional
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """Everything that was published, newest first, by division and kind."""
    divisions = list(division_selectors.public())
    unit = _chosen_division(request, divisions)
    kind = request.GET.get("kind", "")
    if kind and kind not in NEWS_KINDS:
        raise Http404
    rows = Paginator(public.news(division=unit, kind=kind), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": rows,
        "posts": public.shown(rows),
        "divisions": divisions,
        "kinds": NEWS_KINDS,
        "division": unit,
        "kind": kind,
        "kind_name": Kind(kind).label if kind else "",
    }
    return rendered(request, "public/news.html", context)


@conditional
@require_safe
def page(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One post at its address for good: itself, its right address (301), or the notice that it was removed (410)."""
    now = timezone.now()
    found = public.page(pk)
    if found is None:
        raise Http404
    if found.withdrawn:
        context = {
            "page": found,
            "post": found.post,
            "withdrawal": withdrawals.of_post(found.post.delivery.post),
            "desk_href": tel(found.post.division.phone_desk),
        }
        return rendered(request, "public/tombstone.html", context, status=410)
    if request.path != found.url:
        asked = {name: request.GET[name] for name in ("version", "compare") if request.GET.get(name, "").isdigit()}
        return redirect(f"{found.url}?{urlencode(asked)}" if asked else found.url, permanent=True)
    if "version" in request.GET or "compare" in request.GET:
        return _version(request, found, now)
    post = found.post
    context = {
        "post": post,
        "copies": [copy for copy in found.copies if copy.url and not copy.is_gone],
        "behind": any(copy.is_behind and copy.url and not copy.is_gone for copy in found.copies),
        "desk_href": tel(post.division.phone_desk),
        "ended": post.has_ended(now),
        "over": post.is_over(now),
        "linked_data": linked_data.article(post, publisher=str(request.department)),  # type: ignore[attr-defined]
        "picture_url": f"{settings.BASE_URL}{post.pictures[0].still_url}" if post.pictures else "",
        "canonical": f"{settings.BASE_URL}{found.url}",
        **_changes(found),
    }
    cache_s = 0 if SPECS[post.kind].urgent else CACHE_S
    answer = rendered(request, "public/post.html", context, now=now, cache_s=cache_s)
    answer["Last-Modified"] = http_date(_changed_at(found, now).timestamp())
    return answer


@conditional
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account that speaks for the department in public, who runs it, and whether an address is one of them."""
    rows = Paginator(channel_selectors.official_accounts(), ACCOUNTS_PER_PAGE).get_page(request.GET.get("page"))
    count = rows.paginator.count
    asked = request.GET.get("q", "").replace("\x00", "").strip()
    context = {
        "page_obj": rows,
        "accounts": list(rows),
        "count": count,
        "how_many": NUMBERS[count] if count < len(NUMBERS) else str(count),
        "asked": asked,
        "answer": ours.look_up(asked) if asked else None,
        "phone_href": tel(request.department.phone if request.department else ""),  # type: ignore[attr-defined]
    }
    return rendered(request, "public/accounts.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines leave alone: everything that is not for the public anyway."""
    lines = ["User-agent: *", *(f"Disallow: /{path}/" for path in ("desk", "admin", "accounts", "health"))]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def _newest(rows: Any, *, skip: list[Published], limit: int) -> list[Published]:
    """The newest that do not stand elsewhere on the page already."""
    return public.shown(rows.exclude(post__in=[post.pk for post in skip])[:limit])


def _chosen_division(request: HttpRequest, divisions: list[Division]) -> Division | None:
    slug = request.GET.get("division", "")
    if not slug:
        return None
    for unit in divisions:
        if unit.slug == slug:
            return unit
    raise Http404


def _version(request: HttpRequest, found: public.Page, now: datetime) -> HttpResponse:
    """An earlier wording as it stood, or what a version changed; never for a search engine to quote as ours today."""
    compared = "compare" in request.GET
    number = request.GET.get("compare" if compared else "version", "")
    version = found.version(int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else None
    before = found.version(version.number - 1) if version else None
    if version is None or (compared and before is None):
        raise Http404
    post = Published(found.post.delivery, version.said)
    context = {
        "post": post,
        "page": found,
        "version": version,
        "before": before,
        "is_newest": version == found.versions[0],
        "struck": struck.html(before.text, version.text) if compared and before else "",
        "old_title": _old_title(before, version) if compared and before else "",
        "canonical": f"{settings.BASE_URL}{found.url}",
    }
    answer = rendered(request, "public/version.html", context, now=now)
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _changes(found: public.Page) -> dict[str, Any]:
    """For a page that was corrected: the old words struck through beside the new, and every version."""
    if len(found.versions) < 2:
        return {}
    newest, before = found.versions[0], found.versions[1]
    return {
        "versions": found.versions,
        "struck": struck.html(before.text, newest.text) if before.text != newest.text else "",
        "old_title": _old_title(before, newest),
        "changed_facts": changed_facts(Published(found.post.delivery, before.said), found.post),
    }


def _old_title(before: public.Version, version: public.Version) -> str:
    """The title it had; empty where it is the same."""
    return "" if before.title == version.title else before.title


def _changed_at(found: public.Page, now: datetime) -> datetime:
    """When what the page says last changed: a receipt came in, or the content ended."""
    post = found.post
    ends = (post.revision.expires_at, post.ends_at)
    copies = [moment for copy in found.copies for moment in (copy.at, copy.corrected_at, copy.replied_at) if moment]
    return max([post.changed_at, *copies, *(end for end in ends if end and end <= now)])


def rendered(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    now: datetime | None = None,
    status: int = 200,
    cache_s: int = CACHE_S,
) -> HttpResponse:
    """Render a page everybody gets alike. Somebody who is signed in may carry a message: that copy is theirs alone."""
    department = request.department  # type: ignore[attr-defined]
    answer = render(request, template, {"department": department, "now": now, **context}, status=status)
    if settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES or not cache_s:
        answer["Cache-Control"] = "private, no-cache"
    else:
        answer["Cache-Control"] = f"public, max-age={cache_s}"
    return answer
