"""The writing desk over HTTP: starting, writing, looking before saving, saving against somebody else, submitting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from posts.models import Draft, Post, Revision
from posts.services import compose, review
from posts.services.compose import DraftInput
from posts.states import Stage
from tests import stories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def form_of(post: Post, **changes: Any) -> dict[str, Any]:
    """What the browser would post: the draft as it is saved, with changes. `None` leaves a field out."""
    draft = Draft.objects.get(post=post)
    chosen = list(draft.variants.select_related("channel"))
    fields: dict[str, Any] = {
        "version": draft.version,
        "kind": post.kind,
        "title": draft.title,
        "text": draft.text,
        "when": draft.when,
        "wall_day": draft.wall_time.partition("T")[0],
        "wall_clock": draft.wall_time.partition("T")[2],
        "expires_on": draft.expires_on or "",
        "channels": [v.channel_id for v in chosen if v.channel.platform != "feed"],
        "media": list(draft.media.values_list("asset_id", flat=True)),
        **{f"fact-{name}": value for name, value in draft.facts.items()},
        **{f"own-{v.channel_id}": "on" for v in chosen if v.text is not None},
        **{f"words-{v.channel_id}": v.text for v in chosen if v.text is not None},
    }
    for use in draft.media.select_related("asset"):
        fields |= {f"alt-{use.asset_id}": use.asset.alt_text, f"credit-{use.asset_id}": use.asset.credit}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def edit(post: Post) -> str:
    return f"/desk/posts/{post.pk}/edit/"


@pytest.fixture
def draft(department: SimpleNamespace) -> Post:
    """The officer's saved draft on every channel that is offered."""
    return stories.draft(department.northeast, department.officer)


@pytest.fixture
def desk(officer: Any, as_: Any) -> Client:
    """The officer's browser."""
    return as_(officer)


# ---- starting


def test_the_new_page_offers_only_divisions_one_writes_for(desk: Client) -> None:
    page = desk.get("/desk/posts/new/").content.decode()
    assert "Northeast Patrol Division" in page
    assert "Central Patrol Division" not in page


def test_a_kind_in_the_address_is_chosen_beforehand(desk: Client) -> None:
    page = desk.get("/desk/posts/new/?kind=appeal").content.decode()
    assert 'value="appeal" id="id_kind_1" checked' in page


def test_starting_a_post_opens_the_composer(desk: Client, northeast: Any) -> None:
    answer = desk.post("/desk/posts/new/", {"division": northeast.pk, "kind": "appeal", "audience": "public"})
    post = Post.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, edit(post))
    assert (post.kind, post.audience, post.division) == ("appeal", "public", northeast)


def test_an_internal_notice_is_staff_only_whatever_was_ticked(desk: Client, northeast: Any) -> None:
    desk.post("/desk/posts/new/", {"division": northeast.pk, "kind": "internal_notice", "audience": "public"})
    assert Post.objects.get().audience == "internal"


def test_starting_for_another_division_is_refused_at_the_field(desk: Client, central: Any) -> None:
    answer = desk.post("/desk/posts/new/", {"division": central.pk, "kind": "update", "audience": "public"})
    assert answer.status_code == 422
    assert "You do not write for that division." in answer.content.decode()
    assert not Post.objects.exists()


def test_who_writes_for_no_division_is_told_who_can(department: Any, as_: Any) -> None:
    answer = as_(department.auditor).get("/desk/posts/new/")
    assert answer.status_code == 403


# ---- the page


def test_the_composer_shows_facts_channels_counters_previews_and_the_sentence(
    desk: Client, northeast: Any, officer: Any
) -> None:
    post = stories.draft(northeast, officer, due="2027-01-12T18:00", **stories.appeal_facts())
    page = desk.get(edit(post)).content.decode()
    assert "Who takes tips" in page
    assert "214-555-0148" in page
    assert "Public page and feed" in page
    assert "@TestPD" in page
    assert "Linked from Facebook, Northeast Patrol Division, approved by your reviewers" in page
    assert "of 63,206" in page
    assert "of 280" in page
    assert "Goes out Tue 12 Jan, 18:00 on 3 channels if a supervisor approves by 17:45." in page


