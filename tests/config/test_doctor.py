"""`manage.py doctor` looks at everything a department needs, says what it saw and how to cure it, and never breaks."""

from __future__ import annotations

import io
import json
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from config import doctor
from config.doctor import accounts, database, files, machine, people, place, sending
from config.doctor.seen import Check, State, fine, named, stop, warn
from divisions.models import Channel, Department, Division, DivisionUserPermission
from divisions.services import channels
from divisions.states import ChannelState, Mode
from posts.models import Delivery, Heartbeat
from posts.services.media import path_of
from tests import stories

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _the_clock_stands_still() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def beat(name: str, age_s: float) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": NOW - timedelta(seconds=age_s)})


@pytest.fixture
def healthy(department: SimpleNamespace) -> SimpleNamespace:
    """The stock department at work: somebody ticks, every account was looked at."""
    for name in ("tick", "beat", "worker:host:1"):
        beat(name, 1)
    Channel.objects.update(checked_at=NOW - timedelta(hours=1))
    return department


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


# Without what depends on where the tests run and on a clock that goes.
CALM = tuple(c for c in doctor.CHECKS if c.name not in ("clock", "redis", "mode", "mail"))


def test_a_healthy_department_has_nothing_that_stops(healthy: SimpleNamespace) -> None:
    found = doctor.examine(now=NOW, checks=CALM)
    assert [(f.name, f.seen, f.cure) for f in found if f.state is not State.OK] == []
    assert len({f.name for f in found}) == len(CALM)


def test_json_is_one_object_with_every_check_and_utf_8(healthy: SimpleNamespace) -> None:
    Department.objects.update(name="Departamento de Policía")
    code, said = run("--json")
    answer = json.loads(said)
    assert set(answer) == {"ok", "checks"}
    assert [set(c) for c in answer["checks"]] == [{"name", "state", "seen", "cure"}] * len(doctor.CHECKS)
    assert {c["state"] for c in answer["checks"]} <= {"ok", "warning", "stop"}
    assert answer["ok"] is (code == 0)
    assert "Departamento de Policía" in said


def test_every_finding_that_is_not_fine_names_a_cure(department: SimpleNamespace) -> None:
    Department.objects.all().delete()
    found = doctor.examine(now=NOW, checks=CALM)
    assert [f.name for f in found if f.state is not State.OK and not f.cure] == []
    assert {f.name for f in found if f.state is State.STOP} == {"tick", "department"}


def test_exit_1_and_words_for_people_when_something_stops(healthy: SimpleNamespace) -> None:
    beat("tick", 300)
    code, said = run()
    assert code == 1
    assert "stop     tick          last look for due posts 300 s ago: nothing is being sent" in said
    assert "Cure: Start a worker" in said


def test_exit_0_when_there_are_only_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (Check("one", lambda now: warn("it creaks", "Oil it."), False),))
    code, said = run()
    assert code == 0
    assert "0 ok, 1 warning, 0 that stop" in said


def test_bad_input_is_refused() -> None:
    with pytest.raises(CommandError, match="--everything"):
        run("--everything")


def test_a_check_that_breaks_is_a_finding_and_its_words_stay_unsaid() -> None:
    def breaks(now: datetime) -> Any:
        raise RuntimeError("password=hunter2")

    (found,) = doctor.examine(now=NOW, checks=[Check("odd", breaks, False)])
    assert (found.state, found.seen) == (State.STOP, "the check itself failed: RuntimeError")
    assert "hunter2" not in json.dumps([found.seen, found.cure])


def test_without_the_database_the_rest_is_not_asked_one_by_one() -> None:
    asked: list[str] = []

    def away(now: datetime) -> Any:
        asked.append("database")
        raise OperationalError("no route")

    def never(now: datetime) -> Any:
        asked.append("never")

    checks = [Check("database", away, False), Check("tick", never), Check("disk", lambda now: fine("room"), False)]
    found = doctor.examine(now=NOW, checks=checks)
    assert asked == ["database"]
    assert [f.state for f in found] == [State.STOP, State.WARNING, State.OK]


