"""The list of posts: what the filters of its address mean. Narrowed to what the person sees before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from divisions.access import Rights
from posts.kinds import Kind
from posts.models import Delivery, Post
from posts.selectors import posts, repeats
from posts.states import DeliveryState, Stage

PAGE = 25
_S = DeliveryState
# What "where" may ask: a word for the choice, and the delivery states it stands for.
PLACES: dict[str, tuple[str, tuple[DeliveryState, ...]]] = {
    "trouble": ("Needs a decision", (_S.FAILED, _S.MISSED, _S.UNCERTAIN, _S.AWAITING_PROOF)),
    "failed": ("Failed or missed", (_S.FAILED, _S.MISSED)),
    "uncertain": ("Uncertain", (_S.UNCERTAIN,)),
    "awaiting_proof": ("Awaiting proof", (_S.AWAITING_PROOF,)),
    "coming": ("Still to go out", (_S.QUEUED, _S.AWAITING_RETRY, _S.IN_FLIGHT, _S.HELD)),
    "delivered": ("Delivered somewhere", (_S.DELIVERED,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address asks for; unknown values narrow nothing, so that an old link never breaks."""

    q: str = ""
    stage: str = ""
    kind: str = ""
    division: str = ""
    where: str = ""
    channel: str = ""
    mine: str = ""

    @property
    def chosen(self) -> bool:
        """Whether anything narrows the list."""
        return any((self.q, self.stage, self.kind, self.division, self.where, self.channel, self.mine))


def read(query: Mapping[str, str]) -> Filters:
    """The filters of an address, cleaned."""
    value = {name: query.get(name, "").replace("\x00", "").strip()[:100] for name in Filters.__dataclass_fields__}
    known = {"stage": Stage.values, "kind": Kind.values, "where": list(PLACES), "mine": ["1"]}
    return Filters(**{k: v if v in known.get(k, [v]) else "" for k, v in value.items()})


def listed(mine: Rights, filters: Filters) -> QuerySet[Post]:
    """The posts that the filters ask for: by their time, the latest first; what has none by its last move."""
    found = repeats.with_rule(posts.visible_to(mine))
    if filters.q:
        found = found.filter(title__icontains=filters.q)
    if filters.stage:
        found = found.filter(stage=filters.stage)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.division:
        found = found.filter(division__slug=filters.division)
    if filters.mine:
        found = found.filter(posts.looked_after_by(mine.user_id))
    if filters.where or filters.channel:
        found = found.filter(Exists(_deliveries(filters)))
    return found.order_by(Coalesce("due_at", "stage_at").desc(), "-pk")


def _deliveries(filters: Filters) -> QuerySet[Delivery]:
    asked = Q(post=OuterRef("pk"))
    if filters.where:
        asked &= Q(state__in=PLACES[filters.where][1])
    if filters.channel:
        asked &= Q(channel__slug=filters.channel)
    return Delivery.objects.filter(asked)
