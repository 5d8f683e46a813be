"""A video in a real browser: it plays with its captions, in pieces, without a script of ours; its pages pass axe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect

from divisions.models import User
from posts.models import MediaAsset
from posts.services import videos
from posts.views import ranges
from tests.browser.signed_in import WIDTHS, listen, sign_in
from tests.browser.test_accessibility import all_found
from tests.films import added, film, ready
from tests.stories import NOW, draft, live, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLAYED = """async () => {
  const video = document.querySelector("video");
  video.muted = true;
  await video.play();
  await new Promise((done) => video.addEventListener("ended", done, { once: true }));
  const track = video.textTracks[0];
  return { width: video.videoWidth, lasted: video.currentTime, said: [...track.cues].map((cue) => cue.text) };
}"""


@pytest.fixture
def page(live_server: Any, new_context: Callable[..., BrowserContext]) -> Page:
    """A page of a browser that nobody has signed in yet."""
    opened: Page = new_context(viewport=WIDTHS["desk"]).new_page()
    return opened


def test_the_public_page_plays_it_with_its_captions_in_pieces(
    page: Page, live_server: Any, department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    d = department
    monkeypatch.setattr(ranges, "PIECE", 2000)
    video = ready(d.northeast, d.officer)
    post = live(d.northeast, d.officer, d.supervisor, pictures=[video], kind="media")
    pieces: list[str] = []
    complaints = listen(page)
    page.on("response", lambda a: pieces.append(a.headers.get("content-range", "")) if ".mp4" in a.url else None)
    page.goto(f"{live_server.url}{post.get_absolute_url()}")
    assert pieces == [], "nothing of it is fetched before somebody presses play"
    played = page.evaluate(PLAYED)
    assert played["width"] == 160
    assert 1.9 < played["lasted"] < 2.2
    assert played["said"] == ["Oak Street is closed."]
    assert len(pieces) > 1
    assert all(piece.startswith("bytes ") for piece in pieces)
    assert complaints == []


def test_pages_with_videos_pass(page: Page, live_server: Any, department: SimpleNamespace, superuser: User) -> None:
    d = department
    video = ready(d.northeast, d.officer)
    public = live(d.northeast, d.officer, d.supervisor, pictures=[video], kind="media")
    waiting = submitted(d.northeast, d.officer, pictures=[video], kind="media", title="Another morning")
    failed = added(d.northeast, d.officer, film(seconds=1))
    with override_settings(VIDEO_WORK_S=-1):
        videos.make_one(now=NOW)
    being_made = added(d.northeast, d.officer)
    MediaAsset.objects.filter(pk=being_made.pk).update(progress=45, work_until=NOW + timedelta(days=9999))
    writing = draft(d.northeast, d.officer, pictures=[video, being_made], kind="media", title="A third morning")
    paths = [public.get_absolute_url(), "/news/"]
    assert all_found(page, live_server.url, paths) == []
    sign_in(page.context, live_server, d.officer)
    paths = ["/desk/media/", "/desk/media/?sort=videos", f"/desk/posts/{writing.pk}/edit/", f"/desk/posts/{public.pk}/"]
    paths += [f"/desk/media/{row.pk}/" for row in (video, failed, being_made)]
    assert all_found(page, live_server.url, paths) == []
    sign_in(page.context, live_server, d.supervisor)
    assert all_found(page, live_server.url, [f"/desk/review/{waiting.post_id}/"]) == []


def test_the_library_shows_by_itself_when_one_is_ready(
    page: Page, live_server: Any, department: SimpleNamespace
) -> None:
    d = department
    added(d.northeast, d.officer)
    sign_in(page.context, live_server, d.officer)
    page.goto(f"{live_server.url}/desk/media/")
    expect(page.get_by_text("Being made ready")).to_be_visible()
    videos.make_one(now=NOW)
    expect(page.get_by_text("Ready.")).to_be_visible()
    expect(page.get_by_role("img", name="A red card that gets brighter")).to_be_visible()