def test_tables_that_are_not_there_yet_are_the_fault_of_the_migrations() -> None:
    def no_table(now: datetime) -> Any:
        raise ProgrammingError('relation "posts_delivery" does not exist')

    behind = Check("migrations", lambda now: stop("3 not applied", "manage.py migrate"))
    found = doctor.examine(now=NOW, checks=[behind, Check("stuck", no_table)])
    assert found[1].seen == "not looked at: its tables are not up to date"


def test_it_asks_no_more_for_many_rows_than_for_few(healthy: SimpleNamespace) -> None:
    def counted() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            doctor.examine(now=NOW, checks=CALM)
        return len(asked)

    few = counted()
    d = healthy
    for number in range(12):
        card = stories.asset(d.northeast, d.officer, size=(64 + number, 64))
        stories.approved(
            d.northeast, d.officer, d.supervisor, pictures=[card], title=f"Number {number}", due="2026-11-24T18:00"
        )
        channels.create_channel(
            slug=f"x-{number}",
            division=d.northeast,
            platform="x",
            audience="public",
            by=None,
            name="X",
            handle=f"h{number}",
            mode="sandbox",
        )
    assert counted() == few


# ---- sending


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("age_s", "state"), [(1, State.OK), (60, State.OK), (61, State.WARNING), (119, State.WARNING), (120, State.STOP)]
)
def test_the_tick_is_late_after_a_minute_and_stops_after_two(age_s: float, state: State) -> None:
    beat("tick", age_s)
    assert sending.tick(NOW).state is state


@pytest.mark.django_db
def test_never_a_tick_stops_never_a_beat_and_never_a_worker_warn() -> None:
    assert sending.tick(NOW).state is State.STOP
    assert sending.beat(NOW).state is State.WARNING
    assert sending.workers(NOW).state is State.WARNING


@pytest.mark.django_db
def test_a_worker_that_died_without_a_word_is_named() -> None:
    beat("worker:alpha:1", 5)
    beat("worker:beta:2", 600)
    seen = sending.workers(NOW)
    assert (seen.state, seen.seen) == (
        State.WARNING,
        "1 at work; gone without a word within the last hour: worker:beta:2",
    )


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        ({"state": "in_flight", "lease_until": NOW - timedelta(minutes=6)}, State.STOP, "a worker that is gone"),
        ({"state": "in_flight", "lease_until": NOW + timedelta(seconds=30)}, State.OK, "nothing"),
        ({"state": "queued", "ready_at": NOW - timedelta(minutes=6)}, State.STOP, "not taken up"),
        ({"state": "uncertain", "look_at": NOW}, State.OK, "nothing"),
        ({"state": "uncertain", "look_at": None}, State.WARNING, "uncertain after every look"),
        ({"state": "missed", "state_at": NOW - timedelta(hours=25)}, State.WARNING, "missed for more than a day"),
        ({"state": "missed", "state_at": NOW - timedelta(hours=2)}, State.OK, "nothing"),
    ],
)
def test_what_stands_still_is_named(
    department: SimpleNamespace, facts: dict[str, Any], state: State, words: str
) -> None:
    d = department
    post = stories.approved(
        d.northeast, d.officer, d.supervisor, due="2026-11-24T18:00", channels=[d.facebook_northeast]
    )
    (row,) = post.deliveries.all()
    Delivery.objects.filter(pk=row.pk).update(**facts)
    seen = sending.stuck(NOW)
    assert seen.state is state
    assert words in seen.seen
    assert state is State.OK or f"delivery {row.pk}" in seen.seen


# ---- the database


def test_a_database_that_is_away_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise OperationalError("password hunter2 refused")

    monkeypatch.setattr(connection, "cursor", away)
    seen = database.postgres(NOW)
    assert seen.state is State.STOP
    assert seen.seen.startswith("no answer from 127.0.0.1:")
    assert str(connection.settings_dict["PASSWORD"]) not in seen.seen
    assert "hunter2" not in seen.seen


