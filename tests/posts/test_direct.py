"""What the matrix trusts goes out when it is submitted; never what touches anybody, never past a stop or a reviewer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from connectors import registry
from connectors.contract import Problem
from divisions.errors import NotAllowed
from divisions.models import Channel, LinkRule
from divisions.services import channels
from posts.errors import NoLongerFits, StopsOpen
from posts.models import Approval, Delivery, Post, Revision
from posts.services import gate, matrix, review, submit
from posts.states import Basis, DeliveryState, Stage
from records.services import ledger
from tests.stories import NOW, draft, submitted, tick

SOON = NOW + timedelta(minutes=1)
TOO_LONG = Problem(code="TOO_LONG", field="text", message="68 of 40 characters.", cure="Shorten by 28.")


@pytest.fixture
def d(department: SimpleNamespace) -> SimpleNamespace:
    """The stock department, which trusts FAQs."""
    matrix.change(kind="faq", asks="direct", by=department.smo, now=NOW)
    return department


def _faq(d: SimpleNamespace, **more: Any) -> Post:
    facts = {"kind": "faq", "facts": {"question": "Where do I find a report?"}, "channels": [d.northeast_website]}
    return draft(d.northeast, d.officer, **{**facts, **more})


def test_a_trusted_kind_goes_out_when_it_is_submitted(d: SimpleNamespace) -> None:
    revision = submit.submit(post=_faq(d), by=d.officer, now=NOW)
    approval = Approval.objects.get()
    assert (approval.basis, approval.approved_by, approval.revision) == (Basis.DIRECT, None, revision)
    tick(SOON)
    assert Delivery.objects.get(revision=revision).state == DeliveryState.DELIVERED


def test_the_gate_takes_it_only_as_it_was_submitted(d: SimpleNamespace) -> None:
    revision = submit.submit(post=_faq(d), by=d.officer, now=NOW)
    row = Delivery.objects.select_related("revision__post__division", "variant", "channel", "withdrawal")
    assert gate.look(row.get(revision=revision), now=SOON) is None
    approval = Approval.objects.get()
    approval.voided_at, approval.voided_by, approval.void_reason = SOON, d.smo, "A slip"
    approval.save()
    assert gate.look(row.get(revision=revision), now=SOON) is not None


@pytest.mark.parametrize("flag", ["juvenile", "minor_image", "death"])
def test_a_flag_puts_it_in_review(d: SimpleNamespace, flag: str) -> None:
    revision = submit.submit(post=_faq(d, flags=(flag,)), by=d.officer, now=NOW)
    assert Post.objects.get().stage == Stage.IN_REVIEW
    with pytest.raises(DatabaseError, match="never published without a review"), transaction.atomic():
        Approval.objects.create(
            revision=revision, content_hash=revision.content_hash, basis=Basis.DIRECT, approved_at=NOW
        )


def test_a_stop_stops_it(d: SimpleNamespace) -> None:
    with pytest.raises(StopsOpen):
        submit.submit(post=_faq(d, facts={}), by=d.officer, now=NOW)


def test_trust_gives_nobody_the_right_to_submit(d: SimpleNamespace) -> None:
    with pytest.raises(NotAllowed):
        submit.submit(post=_faq(d), by=d.admin, now=NOW)


def test_what_a_reviewer_sent_back_goes_to_a_reviewer_again(department: SimpleNamespace) -> None:
    d = department
    post = _faq(d)
    revision = submit.submit(post=post, by=d.officer, now=NOW)
    review.request_changes(revision=revision, by=d.supervisor, note="Say which report.", now=NOW)
    matrix.change(kind="faq", asks="direct", by=d.smo, now=NOW)
    for _ in range(2):  # taking it back from review and submitting again is no way around
        submit.submit(post=post, by=d.officer, now=SOON)
        assert Post.objects.get().stage == Stage.IN_REVIEW
        review.recall(post=post, by=d.officer, now=SOON)


def test_a_channel_that_keeps_its_own_approver_is_asked(d: SimpleNamespace) -> None:
    channels.revoke_link(link=LinkRule.objects.get(source_channel=d.facebook_northeast), by=None, now=NOW)
    channels.make_link(source=d.facebook_northeast, target=d.x_department, approver="target", by=None, now=NOW)
    submit.submit(post=_faq(d, channels=[d.northeast_website, d.x_department]), by=d.officer, now=NOW)
    assert Post.objects.get().stage == Stage.IN_REVIEW


def test_the_ledger_fails_nothing_is_saved(d: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    post, real = _faq(d), ledger.append_many

    def broken(entries: Any) -> Any:
        if any(entry.type == "posts.revision.trusted" for entry in entries):
            raise RuntimeError("the ledger is full")
        return real(entries)

    monkeypatch.setattr(ledger, "append_many", broken)
    with pytest.raises(RuntimeError, match="the ledger is full"):
        submit.submit(post=post, by=d.officer, now=NOW)
    assert not Approval.objects.exists()
    assert Post.objects.get().stage == Stage.DRAFT


def test_the_composer_says_that_nobody_has_to_approve(d: SimpleNamespace, as_: Any) -> None:
    page = as_(d.officer).get(f"/desk/posts/{_faq(d).pk}/edit/").content.decode()
    assert "Goes out as soon as you submit it on 1 channel. Nobody has to approve it" in page


# ---- what fitted when it was submitted is looked at again when it is approved


def _now_says(monkeypatch: pytest.MonkeyPatch, problem: Problem) -> None:
    """From now on the website's connector names a problem with whatever it renders."""
    connector = registry.get("website", "live")
    render: Callable[..., Any] = type(connector).render

    def strict(self: Any, outgoing: Any, capabilities: Any) -> Any:
        rendered = render(self, outgoing, capabilities)
        return replace(rendered, problems=(*rendered.problems, problem))

    monkeypatch.setattr(type(connector), "render", strict)


def test_what_no_longer_fits_is_not_approved_and_says_where_and_the_cure(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    _now_says(monkeypatch, TOO_LONG)
    with pytest.raises(NoLongerFits, match=r"68 of 40 characters\. Shorten by 28\.") as refusal:
        review.approve(revision=revision, by=d.supervisor, now=SOON)
    assert [finding.field for finding in refusal.value.findings] == ["text-northeast-website"]  # type: ignore[attr-defined]
    assert Post.objects.get().stage == Stage.IN_REVIEW
    assert not Approval.objects.exists()


def test_the_page_shows_what_no_longer_fits_instead_of_approving(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, as_: Any
) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website], now=timezone.now())
    _now_says(monkeypatch, TOO_LONG)
    data = {"verdict": "approve", "revision": revision.pk}
    answer = as_(d.supervisor).post(f"/desk/review/{revision.post_id}/", data)
    assert answer.status_code == 422
    assert "Not approved: it no longer fits." in answer.content.decode()
    assert "Shorten by 28." in answer.content.decode()


def test_a_warning_is_no_reason_to_refuse(department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website])
    _now_says(monkeypatch, replace(TOO_LONG, severity="warning"))
    assert review.approve(revision=revision, by=d.supervisor, now=SOON)


def test_a_channel_that_was_retired_meanwhile_is_not_approved(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, channels=[d.northeast_website, d.facebook_northeast])
    Channel.objects.filter(pk=d.facebook_northeast.pk).update(state="retired")
    with pytest.raises(NoLongerFits, match=r"is retired\. The author can leave it out"):
        review.approve(revision=Revision.objects.get(pk=revision.pk), by=d.supervisor, now=SOON)
