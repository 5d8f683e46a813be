"""The outward journey on our own channels and a hand-off, from draft to public."""

from datetime import timedelta
from types import SimpleNamespace

from posts.models import Delivery, Post
from posts.states import DeliveryState, Stage
from records.models import LedgerEntry
from tests.stories import NOW, approved, live, tick


def test_an_approved_post_goes_out_on_our_own_channels(department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    states = dict(post.deliveries.values_list("channel__platform", "state"))
    assert states == {"website": DeliveryState.DELIVERED, "feed": DeliveryState.DELIVERED}
    page = post.deliveries.get(channel__platform="website")
    assert page.remote_url == f"http://testserver/news/{post.pk}-oak-street-is-closed-until-four/"
    assert post.stage == Stage.SCHEDULED


def test_every_step_stands_in_the_ledger(department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor)
    types = list(LedgerEntry.objects.filter(subject_type="post", subject_id=str(post.pk)).order_by("seq"))
    assert [t.type for t in types] == [
        "posts.post.started",
        "posts.post.submitted",
        "posts.revision.approved",
        "posts.delivery.queued",
        "posts.delivery.queued",
        "posts.delivery.delivered",
        "posts.delivery.delivered",
    ]
    assert types[2].actor_label == "Supervisor, Northeast <supervisor@test.example>"


def test_nothing_goes_before_it_is_due_and_all_goes_when_it_is(department: SimpleNamespace) -> None:
    d = department
    own = [d.northeast_website, d.northeast_feed]
    post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00", channels=own)
    assert tick(NOW + timedelta(hours=2, minutes=59)) == 0
    tick(NOW + timedelta(hours=3))
    assert set(Delivery.objects.filter(post=post).values_list("state", flat=True)) == {DeliveryState.DELIVERED}


def test_a_late_post_is_missed_and_never_fired(department: SimpleNamespace) -> None:
    d = department
    own = [d.northeast_website, d.northeast_feed]
    post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00", channels=own)
    assert tick(NOW + timedelta(hours=6)) == 0
    assert set(Post.objects.get(pk=post.pk).deliveries.values_list("state", flat=True)) == {DeliveryState.MISSED}
