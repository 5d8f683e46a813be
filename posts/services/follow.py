"""What a receipt means for other rows: a copy shows new words, a copy is gone, a copy that came too late goes down too.

Called in the transaction that writes the receipts, whoever brings them: the platform, a look-up, a person's link.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from posts.models import Delivery, Withdrawal
from posts.models.amends import AmendVerdict
from posts.services import take_down
from posts.states import Act, DeliveryState


def receipts(rows: Sequence[Delivery], *, now: datetime) -> None:
    """Carry receipts over to the copies they are about. Needs `post__division` and `channel` loaded."""
    gone = [row.publication_id for row in rows if row.act == Act.WITHDRAW and row.publication_id]
    if gone:
        standing = Delivery.objects.filter(pk__in=gone, state=DeliveryState.DELIVERED)
        standing.update(state=DeliveryState.WITHDRAWN, state_at=now)
    for row in rows:
        if row.act == Act.EDIT and row.publication_id:
            Delivery.objects.filter(pk=row.publication_id).update(amended_by=row)
    _take_down_too([row for row in rows if row.act == Act.PUBLISH], now)


def _take_down_too(published: Sequence[Delivery], now: datetime) -> None:
    """What went out while its withdrawal was being confirmed, or was found only now, is not left standing."""
    confirmed = {
        withdrawal.post_id: withdrawal
        for withdrawal in Withdrawal.objects.filter(
            post__in={row.post_id for row in published}, verdict=AmendVerdict.CONFIRMED
        )
    }
    for row in published:
        if row.post_id in confirmed:
            take_down.of(confirmed[row.post_id], [row], now=now)
