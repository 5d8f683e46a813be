"""The pages of check rounds: who sees which, what is kept, what the buttons do, and their number of queries."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from divisions.models import Channel, Division
from moderation.models import CheckItem, CheckRound, Screenshot, Task
from moderation.selectors.rounds import quarter_of
from moderation.services import rounds, screenshots
from moderation.states import AskedOf
from tests.counting import queries_of
from tests.stories import NOW, picture

URL = "/desk/checks/"


@pytest.fixture(autouse=True)
def _at_nine_in_chicago() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def quiet(department: SimpleNamespace) -> SimpleNamespace:
    """The stock accounts, a year old, all in order."""
    Channel.objects.update(
        duty_officer=department.officer, cadence_days=None, created_at=NOW - timedelta(days=365), checked_at=NOW
    )
    Division.objects.update(phone_desk="214-555-0100", address="1 Main Street", hours="Daily, 8 to 6")
    rounds.open_due(now=NOW)
    return department


@pytest.fixture
def row(quiet: SimpleNamespace) -> CheckRound:
    """Northeast's open round."""
    return CheckRound.objects.select_related("channel__division").get(channel__slug="facebook-northeast")


def url(row: CheckRound) -> str:
    """Where a round is."""
    return f"{URL}{row.pk}/"


def form(row: CheckRound, act: str, **but: Any) -> dict[str, Any]:
    """What the page posts: yes to everything a person is asked, but for some."""
    codes = row.items.filter(asked_of=AskedOf.PERSON).values_list("code", flat=True)
    row.refresh_from_db()
    return {"version": row.version, "act": act, **{f"answer-{code}": "yes" for code in codes}, **but}


def test_late_rounds_come_first_then_what_is_due_then_what_was_signed(row: CheckRound, quiet: Any, as_: Any) -> None:
    rounds.save(row=row, version=1, typed={c: rounds.Typed(answer="yes") for c in codes(row)}, by=quiet.smo)
    rounds.sign(row=row, by=quiet.smo)
    CheckRound.objects.filter(channel__slug="x-department").update(due_at=NOW - timedelta(days=12, hours=1))
    CheckRound.objects.filter(channel__slug="nixle").update(due_at=NOW + timedelta(days=1, hours=2))
    text = as_(quiet.smo).get(URL).content.decode()
    assert re.findall(r"<h2 id=\"g-[a-z-]+\">([^<]+)</h2>", text) == ["Late", "Due soon", "Signed"]
    assert "12 days late" in text
    assert "Due in 1 day" in text
    assert "Signed by Social media officer. All right." in text


def codes(row: CheckRound) -> list[str]:
    """The questions of a round for a person."""
    return list(row.items.filter(asked_of=AskedOf.PERSON).values_list("code", flat=True))


def test_an_officer_sees_the_rounds_of_their_division_and_no_others(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.officer)
    text = client.get(URL).content.decode()
    assert f'href="{url(row)}"' in text
    assert text.count('class="row__title"') == 1
    other = CheckRound.objects.get(channel__slug="facebook-central")
    assert client.get(url(other)).status_code == 404
    page = client.get(url(row)).content.decode()
    assert "Not signed yet" in page
    assert 'name="act"' not in page
    assert client.post(url(row), form(row, "sign")).status_code == 403


def test_the_button_leads_to_the_next_open_question_and_keeps_the_rest(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.smo)
    page = client.get(url(row)).content.decode()
    assert f"Answer the next of {len(codes(row))}" in page
    answer = client.post(url(row), form(row, "next", **{"answer-pinned": "", "note-tone": "Warm and short."}))
    assert answer.headers["Location"] == f"{url(row)}#q-pinned"
    assert row.items.get(code="tone").note == "Warm and short."
    assert "Answer the last one" in client.get(url(row)).content.decode()
    answer = client.post(url(row), form(row, "next"))
    assert answer.headers["Location"] == f"{url(row)}#sign"


