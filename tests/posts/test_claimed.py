"""Rows read without Django's constructor are what Django would have read, under the same lock and fence."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db.models import Model
from django.utils import timezone

from posts.models import Delivery
from posts.services import claimed
from posts.states import DeliveryState
from tests.stories import approved

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def row(department: SimpleNamespace) -> Delivery:
    """One delivery in flight under the claim of “me”."""
    approved(department.northeast, department.officer, department.supervisor)
    found = Delivery.objects.earliest("pk")
    found.state, found.claimed_by, found.lease_until = DeliveryState.IN_FLIGHT, "me", NOW + timedelta(minutes=1)
    found.save()
    return found


def _all(instance: Model) -> dict[str, object]:
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_each_instance_equals_what_django_reads(row: Delivery) -> None:
    (found,) = claimed.lock([row.pk], worker="me", now=NOW)
    stored = Delivery.objects.get(pk=row.pk)
    assert stored.revision is not None
    assert stored.variant is not None
    assert found.revision is not None
    assert found.variant is not None
    for ours, theirs in (
        (found, stored),
        (found.channel, stored.channel),
        (found.post, stored.post),
        (found.post.division, stored.post.division),
        (found.revision, stored.revision),
        (found.variant, stored.variant),
    ):
        assert type(ours) is type(theirs)
        assert _all(ours) == _all(theirs)
    assert found.revision.post is found.post
    assert found.variant.channel is found.channel


def test_an_instance_can_be_saved(row: Delivery) -> None:
    (found,) = claimed.lock([row.pk], worker="me", now=NOW)
    found.state_at = NOW - timedelta(days=1)
    found.save(update_fields=["state_at"])
    assert Delivery.objects.get(pk=row.pk).state_at == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("worker", "state", "lease"),
    [("other", "in_flight", 60), ("me", "queued", 60), ("me", "in_flight", -1)],
)
def test_rows_of_others_and_lapsed_claims_are_left_out(row: Delivery, worker: str, state: str, lease: int) -> None:
    Delivery.objects.update(state=state, lease_until=NOW + timedelta(seconds=lease))
    assert claimed.lock([row.pk], worker=worker, now=NOW) == []
