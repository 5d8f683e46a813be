"""The media library over HTTP: taking pictures in, refusing what cannot be taken, describing, choosing for a draft."""

from __future__ import annotations

import io
import struct
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from posts.models import Draft, MediaAsset, Post
from posts.services.media import path_of
from tests import stories
from tests.posts.test_compose_pages import form_of

pytestmark = pytest.mark.django_db


def _png_that_claims(width: int, height: int) -> bytes:
    """A small file whose head promises a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


BAD = {
    "30 MB": (lambda: b"\xff\xd8\xff\xe0" + b"x" * (30 * 1024 * 1024), "more than 20 MB"),
    "20,000 x 20,000 px": (lambda: _png_that_claims(20_000, 20_000), "pixels"),
    "truncated": (lambda: stories.picture(size=(1200, 900)).getvalue()[:4000], "damaged or cut off"),
    "not an image": (lambda: b"%PDF-1.7 not a picture at all", "not a picture that can be read"),
    "empty": (lambda: b"", "empty"),
}


@pytest.fixture
def desk(officer: Any, as_: Any) -> Client:
    """The officer's browser."""
    return as_(officer)


@pytest.fixture
def draft(department: SimpleNamespace) -> Post:
    """The officer's saved draft."""
    return stories.draft(department.northeast, department.officer)


