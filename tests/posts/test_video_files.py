"""The files of a video over HTTP: who may fetch them, pieces of them, and what goes when the post goes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import feedparser
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from divisions.models import User
from posts.models import Delivery, MediaAsset
from posts.services import videos
from posts.services.media import Blobs
from posts.states import DeliveryState
from posts.views import ranges
from tests.films import film, ready
from tests.stories import NOW, draft, live

pytestmark = pytest.mark.django_db
As = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def shown(department: SimpleNamespace) -> MediaAsset:
    """A video on a public page."""
    d = department
    video = ready(d.northeast, d.officer)
    live(d.northeast, d.officer, d.supervisor, pictures=[video], kind="media")
    return video


def _address(video: MediaAsset) -> str:
    return f"/media/{video.sha256}.mp4"


def _all(video: MediaAsset) -> list[str]:
    return [_address(video), f"/media/{video.poster_sha256}.jpg", f"/media/{video.captions_sha256}.vtt"]


def _statuses(client: Client, video: MediaAsset) -> list[int]:
    found = []
    for path in _all(video):
        answer = client.get(path)
        found.append(answer.status_code)
        if answer.streaming:
            answer.getvalue()
    return found


# ---- who


def test_the_files_of_a_public_page_are_for_everybody(client: Client, shown: MediaAsset) -> None:
    types = []
    for path in _all(shown):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "public, max-age=3600, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"
        types.append(answer["Content-Type"])
        answer.getvalue()
    assert types == ["video/mp4", "image/jpeg", "text/vtt; charset=utf-8"]


def test_p5_a_draft_video_exists_for_its_own_division_only(client: Client, department: Any, as_: As) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    draft(d.northeast, d.officer, pictures=[video], kind="media")
    assert _statuses(client, video) == [404, 404, 404]
    assert _statuses(as_(d.stranger), video) == [404, 404, 404]
    for person in (d.officer, d.supervisor, d.auditor):
        assert _statuses(as_(person), video) == [200, 200, 200]


def test_stills_that_were_not_chosen_are_not_public(
    client: Client, shown: MediaAsset, department: Any, as_: As
) -> None:
    other = f"/media/{shown.posters[1]['sha256']}.jpg"
    assert client.get(other).status_code == 404
    inside = as_(department.officer).get(other)
    assert inside.status_code == 200
    inside.getvalue()


def test_the_still_that_was_approved_stays_when_the_library_chooses_another(
    client: Client, shown: MediaAsset, department: Any
) -> None:
    d = department
    videos.choose_poster(asset=shown, sha256=shown.posters[2]["sha256"], by=d.officer, now=NOW)
    videos.caption(asset=shown, text="", no_speech=True, by=d.officer, now=NOW)
    assert _statuses(client, shown) == [200, 200, 200]
    page = client.get("/northeast/").content.decode()
    assert shown.posters[2]["thumb"] not in page


def test_the_files_go_with_the_post(client: Client, shown: MediaAsset) -> None:
    Delivery.objects.update(state=DeliveryState.WITHDRAWN)
    assert _statuses(client, shown) == [404, 404, 404]


@pytest.mark.parametrize("ending", ["jpg", "png", "vtt"])
def test_under_no_other_ending(client: Client, shown: MediaAsset, ending: str) -> None:
    assert client.get(f"/media/{shown.sha256}.{ending}").status_code == 404


def test_the_original_has_no_address(client: Client, shown: MediaAsset) -> None:
    assert client.get(f"/media/{shown.original_sha256}.mp4").status_code == 404
    assert client.get(f"/media/{shown.original_path}").status_code == 404


# ---- pieces


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=10-10", 10, 10),
        ("bytes=0-99999999999", 0, None),
        ("bytes=-99999999999", 0, None),
    ],
)
def test_a_piece_is_answered(client: Client, shown: MediaAsset, asked: str, first: int, last: int | None) -> None:
    whole = Blobs().read(shown.sha256)
    size = len(whole)
    first = first if first >= 0 else size + first
    last = size - 1 if last is None else last
    answer = client.get(_address(shown), headers={"range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{size}"
    assert int(answer["Content-Length"]) == last - first + 1
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Type"] == "video/mp4"
    assert answer["ETag"] == f'"{shown.sha256}"'
    assert answer.getvalue() == whole[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=", "bytes=-", "bytes=5-2", "bytes=x-y", "0-99"])
def test_what_is_no_single_range_is_answered_with_all_of_it(client: Client, shown: MediaAsset, asked: str) -> None:
    answer = client.get(_address(shown), headers={"range": asked})
    assert answer.status_code == 200
    assert answer.getvalue() == Blobs().read(shown.sha256)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_what_lies_behind_the_end_is_said(client: Client, shown: MediaAsset, asked: str) -> None:
    answer = client.get(_address(shown), headers={"range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(Blobs().read(shown.sha256))}"


def test_a_piece_of_another_version_is_answered_with_all_of_it(client: Client, shown: MediaAsset) -> None:
    other = client.get(_address(shown), headers={"range": "bytes=0-9", "if-range": '"other"'})
    assert other.status_code == 200
    other.getvalue()
    same = client.get(_address(shown), headers={"range": "bytes=0-9", "if-range": f'"{shown.sha256}"'})
    assert same.status_code == 206
    same.getvalue()


def test_a_piece_is_bounded(client: Client, shown: MediaAsset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "PIECE", 1000)
    answer = client.get(_address(shown), headers={"range": "bytes=0-"})
    assert answer.status_code == 206
    assert len(answer.getvalue()) == 1000


def test_a_piece_is_refused_to_whom_the_whole_is_refused(client: Client, department: Any) -> None:
    video = ready(department.northeast, department.officer)
    assert client.get(_address(video), headers={"range": "bytes=0-9"}).status_code == 404


@given(st.text(max_size=30), st.integers(1, 10**9))
def test_whatever_is_asked_for_lies_in_the_file(text: str, size: int) -> None:
    request: Any = SimpleNamespace(headers={"Range": f"bytes={text}"})
    try:
        span = ranges.asked(request, size, '"e"')
    except ValueError:
        return
    assert span is None or (0 <= span.first <= span.last < size and span.length <= ranges.PIECE)


# ---- on pages


def test_the_page_plays_it_with_its_captions(client: Client, shown: MediaAsset) -> None:
    page = client.get(Delivery.objects.get(channel__platform="website").post.get_absolute_url()).content.decode()
    assert f'<video class="film-player" controls preload="none" playsinline src="{_address(shown)}"' in page
    assert f'poster="/media/{shown.poster_sha256}.jpg"' in page
    assert f'<track kind="captions" src="/media/{shown.captions_sha256}.vtt" srclang="en"' in page
    assert "It shows: A red card that gets brighter" in page
    assert f'<meta property="og:image" content="http://testserver/media/{shown.poster_sha256}.jpg">' in page


def test_pages_may_play_media_of_their_own_only(client: Client) -> None:
    assert "media-src 'self'" in client.get("/").headers["Content-Security-Policy"]


def test_the_feed_encloses_it(client: Client, shown: MediaAsset) -> None:
    entry = feedparser.parse(client.get("/northeast/feed.atom").content).entries[0]
    enclosure = entry.enclosures[0]
    assert (enclosure.type, int(enclosure.length)) == ("video/mp4", shown.size_bytes)
    assert enclosure.href == f"http://testserver{_address(shown)}"
    assert f"/media/{shown.poster_sha256}.jpg" in entry.content[0].value
    assert ".mp4" in entry.content[0].value, "a reader without enclosures finds it too"


def test_a_film_that_is_being_made_has_no_file(client: Client, department: Any, as_: As) -> None:
    assert film()
    assert as_(department.officer).get("/media/" + "0" * 64 + ".mp4").status_code == 404