def test_old_servers_are_refused() -> None:
    assert database.version(140012).state is State.STOP
    assert database.version(150000).state is State.OK
    assert database.version(180006).seen == "PostgreSQL 18.6"


@pytest.mark.django_db
def test_every_guard_that_a_migration_raises_is_looked_for() -> None:
    assert database.guards(NOW).state is State.OK
    expected = database.expected_guards()
    assert {("records_ledgerentry", "ledger_no_change"), ("posts_revision", "posts_revision_no_change")} <= expected


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["DISABLE TRIGGER ledger_no_change", "ENABLE TRIGGER ledger_no_change"])
def test_a_guard_that_was_taken_down_or_weakened_stops(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE records_ledgerentry {how}")
    seen = database.guards(NOW)
    assert seen.state is State.STOP
    assert "ledger_no_change on records_ledgerentry" in seen.seen


@pytest.mark.django_db
def test_a_migration_that_was_not_applied_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database.migrations(NOW).state is State.OK
    step = (SimpleNamespace(app_label="posts", name="0099_later"), False)
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [step])
    seen = database.migrations(NOW)
    assert (seen.state, seen.seen) == (State.STOP, "1 not applied: posts.0099_later")


@pytest.mark.django_db
def test_in_production_the_role_must_not_own_the_ledger() -> None:
    assert database.ledger_owner(NOW).state is State.OK
    with override_settings(LOCAL=False):
        assert database.ledger_owner(NOW).state is State.WARNING


# ---- the machine


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("off_s", "state"), [(0, State.OK), (3, State.WARNING), (-3, State.WARNING), (31, State.STOP), (-3600, State.STOP)]
)
def test_clocks_that_are_apart_are_said(off_s: float, state: State) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        real = cursor.fetchone()[0]
    assert machine.clock(NOW, host=lambda: real + timedelta(seconds=off_s)).state is state


def test_redis_that_is_away_is_only_a_warning() -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        assert machine.redis(NOW).state is State.WARNING
    assert machine.redis(NOW).state is State.OK


def test_a_full_disk_stops() -> None:
    mb = 1024 * 1024
    assert machine.room({"media": 100_000 * mb, "var": 9_000 * mb}).state is State.OK
    assert machine.room({"media": 100_000 * mb, "var": 1_000 * mb}).state is State.WARNING
    assert machine.room({"media": 100 * mb, "var": 9_000 * mb}).state is State.STOP


def test_a_zone_that_this_machine_does_not_know_stops(department: SimpleNamespace) -> None:
    assert machine.zones(NOW).state is State.OK
    Division.objects.filter(slug="northeast").update(zone="Atlantis/Capital")
    assert (machine.zones(NOW).state, "Atlantis/Capital" in machine.zones(NOW).seen) == (State.STOP, True)


class _Server:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def open(self) -> None:
        if self.error:
            raise self.error

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (None, State.OK),
        (ConnectionRefusedError("no"), State.WARNING),
        (smtplib.SMTPAuthenticationError(535, b"no"), State.WARNING),
    ],
)
def test_a_mail_server_is_asked(monkeypatch: pytest.MonkeyPatch, error: Exception | None, state: State) -> None:
    monkeypatch.setattr(machine, "get_connection", lambda **options: _Server(error))
    smtp = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "mail", "EMAIL_PORT": 25}
    with override_settings(**smtp):
        assert machine.mail(NOW).state is state


def test_mail_into_files_is_fine_for_a_demo_and_a_warning_in_production() -> None:
    files_only = "django.core.mail.backends.filebased.EmailBackend"
    with override_settings(EMAIL_BACKEND=files_only):
        assert machine.mail(NOW).state is State.OK
    with override_settings(EMAIL_BACKEND=files_only, LOCAL=False):
        assert machine.mail(NOW).state is State.WARNING


# ---- the place

STRONG = "abcdefghij" * 6


