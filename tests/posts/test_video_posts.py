"""Videos in posts: what stops one, what each channel carries, what is approved with it, what the pages show."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from divisions.services import channels
from posts.checks.finding import Severity
from posts.errors import StopsOpen
from posts.models import Draft, MediaAsset, MediaState, Post, RevisionMedia
from posts.selectors.candidate import look
from posts.services import fingerprint, media, review, submit, videos
from posts.services.begin import outgoing_of
from posts.states import DeliveryState
from tests.films import added, film, ready
from tests.posts.test_compose_pages import form_of
from tests.stories import NOW, approved, asset, draft, live, submitted, tick

pytestmark = pytest.mark.django_db
LATER = NOW.replace(minute=30)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def desk(officer: Any, as_: Any) -> Client:
    """The officer's browser."""
    return as_(officer)


def _findings(post: Post) -> dict[str, Any]:
    return {f.code: f for f in look(Draft.objects.select_related("post__division").get(post=post), now=NOW).findings}


def _file(data: bytes, name: str = "film.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="video/mp4")


# ---- what stops it


def test_a_video_that_is_being_made_ready_stops_the_post_and_is_named(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer, pictures=[added(d.northeast, d.officer)])
    with pytest.raises(StopsOpen, match=r"film\.mp4.*still being made ready"):
        submit.submit(post=post, by=d.officer, now=NOW)


def test_a_video_that_failed_stops_the_post(department: SimpleNamespace) -> None:
    d = department
    video = added(d.northeast, d.officer)
    with override_settings(VIDEO_WORK_S=-1):
        videos.make_one(now=NOW)
    post = draft(d.northeast, d.officer, pictures=[video])
    with pytest.raises(StopsOpen, match="could not be made ready"):
        submit.submit(post=post, by=d.officer, now=NOW)


@pytest.mark.parametrize(("kind", "severity"), [("media", Severity.STOP), ("update", Severity.WARNING)])
def test_missing_captions_stop_where_the_video_is_the_post(
    department: SimpleNamespace, kind: str, severity: Severity
) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    post = draft(d.northeast, d.officer, pictures=[video], kind=kind)
    assert "CAPTIONS_MISSING" not in _findings(post)
    videos.caption(asset=video, text="", no_speech=False, by=d.officer, now=NOW)
    assert _findings(post)["CAPTIONS_MISSING"].severity is severity
    videos.caption(asset=video, text="", no_speech=True, by=d.officer, now=NOW)
    assert "CAPTIONS_MISSING" not in _findings(post)


def test_a_video_without_words_is_called_a_video(department: SimpleNamespace) -> None:
    d = department
    video = ready(d.northeast, d.officer, alt_text="", credit="")
    found = _findings(draft(d.northeast, d.officer, pictures=[video]))
    assert found["ALT_MISSING"].message == "Video 1 has no video text."
    assert found["ATTRIBUTION"].cure == "Say who made it, for example: Dallas PD, own video."


# ---- what each channel carries


def test_channels_that_take_no_video_go_out_without_it_and_that_is_said(department: SimpleNamespace) -> None:
    d = department
    video, picture = ready(d.northeast, d.officer), asset(d.northeast, d.officer)
    revision = submitted(d.northeast, d.officer, pictures=[video, picture])
    carried = {v.channel.platform: [m.mime for m in v.media.all()] for v in revision.variants.select_related("channel")}
    assert carried["website"] == ["video/mp4", "image/jpeg"]
    assert carried["facebook"] == ["image/jpeg"]
    (note,) = [f for f in revision.findings if f["code"] == "MEDIA_LEFT_OUT"]
    assert note["severity"] == "note"
    assert note["message"].startswith("Without the video, as no videos are taken there:")
    assert str(d.facebook_northeast) in note["message"]


def test_without_the_public_page_nobody_there_would_see_it(department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer, pictures=[ready(d.northeast, d.officer)], channels=[d.facebook_northeast])
    assert _findings(post)["MEDIA_LEFT_OUT"].severity is Severity.WARNING


def test_youtube_carries_the_video_alone_with_its_captions(department: SimpleNamespace) -> None:
    d = department
    youtube = channels.create_channel(
        slug="youtube", division=d.northeast, platform="youtube", audience="public", name="Test PD", by=None
    )
    video, picture = ready(d.northeast, d.officer), asset(d.northeast, d.officer)
    post = approved(
        d.northeast, d.officer, d.supervisor, pictures=[picture, video], channels=[d.northeast_website, youtube]
    )
    (item,) = outgoing_of(post.deliveries.select_related("channel", "post").get(channel=youtube), planned_at=NOW).media
    assert (item.sha256, item.mime, item.captions) == (video.sha256, "video/mp4", video.captions_sha256)
    assert item.alt == "A red card that gets brighter"
    with media.Blobs().open(item.sha256) as file:
        assert media.hash_of(file) == item.sha256


# ---- what is approved with it


def test_the_hash_of_a_post_without_videos_is_what_it_always_was(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, pictures=[asset(d.northeast, d.officer)])
    for row in RevisionMedia.objects.filter(variant__revision=revision):
        assert fingerprint._shown(row, {}) == {"sha256": row.sha256, "alt": row.alt, "credit": row.credit}
    for delivery in _queued(d, revision):
        assert set(delivery.payload["media"][0]) == {
            *("sha256", "mime", "alt", "credit", "width", "height", "size_bytes")
        }


def _queued(d: SimpleNamespace, revision: Any) -> list[Any]:
    review.approve(revision=revision, by=d.supervisor, now=NOW)
    return list(Post.objects.get(pk=revision.post_id).deliveries.all())


def test_captions_poster_and_silence_are_part_of_what_is_approved(department: SimpleNamespace) -> None:
    d = department
    revision = submitted(d.northeast, d.officer, pictures=[ready(d.northeast, d.officer)], kind="media")
    row = RevisionMedia.objects.filter(variant__revision=revision)[0]
    assert set(fingerprint._shown(row, {})) == {"sha256", "alt", "credit", "poster", "captions"}
    hashes = {fingerprint.of_payload(fingerprint._shown(row, {}))}
    for field, value in (("captions_sha256", "1" * 64), ("poster_sha256", "2" * 64), ("no_speech", True)):
        before = getattr(row, field)
        setattr(row, field, value)
        hashes.add(fingerprint.of_payload(fingerprint._shown(row, {})))
        setattr(row, field, before)
    assert len(hashes) == 4


@pytest.mark.parametrize("which", ["sha256", "captions_sha256", "poster_sha256"])
def test_p1_changed_bytes_of_a_video_its_captions_or_its_still_are_not_sent(
    department: SimpleNamespace, which: str
) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    post = approved(d.northeast, d.officer, d.supervisor, pictures=[video], channels=[d.northeast_website])
    path = media.path_of(getattr(video, which))
    default_storage.delete(path)
    default_storage.save(path, ContentFile(b"other bytes"))
    tick(LATER)
    failed = post.deliveries.get()
    assert failed.state == DeliveryState.FAILED
    assert "not the content that was approved" in failed.problem["cause"]
    assert not failed.attempts.exists()


def test_what_is_changed_in_the_library_afterwards_changes_nothing(department: SimpleNamespace) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    post = approved(d.northeast, d.officer, d.supervisor, pictures=[video], channels=[d.northeast_website])
    videos.describe(
        asset=video,
        alt_text="Other words about it",
        credit="Other",
        captions="",
        no_speech=True,
        poster=video.posters[2]["sha256"],
        by=d.officer,
        now=NOW,
    )
    tick(LATER)
    delivery = post.deliveries.get()
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.payload["media"][0]["captions"] == video.captions_sha256
    assert delivery.payload["media"][0]["poster"] == video.poster_sha256


def test_a_big_file_is_not_read_again_for_every_call_but_a_changed_one_is(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from posts.services import stored

    sha256 = ready(department.northeast, department.officer).sha256
    reads: list[str] = []
    plain = media.Blobs.hash_of
    monkeypatch.setattr(media.Blobs, "hash_of", lambda self, sha: reads.append(sha) or plain(self, sha))
    monkeypatch.setattr(stored, "BIG", 100)
    assert [stored.hash_of(sha256) for _ in range(3)] == [sha256] * 3
    assert len(reads) == 1
    default_storage.delete(media.path_of(sha256))
    assert stored.hash_of(sha256) == "the file is gone"
    default_storage.save(media.path_of(sha256), ContentFile(b"x" * 200))
    assert stored.hash_of(sha256) != sha256
    assert len(reads) == 3


# ---- the desk's pages


def test_a_video_comes_in_and_says_how_far_it_is(desk: Client, northeast: Any) -> None:
    answer = desk.post("/desk/media/", {"division": northeast.pk, "file": _file(film()), "alt_text": "", "credit": ""})
    row = MediaAsset.objects.get()
    assert answer.headers["Location"] == f"/desk/media/{row.pk}/"
    assert row.state == MediaState.PROCESSING
    MediaAsset.objects.update(progress=45)
    for page in (desk.get("/desk/media/"), desk.get(f"/desk/media/{row.pk}/")):
        words = page.content.decode()
        assert "Being made ready, 45 %" in words
        assert '<progress class="progress" max="100" value="45"' in words
        assert f'hx-get="/desk/media/{row.pk}/state/"' in words


def test_the_state_asks_again_until_it_is_ready(desk: Client, department: SimpleNamespace) -> None:
    d = department
    row = added(d.northeast, d.officer)
    where = f"/desk/media/{row.pk}/state/"
    asking = {"hx-request": "true"}
    assert 'hx-trigger="every 3s"' in desk.get(where, headers=asking).content.decode()
    videos.make_one(now=NOW)
    answer = desk.get(where, headers=asking).content.decode()
    assert "hx-get" not in answer
    assert "Ready." in answer
    assert desk.get(where).headers["Location"] == f"/desk/media/{row.pk}/"


def test_a_failed_video_says_why_and_is_tried_again(desk: Client, department: SimpleNamespace) -> None:
    d = department
    row = added(d.northeast, d.officer)
    with override_settings(VIDEO_WORK_S=-1):
        videos.make_one(now=NOW)
    assert "took more than" in desk.get(f"/desk/media/{row.pk}/").content.decode()
    desk.post(f"/desk/media/{row.pk}/again/")
    row.refresh_from_db()
    assert row.state == MediaState.PROCESSING
    again = desk.post(f"/desk/media/{row.pk}/again/", follow=True)
    assert "has not failed" in again.content.decode()


def test_words_captions_and_still_are_saved_at_once(desk: Client, department: SimpleNamespace) -> None:
    d = department
    row = ready(d.northeast, d.officer, captions="")
    srt = SimpleUploadedFile("film.srt", b"1\n00:00:00,000 --> 00:00:01,000\nGood morning.\n")
    form = {"alt_text": "A red card in the light", "credit": "Us", "captions": "", "captions_file": srt}
    desk.post(f"/desk/media/{row.pk}/", {**form, "poster": row.posters[1]["sha256"]})
    row.refresh_from_db()
    assert (row.alt_text, row.credit, row.no_speech) == ("A red card in the light", "Us", False)
    assert row.poster_sha256 == row.posters[1]["sha256"]
    assert "Good morning." in videos.captions_text(row.captions_sha256)


def test_captions_that_cannot_be_read_are_said_at_their_field_and_nothing_is_lost(
    desk: Client, department: SimpleNamespace
) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    form = {"alt_text": "Words nobody may lose", "credit": "", "captions": "1\nHello there", "poster": ""}
    answer = desk.post(f"/desk/media/{row.pk}/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 2 is no time" in page
    assert 'href="#id_captions"' in page
    assert "Words nobody may lose" in page
    assert "Hello there" in page
    row.refresh_from_db()
    assert row.alt_text == "A red card that gets brighter", "all or nothing"


@pytest.mark.parametrize(
    ("data", "words"), [(b"\xff\xfe\x00bad", "no UTF-8 text"), (b"x" * (1024 * 1024 + 1), "more than 1 MB")]
)
def test_a_captions_file_that_is_none_is_said(
    desk: Client, department: SimpleNamespace, data: bytes, words: str
) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    file = SimpleUploadedFile("film.srt", data)
    answer = desk.post(f"/desk/media/{row.pk}/", {"alt_text": "A", "credit": "", "captions_file": file})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_another_divisions_video_is_not_there(department: SimpleNamespace, as_: Any) -> None:
    d = department
    row = ready(d.northeast, d.officer)
    other = as_(d.stranger)
    for path in (f"/desk/media/{row.pk}/", f"/desk/media/{row.pk}/state/"):
        assert other.get(path).status_code == 404
    assert other.post(f"/desk/media/{row.pk}/again/").status_code == 404


def test_the_library_shows_videos_only_or_pictures_only(desk: Client, department: SimpleNamespace) -> None:
    d = department
    ready(d.northeast, d.officer)
    asset(d.northeast, d.officer)
    for sort, video, picture in (("", True, True), ("videos", True, False), ("pictures", False, True)):
        page = desk.get(f"/desk/media/?sort={sort}").content.decode()
        assert ("A red card" in page, "A plain navy card" in page) == (video, picture)
    assert desk.get("/desk/media/?sort=x%00").status_code == 200


def test_a_video_is_added_in_the_composer(desk: Client, department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    sent = form_of(post, text="Typed before the video.", file=_file(film()))
    answer = desk.post(f"/desk/posts/{post.pk}/pictures/", sent)
    row = MediaAsset.objects.get()
    assert answer.headers["Location"] == f"/desk/posts/{post.pk}/edit/#id_alt-{row.pk}"
    page = desk.get(f"/desk/posts/{post.pk}/edit/").content.decode()
    assert "Being made ready" in page
    assert "No captions yet." in page
    assert "Goes out without the video" in page
    videos.make_one(now=NOW)
    page = desk.get(f"/desk/posts/{post.pk}/edit/").content.decode()
    assert '<span class="sr-only">Video, </span>0:02' in page


def test_a_video_that_cannot_be_taken_keeps_the_words_of_the_post(desk: Client, department: SimpleNamespace) -> None:
    d = department
    post = draft(d.northeast, d.officer)
    sent = form_of(post, text="Words nobody may lose.", file=_file(film()[:3000]))
    answer = desk.post(f"/desk/posts/{post.pk}/pictures/", sent)
    assert answer.status_code == 422
    assert "damaged" in answer.content.decode()
    assert "Words nobody may lose." in answer.content.decode()


@pytest.mark.parametrize("where", ["library", "composer"])
def test_a_file_that_is_too_big_is_let_go_by_and_nothing_typed_is_lost(
    desk: Client, department: SimpleNamespace, where: str, tmp_path: Any
) -> None:
    d = department
    with override_settings(VIDEO_MAX_BYTES=3 * 1024 * 1024):
        big = _file(film() + bytes(4 * 1024 * 1024))
        if where == "library":
            form = {"division": d.northeast.pk, "file": big, "alt_text": "Words nobody may lose", "credit": ""}
            answer = desk.post("/desk/media/", form)
        else:
            post = draft(d.northeast, d.officer)
            answer = desk.post(
                f"/desk/posts/{post.pk}/pictures/", form_of(post, file=big, text="Words nobody may lose")
            )
    assert answer.status_code == 422
    assert "more than 3 MB" in answer.content.decode()
    assert 'href="#id_file"' in answer.content.decode()
    assert "Words nobody may lose" in answer.content.decode()
    assert not MediaAsset.objects.exists()


def test_the_reviewer_plays_it_and_reads_its_captions(department: SimpleNamespace, as_: Any) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    revision = submitted(d.northeast, d.officer, pictures=[video], kind="media")
    page = as_(d.supervisor).get(f"/desk/review/{revision.post_id}/").content.decode()
    assert f'src="/media/{video.sha256}.mp4"' in page
    assert "Oak Street is closed." in page
    assert "this video" in page


def test_the_staff_feed_plays_it(department: SimpleNamespace, as_: Any) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    post = live(d.northeast, d.officer, d.supervisor, pictures=[video], audience="internal", kind="internal_notice")
    page = as_(d.stranger).get(f"/desk/staff/{post.pk}/").content.decode()
    assert f'src="/media/{video.sha256}.mp4"' in page
    answer = as_(d.stranger).get(f"/media/{video.captions_sha256}.vtt")
    assert answer.status_code == 200
    assert b"Oak Street" in io.BytesIO(answer.getvalue()).read()
