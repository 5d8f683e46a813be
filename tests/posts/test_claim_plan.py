"""How PostgreSQL answers the claim: an account at a time, whatever its statistics say."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from posts.models import Delivery
from posts.services import claim
from tests.stories import approved

pytestmark = pytest.mark.django_db
NOW = timezone.now()

FROZEN = {
    "act": "'edit'",
    "post_id": "post_id + 1",
    "revision_id": "revision_id + 1",
    "variant_id": "variant_id + 1",
    "channel_id": "channel_id + 1",
    "target_remote_id": "'another'",
    "withdrawal_id": "1",
    "publication_id": "id",
    "payload": 'payload || \'{"text": "other words"}\'',
    "payload_hash": "repeat('0', 64)",
    "key": "'another'",
}


# Many more rows like one, spread over all accounts that the public reads.
MANY = """
INSERT INTO posts_delivery SELECT made.* FROM posts_delivery d, generate_series(1, 1500) AS n,
    (SELECT array_agg(id) AS ids FROM divisions_channel WHERE audience = 'public') AS c,
    jsonb_populate_record(d, jsonb_build_object('id', d.id + n, 'key', 'many-' || n, 'revision_id', NULL,
        'channel_id', c.ids[1 + n %% array_length(c.ids, 1)])) AS made
WHERE d.id = %s
"""


@pytest.fixture
def row(department: SimpleNamespace) -> Delivery:
    d = department
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.facebook_northeast], now=NOW)
    return Delivery.objects.get(post=post, channel=d.facebook_northeast)


def _plan(platform: str = "facebook") -> list[dict[str, Any]]:
    """Every node of the claim's plan, where reading a whole table is dear as it is with a million rows."""
    given = {**claim.values(NOW), "platform": platform, "lease": NOW, "worker": "w", "lanes": 8, "look": 32, "rows": 20}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 4")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {claim._CLAIM}", {**given, "in_flight": "in_flight"})
        top = cursor.fetchone()[0][0]["Plan"]
    found, ahead = [], [top]
    while ahead:
        node = ahead.pop()
        found.append(node)
        ahead += node.get("Plans", [])
    return found


@pytest.mark.parametrize("statistics", ["of a quiet night", "of now"])
def test_what_a_lane_has_due_is_read_by_an_index_of_its_account(row: Delivery, statistics: str) -> None:
    later = NOW + timedelta(hours=6)
    with connection.cursor() as cursor:
        cursor.execute(MANY, [row.pk])
    Delivery.objects.update(ready_at=later if statistics == "of a quiet night" else NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE posts_delivery, posts_channellane")
    Delivery.objects.update(ready_at=NOW)
    reads = [node for node in _plan() if str(node.get("Index Name", "")).startswith("delivery_")]
    by_moment = [node for node in reads if node["Index Name"] in ("delivery_ready", "delivery_late")]
    of_account = [node for node in reads if node["Index Name"] in ("delivery_lane", "delivery_by_channel")]
    # Once for the first moment of all; then for which lanes have something, and for their rows.
    assert (len(by_moment), len(of_account)) == (1, 2)


@pytest.mark.parametrize("column", FROZEN)
def test_no_column_of_what_is_sent_can_be_changed_in_the_database(row: Delivery, column: str) -> None:
    change = f"UPDATE posts_delivery SET state = state, {column} = {FROZEN[column]} WHERE id = %s"
    with (
        pytest.raises((InternalError, IntegrityError), match="what a delivery sends is frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change, [row.pk])


def test_how_it_stands_can_be_changed(row: Delivery) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE posts_delivery SET state = 'in_flight', attempt = attempt + 1 WHERE id = %s", [row.pk])
    row.refresh_from_db()
    assert (row.state, row.attempt) == ("in_flight", 1)