@pytest.mark.parametrize(
    ("secret", "field", "own", "state"),
    [
        (STRONG, ("f1",), False, State.OK),
        (STRONG, ("f1",), True, State.OK),
        ("", ("f1",), True, State.STOP),
        (STRONG, (), False, State.STOP),
        ("the demo's", ("f1",), False, State.STOP),
        (STRONG, ("f2", "the demo's field key"), False, State.STOP),
        ("tiny-secret", ("f1",), False, State.WARNING),
        ("a" * 60, ("f1",), False, State.WARNING),
    ],
)
def test_keys_are_judged_and_never_said(secret: str, field: tuple[str, ...], own: bool, state: State) -> None:
    memory: dict[str, object] = {"secret_key": "the demo's", "field_key": "the demo's field key"}
    seen = place.judge_keys(secret, field, memory, may_be_own=own)
    assert seen.state is state
    assert not any(key and key in seen.seen + seen.cure for key in (secret, *field))


def test_training_and_production_are_not_mixed(department: SimpleNamespace) -> None:
    training = {"SANDBOX": True, "SANDBOX_URL": "http://127.0.0.1:8025", "OUTBOUND_ALLOW": ("127.0.0.1:8025",)}
    with override_settings(**training):
        assert place.mode(NOW).state is State.OK
    with override_settings(**{**training, "OUTBOUND_ALLOW": ()}):
        assert place.mode(NOW).state is State.STOP
    with override_settings(SANDBOX=False, OUTBOUND_ALLOW=()):
        assert "reach nobody" in place.mode(NOW).seen
    Channel.objects.filter(mode=Mode.SANDBOX).update(mode=Mode.LIVE)
    with override_settings(**training):
        assert "send nothing" in place.mode(NOW).seen
    with override_settings(SANDBOX=False, OUTBOUND_ALLOW=()):
        assert place.mode(NOW).state is State.OK
    with override_settings(SANDBOX=False, OUTBOUND_ALLOW=("10.0.0.1:80",)):
        assert place.mode(NOW).state is State.WARNING
    with override_settings(SANDBOX=False, DEBUG=True, EMBEDDED=False):
        assert place.mode(NOW).state is State.STOP


def test_people_of_the_demo_stop_a_real_department(department: SimpleNamespace) -> None:
    department.officer.email = "officer.northeast@demo.example"
    department.officer.save(update_fields=["email"])
    with override_settings(SANDBOX=True):
        assert place.made_up_people(NOW).state is State.OK
    with override_settings(SANDBOX=False):
        assert place.made_up_people(NOW).state is State.STOP


def test_a_desk_without_its_look_stops(tmp_path: Path) -> None:
    assert place.static_files(NOW).state is State.OK
    with override_settings(HASHED_STATIC=True, STATIC_ROOT=tmp_path):
        assert place.static_files(NOW).state is State.STOP
        (tmp_path / "staticfiles.json").write_text('{"paths": {"css/desk.css": "css/desk.1.css"}}')
        assert "css/desk.css" in place.static_files(NOW).seen


# ---- pictures


def _with_pictures(d: SimpleNamespace, count: int) -> list[str]:
    cards = [stories.asset(d.northeast, d.officer, size=(64 + n, 64)) for n in range(count)]
    for card in cards:
        stories.submitted(d.northeast, d.officer, pictures=[card])
    return [card.sha256 for card in cards]


