"""Transfer and leaver: one act moves everything, nothing is left ownerless, and it is undone the same day."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions import access
from divisions.models import (
    AccountHolder,
    AccountRecord,
    Channel,
    DutyShift,
    Takeover,
    Training,
    User,
)
from divisions.permissions import Right
from divisions.services import channels, handing_back, handover, training
from posts.models import Post
from posts.services.belongings import unfinished
from records.models import LedgerEntry
from tests.stories import NOW, approved, draft

LATER = "2026-11-25T18:00"


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def _busy(d: SimpleNamespace) -> None:
    """The officer has 40 drafts, 12 scheduled posts, three accounts on duty and whatever else one can have."""
    for n in range(40):
        draft(d.northeast, d.officer, title=f"Draft {n}", channels=[d.northeast_website])
    for n in range(12):
        approved(
            d.northeast, d.officer, d.supervisor, title=f"Scheduled {n}", due=LATER, channels=[d.northeast_website]
        )
    made = [
        channels.create_channel(
            slug=f"{platform}-northeast", division=d.northeast, platform=platform, audience="public", by=d.admin,
            name=f"Northeast on {platform}", handle=f"ne-{platform}", duty_officer=d.officer, now=NOW,
        )
        for platform in ("x", "youtube")
    ]  # fmt: skip
    shift = {"made_by": d.admin, "starts_at": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=2)}
    DutyShift.objects.create(channel=made[0], user=d.officer, **shift)
    AccountRecord.objects.create(channel=made[1], owner=d.officer)
    AccountHolder.objects.create(channel=made[1], user=d.officer, second_factor=True, added_by=d.admin)
    days = {"trained_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=300)}
    training.give(user=d.officer, division=d.northeast, by=d.admin, now=NOW, **days)


def _state(d: SimpleNamespace) -> dict[str, Any]:
    """Everything that a handover touches, as it stands for everybody: for comparing before with after."""
    mine = access.rights(d.officer)
    alive = {"revoked_at__isnull": True}
    return {
        "rights": sorted((sorted(g.rights), sorted(g.division_ids), g.channel_ids) for g in mine.grants),
        "mirror": access.mirror_differences(),
        "posts": list(Post.objects.order_by("pk").values_list("pk", "owner", "author", "stage", "title")),
        "duty": list(Channel.objects.order_by("pk").values_list("pk", "duty_officer")),
        "shifts": list(DutyShift.objects.filter(**alive).values_list("channel", "user", "starts_at", "ends_at")),
        "owners": list(AccountRecord.objects.values_list("channel", "owner")),
        "holders": list(AccountHolder.objects.filter(removed_at=None).values_list("channel", "user", "second_factor")),
        "trainings": list(Training.objects.filter(**alive).values_list("user", "division", "trained_on", "ends_on")),
        "takeovers": list(Takeover.objects.values_list("channel", "to_user")),
        "active": User.objects.get(pk=d.officer.pk).is_active,
    }


def test_a_transfer_of_a_busy_officer_leaves_nothing_ownerless_and_is_one_act(department: SimpleNamespace) -> None:
    d = department
    _busy(d)
    before, acts = _state(d), LedgerEntry.objects.count()

    row = handover.hand_over(
        person=d.officer, kind="transfer", division=d.central, role="officer", successor=d.colleague, by=d.admin
    )

    assert LedgerEntry.objects.count() == acts + 1
    said = LedgerEntry.objects.order_by("seq").last()
    assert said is not None
    assert (said.type, said.data["kind"], said.data["to"]) == ("divisions.person.handed_over", "transfer", "central")
    assert len(said.data["moved"]["posts"]["rows"]) == 52
    case = handover.case_of(handover.Move(person=d.officer, kind="leaver"), now=NOW)
    assert not unfinished(case).exists()
    assert Post.objects.filter(owner=d.colleague).count() == 52
    assert set(Channel.objects.filter(slug__endswith="-northeast").values_list("duty_officer", flat=True)) == {
        d.colleague.pk
    }
    assert Takeover.objects.filter(to_user=d.colleague, from_user=d.officer, handover=row).count() == 3
    theirs = access.rights(d.officer)
    assert theirs.visible_division_ids() == {d.central.pk}
    assert theirs.can(Right.DRAFT_POST, d.central.pk)
    assert access.mirror_differences() == 0
    assert not Training.objects.filter(user=d.officer, revoked_at=None).exists()
    assert not AccountHolder.objects.filter(user=d.officer, removed_at=None).exists()

    left = handing_back.hand_back(handover=row, by=d.smo)

    assert left == []
    assert _state(d) == before
    assert LedgerEntry.objects.count() == acts + 2
