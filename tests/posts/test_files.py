"""Pictures: public exactly while something public shows them; for everybody else they do not exist (P5, P6, P7)."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from divisions.models import User
from posts.models import Delivery, MediaAsset
from posts.services.media import path_of
from tests.stories import asset, draft, live, submitted

As = Callable[[User], Client]


def addresses(picture: MediaAsset) -> list[str]:
    """Of the rendition and of its thumb."""
    return [f"/media/{picture.sha256}.{picture.extension}", f"/media/{picture.thumb_sha256}.jpg"]


def get(client: Client, path: str) -> HttpResponse:
    """The answer, with its file read to the end, which closes it."""
    answer = client.get(path)
    if answer.streaming:
        answer.getvalue()
    return answer  # type: ignore[return-value]


def statuses(client: Client, picture: MediaAsset) -> list[int]:
    """What rendition and thumb answer."""
    return [get(client, path).status_code for path in addresses(picture)]


def test_a_picture_of_a_public_page_is_for_everybody(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    for path in addresses(picture):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "public, max-age=3600, immutable"
        assert "Set-Cookie" not in answer
        data = answer.getvalue()
        assert Image.open(io.BytesIO(data)).format == "JPEG"
        assert client.get(path, headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_a_png_is_served_as_a_png_and_under_no_other_ending(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer, fmt="PNG")
    MediaAsset.objects.filter(pk=picture.pk).update(mime="image/png")
    picture.refresh_from_db()
    live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    assert get(client, f"/media/{picture.sha256}.png")["Content-Type"] == "image/png"
    assert client.get(f"/media/{picture.sha256}.jpg").status_code == 404


def test_p5_a_draft_picture_exists_for_its_own_division_only(
    client: Client, department: SimpleNamespace, as_: As
) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    draft(d.northeast, d.officer, pictures=[picture])
    assert statuses(client, picture) == [404, 404]
    assert statuses(as_(d.stranger), picture) == [404, 404]
    for person in (d.officer, d.colleague, d.supervisor, d.smo, d.auditor):
        assert statuses(as_(person), picture) == [200, 200]


def test_what_only_some_may_see_is_kept_in_no_shared_cache(department: SimpleNamespace, as_: As) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    answer = get(as_(d.officer), addresses(picture)[0])
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Cookie" in answer["Vary"]


def test_a_scheduled_picture_is_not_public_before_it_is_delivered(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    live(d.northeast, d.officer, d.supervisor, pictures=[picture], due="2026-11-24T18:00")
    assert statuses(client, picture) == [404, 404]


def test_a_withdrawn_picture_is_gone_for_the_public_and_stays_for_its_division(
    client: Client, department: SimpleNamespace, as_: As
) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    post = live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    Delivery.objects.filter(post=post).update(state="withdrawn")
    assert statuses(client, picture) == [404, 404]
    assert statuses(as_(d.officer), picture) == [200, 200]


def test_a_picture_that_another_post_still_shows_stays_public(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    first = live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    live(d.northeast, d.officer, d.supervisor, pictures=[picture], title="Another one")
    Delivery.objects.filter(post=first).update(state="withdrawn")
    assert statuses(client, picture) == [200, 200]


def test_p6_a_picture_of_the_staff_feed_is_for_members_only(
    client: Client, department: SimpleNamespace, as_: As, superuser: User
) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    live(d.northeast, d.officer, d.supervisor, audience="internal", kind="internal_notice", pictures=[picture])
    assert statuses(client, picture) == [404, 404]
    assert statuses(as_(superuser), picture) == [404, 404]  # no membership at all
    for person in (d.officer, d.stranger, d.admin, d.records):
        assert statuses(as_(person), picture) == [200, 200]


def test_a_public_channel_of_a_platform_alone_does_not_open_the_file(
    client: Client, department: SimpleNamespace
) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    revision = submitted(d.northeast, d.officer, pictures=[picture], channels=[d.facebook_northeast])
    assert revision.variants.count() == 1
    assert statuses(client, picture) == [404, 404]


def test_the_original_has_no_address(department: SimpleNamespace, as_: As) -> None:
    d = department
    picture = asset(d.northeast, d.officer)
    live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    inside = as_(d.officer)
    for path in (f"/media/{picture.original_path}", f"/media/{path_of(picture.sha256)}", "/media/../originals/"):
        assert inside.get(path).status_code == 404


@pytest.mark.parametrize("name", ["x.jpg", "0" * 64 + ".jpg", "0" * 64 + ".svg", "0" * 64, "A" * 64 + ".jpg"])
def test_what_is_not_there_is_not_there(client: Client, department: SimpleNamespace, name: str) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_a_file_that_the_storage_lost_is_no_error(client: Client, department: SimpleNamespace) -> None:
    d = department
    picture = asset(d.northeast, d.officer, colour="teal")
    live(d.northeast, d.officer, d.supervisor, pictures=[picture])
    default_storage.delete(path_of(picture.sha256))
    assert client.get(addresses(picture)[0]).status_code == 404