def test_pictures_that_are_gone_or_changed_stop(department: SimpleNamespace, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # other tests make the same pictures
    first, second, _ = _with_pictures(department, 3)
    assert files.pictures(NOW).seen == "3 of the 3 newest looked at, all unchanged"
    default_storage.delete(path_of(first))
    with open(default_storage.path(path_of(second)), "ab") as file:
        file.write(b"!")
    seen = files.pictures(NOW)
    assert seen.state is State.STOP
    assert f"{first[:12]} is gone" in seen.seen
    assert f"{second[:12]} has other bytes" in seen.seen


def test_the_sample_is_bounded_the_same_all_day_and_another_the_next(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_pictures(department, 8)
    monkeypatch.setattr(files, "SAMPLE", 3)
    looked: list[str] = []

    def look(sha: str) -> str:
        looked.append(sha)
        return ""

    monkeypatch.setattr(files, "_wrong", look)
    for moment in (NOW, NOW + timedelta(hours=8), *(NOW + n * DAY for n in range(1, 9))):
        files.pictures(moment)
    days = [looked[n : n + 3] for n in range(0, len(looked), 3)]
    assert days[0] == days[1]
    assert len({tuple(day) for day in days}) > 3


def test_a_media_folder_that_takes_no_files_stops(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    with override_settings(MEDIA_ROOT=blocked / "media"):
        assert files.folder(NOW).state is State.STOP
    with override_settings(MEDIA_ROOT=tmp_path / "new" / "media"):
        assert files.folder(NOW).state is State.OK
    assert list((tmp_path / "new" / "media").iterdir()) == []


# ---- the department and its accounts


def test_a_division_without_its_own_pages_stops(department: SimpleNamespace) -> None:
    assert people.own_channels(NOW).state is State.OK
    Channel.objects.filter(division=department.northeast, platform="feed").update(state=ChannelState.RETIRED)
    assert (people.own_channels(NOW).state, "northeast" in people.own_channels(NOW).seen) == (State.STOP, True)


def test_a_mirror_that_differs_warns(department: SimpleNamespace) -> None:
    assert people.mirror(NOW).state is State.OK
    DivisionUserPermission.objects.filter(user=department.officer).delete()
    assert people.mirror(NOW).state is State.WARNING


@pytest.mark.django_db
def test_an_empty_database_has_no_department_and_nobody_to_tell() -> None:
    assert people.department(NOW).state is State.STOP
    assert people.administrators(NOW).state is State.WARNING


def test_credentials_of_a_lost_key_stop(department: SimpleNamespace) -> None:
    d = department
    channels.set_credentials(channel=d.facebook_northeast, secrets={"access_token": "t"}, by=None)
    assert accounts.secrets(NOW).state is State.OK
    with override_settings(FIELD_KEYS=(Fernet.generate_key().decode(),)):
        seen = accounts.secrets(NOW)
    assert (seen.state, seen.seen) == (State.STOP, "do not open with FIELD_KEYS: facebook-northeast")


@pytest.mark.parametrize(
    ("left", "refresh", "state"),
    [
        (15 * DAY, False, State.OK),
        (14 * DAY, False, State.WARNING),
        (7 * DAY, False, State.WARNING),
        (1 * DAY, False, State.STOP),
        (timedelta(0), False, State.STOP),
        (timedelta(hours=1), True, State.OK),
        (-timedelta(hours=1), True, State.STOP),
    ],
)
def test_sign_ins_that_end_are_said_unless_they_renew_themselves(
    department: SimpleNamespace, left: timedelta, refresh: bool, state: State
) -> None:
    d = department
    secrets = {"access_token": "t", **({"refresh_token": "r"} if refresh else {})}
    channels.set_credentials(channel=d.x_department, secrets=secrets, by=None)
    Channel.objects.filter(pk=d.x_department.pk).update(token_expires_at=NOW + left)
    assert accounts.tokens(NOW).state is state


def test_accounts_nobody_looked_at_for_a_day_or_that_are_broken_warn(department: SimpleNamespace) -> None:
    Channel.objects.update(checked_at=NOW - timedelta(hours=2))
    assert accounts.looked_at(NOW).state is State.OK
    Channel.objects.filter(slug="x-department").update(checked_at=NOW - timedelta(hours=27))
    assert "x-department" in accounts.looked_at(NOW).seen
    Channel.objects.filter(slug="x-department").update(state=ChannelState.NEEDS_ATTENTION)
    assert "need attention" in accounts.looked_at(NOW).seen


def test_many_names_are_cut() -> None:
    assert named([str(n) for n in range(8)]) == "0, 1, 2, 3, 4 and 3 more"
