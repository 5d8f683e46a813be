"""The review desk over HTTP: what waits, what changed, deciding, and never about one's own work (P2)."""

from __future__ import annotations

import html
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posts.models import Approval, Post, Revision, WordComment
from posts.models.review import Review
from posts.selectors import review as selector
from posts.selectors.word_diff import Piece, count, pieces
from posts.services import compose, review
from posts.states import Stage
from tests import stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(department: SimpleNamespace) -> Revision:
    """The officer's post, submitted a minute ago."""
    return _submit(department)


@pytest.fixture
def desk(supervisor: Any, as_: Any) -> Client:
    """The supervisor's browser."""
    return as_(supervisor)


def _submit(department: Any, by: Any = None, where: Any = None, **more: Any) -> Revision:
    return stories.submitted(
        where or department.northeast,
        by or department.officer,
        now=timezone.now() - timedelta(minutes=1),
        **({"due": f"{timezone.now() + timedelta(days=2):%Y-%m-%d}T18:00"} | more),
    )


def _decide(browser: Client, revision: Revision, verdict: str, note: str = "") -> Any:
    return browser.post(
        f"/desk/review/{revision.post_id}/", {"verdict": verdict, "revision": revision.pk, "note": note}
    )


def _stage(revision: Revision) -> str:
    return Post.objects.get(pk=revision.post_id).stage


# ---- the queue


def test_the_queue_shows_the_shortest_time_first(desk: Client, department: Any) -> None:
    _submit(department, title="Later", due="2027-02-01T18:00")
    _submit(department, title="Sooner", due="2027-01-01T18:00")
    page = desk.get("/desk/review/").content.decode()
    assert page.index("Sooner") < page.index("Later")
    assert "2 posts wait for you" in page


def test_own_posts_stand_apart_with_the_reason(desk: Client, department: Any) -> None:
    _submit(department, by=department.supervisor, title="By the supervisor")
    page = desk.get("/desk/review/").content.decode()
    assert "Nothing waits for you" in page
    assert "You wrote or changed it, so another reviewer" in page


def test_another_divisions_posts_are_not_in_the_queue(desk: Client, department: Any) -> None:
    _submit(department, by=department.stranger, where=department.central, title="Central's own")
    assert "Central&#x27;s own" not in desk.get("/desk/review/").content.decode()


def test_who_reviews_nowhere_is_told_who_does(waiting: Revision, officer: Any, as_: Any) -> None:
    assert as_(officer).get("/desk/review/").status_code == 403


def test_the_queue_asks_the_database_the_same_number_of_times_for_many_rows(desk: Client, department: Any) -> None:
    for _ in range(3):
        _submit(department)
    desk.get("/desk/review/")
    few = _queries(desk, "/desk/review/")
    for _ in range(20):
        _submit(department)
    assert _queries(desk, "/desk/review/") <= few


def test_the_queue_is_cut_into_pages(desk: Client, department: Any) -> None:
    for number in range(26):
        _submit(department, title=f"Post {number}")
    assert "Page 1 of 2" in desk.get("/desk/review/").content.decode()


def test_the_list_and_the_service_agree_on_whose_work_it_is(waiting: Revision, department: Any) -> None:
    _submit(department, by=department.colleague)
    for person in (department.officer, department.colleague, department.supervisor):
        listed = set(Post.objects.filter(selector.own_work(person.pk)).values_list("pk", flat=True))
        told = {r.post_id for r in Revision.objects.select_related("post") if person.pk in review.editors(r)}
        assert listed == told


# ---- the page


def test_the_page_shows_minutes_left_findings_previews_facts_and_history(desk: Client, department: Any) -> None:
    revision = _submit(department, title="Do you recognize this pickup?", **stories.appeal_facts())
    page = desk.get(f"/desk/review/{revision.post_id}/").content.decode()
    assert "left to approve" in page
    assert "Witness or CCTV" in page
    assert "Facebook, Northeast Patrol Division" in page
    assert "Officer, Northeast submitted revision 1" in page
    assert "This is the first time it is submitted" in page
    assert "Approve for" in page


