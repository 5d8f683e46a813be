"""A sender that has died is noticed by the web: said on every desk page, and mailed once an outage. No test waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import override_settings

from config import alarm, alarm_mail, lookout
from config.alarm import Watch
from config.models import Outage
from posts.models import Heartbeat
from posts.services import hold
from tests import stories
from tests.people import stock

NOW = datetime(2026, 11, 24, 16, 43, tzinfo=UTC)  # 10:43 in Chicago
MINUTE = timedelta(minutes=1)


def beat(at: datetime) -> None:
    Heartbeat.objects.update_or_create(name="tick", defaults={"beat_at": at})


def look_on(seen: Watch, start: datetime, minutes: float) -> datetime:
    """Look every 15 s for so long; returns when the last look was."""
    at = start
    for number in range(int(minutes * 4) + 1):
        at = start + timedelta(seconds=15 * number)
        seen.look(now=at)
    return at


def work_on(seen: Watch, start: datetime, looks: int) -> datetime:
    """Look every 15 s while somebody ticks."""
    at = start
    for number in range(looks):
        at = start + timedelta(seconds=15 * number)
        beat(at)
        seen.look(now=at)
    return at


@pytest.fixture
def dead(department: SimpleNamespace) -> datetime:
    """Nobody has ticked since this moment."""
    beat(NOW - 2 * MINUTE)
    return NOW - 2 * MINUTE


def test_administrators_get_one_mail_after_two_minutes_of_silence(dead: datetime, mailoutbox: list[Any]) -> None:
    seen = Watch()
    look_on(seen, dead, 1.75)
    assert mailoutbox == []
    look_on(seen, dead + 2 * MINUTE, 20)
    (mail,) = mailoutbox
    assert set(mail.to) == {"admin@test.example", "smo@test.example"}
    assert mail.subject == "Substation: nothing is being sent"
    assert "The last look for due posts was Tue 24 Nov, 10:41 CST." in mail.body
    assert "manage.py deliver_due" in mail.body


def test_many_web_processes_on_many_hosts_send_one_mail(dead: datetime, mailoutbox: list[Any]) -> None:
    for seen in [Watch() for _ in range(6)]:
        look_on(seen, dead, 3)
    assert len(mailoutbox) == 1
    assert Outage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_processes_that_notice_at_the_same_moment_send_one_mail(mailoutbox: list[Any]) -> None:
    stock()
    both = threading.Barrier(6)

    def notice() -> None:
        try:
            both.wait()
            alarm._say_stopped(None, NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=notice) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mailoutbox) == 1
    assert (Outage.objects.count(), Outage.objects.get().mails) == (1, 1)


@pytest.mark.django_db
def test_the_database_takes_one_open_outage_only() -> None:
    first = Outage.objects.create(noticed_at=NOW, next_mail_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Outage.objects.create(noticed_at=NOW, next_mail_at=NOW)
    Outage.objects.filter(pk=first.pk).update(ended_at=NOW)
    Outage.objects.create(noticed_at=NOW, next_mail_at=NOW)


def test_it_reminds_once_an_hour_and_no_oftener(dead: datetime, mailoutbox: list[Any]) -> None:
    first, second = Watch(), Watch()
    for quarter in range(4 * 60 * 3):
        at = dead + timedelta(seconds=15 * quarter)
        first.look(now=at)
        second.look(now=at + timedelta(seconds=7))
    assert [m.subject for m in mailoutbox] == [
        "Substation: nothing is being sent",
        "Substation: nothing is still being sent",
        "Substation: nothing is still being sent",
    ]


def test_when_it_works_again_that_is_said_once_with_what_was_missed(
    department: SimpleNamespace, mailoutbox: list[Any]
) -> None:
    d = department
    stories.approved(d.northeast, d.officer, d.supervisor, due="2026-11-24T11:00", now=NOW - 30 * MINUTE)
    beat(NOW - 2 * MINUTE)
    first, second = Watch(), Watch()
    look_on(first, NOW, 5)
    look_on(second, NOW, 5)
    mailoutbox.clear()
    stories.tick(NOW + timedelta(hours=3))
    for seen in (first, second):
        seen.look(now=NOW + 5 * MINUTE)
        work_on(seen, NOW + 5 * MINUTE, 4)
    (mail,) = mailoutbox
    assert mail.subject == "Substation: posts are sent again"
    assert "Nobody looked from Tue 24 Nov, 10:41 CST to Tue 24 Nov, 10:4" in mail.body
    assert "waiting for a person: " in mail.body
    assert "waiting for a person: 0" not in mail.body
    assert Outage.objects.get().ended_at is not None


def test_one_tick_by_hand_does_not_end_an_outage(dead: datetime, mailoutbox: list[Any]) -> None:
    seen = Watch()
    end = look_on(seen, dead, 5)
    beat(end)
    look_on(seen, end + timedelta(seconds=15), 1)
    assert Outage.objects.get().ended_at is None
    assert len(mailoutbox) == 1


def test_a_second_outage_is_told_again(dead: datetime, mailoutbox: list[Any]) -> None:
    seen = Watch()
    end = look_on(seen, dead, 3)
    end = work_on(seen, end + timedelta(seconds=15), 4)
    look_on(seen, end + timedelta(seconds=15), 3)
    assert [m.subject.removeprefix("Substation: ") for m in mailoutbox] == [
        "nothing is being sent",
        "posts are sent again",
        "nothing is being sent",
    ]


def test_a_system_that_has_never_ticked_is_told_too(department: SimpleNamespace, mailoutbox: list[Any]) -> None:
    look_on(Watch(), NOW, 3)
    (mail,) = mailoutbox
    assert "Nobody has ever looked for due posts." in mail.body


def test_a_web_process_that_has_just_started_gives_the_worker_two_minutes(
    department: SimpleNamespace, mailoutbox: list[Any]
) -> None:
    beat(NOW - timedelta(hours=9))  # the whole machine was off over night
    seen = Watch()
    look_on(seen, NOW, 1)
    work_on(seen, NOW + 1.25 * MINUTE, 12)
    assert mailoutbox == []


def test_clocks_of_other_machines_are_not_asked(department: SimpleNamespace, mailoutbox: list[Any]) -> None:
    slow = timedelta(minutes=10)
    seen = Watch()
    for number in range(40):
        at = NOW + timedelta(seconds=15 * number)
        beat(at - slow)
        seen.look(now=at)
    assert mailoutbox == []


def test_after_not_having_seen_anything_it_begins_to_count_anew(dead: datetime, mailoutbox: list[Any]) -> None:
    seen = Watch()
    look_on(seen, dead, 1)
    look_on(seen, dead + 30 * MINUTE, 1.75)  # the database was away, or the machine slept
    assert mailoutbox == []
    look_on(seen, dead + 32 * MINUTE, 0.25)
    assert len(mailoutbox) == 1


def test_a_mail_server_that_is_away_costs_five_minutes_and_not_the_alarm(
    dead: datetime, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Watch()
    with monkeypatch.context() as patch:
        patch.setattr(alarm_mail, "send_mail", lambda *a, **k: (_ for _ in ()).throw(ConnectionRefusedError("no")))
        end = look_on(seen, dead, 6)
    assert Outage.objects.get().mails == 0
    look_on(seen, end + timedelta(seconds=15), 6)
    assert len(mailoutbox) == 1


def test_addresses_of_the_settings_and_superusers_are_told_and_people_who_left_are_not(
    department: SimpleNamespace, superuser: Any
) -> None:
    department.smo.is_active = False
    department.smo.save(update_fields=["is_active"])
    with override_settings(ADMINS=[("On call", "oncall@test.example")]):
        assert alarm_mail.recipients() == ["oncall@test.example", "admin@test.example", "root@test.example"]


def test_nobody_to_tell_is_said_in_the_log(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="config.alarm_mail"):
        look_on(Watch(), NOW, 3)
    assert "there is no administrator to tell" in caplog.text


def test_a_database_that_is_away_is_said_once_and_the_watch_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[datetime] = []

    def away(self: Watch, *, now: datetime) -> None:
        looks.append(now)
        raise OperationalError("no route")

    monkeypatch.setattr(Watch, "look", away)
    monkeypatch.setattr(alarm, "connection", SimpleNamespace(close=lambda: None))
    waits = iter([False] * 4 + [True])
    with caplog.at_level(logging.ERROR, logger="config.alarm"):
        alarm.watch(wait=lambda seconds: next(waits), clock=lambda: NOW)
    assert len(looks) == 4
    assert [r.message for r in caplog.records] == [
        "the database is away, so whether posts are sent cannot be known: no route"
    ]


def test_a_look_that_breaks_does_not_end_the_watch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Watch, "look", lambda self, *, now: 1 / 0)
    monkeypatch.setattr(alarm, "connection", SimpleNamespace(close=lambda: None))
    waits = iter([False] * 2 + [True])
    alarm.watch(wait=lambda seconds: next(waits), clock=lambda: NOW)
    assert caplog.text.count("a look at the tick went wrong") == 2


def test_tests_and_commands_have_no_such_thread() -> None:
    alarm.ALARM.start()
    assert alarm.ALARM._thread is None


@pytest.fixture
def _clock_stands_still() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.usefixtures("_clock_stands_still")
def test_every_desk_page_says_that_nothing_is_sent_since_when_and_whom_to_call(
    department: SimpleNamespace, as_: Any
) -> None:
    client = as_(department.officer)
    beat(NOW - timedelta(seconds=119))
    assert "Nothing is being sent" not in client.get("/desk/").content.decode()
    beat(NOW - 2 * MINUTE)
    for url in ("/desk/", "/desk/posts/", "/desk/calendar/", "/desk/media/"):
        text = client.get(url).content.decode()
        assert "Nothing is being sent." in text
        assert "today 10:41" in text
        assert "mailto:admin@test.example" in text


@pytest.mark.usefixtures("_clock_stands_still")
def test_the_banner_stands_beside_a_hold_and_not_on_public_pages(department: SimpleNamespace, as_: Any) -> None:
    hold.place(scope="all", reason="A major incident", by=department.smo, now=NOW)
    text = as_(department.smo).get("/desk/").content.decode()
    assert "Nobody has looked for due posts yet." in text
    assert "Posting is on hold" in text
    assert "Nothing is being sent" not in as_(department.smo).get("/").content.decode()


@pytest.mark.django_db
def test_a_worker_says_every_fifteen_seconds_that_it_is_there_and_long_gone_ones_are_swept() -> None:
    Heartbeat.objects.create(name="worker:gone:1", beat_at=NOW - timedelta(minutes=61))
    Heartbeat.objects.create(name="worker:silent:2", beat_at=NOW - timedelta(minutes=59))
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(hours=9))
    alive = lookout.Alive("a-host-with-a-name-that-is-much-too-long-for-a-row", 4194304)
    for second in range(31):
        alive(NOW + timedelta(seconds=second))
    assert Heartbeat.objects.get(name=alive.name).beat_at == NOW + timedelta(seconds=30)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {alive.name, "worker:silent:2", "tick"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_stopped_in_order_is_not_missed() -> None:
    alive = lookout.Alive("host", 1)
    alive(NOW)
    alive.goodbye()
    assert not Heartbeat.objects.exists()


def test_the_ticks_that_two_beats_bring_send_nothing_twice(department: SimpleNamespace) -> None:
    d = department
    post = stories.approved(d.northeast, d.officer, d.supervisor)
    own = [c.pk for c in d.channels.values() if c.is_own]

    def sent() -> list[Any]:
        return list(
            post.deliveries.filter(channel__in=own).order_by("pk").values_list("state", "attempt", "settled_at")
        )

    stories.tick(stories.NOW + MINUTE)
    once = sent()
    assert {state for state, _, _ in once} == {"delivered"}
    stories.tick(stories.NOW + MINUTE)
    stories.tick(stories.NOW + MINUTE + timedelta(milliseconds=1))
    assert sent() == once
    assert Heartbeat.objects.filter(name="tick").count() == 1
