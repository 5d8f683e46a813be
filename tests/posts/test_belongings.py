"""Who looks after a post once its author moved on: lists, needs, repeating posts; and that P2 does not change by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from divisions import access
from divisions.errors import BadInput
from divisions.models import User
from divisions.services import handing_back, handover, people
from moderation.models import CheckItem, CheckRound, Task
from moderation.services import rounds
from posts.errors import OwnWork
from posts.models import Pattern, Post
from posts.selectors import listing, needs, ownerless, repeats
from posts.services import repeat, review
from posts.states import Stage
from tests.stories import NOW, approved, draft, live, submitted, tick

WEEKLY = "FREQ=WEEKLY;BYDAY=TU;COUNT=6"
LATER = "2026-11-24T18:00"


@pytest.fixture(autouse=True)
def _nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def leave(d: SimpleNamespace, taker: User) -> Any:
    return handover.hand_over(person=d.officer, kind="leaver", successor=taker, by=d.admin)


def mine(person: User) -> set[int]:
    return set(listing.listed(access.rights(person), listing.Filters(mine="1")).values_list("pk", flat=True))


def test_what_is_handed_over_is_mine_and_no_longer_theirs(department: SimpleNamespace) -> None:
    d = department
    clock = draft(d.northeast, d.officer, due=LATER, channels=[])
    back = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    review.request_changes(revision=back, by=d.supervisor, note="Name the street.", now=NOW)
    own = draft(d.northeast, d.colleague, channels=[])
    leave(d, d.colleague)
    assert mine(d.colleague) == {clock.pk, back.post_id, own.pk}
    theirs = access.rights(d.colleague)
    assert [post.pk for post in needs.drafts_with_a_clock(theirs)] == [clock.pk]
    assert [post.pk for post in needs.came_back_to(theirs)] == [back.post_id]
    assert Post.objects.get(pk=clock.pk).author == d.officer


def test_every_unfinished_stage_passes_on_and_what_is_done_stays(department: SimpleNamespace) -> None:
    d, page = department, [department.northeast_website]
    passes = {
        draft(d.northeast, d.officer, channels=[]).pk,
        submitted(d.northeast, d.officer, channels=page).post_id,
        approved(d.northeast, d.officer, d.supervisor, channels=page, due=LATER).pk,
    }
    expired = submitted(d.northeast, d.officer, channels=page).post
    Post.objects.filter(pk=expired.pk).update(stage=Stage.EXPIRED)
    done = live(d.northeast, d.officer, d.supervisor, channels=page)
    dropped = draft(d.northeast, d.officer, channels=[])
    Post.objects.filter(pk=dropped.pk).update(stage=Stage.CANCELLED)
    row = leave(d, d.colleague)
    assert set(Post.objects.filter(owner=d.colleague).values_list("pk", flat=True)) == {*passes, expired.pk}
    assert Post.objects.get(pk=done.pk).owner is None
    tick(NOW + timedelta(hours=9))  # the scheduled one goes out meanwhile
    assert handing_back.hand_back(handover=row, by=d.admin) == []
    assert not Post.objects.filter(owner__isnull=False).exists()


def test_taking_over_is_no_editing_so_the_taker_may_approve_and_the_author_still_not(
    department: SimpleNamespace,
) -> None:
    d = department
    people.grant(user=d.officer, division=d.central, role="officer", starts_on=NOW.date(), by=d.admin, now=NOW)
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    handover.hand_over(
        person=d.officer, kind="transfer", division=d.northeast, role="supervisor", by=d.admin
    )  # promoted: what is theirs there stays theirs
    with pytest.raises(OwnWork):
        review.approve(revision=revision, by=d.officer, now=NOW)
    handover.hand_over(
        person=d.officer, kind="transfer", division=d.central, role="officer", successor=d.supervisor, by=d.admin
    )
    assert Post.objects.get(pk=revision.post_id).owner == d.supervisor
    review.approve(revision=revision, by=d.supervisor, now=NOW + timedelta(minutes=1))


def test_a_post_goes_on_repeating_on_the_takers_rights(department: SimpleNamespace) -> None:
    d, page = department, [department.northeast_website]
    first = approved(d.northeast, d.officer, d.supervisor, channels=page, due=LATER, repeats=WEEKLY)
    tick(NOW + timedelta(hours=9))
    row = leave(d, d.colleague)
    assert row.moved["posts.patterns"]["rows"] == [[first.pk, None, d.colleague.pk]]
    pattern = Pattern.objects.get()
    assert repeat.materialise(now=NOW + timedelta(days=8)) > 0
    made = Post.objects.filter(pattern=pattern)
    assert {(post.owner, post.stage) for post in made} == {(d.colleague, Stage.SCHEDULED)}
    assert repeats.may_stop(Post.objects.get(pk=first.pk), access.rights(d.colleague))
    people.end(membership=d.colleague.memberships.get(), by=d.admin, now=NOW)
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        repeat.materialise(now=NOW + timedelta(days=15))
    waits = made.filter(stage=Stage.DRAFT)
    assert waits.exists()
    assert "Second officer, Northeast no longer submits" in repeats.why_not_made(waits)[waits[0].pk]


def test_whoever_takes_a_pattern_has_to_submit_there(department: SimpleNamespace) -> None:
    d, page = department, [department.northeast_website]
    approved(d.northeast, d.officer, d.supervisor, channels=page, due=LATER, repeats=WEEKLY)
    tick(NOW + timedelta(hours=9))
    Post.objects.exclude(pattern=None).update(stage=Stage.CANCELLED)
    with pytest.raises(BadInput, match="may not submit what repeats there"):
        leave(d, d.admin)


def test_a_pattern_somebody_else_wrote_rests_on_who_submitted_it_and_passes_on(department: SimpleNamespace) -> None:
    d, page = department, [department.northeast_website]
    first = approved(d.northeast, d.officer, d.supervisor, channels=page, due=LATER, repeats=WEEKLY)
    tick(NOW + timedelta(hours=9))
    Post.objects.filter(pk=first.pk).update(author=d.colleague)
    leave(d, d.supervisor)
    assert Post.objects.get(pk=first.pk).owner == d.supervisor


def test_tasks_of_check_rounds_and_answers_that_will_be_tasks_pass_on(department: SimpleNamespace) -> None:
    d = department
    account = d.facebook_northeast
    type(account).objects.filter(pk=account.pk).update(created_at=NOW - timedelta(days=30))
    rounds.open_due(now=NOW - timedelta(days=7))
    first = CheckRound.objects.get(channel=account)
    codes = first.items.filter(asked_of="person").values_list("code", flat=True)
    typed = {code: rounds.Typed(answer="yes") for code in codes}
    typed["pinned"] = rounds.Typed(answer="no", note="Unpin the summer hours.", owner=d.officer)
    rounds.save(row=first, version=1, typed=typed, by=d.smo, now=NOW - timedelta(days=7))
    rounds.sign(row=first, by=d.smo, now=NOW - timedelta(days=7))
    rounds.open_due(now=NOW)
    item = CheckItem.objects.filter(round__signed_at=None, round__channel=account)[0]
    CheckItem.objects.filter(pk=item.pk).update(owner=d.officer)
    row = leave(d, d.supervisor)
    task = Task.objects.get(code="pinned")
    item.refresh_from_db()
    assert (task.owner, item.owner) == (d.supervisor, d.supervisor)
    Task.objects.filter(pk=task.pk).update(done_at=NOW, done_by=d.supervisor, done_note="Unpinned.")
    left = handing_back.hand_back(handover=row, by=d.admin)
    assert left == ["Unpin the summer hours.: finished, or given to somebody else since."]
    item.refresh_from_db()
    assert item.owner == d.officer


def test_posts_of_who_lost_their_rights_otherwise_are_said_to_who_can_move_people(
    department: SimpleNamespace, as_: Any
) -> None:
    d, later = department, NOW + timedelta(minutes=5)
    draft(d.northeast, d.officer, channels=[])
    live(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    assert ownerless.keepers(access.rights(d.admin), now=later) == []
    people.end(membership=d.officer.memberships.get(), by=d.admin, now=NOW)
    assert ownerless.keepers(access.rights(d.admin), now=later) == [(d.officer, 1)]
    assert ownerless.keepers(access.rights(d.supervisor), now=later) == []
    with time_machine.travel(later, tick=False):
        assert "1 post is in the name of Officer, Northeast" in as_(d.admin).get("/desk/").content.decode()
        leave(d, d.colleague)
    assert ownerless.keepers(access.rights(d.admin), now=later) == []
