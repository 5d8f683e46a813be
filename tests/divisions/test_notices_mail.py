"""Mails by a real SMTP server: both forms, the headers, the way out; and a server that is down, slow or says no."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client, override_settings

from config import env
from divisions.models import Notice, NoticeChoice
from divisions.services import letters, mailing, notices
from tests.smtp import MailServer, free_port, parts
from tests.stories import NOW

LATER = NOW + timedelta(minutes=10)


def tell(*people: Any, kind: str = "drift", subject: str = "Facebook, Northeast: words changed outside") -> None:
    notices.tell(people, subject, "Look & decide.\n\nIt says <more>.", "/desk/drift/", kind=kind, now=NOW)


def test_a_notice_arrives_as_text_and_html_with_the_headers_of_a_machine(
    department: SimpleNamespace, mail_server: MailServer
) -> None:
    tell(department.smo)
    assert mailing.send_due(now=NOW) == 1
    [letter] = mail_server.letters
    text, html = parts(letter)
    row = Notice.objects.get()
    assert letter.get_content_type() == "multipart/alternative"
    assert letter["Subject"] == "Facebook, Northeast: words changed outside"
    assert (letter["To"], letter["Reply-To"]) == ("smo@test.example", None)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].startswith(f"<notice-{row.pk}@")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Look & decide." in text
    assert "Look &amp; decide." in html
    assert "&lt;more&gt;" in html
    assert f"/desk/notices/{row.pk}/" in text
    assert f"/desk/notices/{row.pk}/" in html
    assert "<img" not in html
    assert row.mailed_at == NOW


def test_the_way_out_works_for_somebody_who_is_signed_out(department: SimpleNamespace, mail_server: MailServer) -> None:
    tell(department.smo)
    mailing.send_due(now=NOW)
    address = mail_server.letters[0]["List-Unsubscribe"].strip().strip("<>")
    assert address.startswith("http"), "folded, never encoded: programs read it"
    path, client = urlsplit(address).path, Client(enforce_csrf_checks=True)
    page = client.get(path)
    assert page.status_code == 200
    assert not NoticeChoice.objects.exists(), "looking changes nothing: mail programs follow links"
    assert "smo" not in page.content.decode().lower().replace("smooth", "")
    done = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert "Stopped" in done.content.decode()
    tell(department.smo)
    assert mailing.send_due(now=NOW) == 0
    tell(department.smo, kind="hold")
    assert mailing.send_due(now=NOW) == 1, "only this kind"


@pytest.mark.parametrize("kind", ["compromise", "alert_unreviewed"])
def test_what_must_be_known_by_mail_carries_no_way_out_and_none_can_be_made(
    department: SimpleNamespace, mail_server: MailServer, client: Client, kind: str
) -> None:
    tell(department.smo, kind=kind)
    mailing.send_due(now=NOW)
    assert mail_server.letters[0]["List-Unsubscribe"] is None
    token = signing.dumps([department.smo.pk, kind], salt="divisions.notices.stop")
    assert "cannot be stopped" in client.post(f"/desk/notices/stop/{token}/").content.decode()
    assert not NoticeChoice.objects.exists()


@pytest.mark.parametrize("token", ["x", "WzEsImRyaWZ0Il0:1abc:sig", "%00", "a" * 3000])
def test_a_link_we_did_not_sign_leads_nowhere(department: SimpleNamespace, client: Client, token: str) -> None:
    assert client.get(f"/desk/notices/stop/{token}/").status_code == 404
    assert client.post(f"/desk/notices/stop/{token}/").status_code == 404


def test_a_token_of_another_purpose_is_not_taken(department: SimpleNamespace) -> None:
    assert letters.read_token(signing.dumps([department.smo.pk, "drift"], salt="something.else")) is None
    assert letters.read_token(signing.dumps({"a": 1}, salt="divisions.notices.stop")) is None
    assert letters.read_token(signing.dumps([1, "no-such"], salt="divisions.notices.stop")) is None


def test_a_server_that_is_down_stops_nothing_and_the_mail_goes_when_it_is_back(
    department: SimpleNamespace, mail_server: MailServer, caplog: Any
) -> None:
    with override_settings(**env.email(f"smtp://127.0.0.1:{free_port()}")), caplog.at_level(logging.WARNING):
        tell(department.smo, department.officer)
        assert mailing.send_due(now=NOW) == 0
    assert "cannot be reached" in caplog.text
    assert Notice.objects.count() == 2
    assert mailing.send_due(now=NOW) == 0, "not before the pause is over"
    assert mailing.send_due(now=LATER) == 2


@pytest.mark.parametrize("answer", ["451 try later", "drop"])
def test_a_server_that_asks_to_wait_or_hangs_up_is_tried_again(
    department: SimpleNamespace, mail_server: MailServer, caplog: Any, answer: str
) -> None:
    mail_server.drops = answer == "drop"
    mail_server.answers["smo@test.example"] = answer
    tell(department.smo)
    with caplog.at_level(logging.WARNING):
        assert mailing.send_due(now=NOW) == 0
    assert "no mail notice-" in caplog.text
    mail_server.drops, mail_server.answers = False, {}
    assert mailing.send_due(now=LATER) == 1
    assert len(mail_server.letters) == 1


def test_a_mailbox_that_does_not_exist_is_given_up_and_keeps_nobody_waiting(
    department: SimpleNamespace, mail_server: MailServer, caplog: Any
) -> None:
    mail_server.refuses["officer@test.example"] = "550 no such user"
    tell(department.officer, department.smo)
    with caplog.at_level(logging.WARNING):
        assert mailing.send_due(now=NOW) == 1
    assert mail_server.to == ["smo@test.example"]
    assert not Notice.objects.filter(mail_due_at__isnull=False).exists()
    assert "no such user" in caplog.text


def test_after_a_day_it_is_given_up_and_stays_on_the_desk(
    department: SimpleNamespace, mail_server: MailServer, caplog: Any
) -> None:
    mail_server.answers["smo@test.example"] = "451 try later"
    tell(department.smo)
    with caplog.at_level(logging.WARNING):
        mailing.send_due(now=NOW + timedelta(days=1))
    assert "given up" in caplog.text
    row = Notice.objects.get()
    assert (row.mail_due_at, row.mailed_at, row.seen_at) == (None, None, None)


def test_a_second_worker_does_not_send_what_the_first_has_taken(
    department: SimpleNamespace, mail_server: MailServer
) -> None:
    tell(department.smo)
    taken = mailing._take(NOW)
    assert (len(taken), mailing.send_due(now=NOW)) == (1, 0)
    assert mailing.send_due(now=NOW + mailing.TAKEN) == 1, "it died: the mail goes all the same"