def _file(data: bytes, name: str = "card.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


# ---- the library


def test_a_picture_comes_in_with_its_words(desk: Client, northeast: Any) -> None:
    sent = {"division": northeast.pk, "file": _file(stories.picture().getvalue()), "alt_text": "A card", "credit": "Us"}
    answer = desk.post("/desk/media/", sent)
    asset = MediaAsset.objects.get()
    assert answer.headers["Location"] == f"/desk/media/{asset.pk}/"
    assert (asset.alt_text, asset.credit, asset.division) == ("A card", "Us", northeast)


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_taken_is_said_at_the_field_and_the_words_are_kept(
    desk: Client, northeast: Any, case: str
) -> None:
    make, message = BAD[case]
    sent = {"division": northeast.pk, "file": _file(make()), "alt_text": "Words nobody may lose", "credit": ""}
    answer = desk.post("/desk/media/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert 'href="#id_file"' in page
    assert "Words nobody may lose" in page
    assert not MediaAsset.objects.exists()


def test_a_picture_for_another_division_is_refused(desk: Client, central: Any) -> None:
    answer = desk.post("/desk/media/", {"division": central.pk, "file": _file(stories.picture().getvalue())})
    assert answer.status_code == 422
    assert not MediaAsset.objects.exists()


def test_the_library_shows_own_pictures_only(desk: Client, department: Any) -> None:
    stories.asset(department.northeast, department.officer, alt="A pickup in Northeast")
    stories.asset(department.central, department.stranger, alt="A van in Central", colour="teal")
    page = desk.get("/desk/media/").content.decode()
    assert "A pickup in Northeast" in page
    assert "A van in Central" not in page


def test_searching_looks_in_picture_texts(desk: Client, department: Any) -> None:
    stories.asset(department.northeast, department.officer, alt="A pickup in Northeast")
    assert "A pickup" in desk.get("/desk/media/?q=pickup").content.decode()
    assert "Nothing matches." in desk.get("/desk/media/?q=zeppelin%00").content.decode()


def test_the_library_asks_the_database_the_same_number_of_times_for_many_pictures(
    desk: Client, department: Any
) -> None:
    picture = stories.asset(department.northeast, department.officer)
    desk.get("/desk/media/")
    few = _queries(desk, "/desk/media/")
    for number in range(30):
        picture.pk = None
        picture.alt_text = f"Card {number}"
        picture.save()
    assert _queries(desk, "/desk/media/") <= few
    assert "Page 1 of 2" in desk.get("/desk/media/").content.decode()


# ---- one picture


def test_describing_a_picture_changes_the_library(desk: Client, department: Any) -> None:
    asset = stories.asset(department.northeast, department.officer)
    desk.post(f"/desk/media/{asset.pk}/", {"alt_text": "A plain card, seen from above", "credit": "Test PD"})
    asset.refresh_from_db()
    assert (asset.alt_text, asset.credit) == ("A plain card, seen from above", "Test PD")


def test_a_description_too_long_is_kept_and_said(desk: Client, department: Any) -> None:
    asset = stories.asset(department.northeast, department.officer)
    answer = desk.post(f"/desk/media/{asset.pk}/", {"alt_text": "a" * 1001, "credit": ""})
    assert answer.status_code == 422
    assert "a" * 1001 in answer.content.decode()


def test_another_divisions_picture_is_not_there(department: Any, as_: Any) -> None:
    asset = stories.asset(department.northeast, department.officer)
    other = as_(department.stranger)
    assert other.get(f"/desk/media/{asset.pk}/").status_code == 404
    assert other.post(f"/desk/media/{asset.pk}/", {"alt_text": "x", "credit": ""}).status_code == 404
    assert other.get(f"/media/{asset.sha256}.jpg").status_code == 404
    assert other.get(f"/media/{asset.thumb_sha256}.jpg").status_code == 404


def test_where_a_picture_is_used_is_listed(desk: Client, department: Any) -> None:
    asset = stories.asset(department.northeast, department.officer)
    stories.draft(department.northeast, department.officer, title="It shows the card", pictures=[asset])
    assert "It shows the card" in desk.get(f"/desk/media/{asset.pk}/").content.decode()


# ---- pictures of a draft


def test_adding_a_picture_saves_the_words_too(desk: Client, draft: Post) -> None:
    sent = form_of(draft, text="Typed before the picture.", file=_file(stories.picture().getvalue()))
    answer = desk.post(f"/desk/posts/{draft.pk}/pictures/", sent)
    saved = Draft.objects.get(post=draft)
    asset = MediaAsset.objects.get()
    assert answer.headers["Location"] == f"/desk/posts/{draft.pk}/edit/#id_alt-{asset.pk}"
    assert saved.text == "Typed before the picture."
    assert [use.asset for use in saved.media.all()] == [asset]


@pytest.mark.parametrize("case", [*BAD, "none"])
def test_a_picture_that_cannot_be_taken_keeps_the_words_of_the_post(desk: Client, draft: Post, case: str) -> None:
    make, message = BAD.get(case, (None, "Choose a picture or video first."))
    sent = form_of(draft, text="Words nobody may lose.", **({"file": _file(make())} if make else {}))
    answer = desk.post(f"/desk/posts/{draft.pk}/pictures/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert 'href="#id_file"' in page
    assert "Words nobody may lose." in page
    assert Draft.objects.get(post=draft).text == "Words nobody may lose."


def test_the_picture_text_is_saved_with_the_post(desk: Client, department: Any) -> None:
    asset = stories.asset(department.northeast, department.officer, alt="")
    post = stories.draft(department.northeast, department.officer, pictures=[asset])
    desk.post(f"/desk/posts/{post.pk}/edit/", form_of(post, **{f"alt-{asset.pk}": "A navy card on a desk"}))
    asset.refresh_from_db()
    assert asset.alt_text == "A navy card on a desk"


def test_a_missing_picture_text_stops_and_leads_to_its_field(desk: Client, department: Any) -> None:
    asset = stories.asset(department.northeast, department.officer, alt="")
    post = stories.draft(department.northeast, department.officer, pictures=[asset])
    page = desk.post(f"/desk/posts/{post.pk}/submit/", form_of(post)).content.decode()
    assert f'<a href="#id_alt-{asset.pk}">Picture 1 has no picture text.' in page


def test_pictures_are_chosen_from_the_library(desk: Client, draft: Post, department: Any) -> None:
    asset = stories.asset(department.northeast, department.officer)
    answer = desk.post(f"/desk/posts/{draft.pk}/edit/", form_of(draft, library="1"))
    assert answer.headers["Location"] == f"/desk/media/?for={draft.pk}"
    assert "Use it" in desk.get(f"/desk/media/?for={draft.pk}").content.decode()
    desk.post(f"/desk/posts/{draft.pk}/pictures/", {"asset": [asset.pk]})
    assert Draft.objects.get(post=draft).media.get().asset == asset


def test_another_divisions_picture_cannot_be_chosen(desk: Client, draft: Post, department: Any) -> None:
    foreign = stories.asset(department.central, department.stranger)
    desk.post(f"/desk/posts/{draft.pk}/pictures/", {"asset": [foreign.pk]})
    assert not Draft.objects.get(post=draft).media.exists()


def test_a_picture_is_taken_out_or_put_first(desk: Client, department: Any) -> None:
    one = stories.asset(department.northeast, department.officer, colour="navy")
    two = stories.asset(department.northeast, department.officer, colour="teal")
    post = stories.draft(department.northeast, department.officer, pictures=[one, two])
    desk.post(f"/desk/posts/{post.pk}/edit/", form_of(post, first=two.pk))
    assert [u.asset for u in Draft.objects.get(post=post).media.all()] == [two, one]
    desk.post(f"/desk/posts/{post.pk}/edit/", form_of(post, remove=two.pk))
    assert [u.asset for u in Draft.objects.get(post=post).media.all()] == [one]


def test_an_uploaded_picture_carries_no_metadata_through_the_composer(desk: Client, draft: Post) -> None:
    from django.core.files.storage import default_storage
    from PIL import Image

    exif = Image.Exif()
    exif[0x0110] = "A phone that tells on people"
    data = stories.picture(exif=exif).getvalue()
    assert b"tells on people" in data
    desk.post(f"/desk/posts/{draft.pk}/pictures/", form_of(draft, file=_file(data)))
    asset = MediaAsset.objects.get()
    for name in (asset.sha256, asset.thumb_sha256):
        with default_storage.open(path_of(name)) as file:
            assert not Image.open(io.BytesIO(file.read())).getexif()


def _queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)