def test_website_and_feed_are_one_box_and_two_variants(desk: Client, draft: Post) -> None:
    desk.post(edit(draft), form_of(draft))
    platforms = set(Draft.objects.get(post=draft).variants.values_list("channel__platform", flat=True))
    assert {"website", "feed"} <= platforms


def test_a_staff_post_offers_internal_channels_only(desk: Client, department: Any) -> None:
    post = stories.draft(department.northeast, department.officer, kind="internal_notice", audience="internal")
    page = desk.get(edit(post)).content.decode()
    assert "Staff feed" in page
    assert "Public page" not in page
    assert "@TPDNortheast" not in page


def test_another_divisions_draft_is_not_there(draft: Post, stranger: Any, as_: Any) -> None:
    other = as_(stranger)
    for answer in (
        other.get(edit(draft)),
        other.post(edit(draft), form_of(draft)),
        other.post(f"/desk/posts/{draft.pk}/preview/", form_of(draft)),
        other.post(f"/desk/posts/{draft.pk}/submit/", form_of(draft)),
        other.post(f"/desk/posts/{draft.pk}/pictures/", form_of(draft)),
        other.post(f"/desk/posts/{draft.pk}/change/"),
        other.post(f"/desk/posts/{draft.pk}/recall/"),
        other.post(f"/desk/posts/{draft.pk}/cancel/"),
    ):
        assert answer.status_code == 404


def test_who_sees_the_division_but_does_not_write_gets_the_reason(draft: Post, department: Any, as_: Any) -> None:
    answer = as_(department.auditor).get(edit(draft))
    assert answer.status_code == 403
    assert "write and change drafts" in answer.content.decode()


def test_a_post_that_is_approved_cannot_be_written(desk: Client, department: Any) -> None:
    post = stories.approved(department.northeast, department.officer, department.supervisor)
    answer = desk.get(edit(post))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/posts/{post.pk}/")


def test_the_composer_asks_the_database_the_same_number_of_times_for_more_pictures(
    desk: Client, department: Any
) -> None:
    one = stories.draft(department.northeast, department.officer, pictures=[_picture(department)])
    many = stories.draft(department.northeast, department.officer, pictures=[_picture(department, n) for n in range(8)])
    assert _queries(desk, edit(many)) <= _queries(desk, edit(one))


# ---- saving


def test_saving_keeps_everything_typed(desk: Client, draft: Post, department: Any) -> None:
    x = department.x_department.pk
    sent = form_of(
        draft,
        title="Elm Street is open again",
        text="Both lanes.",
        **{"fact-where": "400 block of Elm Street", f"own-{x}": "on", f"words-{x}": "Elm Street is open."},
        flags=["death"],
        when="at",
        wall_day="2027-01-12",
        wall_clock="18:00",
        expires_on="2027-02-01",
    )
    answer = desk.post(edit(draft), sent)
    saved = Draft.objects.get(post=draft)
    assert answer.status_code == 302
    assert (saved.title, saved.text, saved.wall_time) == ("Elm Street is open again", "Both lanes.", "2027-01-12T18:00")
    assert (saved.facts, saved.flags, str(saved.expires_on)) == (
        {"where": "400 block of Elm Street"},
        ["death"],
        "2027-02-01",
    )
    assert saved.variants.get(channel=x).text == "Elm Street is open."
    assert saved.variants.get(channel=department.facebook_northeast).text is None


def test_unticking_a_channel_takes_it_out(desk: Client, draft: Post, department: Any) -> None:
    keep = department.facebook_northeast.pk
    desk.post(edit(draft), form_of(draft, channels=[keep]))
    assert list(Draft.objects.get(post=draft).variants.values_list("channel", flat=True)) == [keep]


