"""Where posts are: live, partly live, failed and so on, read from their deliveries for a page of posts at once.

Never stored: a post keeps its editorial stage only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.db.models import Count

from posts.models import Delivery, Post
from posts.states import Act, DeliveryState, Stage

_S = DeliveryState
# What nothing live is called, worst first: a person has to look before anybody waits.
_NOT_LIVE = (
    _S.FAILED,
    _S.UNCERTAIN,
    _S.MISSED,
    _S.HELD,
    _S.AWAITING_PROOF,
    _S.AWAITING_RETRY,
    _S.IN_FLIGHT,
    _S.QUEUED,
    _S.WITHDRAWN,
)
_TROUBLE = (_S.FAILED, _S.UNCERTAIN, _S.MISSED, _S.AWAITING_PROOF)
# How the sentence names what is not live.
_WORDS: dict[str, tuple[str, str]] = {
    _S.FAILED: ("failed", "failed"),
    _S.UNCERTAIN: ("nobody can vouch for yet", "nobody can vouch for yet"),
    _S.MISSED: ("missed its time", "missed their time"),
    _S.HELD: ("is held", "are held"),
    _S.AWAITING_PROOF: ("waits for its link", "wait for their link"),
    _S.AWAITING_RETRY: ("is tried again by itself", "are tried again by themselves"),
    _S.IN_FLIGHT: ("is on its way", "are on their way"),
    _S.QUEUED: ("is queued", "are queued"),
    _S.WITHDRAWN: ("is withdrawn", "are withdrawn"),
}
_STAGES: dict[str, str] = {
    Stage.DRAFT: "A draft. Nobody else sees it before it is submitted.",
    Stage.IN_REVIEW: "Waits for a reviewer. Nothing goes out before.",
    Stage.CHANGES_REQUESTED: "The reviewer asks for a change.",
    Stage.APPROVED: "Approved, no time is set.",
    Stage.SCHEDULED: "Approved and scheduled.",
    Stage.EXPIRED: "Nobody approved it in time. Nothing went out.",
    Stage.CANCELLED: "Dropped. Nothing goes out.",
}
_NUMBERS = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True, slots=True)
class Presence:
    """How a post stands: `key` names a sign (live, partly_live, failed, a stage …); `counts` by delivery state.

    `corrected` = how many copies show other words than they were published with.
    """

    key: str
    stage: str
    counts: Mapping[str, int] = field(default_factory=dict)
    corrected: int = 0

    @property
    def live(self) -> int:
        """In how many places it is proven to be."""
        return self.counts.get(_S.DELIVERED, 0)

    @property
    def places(self) -> int:
        """In how many places it was meant to be, without what a person left out."""
        return sum(n for state, n in self.counts.items() if state != _S.CANCELLED)

    @property
    def troubled(self) -> int:
        """In how many places a person has to decide."""
        return sum(self.counts.get(state, 0) for state in _TROUBLE)

    @property
    def sentence(self) -> str:
        """One line: "Live in 2 of 4 places. One failed, one nobody can vouch for yet." """
        if not self.places:
            return _STAGES[self.stage]
        rest = [_say(state, self.counts[state]) for state in _NOT_LIVE if self.counts.get(state)]
        tail = f" {_capital(', '.join(rest))}." if rest else ""
        return f"Live in {self.live} of {self.places} {'place' if self.places == 1 else 'places'}.{tail}"

    @property
    def trouble(self) -> str:
        """Only what is wrong, for narrow rows; empty when nothing is."""
        rest = [_say(s, self.counts[s]) for s in _TROUBLE if self.counts.get(s)]
        return f"{_capital(', '.join(rest))}." if rest else ""


def of_posts(posts: Iterable[Post]) -> dict[int, Presence]:
    """The presence of each post by its id. One query, however many posts."""
    rows = list(posts)
    counted: dict[int, Counter[str]] = {post.pk: Counter() for post in rows}
    corrected: Counter[int] = Counter()
    found = Delivery.objects.filter(post__in=list(counted), act=Act.PUBLISH).order_by()
    told = found.values_list("post", "state").annotate(n=Count("pk"), amended=Count("amended_by"))
    for pk, state, n, amended in told:
        counted[pk][state] = n
        corrected[pk] += amended
    return {post.pk: _presence(post.stage, counted[post.pk], corrected[post.pk]) for post in rows}


def of_deliveries(stage: str, deliveries: Iterable[Delivery]) -> Presence:
    """The same for one post whose deliveries are already read."""
    rows = [d for d in deliveries if d.act == Act.PUBLISH]
    return _presence(stage, Counter(d.state for d in rows), sum(d.amended_by_id is not None for d in rows))


def number(n: int) -> str:
    """A small number as a word: "Five"; from ten on in digits."""
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def _presence(stage: str, counts: Counter[str], corrected: int) -> Presence:
    presence = Presence(stage, stage, dict(counts), corrected)
    if not presence.places:
        return presence
    if presence.live:
        everywhere = "live_corrected" if corrected else "live"
        return replace(presence, key=everywhere if presence.live == presence.places else "partly_live")
    worst = next(state for state in _NOT_LIVE if counts.get(state))
    return replace(presence, key=worst.value)


def _say(state: str, n: int) -> str:
    one, many = _WORDS[state]
    return f"{number(n).lower()} {one if n == 1 else many}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
