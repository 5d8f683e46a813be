"""Is it really us? Whether an address or words are an account, a page or a post of ours. Public side only (P6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db.models import Q

from divisions.models import Channel
from divisions.selectors.channels import official_accounts
from divisions.states import Audience
from posts.models import Delivery
from posts.selectors import ours_words, public
from posts.selectors.published import Published
from posts.states import Act, DeliveryState

LONGEST = 500
_PAGE = re.compile(r"^/news/(\d{1,18})(?:-|/|$)", re.IGNORECASE)
_SAYING = (Act.PUBLISH, Act.EDIT, Act.REPLY)
_PREFIXES = ("www.", "m.", "mobile.")
# Well-known services whose addresses lead anywhere; what stands behind one is not looked up (nothing is fetched).
_SHORT = frozenset({
    "bit.ly", "buff.ly", "cutt.ly", "fb.me", "goo.gl", "is.gd", "lnkd.in",
    "ow.ly", "rebrand.ly", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "youtu.be",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """`post`: we said it. `corrected`: we said it and put it right since. `removed`: we took it down.

    `account`: ours, but not a post that we know. `short`: a shortened address, which hides where it leads.
    """

    kind: Literal["site", "account", "post", "corrected", "removed", "short", "unknown"]
    channel: Channel | None = None
    post: Published | None = None
    exact: bool = False
    asked_words: bool = False


def look_up(text: str) -> Answer:
    """What an address, a handle or words are to us. At most three queries; nothing is fetched from anywhere."""
    if ours_words.are_words(text[:LONGEST]):  # before addresses: a sentence ends with a full stop
        return _words(text[:LONGEST])
    asked = _parse(text[:LONGEST])
    if asked is None:
        return _handle(text.strip()[:LONGEST])
    if _host(asked) == _host(urlsplit(settings.BASE_URL)):
        return _own(asked)
    segments = [part for part in asked.path.split("/") if part]
    for channel in _candidates([part.removeprefix("@") for part in segments[:4]]):
        if post := _post(channel, segments[-1], asked):
            return post
        if _stands_under(asked, channel):
            return Answer("account", channel=channel, exact=_path(asked) == _path(urlsplit(channel.url)))
    return Answer("short" if _host(asked) in _SHORT and segments else "unknown")


def _handle(text: str) -> Answer:
    found = _candidates([text.removeprefix("@")])
    return Answer("account", channel=found[0], exact=True) if found else Answer("unknown")


def _words(text: str) -> Answer:
    """A wording of ours, in any version; words that were put right since are told apart from those that stand."""
    said = ours_words.find(text)
    if said is None:
        return Answer("unknown", asked_words=True)
    found = public.page(said.post_id)
    if found is None:  # it was on accounts alone
        stands = Delivery.objects.filter(revision=said, act__in=_SAYING, state=DeliveryState.DELIVERED)
        row = stands.filter(channel__audience=Audience.PUBLIC).select_related("channel").first()
        return Answer("post", channel=row.channel) if row else Answer("removed")
    if found.withdrawn:
        return Answer("removed", post=found.post)
    return Answer("post" if found.post.revision.pk == said.pk else "corrected", post=found.post)


def _own(asked: SplitResult) -> Answer:
    match = _PAGE.match(asked.path)
    if match is None:
        return Answer("site")
    found = public.page(int(match.group(1)))
    if found is None:
        return Answer("unknown")
    if found.withdrawn:
        return Answer("removed", post=found.post)
    return Answer("corrected" if found.post.corrected_at else "post", post=found.post)


def _candidates(handles: list[str]) -> list[Channel]:
    if not any(handles):
        return []
    wanted = Q()
    for handle in filter(None, handles):
        wanted |= Q(handle__iexact=handle)
    return list(official_accounts().filter(wanted)[:20])


def _post(channel: Channel, last: str, asked: SplitResult) -> Answer | None:
    """A post of ours on this account: known by its id there, and its address is the one on the receipt."""
    row = (
        Delivery.objects.filter(
            channel=channel,
            remote_id__in=[last, f"{channel.remote_id}_{last}"],
            act__in=_SAYING,  # an edit may have given it another address
            post__audience=Audience.PUBLIC,
            revision__isnull=False,
            state__in=[DeliveryState.DELIVERED, DeliveryState.WITHDRAWN],
        )
        .select_related("revision", "post__revision", "post__division", "publication")
        .order_by("-act", "pk")
        .first()
    )
    if row is None or _whole(urlsplit(row.remote_url or _first_address(row))) != _whole(asked):
        return None
    stands = row.publication if row.act == Act.EDIT and row.publication else row
    if stands.state == DeliveryState.WITHDRAWN:
        return Answer("removed", channel=channel)
    page = public.page(row.post_id)
    shown = page.post if page and not page.withdrawn else None
    newest = row.post.revision
    corrected = newest is not None and newest.corrects_id is not None
    return Answer("corrected" if corrected else "post", channel=channel, post=shown)


def _first_address(row: Delivery) -> str:
    """Where a person looked instead of the platform, an edit has no address of its own: it is the copy's."""
    return row.publication.remote_url if row.publication else ""


def _parse(text: str) -> SplitResult | None:
    """The address; None for what is none (a handle, words)."""
    text = text.strip()
    if "." not in text.split("/")[0] and "://" not in text:
        return None
    try:
        asked = urlsplit(text if "://" in text else f"https://{text}")
        return asked if asked.hostname else None
    except ValueError:
        return None


def _host(address: SplitResult) -> str:
    host = (address.hostname or "").lower()
    for prefix in _PREFIXES:
        host = host.removeprefix(prefix)
    port = address.netloc.rpartition(":")[2]
    return f"{host}:{port}" if port.isdigit() and port not in ("80", "443") else host


def _path(address: SplitResult) -> str:
    return address.path.rstrip("/").lower()


def _whole(address: SplitResult) -> tuple[str, str]:
    return _host(address), _path(address)


def _stands_under(asked: SplitResult, channel: Channel) -> bool:
    """Whether the address is the account's own, or below it."""
    home = urlsplit(channel.url)
    same_host = bool(channel.url) and _host(asked) == _host(home)
    return same_host and f"{_path(asked)}/".startswith(f"{_path(home)}/")