def test_the_page_shows_the_picture_with_its_text(desk: Client, department: Any) -> None:
    picture = stories.asset(department.northeast, department.officer, alt="A gray pickup seen from the left")
    revision = _submit(department, pictures=[picture])
    page = desk.get(f"/desk/review/{revision.post_id}/").content.decode()
    assert "A gray pickup seen from the left" in page
    assert f"/media/{picture.sha256}.jpg" in page


def test_what_changed_since_the_approval_is_struck_out_and_marked(desk: Client, department: Any) -> None:
    first = _submit(department, text="The truck has a dent and one headlight.")
    _decide(desk, first, "approve")
    post = Post.objects.get(pk=first.post_id)
    compose.change(post=post, by=department.officer)
    draft = post.draft
    draft.refresh_from_db()
    draft.text = "The truck has a dent and two headlights."
    draft.save()
    from posts.services import submit

    submit.submit(post=post, by=department.officer)
    page = desk.get(f"/desk/review/{post.pk}/").content.decode()
    assert "What changed since revision 1, approved" in page
    assert '<del><span class="sr-only">old wording: </span>one headlight</del>' in page.replace("</ins>", "</ins>")
    assert '<ins><span class="sr-only">new wording: </span>two headlights</ins>' in page


def test_another_divisions_post_is_not_there(waiting: Revision, stranger: Any, as_: Any) -> None:
    assert as_(stranger).get(f"/desk/review/{waiting.post_id}/").status_code == 404
    assert _decide(as_(stranger), waiting, "approve").status_code == 404
    assert _stage(waiting) == Stage.IN_REVIEW


def test_the_author_reads_the_reason_instead_of_buttons(waiting: Revision, officer: Any, as_: Any) -> None:
    page = as_(officer).get(f"/desk/review/{waiting.post_id}/").content.decode()
    assert "You cannot decide this one" in page
    assert 'value="approve"' not in page


# ---- deciding


def test_approving_schedules_it_and_goes_to_the_next(desk: Client, waiting: Revision, department: Any) -> None:
    following = _submit(department, title="The next one")
    answer = _decide(desk, waiting, "approve")
    assert answer.headers["Location"] == f"/desk/review/{following.post_id}/"
    assert _stage(waiting) == Stage.SCHEDULED
    assert Approval.objects.get().approved_by == department.supervisor


def test_after_the_last_one_the_queue_says_what_was_done(desk: Client, waiting: Revision) -> None:
    answer = desk.post(f"/desk/review/{waiting.post_id}/", {"verdict": "approve", "revision": waiting.pk}, follow=True)
    assert answer.redirect_chain[-1][0] == "/desk/review/"
    assert "Approved: “Oak Street is closed until four”." in answer.content.decode()


@pytest.mark.parametrize(("verdict", "stage"), [("changes", Stage.CHANGES_REQUESTED), ("reject", Stage.CANCELLED)])
def test_a_no_needs_a_reason_and_keeps_it(desk: Client, waiting: Revision, verdict: str, stage: str) -> None:
    answer = _decide(desk, waiting, verdict, "   ")
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
    assert _stage(waiting) == Stage.IN_REVIEW
    _decide(desk, waiting, verdict, "Name the detour.")
    assert _stage(waiting) == stage
    assert Review.objects.get().note == "Name the detour."


def test_a_reason_that_is_too_long_is_kept_in_the_field(desk: Client, waiting: Revision) -> None:
    answer = _decide(desk, waiting, "changes", "x" * 2001)
    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()


def test_asking_opens_the_field_for_the_reason(desk: Client, waiting: Revision) -> None:
    page = desk.get(f"/desk/review/{waiting.post_id}/?ask=changes").content.decode()
    assert "What should the author change?" in page
    assert 'name="note"' in page