def test_another_kind_brings_its_own_facts_and_keeps_the_others_for_the_way_back(desk: Client, draft: Post) -> None:
    sent = form_of(draft, kind="event", **{"fact-case_number": "26-1"}, shown_kind="update")
    part = desk.post(f"/desk/posts/{draft.pk}/preview/", sent, headers=HTMX).content.decode()
    assert "Starts" in part
    assert 'type="datetime-local"' in part
    assert '<input type="hidden" name="fact-case_number" value="26-1">' in part


def test_the_autosave_answers_with_the_new_version(desk: Client, draft: Post) -> None:
    before = Draft.objects.get(post=draft).version
    answer = desk.post(edit(draft), form_of(draft, text="Typed a moment ago."), headers=HTMX)
    part = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="version" id="id_version" value="{before + 1}" hx-swap-oob="true"' in part
    assert "Saved" in part
    assert Draft.objects.get(post=draft).text == "Typed a moment ago."


# ---- looking before saving


def test_the_preview_counts_as_the_platform_counts_and_writes_nothing(
    desk: Client, draft: Post, department: Any
) -> None:
    x = department.x_department.pk
    emoji = "👮" * 150  # two each at X, whatever they are in code points
    sent = form_of(draft, channels=[x], **{f"own-{x}": "on", f"words-{x}": emoji})
    part = desk.post(f"/desk/posts/{draft.pk}/preview/", sent, headers=HTMX).content.decode()
    assert "300 of 280" in part
    assert "Shorten by 20." in part
    assert f'href="#id_words-{x}"' in part
    assert Draft.objects.get(post=draft).variants.get(channel=x).text is None


def test_the_preview_marks_the_words_a_finding_is_about_and_escapes_the_rest(desk: Client, draft: Post) -> None:
    sent = form_of(draft, text="<b>It</b> hit a cyclist near 4218 Lakemont Drive.")
    part = desk.post(f"/desk/posts/{draft.pk}/preview/", sent, headers=HTMX).content.decode()
    assert '<mark class="mark-warning">4218 Lakemont Drive</mark>' in part
    assert "<b>It</b>" not in part
    assert "&lt;b&gt;It&lt;/b&gt;" in part


def test_the_block_cure_rewrites_the_house_number(desk: Client, draft: Post) -> None:
    sent = form_of(draft, text="It was near 4218 Lakemont Drive at noon.", cure="block|4218 Lakemont Drive")
    desk.post(edit(draft), sent)
    assert Draft.objects.get(post=draft).text == "It was near the 4200 block of Lakemont Drive at noon."


@pytest.mark.parametrize(
    "nonsense", [{"kind": "poem"}, {"version": "x"}, {"media": ["9", "x"]}, {"wall_day": "?" * 40}]
)
def test_a_preview_of_nonsense_is_still_a_preview(desk: Client, draft: Post, nonsense: dict[str, Any]) -> None:
    answer = desk.post(f"/desk/posts/{draft.pk}/preview/", form_of(draft, **nonsense), headers=HTMX)
    assert answer.status_code == 200


# ---- what cannot be saved


@pytest.mark.parametrize(
    ("changes", "message", "anchor"),
    [
        ({"title": "T" * 151}, "at most 150 characters", "#id_title"),
        ({"text": "T" * 63_207}, "at most 63206 characters", "#id_text"),
        ({"channels": [999_999]}, "One of the chosen channels is not open to you. Untick it.", "#channels"),
        ({"expires_on": "soon"}, "Enter a valid date.", "#id_expires_on"),
        ({"kind": "event", "fact-starts_at": "noon"}, "is not a date and time", "#id_fact-starts_at"),
        ({"text": "a\x00b"}, "Null characters are not allowed.", "#id_text"),
        ({"media": [999_999]}, "A chosen picture is not in this division", "#pictures"),
    ],
)
def test_what_cannot_be_stored_is_said_at_the_field_and_everything_typed_is_kept(
    desk: Client, draft: Post, changes: dict[str, Any], message: str, anchor: str
) -> None:
    answer = desk.post(edit(draft), form_of(draft, **({"text": "Words nobody may lose."} | changes)))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert f'<a href="{anchor}">' in page
    assert "text" in changes or "Words nobody may lose." in page
    assert Draft.objects.get(post=draft).text != "Words nobody may lose."


