"""What a hold stops, as people see and decide it: by post, narrowed to what they may see (P5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from divisions.access import Rights
from divisions.errors import NotVisible
from divisions.models import Division
from divisions.permissions import Right
from posts.models import Delivery, Hold, Post
from posts.models.hold import Scope
from posts.selectors import holds, posts
from posts.states import CLAIMABLE, DeliveryState


@dataclass(frozen=True, slots=True)
class Effect:
    """What a hold would stop now: posts, the first of them, and calls that are being made this second."""

    posts: int
    first_due_at: datetime | None
    in_flight: int


def visible_to(mine: Rights) -> QuerySet[Hold]:
    """Holds that concern a person: of everything, of a kind, of a division or account they see; a non-member none."""
    ids = mine.visible_division_ids()
    if not ids:
        return Hold.objects.none()
    paths = Division.objects.filter(pk__in=ids).values_list("path", flat=True)
    above = {int(pk) for path in paths for pk in path.strip("/").split("/")}
    own = Q(division__in=ids) | Q(channel__division__in=ids) | Q(division__in=above, with_tree=True)
    rows = Hold.objects.filter(Q(scope__in=[Scope.ALL, Scope.KIND]) | own)
    return rows.select_related("division", "channel__division", "placed_by", "released_by")


def get_visible(mine: Rights, pk: int) -> Hold:
    """One hold; raises NotVisible."""
    found = visible_to(mine).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def held_posts(hold: Hold, mine: Rights) -> QuerySet[Post]:
    """Posts of which something is held by it, earliest first, each with `held` (its held deliveries)."""
    rows = Delivery.objects.filter(hold=hold, state=DeliveryState.HELD)
    shown = rows.select_related("channel", "revision").order_by("pk")
    return (
        posts.visible_to(mine)
        .filter(pk__in=rows.values("post"))
        .prefetch_related(Prefetch("deliveries", queryset=shown, to_attr="held"))
        .order_by("due_at", "pk")
    )


def count_held(hold: Hold) -> int:
    """How many posts wait under it, whoever may see them."""
    return Delivery.objects.filter(hold=hold, state=DeliveryState.HELD).values("post").distinct().count()


def effect_on_everything() -> Effect:
    """What a hold of everything would stop, for the page that asks before placing one."""
    rows = holds.rows_in_scope_of_all().filter(hold__isnull=True)
    waiting = rows.filter(state__in=(*CLAIMABLE, DeliveryState.AWAITING_PROOF))
    return Effect(
        posts=waiting.values("post").distinct().count(),
        first_due_at=waiting.order_by("due_at").values_list("due_at", flat=True).first(),
        in_flight=rows.filter(state=DeliveryState.IN_FLIGHT).count(),
    )


def may_release(hold: Hold, mine: Rights) -> bool:
    """Whether a person may lift it: the right over its whole scope."""
    place = hold.division_id or (hold.channel.division_id if hold.channel else None)
    if place is None:
        return mine.anywhere(Right.HOLD_ALL)
    alone = mine.can(Right.HOLD_DIVISION, place, hold.channel) and not hold.with_tree
    return mine.can(Right.HOLD_ALL, place) or alone
