"""The staff feed: for members, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

from django.test import Client

from divisions.models import Membership, User
from posts.models import Delivery
from tests.stories import NOW, approved, asset, live

As = Callable[[User], Client]
INTERNAL = {"audience": "internal", "kind": "internal_notice", "title": "Cake at two", "text": "In the briefing room."}


def test_every_member_reads_what_any_division_posted_for_staff(department: SimpleNamespace, as_: As) -> None:
    d = department
    picture = asset(d.northeast, d.officer, alt="A cake")
    post = live(
        d.northeast, d.officer, d.supervisor, pictures=[picture], facts={"notice_type": "retirement"}, **INTERNAL
    )
    for person in (d.officer, d.stranger, d.smo, d.admin, d.records, d.auditor, d.moderator):
        client = as_(person)
        assert "Cake at two" in client.get("/desk/staff/").content.decode()
        answer = client.get(f"/desk/staff/{post.pk}/")
        body = answer.content.decode()
        assert "<p>In the briefing room.</p>" in body
        assert "Retirement" in body
        assert f'src="/media/{picture.sha256}.jpg" alt="A cake"' in body
        assert "no-store" in answer["Cache-Control"]


def test_the_address_on_the_receipt_is_the_address_that_answers(department: SimpleNamespace, as_: As) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor, **INTERNAL)
    url = Delivery.objects.get(post=post, channel__platform="internal").remote_url
    assert url.startswith("http://testserver/desk/")
    assert as_(d.stranger).get(url.removeprefix("http://testserver")).status_code == 200


def test_nobody_reads_it_without_signing_in(client: Client, department: SimpleNamespace) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor, **INTERNAL)
    for path in ("/desk/staff/", f"/desk/staff/{post.pk}/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_somebody_who_belongs_to_no_division_is_told_why_not(
    department: SimpleNamespace, as_: As, superuser: User
) -> None:
    d = department
    post = live(d.northeast, d.officer, d.supervisor, **INTERNAL)
    Membership.objects.filter(user=d.stranger).update(revoked_at=NOW - timedelta(days=1))
    for person in (superuser, d.stranger):
        for path in ("/desk/staff/", f"/desk/staff/{post.pk}/"):
            answer = as_(person).get(path)
            assert answer.status_code == 403
            assert "read the staff feed" in answer.content.decode()
            assert "Cake at two" not in answer.content.decode()


def test_what_is_public_or_not_out_yet_is_not_in_it(department: SimpleNamespace, as_: As) -> None:
    d = department
    public = live(d.northeast, d.officer, d.supervisor, title="For everybody")
    waiting = approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T18:00", **INTERNAL)
    client = as_(d.officer)
    body = client.get("/desk/staff/").content.decode()
    assert "For everybody" not in body
    assert "Cake at two" not in body
    assert "Nothing has been posted for staff yet" in body
    for post in (public, waiting):
        assert client.get(f"/desk/staff/{post.pk}/").status_code == 404


def test_the_list_asks_the_same_number_of_questions_for_one_row_and_for_thirty(
    department: SimpleNamespace, as_: As, django_assert_max_num_queries: object
) -> None:
    d = department
    client = as_(d.officer)
    live(d.northeast, d.officer, d.supervisor, **INTERNAL)
    client.get("/desk/staff/")
    with django_assert_max_num_queries(20) as few:  # type: ignore[operator]
        client.get("/desk/staff/")
    for number in range(29):
        live(d.northeast, d.officer, d.supervisor, **{**INTERNAL, "title": f"Number {number}"})
    with django_assert_max_num_queries(20) as many:  # type: ignore[operator]
        body = client.get("/desk/staff/").content.decode()
    assert len(many.captured_queries) <= len(few.captured_queries)
    assert "Page 1 of 2" in body
