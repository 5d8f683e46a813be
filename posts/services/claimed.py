"""The rows a batch of calls begins with, locked, as model instances made without Django's constructor.

Reading is half of what a call costs us, and most of that is `Model.__init__`. One statement brings a delivery with its
channel, post, division, revision and variant; nothing is kept from one call to the next. Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import JSONField, Model
from django.db.models.base import ModelState

from divisions.models import Channel, Division
from posts.models import Delivery, Post, Revision, Variant
from posts.states import DeliveryState

M = TypeVar("M", bound=Model)

# What no call needs. Whoever asks for one later gets it by a query of its own, as after `defer`.
_UNREAD: dict[type[Model], frozenset[str]] = {
    Delivery: frozenset({"due_at", "ready_at", "state_at", "lease_until", "look_at", "settled_at", "problem"}),
    Channel: frozenset({"token_expires_at", "checked_at", "created_at", "best_from", "best_until"}),
    Post: frozenset({"stage_at", "created_at", "due_at", "approve_by"}),
    Division: frozenset({"intro", "address", "phone_desk", "phone_tips", "hours"}),
    Revision: frozenset({"created_at", "due_at", "approve_by", "findings", "editor_ids"}),
    Variant: frozenset(),
}
_FROM = """
FROM posts_delivery d
JOIN divisions_channel c ON c.id = d.channel_id
JOIN posts_post p ON p.id = d.post_id
JOIN divisions_division o ON o.id = p.division_id
LEFT JOIN posts_revision r ON r.id = d.revision_id
LEFT JOIN posts_variant v ON v.id = d.variant_id
WHERE d.id = ANY(%(ids)s) AND d.state = %(state)s AND d.claimed_by = %(worker)s AND d.lease_until > %(now)s
ORDER BY d.id FOR UPDATE OF d
"""


class _Columns(Generic[M]):
    """One model's columns in a statement, and instances of what came back."""

    def __init__(self, model: type[M], alias: str) -> None:
        fields = [field for field in model._meta.concrete_fields if field.name not in _UNREAD[model]]
        self.sql = ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in fields)
        self.width = len(fields)
        self._model = model
        self._names = [field.attname for field in fields]
        self._json = [at for at, field in enumerate(fields) if isinstance(field, JSONField)]
        odd = [f.name for f in fields if f.get_db_converters(connection) and not isinstance(f, JSONField)]
        if odd:
            raise TypeError(f"{model.__name__}: {', '.join(odd)} is not read as the database gives it")

    def instance(self, values: list[Any]) -> M:
        """As `Model.from_db`, for the columns of `sql` in their order."""
        for at in self._json:
            values[at] = json.loads(values[at])
        found = self._model.__new__(self._model)
        found.__dict__.update(zip(self._names, values, strict=True))
        found._state = ModelState()
        found._state.db, found._state.adding = DEFAULT_DB_ALIAS, False
        return found


@cache
def _parts() -> tuple[_Columns[Any], ...]:
    parts = ((Delivery, "d"), (Channel, "c"), (Post, "p"), (Division, "o"), (Revision, "r"), (Variant, "v"))
    return tuple(_Columns(model, alias) for model, alias in parts)


@cache
def _statement() -> str:
    return f"SELECT {', '.join(part.sql for part in _parts())} {_FROM}"


def lock(ids: Sequence[int], *, worker: str, now: datetime) -> list[Delivery]:
    """Lock those deliveries that are in flight under the worker's own, unlapsed claim, in id order.

    `channel`, `post__division`, `revision__post` and `variant__channel` are loaded.
    """
    values: dict[str, Any] = {"ids": list(ids), "state": DeliveryState.IN_FLIGHT.value, "worker": worker, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_statement(), values)
        return [_delivery(row) for row in cursor.fetchall()]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    found: list[Any] = []
    at = 0
    for part in _parts():
        values = list(row[at : at + part.width])
        found.append(part.instance(values) if values[0] is not None else None)
        at += part.width
    delivery, channel, post, division, revision, variant = found
    post._state.fields_cache["division"] = division
    if revision is not None and revision.post_id == post.pk:
        revision._state.fields_cache["post"] = post
    if variant is not None and variant.channel_id == channel.pk:
        variant._state.fields_cache["channel"] = channel
    delivery._state.fields_cache.update(channel=channel, post=post, revision=revision, variant=variant)
    return delivery  # type: ignore[no-any-return]
