"""What a round asks the network: do the links of the last posts work, does the account's profile lead back to us.

Every call goes through the connectors' one HTTP layer with its guard (no private address, capped answers, no redirect
followed unseen). Bounded in number and time; made outside transactions; what cannot be had is said, never guessed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.utils import timezone

from connectors import http
from connectors.errors import ConnectorError, NotSupported
from divisions import access
from divisions.errors import BadInput, WrongMoment
from divisions.models import Channel, User
from divisions.permissions import Right
from divisions.services.accounts import account_of, connector_of
from divisions.states import Mode
from moderation.checks import LAST_POSTS, LINKS, LINKS_BACK
from moderation.models import CheckRound
from moderation.selectors import answers
from moderation.selectors import rounds as selectors
from moderation.selectors.answers import Seen
from moderation.services import linking, rounds
from moderation.services.linking import host
from moderation.states import Answer
from posts.models import Delivery
from posts.selectors import ours

MOST_LINKS = 20
BUDGET_S = 600.0  # for all new rounds of a beat
SECONDS = 20.0  # for all links of a round together
A_CALL_S = 4.0
HOPS = 3
GONE = (404, 410)
NO_HEAD = (403, 405, 501)  # sites that answer a browser but no HEAD
_URL = re.compile(r"https?://[^\s<>\"'()\[\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """The two questions to the network, so that a test or the demo's past can answer them."""

    status: Callable[[str], int | None]  # of an address; None = nobody answered
    profile: Callable[[Channel], str | None]  # words and link of the account's profile; None = cannot be read


def look(*, row: CheckRound, by: User | None, now: datetime | None = None, net: Net | None = None) -> CheckRound:
    """Answer the system's questions of an open round anew, those from the network too.

    Raises WrongMoment when it is signed, NotAllowed without `sign_check`.
    """
    access.require(by, Right.SIGN_CHECK, row.channel.division, channel=row.channel)
    asked, moment = net or Net(status=status, profile=profile), now or timezone.now()
    channel = Channel.objects.select_related("division", "duty_officer").get(pk=row.channel_id)
    seen = answers.of_channels([channel], now=moment)[channel.pk]
    posts = answers.last_posts([channel.pk], now=moment)
    found = {**seen, LINKS: links(posts, asked), LINKS_BACK: links_back(channel, asked)}
    return rounds.write_down(row=row, seen=found, now=moment)


def look_at_new(*, now: datetime | None = None, net: Net | None = None) -> int:
    """Ask the network for rounds that nobody has asked for yet, as long as BUDGET_S lasts; returns how many.

    What is left over comes with the next call; a round that somebody signed meanwhile is passed over.
    """
    until, done = time.monotonic() + BUDGET_S, 0
    for row in selectors.not_looked_at():
        if time.monotonic() > until:
            break
        try:
            look(row=row, by=None, now=now, net=net)
            done += 1
        except WrongMoment:
            continue
    return done


def links(posts: Sequence[Delivery], net: Net) -> Seen:
    """Whether the links of some posts work. Our own pages are looked up here; the network is asked about others."""
    found = list(dict.fromkeys(url for post in posts for url in links_of(post)))
    if not found:
        return Seen(Answer.NA, f"No link in the last {LAST_POSTS} posts.")
    broken, silent, until = [], len(found[MOST_LINKS:]), time.monotonic() + SECONDS
    for url in found[:MOST_LINKS]:
        works = _works(url, net) if time.monotonic() < until else None
        silent += works is None
        if works is False:
            broken.append(url)
    if broken:
        return Seen(Answer.NO, f"{len(broken)} of {len(found)} broken: {broken[0]}"[:300])
    if silent:
        return Seen(Answer.UNREAD, f"{silent} of {len(found)} could not be asked; the others work.")
    return Seen(Answer.YES, f"{len(found)} {'link' if len(found) == 1 else 'links'}.")


def links_of(post: Delivery) -> Iterator[str]:
    """The addresses that a post carried, as it went out."""
    words = f"{post.payload.get('text') or ''} {post.payload.get('link') or ''}"
    for url in _URL.findall(words):
        yield url.rstrip(".,;:!?")


def links_back(channel: Channel, net: Net) -> Seen:
    """Whether the account's profile gives an address of ours; the directory lists every public account in use."""
    if channel.mode == Mode.HAND_OFF:
        return Seen(Answer.NA, "Listed. Posted by hand: look at its profile yourself.")
    words = net.profile(channel)
    if words is None:
        return Seen(Answer.UNREAD, "Listed. Its profile could not be read.")
    if linking.leads_back(words):
        return Seen(Answer.YES, "Both ways.")
    return Seen(Answer.NO, "Listed, but its profile gives no address of ours.")


def _works(url: str, net: Net) -> bool | None:
    """True, False (gone, or not ours any more), None (nobody answered)."""
    if host(url) == host(settings.BASE_URL):
        return ours.look_up(url).kind not in ("removed", "unknown")
    code = net.status(url)
    return None if code is None or code >= 500 else code not in GONE


def status(url: str) -> int | None:
    """What an address answers, redirects followed a few hops, each guarded like the first; None without an answer."""
    for _ in range(HOPS + 1):
        try:
            answer = http.request("HEAD", url, headers={}, timeout_s=A_CALL_S, repeatable=True)
            if answer.status in NO_HEAD:
                answer = http.request("GET", url, headers={}, timeout_s=A_CALL_S, repeatable=True)
        except (ConnectorError, ValueError):
            return None
        if not 300 <= answer.status < 400 or "location" not in answer.headers:
            return answer.status
        url = urljoin(url, answer.headers["location"])
    return None


def profile(channel: Channel) -> str | None:
    """The words and the link of an account's profile as one text; None when the platform or the sign-in says no."""
    try:
        found = connector_of(channel).profile(account_of(channel))
    except (ConnectorError, NotSupported, BadInput):
        return None
    return f"{found.text or ''} {found.link or ''}"