def test_signing_from_the_page_freezes_it_and_makes_the_tasks(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.smo)
    wrong = {"answer-pinned": "no", "note-pinned": "Unpin summer hours.", "owner-pinned": quiet.supervisor.pk,
             "due-pinned": "2026-11-30"}  # fmt: skip
    assert client.post(url(row), form(row, "sign", **wrong)).headers["Location"] == URL
    task = Task.objects.get()
    assert (task.words, task.owner, str(task.due_on)) == ("Unpin summer hours.", quiet.supervisor, "2026-11-30")
    page = client.get(url(row)).content.decode()
    assert "Every answer stands in the record and cannot be changed." in page
    assert 'name="act"' not in page
    assert client.post(url(row), form(row, "save")).status_code == 302
    row.refresh_from_db()
    assert row.signed_by == quiet.smo


def test_a_refused_signature_keeps_everything_typed(row: CheckRound, quiet: Any, as_: Any) -> None:
    typed = form(row, "sign", **{"answer-tone": "", "note-pinned": "Looks new", "answer-pinned": "no"})
    answer = as_(quiet.smo).post(url(row), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "One question is still open." in page
    assert 'value="Looks new"' in page
    row.refresh_from_db()
    assert row.signed_at is None


def test_who_was_overtaken_is_told_and_loses_nothing(row: CheckRound, quiet: Any, as_: Any) -> None:
    stale = form(row, "save", **{"note-tone": "My own words"})
    rounds.save(row=row, version=1, typed={"tone": rounds.Typed(answer="no", note="Rude")}, by=quiet.smo)
    client = as_(quiet.smo)
    answer = client.post(url(row), stale)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else answered in this round meanwhile." in page
    assert 'value="My own words"' in page
    assert re.search(r'name="version" value="2"', page)
    assert row.items.get(code="tone").note == "Rude"


def test_a_wrong_day_is_said_at_its_question(row: CheckRound, quiet: Any, as_: Any) -> None:
    typed = form(row, "save", **{"answer-tone": "no", "note-tone": "x", "due-tone": "2020-01-01"})
    page = as_(quiet.smo).post(url(row), typed).content.decode()
    assert "That day is past or too far away." in page
    assert 'href="#q-tone"' in page


# ---- pictures of the screen


def upload(**save: Any) -> SimpleUploadedFile:
    """A picture as a browser sends it."""
    return SimpleUploadedFile("screen.jpg", picture(**save).read(), content_type="image/jpeg")


def test_a_picture_is_taken_in_clean_and_shown_only_to_who_sees_the_round(
    row: CheckRound, quiet: Any, as_: Any
) -> None:
    exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x0f\x00\x02\x00\x00\x00\x06\x00\x00\x00\x1aSECRET\x00"
    as_(quiet.smo).post(url(row), {**form(row, "save"), "screenshot": upload(exif=exif)})
    shot = Screenshot.objects.get()
    where = f"{URL}pictures/{shot.pk}/"
    answer = as_(quiet.officer).get(where)
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert b"SECRET" not in body
    assert answer["Cache-Control"] == "private, no-cache"
    assert as_(quiet.stranger).get(where).status_code == 404
    assert where in as_(quiet.officer).get(url(row)).content.decode()


def test_a_sixth_picture_and_what_is_none_are_refused_with_all_else_kept(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.smo)
    bad = SimpleUploadedFile("screen.jpg", b"not a picture", content_type="image/jpeg")
    answer = client.post(url(row), {**form(row, "save", **{"note-tone": "Kept"}), "screenshot": bad})
    assert answer.status_code == 422
    assert "This is not a picture that can be read." in answer.content.decode()
    for _ in range(5):
        screenshots.add(row=row, name="s.jpg", file=picture(), by=quiet.smo)
    row.refresh_from_db()
    answer = client.post(url(row), {**form(row, "save"), "screenshot": upload()})
    assert "A round takes 5 pictures." in answer.content.decode()


# ---- tasks, rhythm, proof


def test_a_task_is_finished_on_its_page_with_a_line(row: CheckRound, quiet: Any, as_: Any) -> None:
    as_(quiet.smo).post(url(row), form(row, "sign", **{"answer-pinned": "no", "note-pinned": "Unpin summer hours."}))
    task, client = Task.objects.get(), as_(quiet.officer)
    where = f"{URL}tasks/{task.pk}/"
    assert "Unpin summer hours." in client.get(f"{URL}tasks/").content.decode()
    assert client.post(where, {"note": ""}).status_code == 422
    assert client.post(where, {"note": "Unpinned."}).status_code == 302
    assert "Unpinned." in client.get(f"{URL}tasks/?show=done").content.decode()
    assert as_(quiet.stranger).get(where).status_code == 404


def test_a_task_stands_on_the_desk_of_its_owner(row: CheckRound, quiet: Any, as_: Any) -> None:
    wrong = {"answer-pinned": "no", "note-pinned": "Unpin summer hours.", "owner-pinned": quiet.officer.pk}
    as_(quiet.smo).post(url(row), form(row, "sign", **wrong))
    assert "Unpin summer hours." in as_(quiet.officer).get("/desk/").content.decode()
    assert "Unpin summer hours." not in as_(quiet.colleague).get("/desk/").content.decode()


def test_the_rhythm_is_changed_beside_the_round(row: CheckRound, quiet: Any, as_: Any) -> None:
    where = f"{url(row)}rhythm/"
    assert as_(quiet.supervisor).post(where, {"every_days": 14}).status_code == 403
    as_(quiet.smo).post(where, {"every_days": 14})
    assert "Every 14 days." in as_(quiet.smo).get(url(row)).content.decode()
    as_(quiet.smo).post(where, {"every_days": 900})
    row.refresh_from_db()
    assert row.every_days == 14


def test_the_proof_of_a_quarter_comes_as_a_page_and_as_csv(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.smo)
    client.post(url(row), form(row, "sign", **{"answer-pinned": "no", "note-pinned": "=HYPERLINK(1)"}))
    where = f"{URL}proof/facebook-northeast/{quarter_of(NOW.date())}/"
    page = client.get(where).content.decode()
    assert "by Social media officer" in page
    assert "Is the pinned post still true?" in page
    csv = client.get(f"{where}?as=csv")
    assert csv["Content-Disposition"] == 'attachment; filename="check-rounds-facebook-northeast-2026-Q4.csv"'
    assert "'=HYPERLINK(1)" in csv.content.decode()
    assert csv.content.decode().count("\n") == CheckItem.objects.filter(round=row).count() + 1
    assert as_(quiet.stranger).get(where).status_code == 404
    assert client.get(f"{URL}proof/facebook-northeast/2026-Q9/").status_code == 404
    assert "Nothing was signed" in client.get(f"{URL}proof/facebook-northeast/2026-Q1/").content.decode()


def test_the_proof_as_pdf_says_all_that_the_page_says(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.smo)
    note = f"{'Nobody answered the reply of Monday. ' * 12}警 <b>&"
    client.post(url(row), form(row, "sign", **{"answer-pinned": "no", "note-pinned": note}))
    where = f"{URL}proof/facebook-northeast/{quarter_of(NOW.date())}/?as=pdf"
    answer = client.get(where)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="check-rounds-facebook-northeast-2026-Q4.pdf"'
    words = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    for item in CheckItem.objects.filter(round=row):
        assert " ".join(item.words.split()) in words
    assert "by Social media officer" in words
    assert words.count("Nobody answered") == 24  # the answer and the task it made
    assert "[U+8B66] <b>&" in words  # a letter the typeface lacks is named, never dropped
    assert as_(quiet.stranger).get(where).status_code == 404
    empty = client.get(f"{URL}proof/facebook-northeast/2026-Q1/?as=pdf").content
    assert "Nothing was signed" in PdfReader(io.BytesIO(empty)).pages[0].extract_text()


# ---- queries


def test_pages_ask_as_many_queries_for_forty_rounds_as_for_five(row: CheckRound, quiet: Any, as_: Any) -> None:
    client = as_(quiet.smo)
    few = (queries_of(client, URL), queries_of(client, url(row)))
    Channel.objects.bulk_create(
        Channel(slug=f"p-{n}", division=quiet.northeast, platform="facebook", name=f"P {n}", handle=f"p{n}",
                created_at=NOW - timedelta(days=30))
        for n in range(40)
    )  # fmt: skip
    rounds.open_due(now=NOW)
    assert (queries_of(client, URL), queries_of(client, url(row))) == few
    assert "of 45 rounds" in client.get(URL).content.decode()
