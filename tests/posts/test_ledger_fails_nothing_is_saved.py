"""Every service that writes the ledger: when the ledger fails, nothing is saved."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from divisions.models import Channel, Division, LinkRule, Membership, User
from divisions.services import channels, divisions, people
from posts.models import Approval, Attempt, Correction, Delivery, Draft, MediaAsset, Pattern, Post, Review, Revision
from posts.selectors.corrections import Typed
from posts.services import (
    compose,
    correct,
    decide,
    deliver,
    media,
    put_right,
    repeat,
    review,
    schedule,
    submit,
    sweep,
    videos,
)
from records.services import ledger
from tests import films
from tests.stories import NOW, approved, asset, draft, live, picture, submitted, tick

TYPED = Typed(was_wrong="The wrong street.", reason="A reader told us.", title="Elm Street", text="It is Elm Street.")
SOON = NOW + timedelta(minutes=5)
Story = Callable[[SimpleNamespace], Callable[[], Any]]


def _start(d: SimpleNamespace) -> Callable[[], Any]:
    return lambda: compose.start(division=d.northeast, kind="update", by=d.officer, now=NOW)


def _submit(d: SimpleNamespace) -> Callable[[], Any]:
    post = draft(d.northeast, d.officer)
    return lambda: submit.submit(post=post, by=d.officer, now=NOW)


def _on_revision(verb: str, **kwargs: Any) -> Story:
    def story(d: SimpleNamespace) -> Callable[[], Any]:
        revision = submitted(d.northeast, d.officer)
        return lambda: getattr(review, verb)(revision=revision, by=d.supervisor, now=SOON, **kwargs)

    return story


def _recall(d: SimpleNamespace) -> Callable[[], Any]:
    revision = submitted(d.northeast, d.officer)
    return lambda: review.recall(post=revision.post, by=d.officer, now=SOON)


def _expire(d: SimpleNamespace) -> Callable[[], Any]:
    submitted(d.northeast, d.officer)
    return lambda: review.expire_overdue(now=NOW + timedelta(days=3))


def _on_approved(verb: str) -> Story:
    def story(d: SimpleNamespace) -> Callable[[], Any]:
        post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00")
        return lambda: getattr(compose, verb)(post=post, by=d.officer, now=SOON)

    return story


def _retime(d: SimpleNamespace) -> Callable[[], Any]:
    post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00")
    return lambda: schedule.retime(post=post, due_at=NOW + timedelta(hours=5), by=d.supervisor, now=SOON)


def _settle(d: SimpleNamespace) -> Callable[[], Any]:
    approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    ((lane, (pk,)),) = deliver.claim(now=SOON, worker="one").items()
    call = deliver.begin(pk=pk, lane=lane, worker="one", now=SOON)
    assert call is not None
    return lambda: deliver.settle(call=call, answer=deliver.make_call(call), worker="one", now=SOON)


def _missed(d: SimpleNamespace, act: Callable[..., Any], **kwargs: Any) -> Callable[[], Any]:
    post = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00", channels=[d.northeast_website])
    tick(NOW + timedelta(hours=6))
    delivery = post.deliveries.get()
    return lambda: act(delivery=delivery, by=d.supervisor, now=NOW + timedelta(hours=6), **kwargs)


STORIES: dict[str, Story] = {
    "start": _start,
    "submit": _submit,
    "approve": _on_revision("approve"),
    "request_changes": _on_revision("request_changes", note="Say which streets."),
    "reject": _on_revision("reject", note="Already said."),
    "approve what repeats": lambda d: _approve_repeating(d),
    "repeat": lambda d: _repeat(d),
    "stop repeating": lambda d: _stop(d),
    "recall": _recall,
    "expire": _expire,
    "change": _on_approved("change"),
    "cancel": _on_approved("cancel"),
    "retime": _retime,
    "send_again": lambda d: _missed(d, decide.send_again),
    "drop": lambda d: _missed(d, decide.drop),
    "prove": lambda d: _missed(d, decide.prove, link="https://pages.example/1"),
    "missed": lambda d: _late(d),
    "settle": _settle,
    "correction asked": lambda d: _correction_asked(d),
    "correction confirmed": lambda d: _on_correction(d, correct.confirm, d.smo),
    "correction refused": lambda d: _on_correction(d, correct.refuse, d.smo, note="The door was right."),
    "correction taken back": lambda d: _on_correction(d, correct.refuse, d.supervisor, note=""),
    "copy caught up": lambda d: _caught_up(d),
    "media add": lambda d: lambda: media.add(division=d.northeast, name="a.jpg", file=picture(), by=d.officer, now=NOW),
    "media describe": lambda d: _describe(d),
    "video add": lambda d: lambda: films.added(d.northeast, d.officer),
    "video made ready": lambda d: _made_ready(d),
    "video failed": lambda d: _failed(d),
    "video tried again": lambda d: _tried_again(d),
    "video captions": lambda d: _of_a_video(d, videos.caption, text="", no_speech=True),
    "video poster": lambda d: _of_a_video(d, videos.choose_poster),
    "division": lambda d: lambda: divisions.create_division(slug="west", name="West", parent=d.headquarters, by=None),
    "division change": lambda d: lambda: divisions.change_division(division=d.central, intro="Hello.", by=None),
    "channel": lambda d: (
        lambda: channels.create_channel(
            slug="x-two", division=d.central, platform="x", audience="public", name="Two", by=None
        )
    ),
    "channel change": lambda d: lambda: channels.change_channel(channel=d.nixle, cadence_days=3, by=None),
    "channel move": lambda d: lambda: channels.move_channel(channel=d.nixle, to="paused", by=None),
    "credentials": lambda d: lambda: channels.set_credentials(channel=d.nixle, secrets={"token": "t"}, by=None),
    "link revoked": lambda d: lambda: channels.revoke_link(link=LinkRule.objects.all()[0], by=None),
    "person": lambda d: lambda: people.create_person(email="new@test.example", name="New", by=None),
    "membership": lambda d: (
        lambda: people.grant(user=d.stranger, division=d.northeast, role="officer", starts_on=date(2026, 1, 1), by=None)
    ),
    "membership ended": lambda d: lambda: people.end(membership=Membership.objects.all()[0], by=None),
}


_WEEKLY = {"due": "2026-11-24T18:00", "repeats": "FREQ=WEEKLY;BYDAY=TU;COUNT=4"}


def _approve_repeating(d: SimpleNamespace) -> Callable[[], Any]:
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website], **_WEEKLY)
    return lambda: review.approve(revision=revision, by=d.supervisor, now=SOON)


def _repeat(d: SimpleNamespace) -> Callable[[], Any]:
    post = approved(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website], **_WEEKLY)
    pattern = Pattern.objects.get(revision__post=post)
    return lambda: repeat._make_some(pattern.pk, NOW)  # `materialise` would note it and go on with the others


def _stop(d: SimpleNamespace) -> Callable[[], Any]:
    _repeat(d)()
    return lambda: repeat.stop(pattern=Pattern.objects.get(), reason="Enough", by=d.officer, now=SOON)


def _correction_asked(d: SimpleNamespace) -> Callable[[], Any]:
    post = live(d.northeast, d.officer, d.supervisor)
    return lambda: correct.ask(post=post, typed=TYPED, by=d.supervisor, now=SOON)


def _on_correction(d: SimpleNamespace, act: Callable[..., Any], by: User, **kwargs: Any) -> Callable[[], Any]:
    post = live(d.northeast, d.officer, d.supervisor)
    row = correct.ask(post=post, typed=TYPED, by=d.supervisor, now=SOON)
    return lambda: act(correction=row, by=by, now=SOON, **kwargs)


def _caught_up(d: SimpleNamespace) -> Callable[[], Any]:
    post = live(d.northeast, d.officer, d.supervisor)
    row = correct.ask(post=post, typed=TYPED, by=d.supervisor, now=SOON)
    correct.confirm(correction=row, by=d.smo, now=SOON)
    Delivery.objects.filter(post=post, act="edit").update(state="failed")
    page = post.deliveries.get(act="publish", channel=d.northeast_website)
    return lambda: put_right.catch_up(delivery=page, by=d.supervisor, now=SOON)


def _late(d: SimpleNamespace) -> Callable[[], Any]:
    approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T12:00", channels=[d.northeast_website])
    return lambda: sweep.missed(now=NOW + timedelta(hours=6))


def _made_ready(d: SimpleNamespace) -> Callable[[], Any]:
    films.added(d.northeast, d.officer)
    claimed = videos._claim(NOW)
    assert claimed is not None
    return lambda: videos._make(copy(claimed), NOW)


def _failed(d: SimpleNamespace) -> Callable[[], Any]:
    films.added(d.northeast, d.officer)
    claimed = videos._claim(NOW)
    assert claimed is not None
    return lambda: videos._fail(copy(claimed), "It stops at 3 s.", NOW)


def _tried_again(d: SimpleNamespace) -> Callable[[], Any]:
    _failed(d)()
    return lambda: videos.try_again(asset=MediaAsset.objects.get(), by=d.officer, now=NOW)


def _of_a_video(d: SimpleNamespace, act: Callable[..., Any], **kwargs: Any) -> Callable[[], Any]:
    row = films.ready(d.northeast, d.officer)
    given = kwargs or {"sha256": row.posters[2]["sha256"]}
    return lambda: act(asset=row, by=d.officer, now=NOW, **given)


def _describe(d: SimpleNamespace) -> Callable[[], Any]:
    row = asset(d.northeast, d.officer)
    return lambda: media.describe(asset=row, alt_text="Another text", credit="", by=d.officer)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_nothing_is_saved(department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    act = story(department)
    before = _everything()

    def broken(entries: Any) -> Any:
        if entries:
            raise RuntimeError("the ledger is full")
        return []

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append_many", broken)
        with pytest.raises(RuntimeError, match="the ledger is full"):
            act()
    assert _everything() == before
    act()
    assert _everything() != before, "the story does nothing, so it proves nothing"


# A claim and its attempt are commits of their own, on purpose; what they belong to must not move without the ledger.
_OWN_COMMITS = {"claimed_by", "lease_until", "state_at", "steps", "attempt", "first_attempt_at"}


def _everything() -> dict[str, list[dict[str, Any]]]:
    tables: list[type[Any]] = [
        *(User, Division, Channel, LinkRule, Membership),
        *(Post, Draft, Revision, Review, Approval, MediaAsset, Delivery, Correction, Pattern),
    ]
    rows = {m.__name__: [_plain(row) for row in m.objects.order_by("pk").values()] for m in tables}
    rows["Attempt"] = [{"outcome": o} for o in Attempt.objects.exclude(outcome="").values_list("outcome", flat=True)]
    return rows


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in row.items() if k not in _OWN_COMMITS}
    if kept.get("state") == "in_flight":
        kept["state"] = "queued"
    return kept
