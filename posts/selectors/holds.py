"""Which holds are in force, and what they cover. Read before every call, by makers of rows, and by every desk page."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from divisions.models import Division
from posts.kinds import Kind
from posts.models import Delivery, Hold
from posts.models.hold import Scope
from posts.states import UNFINISHED, Act

BOUND_ACTS = (Act.PUBLISH, Act.EDIT, Act.REPLY)  # taking something down is never held up


def in_force() -> QuerySet[Hold]:
    """Holds that stop something now; drills stop nothing."""
    return Hold.objects.filter(released_at__isnull=True, drill=False).order_by("placed_at", "pk")


def rows_in_scope(hold: Hold) -> QuerySet[Delivery]:
    """Unfinished deliveries that a hold covers, whenever they are due."""
    return rows_in_scope_of_all().filter(_scope(hold)).exclude(post__in=hold.exempt_posts.values("pk"))


def rows_in_scope_of_all() -> QuerySet[Delivery]:
    """Unfinished deliveries that a hold of everything would cover; safety alerts always go."""
    rows = Delivery.objects.filter(state__in=UNFINISHED, act__in=BOUND_ACTS)
    return rows.exclude(post__kind=Kind.SAFETY_ALERT)


def covering(delivery: Delivery) -> Hold | None:
    """The oldest hold in force that covers a delivery, or None."""
    for hold in in_force():
        if Delivery.objects.filter(_scope(hold), pk=delivery.pk, act__in=BOUND_ACTS).exists() and not (
            delivery.post.kind == Kind.SAFETY_ALERT or hold.exempt_posts.filter(pk=delivery.post_id).exists()
        ):
            return hold
    return None


def _scope(hold: Hold) -> Q:
    if hold.scope == Scope.CHANNEL:
        return Q(channel=hold.channel_id)
    if hold.scope == Scope.KIND:
        return Q(post__kind=hold.kind)
    if hold.scope == Scope.DIVISION and hold.division is not None:
        ids = [hold.division_id]
        if hold.with_tree:
            ids = list(Division.objects.filter(path__startswith=hold.division.path).values_list("pk", flat=True))
        return Q(post__division__in=ids) | Q(channel__division__in=ids)
    return Q()