def test_a_foreign_divisions_channel_is_refused(desk: Client, draft: Post, department: Any) -> None:
    answer = desk.post(edit(draft), form_of(draft, channels=[department.facebook_central.pk]))
    assert answer.status_code == 422
    assert not Draft.objects.get(post=draft).variants.filter(channel=department.facebook_central).exists()


def test_a_stale_form_gets_409_with_both_wordings_and_can_be_saved_again(
    desk: Client, draft: Post, department: Any
) -> None:
    mine = form_of(draft, text="My words about Oak Street.")
    _save_as(draft, department.colleague, "Their words about Oak Street.")
    answer = desk.post(edit(draft), mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Second officer, Northeast saved this draft while you were writing." in page
    assert "My words about Oak Street." in page
    assert "Their words about Oak Street." in page
    assert Draft.objects.get(post=draft).text == "Their words about Oak Street."
    version = Draft.objects.get(post=draft).version
    assert f'id="id_version" value="{version}"' in page
    assert desk.post(edit(draft), mine | {"version": version}).status_code == 302
    assert Draft.objects.get(post=draft).text == "My words about Oak Street."


def test_an_autosave_over_somebody_elses_words_changes_nothing_and_says_so(
    desk: Client, draft: Post, department: Any
) -> None:
    mine = form_of(draft, text="Mine.")
    _save_as(draft, department.colleague, "Theirs.")
    answer = desk.post(edit(draft), mine, headers=HTMX)
    assert answer.status_code == 409
    assert "Compare" in answer.content.decode()
    assert Draft.objects.get(post=draft).text == "Theirs."


def test_the_same_words_saved_already_are_no_conflict(desk: Client, draft: Post) -> None:
    sent = form_of(draft, text="The same words.")
    desk.post(edit(draft), sent, headers=HTMX)
    assert desk.post(edit(draft), sent).status_code == 302


def test_a_post_that_went_to_review_meanwhile_keeps_the_typed_words_on_the_page(desk: Client, draft: Post) -> None:
    sent = form_of(draft, text="Typed too late.")
    desk.post(f"/desk/posts/{draft.pk}/submit/")
    answer = desk.post(edit(draft), sent)
    assert answer.status_code == 409
    assert "Typed too late." in answer.content.decode()


# ---- submitting


def test_submitting_saves_what_is_typed_and_freezes_it(desk: Client, draft: Post) -> None:
    answer = desk.post(f"/desk/posts/{draft.pk}/submit/", form_of(draft, text="The final words."))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/posts/{draft.pk}/")
    assert Post.objects.get(pk=draft.pk).stage == Stage.IN_REVIEW
    assert Revision.objects.get(post=draft).text == "The final words."


@pytest.mark.parametrize(
    ("changes", "message", "anchor"),
    [
        ({"title": "", "text": ""}, "The post has no text.", "#id_text"),
        ({"when": "at", "wall_day": "2020-01-01", "wall_clock": "10:00"}, "has passed", "#id_wall_day"),
        ({"when": "at", "wall_day": "2027-01-12", "wall_clock": ""}, "The time of day is missing.", "#id_wall_day"),
        ({"when": "at", "wall_day": "", "wall_clock": ""}, "No time is chosen.", "#id_wall_day"),
        ({"channels": []}, "No channel is chosen.", "#channels"),
        ({"kind": "appeal"}, "An appeal must say when it comes down by itself.", "#id_expires_on"),
        ({"kind": "appeal"}, "“Who takes tips” is empty.", "#id_fact-tips_phone"),
    ],
)
def test_submitting_with_a_stop_open_leads_to_it_and_keeps_everything(
    desk: Client, draft: Post, changes: dict[str, Any], message: str, anchor: str
) -> None:
    answer = desk.post(f"/desk/posts/{draft.pk}/submit/", form_of(draft, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert f'<a href="{anchor}">' in page
    assert Post.objects.get(pk=draft.pk).stage == Stage.DRAFT
    again = form_of(draft)
    assert f'id="id_version" value="{again["version"]}"' in page


def test_words_too_long_for_a_linked_channel_stop_there(desk: Client, draft: Post, department: Any) -> None:
    answer = desk.post(f"/desk/posts/{draft.pk}/submit/", form_of(draft, text="word " * 80))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#id_own-{department.x_department.pk}">' in page
    assert not Revision.objects.exists()


def test_a_clock_that_is_skipped_in_spring_is_said(desk: Client, draft: Post) -> None:
    sent = form_of(draft, when="at", wall_day="2027-03-14", wall_clock="02:30")
    page = desk.post(f"/desk/posts/{draft.pk}/submit/", sent).content.decode()
    assert "The clock skips 02:30" in page


# ---- moving between stages


def test_taking_a_post_back_from_review_opens_the_composer(desk: Client, department: Any) -> None:
    revision = stories.submitted(department.northeast, department.officer)
    answer = desk.post(f"/desk/posts/{revision.post_id}/recall/")
    assert answer.headers["Location"] == edit(revision.post)
    assert Post.objects.get(pk=revision.post_id).stage == Stage.DRAFT


def test_changing_a_scheduled_post_ends_its_approval(desk: Client, department: Any) -> None:
    post = stories.approved(department.northeast, department.officer, department.supervisor, due="2027-01-12T18:00")
    answer = desk.post(f"/desk/posts/{post.pk}/change/")
    assert answer.headers["Location"] == edit(post)
    assert Post.objects.get(pk=post.pk).stage == Stage.DRAFT
    assert set(post.deliveries.values_list("state", flat=True)) == {"cancelled"}


def test_changing_what_has_begun_to_go_out_is_refused_in_words(desk: Client, department: Any) -> None:
    post = stories.live(department.northeast, department.officer, department.supervisor)
    answer = desk.post(f"/desk/posts/{post.pk}/change/", follow=False)
    assert answer.headers["Location"] == f"/desk/posts/{post.pk}/"
    assert Post.objects.get(pk=post.pk).stage == Stage.SCHEDULED


def test_dropping_a_draft_ends_it(desk: Client, draft: Post) -> None:
    desk.post(f"/desk/posts/{draft.pk}/cancel/")
    assert Post.objects.get(pk=draft.pk).stage == Stage.CANCELLED


def test_the_reason_for_a_change_stands_above_the_form(desk: Client, department: Any) -> None:
    revision = stories.submitted(department.northeast, department.officer)
    review.request_changes(revision=revision, by=department.supervisor, note="Name the detour.", now=stories.NOW)
    page = desk.get(edit(revision.post)).content.decode()
    assert "Supervisor, Northeast asked for a change:" in page
    assert "Name the detour." in page


# ---- pieces


def _picture(department: Any, number: int = 0) -> Any:
    return stories.asset(department.northeast, department.officer, colour=("navy", "teal", "gray", "olive")[number % 4])


def _save_as(post: Post, person: Any, text: str) -> None:
    draft = Draft.objects.get(post=post)
    channels = dict(draft.variants.values_list("channel_id", "text"))
    data = DraftInput(kind=post.kind, title=draft.title, text=text, channels=channels)
    compose.save(post=post, version=draft.version, data=data, by=person)


def _queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)
