"""Digests by a real mail server, and their pages: whole without a picture, with a way out, each number a link."""

from __future__ import annotations

import logging
import re
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client, override_settings

from config import env
from divisions.models import Channel, Department, Notice
from divisions.notice_kinds import Way
from divisions.services import notices
from moderation.models import CheckRound, Digest, DriftCase
from moderation.services import digests, rounds, watching
from moderation.tasks import make_digests
from tests import stories, told
from tests.counting import queries_of
from tests.moderation import digest_history
from tests.smtp import MailServer, free_port, parts

SIX = datetime(2026, 11, 1, 6, 2, tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def made(department: SimpleNamespace) -> SimpleNamespace:
    """October was lived, and on 1 November everybody's digests were made: monthly, and one daily."""
    digest_history.make(department, digest_history.OCTOBER)
    Department.objects.update(chief=department.boss)
    digests.make(kind="weekly", recipient=department.smo, on=date(2026, 11, 2), now=SIX)
    digests.make_due(now=SIX)
    return department


def test_every_digest_arrives_whole_and_can_be_stopped(made: SimpleNamespace, mail_server: MailServer) -> None:
    assert digests.mail_due(now=SIX) == 4
    assert digests.mail_due(now=SIX) == 0
    kinds = {letter["Subject"].split(":")[0] for letter in mail_server.letters}
    assert kinds == {"October 2026", "Week of 26 October", "Good morning"}
    for letter in mail_server.letters:
        text, html = parts(letter)
        assert letter.get_content_type() == "multipart/alternative"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Message-ID"].startswith("<digest-")
        assert not re.search(r"<img|<script|<link|url\(|@import|cid:", html), "nothing to be loaded"
        assert "{{" not in html + text
        assert "None" not in re.sub(r"<[^>]+>", "", html)
        for address in re.findall(r'href="([^"]+)"', html):
            assert address.startswith("http://testserver/desk/")
    stop = mail_server.letters[0]["List-Unsubscribe"].strip().strip("<>")
    assert "Stopped" in Client().post(urlsplit(stop).path, {"List-Unsubscribe": "One-Click"}).content.decode()


def test_the_reports_mail_says_the_numbers_with_their_links(made: SimpleNamespace, mail_server: MailServer) -> None:
    digests.mail_due(now=SIX)
    row = Digest.objects.get(kind="monthly", recipient=made.boss)
    [letter] = [m for m in mail_server.letters if m["To"] == "boss@test.example"]
    text, html = parts(letter)
    assert letter["Subject"] == row.numbers["title"]
    for said in ("Posts by division", "Checks and holds", "Open the full report", "Made 1 November 2026, 06:02"):
        assert said in html
    assert f'/desk/digests/{row.pk}/posts/"' in html
    assert "monthly report to the chief" in html
    assert row.numbers["lead"] in text


def test_who_wants_no_mail_gets_none(made: SimpleNamespace, mail_server: MailServer) -> None:
    notices.choose(wanted={"digest_monthly": frozenset({Way.DESK})}, by=made.smo)
    digests.mail_due(now=SIX)
    monthly = [m["To"] for m in mail_server.letters if m["Subject"].startswith("October")]
    assert monthly == ["boss@test.example"]


@pytest.mark.parametrize("trouble", ["down", "451 try later", "550 no such user", "drop"])
def test_a_server_in_trouble_stops_no_digest(
    made: SimpleNamespace, mail_server: MailServer, caplog: Any, trouble: str
) -> None:
    mail_server.drops = trouble == "drop"
    mail_server.answers["smo@test.example"] = mail_server.answers["boss@test.example"] = trouble
    away = env.email(f"smtp://127.0.0.1:{free_port()}") if trouble == "down" else {}
    with override_settings(**away), caplog.at_level(logging.WARNING):
        sent = digests.mail_due(now=SIX)
    assert sent == {"down": 0, "drop": 0}.get(trouble, 1)
    assert caplog.text
    mail_server.drops, mail_server.answers = False, {}
    later = digests.mail_due(now=SIX + timedelta(hours=1))
    assert sent + later == (1 if trouble.startswith("550") else 4)


def test_the_beat_makes_and_mails(department: SimpleNamespace, mailoutbox: list[Any]) -> None:
    d = department
    stories.live(d.northeast, d.officer, d.supervisor, channels=[d.northeast_website])
    with time_machine.travel(stories.NOW + timedelta(days=1), tick=False):
        assert [make_digests(), make_digests()] == [2, 0]
    assert sorted(m.to[0] for m in mailoutbox) == ["officer@test.example", "smo@test.example"]


# ---- pages


def test_the_page_shows_the_numbers_the_chart_and_its_table(made: SimpleNamespace, as_: Any) -> None:
    row = Digest.objects.get(kind="monthly", recipient=made.smo)
    client = as_(made.smo)
    page = client.get(f"/desk/digests/{row.pk}/").content.decode()
    assert row.numbers["title"] in page
    assert page.count("<rect") > 31
    assert "The same as a table" in page
    assert not re.search(r"<svg[^>]*>.*?(<script|<style| style=|onload)", page, re.S)
    links = set(re.findall(rf'href="(/desk/digests/{row.pk}/[^"]+)"', page))
    assert len(links) >= 6
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200
        assert "The digest counted" not in answer.content.decode(), link


def test_a_row_that_changed_since_is_said(made: SimpleNamespace, as_: Any) -> None:
    row = Digest.objects.get(kind="monthly", recipient=made.smo)
    row.numbers["values"]["posts"] += 1
    row.save()
    page = as_(made.smo).get(f"/desk/digests/{row.pk}/posts/").content.decode()
    assert f"The digest counted {row.numbers['values']['posts']}." in page


def test_a_daily_digest_is_its_persons_alone(made: SimpleNamespace, as_: Any) -> None:
    row = Digest.objects.get(kind="daily")
    assert "Name the block." in as_(made.officer).get(f"/desk/digests/{row.pk}/").content.decode()
    for other in (made.smo, made.auditor, made.supervisor):
        assert as_(other).get(f"/desk/digests/{row.pk}/").status_code == 404
        assert f"/desk/digests/{row.pk}/" not in as_(other).get("/desk/digests/").content.decode()


def test_the_list_and_the_rows_ask_as_often_for_many_as_for_few(made: SimpleNamespace, as_: Any) -> None:
    client, row = as_(made.smo), Digest.objects.get(kind="monthly", recipient=made.smo)
    few = queries_of(client, "/desk/digests/"), queries_of(client, f"/desk/digests/{row.pk}/failed/")
    for n in range(12):
        digests.make(kind="weekly", recipient=made.smo, on=date(2026, 6, 1) - timedelta(days=7 * n), now=SIX)
    more = queries_of(client, "/desk/digests/"), queries_of(client, f"/desk/digests/{row.pk}/posts/")
    assert more[0] <= few[0]
    assert more[1] <= few[1] + 1


def test_a_digest_can_be_made_and_printed_by_hand(made: SimpleNamespace, capsys: Any) -> None:
    before = Digest.objects.count()
    call_command("make_digest", "--kind", "monthly", "--on", "2026-11-01", "--to", "smo@test.example", "--print")
    said = capsys.readouterr().out
    assert "POSTS BY DIVISION" in said
    assert Digest.objects.count() == before
    call_command("make_digest", "--kind", "monthly", "--on", "2026-10-01", "--to", "SMO@test.example")
    assert "Made: monthly digest of 1 September 2026" in capsys.readouterr().out
    for wrong in (["--to", "nobody@test.example"], ["--to", "smo@test.example", "--on", "soon"]):
        with pytest.raises(SystemExit) as ended:
            call_command("make_digest", "--kind", "daily", *wrong)
        assert ended.value.code == 2


def test_a_difference_is_told_once_to_who_decides_about_it(department: SimpleNamespace) -> None:
    d = department
    about = {"channel": d.facebook_northeast, "kind": "posted", "found_at": SIX}
    cases = [DriftCase.objects.create(**about, remote_id=str(n), fingerprint=str(n)) for n in range(2)]
    watching._tell(d.facebook_northeast, cases[:1], SIX)
    watching._tell(d.facebook_northeast, cases[:1], SIX)
    watching._tell(d.facebook_northeast, cases[1:] * 2, SIX)
    assert told.names("drift") == {"smo"}
    said = set(Notice.objects.filter(kind="drift").values_list("subject", "path"))
    name = d.facebook_northeast.name
    assert said == {
        (f"{name}: posted outside", f"/desk/drift/{cases[0].pk}/"),
        (f"{name}: 2 differences", "/desk/drift/"),
    }


def test_a_task_is_told_to_its_owner(department: SimpleNamespace) -> None:
    d = department
    Channel.objects.update(created_at=stories.NOW - timedelta(days=30))
    rounds.open_due(now=stories.NOW)
    row = CheckRound.objects.get(channel=d.facebook_northeast)
    codes = row.items.filter(asked_of="person").values_list("code", flat=True)
    typed = {code: rounds.Typed(answer="yes") for code in codes}
    typed["pinned"] = rounds.Typed(answer="no", note="Unpin the summer hours.", owner=d.officer)
    rounds.save(row=row, version=1, typed=typed, by=d.smo, now=stories.NOW)
    rounds.sign(row=row, by=d.smo, now=stories.NOW)
    assert told.names("check_task") == {"officer"}
    assert "Unpin the summer hours." in Notice.objects.get(kind="check_task").subject