def test_nobody_approves_their_own_work_through_the_page(department: Any, as_: Any) -> None:
    revision = _submit(department, by=department.supervisor)
    answer = _decide(as_(department.supervisor), revision, "approve")
    assert answer.status_code == 403
    assert "You wrote or changed this post, so you cannot approve it." in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_superuser_without_membership_cannot_approve(waiting: Revision, superuser: Any, as_: Any) -> None:
    assert as_(superuser).get(f"/desk/review/{waiting.post_id}/").status_code == 404
    assert _decide(as_(superuser), waiting, "approve").status_code == 404
    assert not Approval.objects.exists()


def test_an_officer_cannot_decide_about_a_colleagues_post(waiting: Revision, colleague: Any, as_: Any) -> None:
    assert _decide(as_(colleague), waiting, "approve").status_code == 403
    assert _stage(waiting) == Stage.IN_REVIEW


def test_approving_what_was_shown_before_a_newer_revision_approves_nothing(
    desk: Client, waiting: Revision, department: Any
) -> None:
    from posts.services import submit

    post = Post.objects.get(pk=waiting.post_id)
    review.recall(post=post, by=department.officer)
    submit.submit(post=post, by=department.officer)
    answer = desk.post(f"/desk/review/{post.pk}/", {"verdict": "approve", "revision": waiting.pk}, follow=True)
    assert "There is a newer revision." in answer.content.decode()
    assert not Approval.objects.exists()


def test_somebody_elses_revision_under_this_address_does_not_exist(
    desk: Client, waiting: Revision, department: Any
) -> None:
    other = _submit(department, by=department.stranger, where=department.central)
    answer = desk.post(f"/desk/review/{waiting.post_id}/", {"verdict": "approve", "revision": other.pk})
    assert answer.status_code == 404
    assert not Approval.objects.exists()


def test_a_post_decided_already_leads_to_its_page(desk: Client, waiting: Revision) -> None:
    _decide(desk, waiting, "approve")
    answer = desk.get(f"/desk/review/{waiting.post_id}/")
    assert answer.headers["Location"] == f"/desk/posts/{waiting.post_id}/"


def test_nonsense_decides_nothing(desk: Client, waiting: Revision) -> None:
    for sent in ({}, {"verdict": "maybe", "revision": waiting.pk}, {"verdict": "approve", "revision": "x"}):
        assert desk.post(f"/desk/review/{waiting.post_id}/", sent).status_code == 422
    assert _stage(waiting) == Stage.IN_REVIEW


# ---- words


def test_the_difference_reads_as_the_new_text_with_the_old_words_in_place() -> None:
    assert pieces("two cars left", "three cars left") == [
        Piece("old", "two"),
        Piece("new", "three"),
        Piece("same", " cars left"),
    ]
    assert count(pieces("a b c d", "a x c y")) == 2
    assert pieces("", "new") == [Piece("new", "new")]
    assert pieces("same", "same") == [Piece("same", "same")]


def _queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)


# ---- several at a time


def _award(d: Any, title: str, **more: Any) -> Revision:
    """An award without a picture on the public page: nothing stands against it."""
    return _submit(d, kind="award", title=title, channels=[d.northeast_website], **more)


def _several(browser: Client, *revisions: Revision) -> str:
    answer = browser.post("/desk/review/several/", {"revisions": [r.pk for r in revisions]}, follow=True)
    return html.unescape(answer.content.decode())


def test_low_risk_posts_are_approved_together_and_each_gets_its_own_approval(desk: Client, department: Any) -> None:
    first, second = _award(department, "An award"), _award(department, "Another award")
    assert desk.get("/desk/review/").content.decode().count("Tick to approve") == 2
    page = _several(desk, first, second)
    assert "2 approved: “An award”, “Another award”." in page
    hashes = set(Approval.objects.values_list("revision", "content_hash"))
    assert hashes == {(r.pk, r.content_hash) for r in (first, second)}


def test_one_that_cannot_be_approved_is_told_and_stops_no_other(desk: Client, department: Any) -> None:
    gone, fine = _award(department, "Taken back"), _award(department, "Still there")
    own = _award(department, "My own", by=department.supervisor)
    review.recall(post=gone.post, by=department.officer)
    page = _several(desk, gone, own, fine)
    assert "1 approved: “Still there”." in page
    assert "Not approved: “My own”. You wrote or changed this post" in page
    assert "Not approved: “A post”. It does not wait for you any more." in page
    assert Approval.objects.get().revision == fine


@pytest.mark.parametrize(
    "more", [{"kind": "update"}, {"flags": ("minor_image",)}, {"text": "Ask at #northeastopenhouse"}]
)
def test_what_could_harm_somebody_or_has_a_warning_is_opened_one_by_one(
    desk: Client, department: Any, more: dict[str, Any]
) -> None:
    revision = _submit(department, **{"kind": "award", "channels": [department.northeast_website], **more})
    assert "Tick to approve" not in desk.get("/desk/review/").content.decode()
    assert "It is not one of those that are approved several at a time." in _several(desk, revision)
    assert not Approval.objects.exists()


def test_another_divisions_posts_cannot_be_ticked_in(desk: Client, department: Any) -> None:
    d = department
    theirs = _submit(d, by=d.stranger, where=d.central, kind="award", title="Secret", channels=[d.central_website])
    page = _several(desk, theirs)
    assert "Secret" not in page
    assert not Approval.objects.exists()


def test_at_most_25_and_at_least_one(desk: Client, waiting: Revision) -> None:
    assert "Nothing is ticked." in _several(desk)
    many = desk.post("/desk/review/several/", {"revisions": list(range(1, 27))}, follow=True).content.decode()
    assert "26 are ticked." in many


# ---- comments on words


def _changes(browser: Client, revision: Revision, **typed: str) -> Any:
    data = {"verdict": "changes", "revision": revision.pk, "note": "", **{k.replace("_", "-"): typed[k] for k in typed}}
    return browser.post(f"/desk/review/{revision.post_id}/", data)


def test_words_are_commented_on_and_the_author_reads_it_where_they_write(
    desk: Client, as_: Any, department: Any
) -> None:
    revision = _submit(department, text="The truck has a dent and one\nheadlight.")
    ask = desk.get(f"/desk/review/{revision.post_id}/?ask=changes").content.decode()
    assert ask.count("These words") == 3
    assert _changes(desk, revision, quote_1="one headlight", comment_1="Say which side.").status_code == 302
    found = Review.objects.get()
    assert found.note == "About “one headlight”: Say which side."
    assert [(c.quote, c.comment) for c in found.comments.all()] == [("one headlight", "Say which side.")]
    for address in (f"/desk/posts/{revision.post_id}/edit/", f"/desk/posts/{revision.post_id}/"):
        page = as_(department.officer).get(address).content.decode()
        assert "<q>one headlight</q>" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"quote_2": "two headlights", "comment_2": "Which?"}, "These words do not stand in what was submitted."),
        ({"quote_2": "one headlight"}, "What about these words?"),
        ({"comment_2": "Say which."}, "Which words?"),
        ({}, "Say why, in a sentence"),
    ],
)
def test_a_comment_without_its_words_is_refused_at_its_field_and_keeps_what_was_typed(
    desk: Client, department: Any, typed: dict[str, str], words: str
) -> None:
    revision = _submit(department, text="The truck has a dent and one headlight.")
    first = {"quote_1": "a dent", "comment_1": "Where?"} if typed else {}
    answer = _changes(desk, revision, **first, **typed)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert words in page
    assert all(f'value="{value}"' in page for value in typed.values())
    assert _stage(revision) == Stage.IN_REVIEW
    assert not Review.objects.exists()


def test_a_comment_is_never_changed_afterwards(desk: Client, department: Any) -> None:
    revision = _submit(department, text="The truck has a dent.")
    _changes(desk, revision, quote_1="a dent", comment_1="Where?")
    with pytest.raises(DatabaseError), transaction.atomic():
        WordComment.objects.update(comment="Nothing.")
