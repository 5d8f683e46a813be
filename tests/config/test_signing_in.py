"""Signing in: by e-mail, without registration, locked by person and address, never past the one door."""

import pytest
from django.test import Client

from divisions.models import User

PASSWORD = "a long enough password"
EMAIL = "officer.somewhere@demo.example"


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(EMAIL, PASSWORD, name="Officer, somewhere")


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD, **extra: str):
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


def test_a_person_signs_in_by_email_in_any_case(client: Client, officer: User):
    answer = sign_in(client, EMAIL.upper())
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/desk/"
    assert client.session["_auth_user_id"] == str(officer.pk)


def test_five_wrong_passwords_lock_that_person_there_and_nobody_else(client: Client, officer: User):
    User.objects.create_user("colleague@demo.example", PASSWORD, name="Colleague")
    for _ in range(5):
        last = sign_in(client, password="wrong")
    assert last.status_code == 429
    assert sign_in(client).status_code == 429
    assert sign_in(client, "colleague@demo.example").status_code == 302
    assert sign_in(Client(), REMOTE_ADDR="10.0.0.9").status_code == 302


def test_a_locked_person_reads_what_to_do(client: Client, officer: User):
    for _ in range(5):
        last = sign_in(client, password="wrong")
    assert "15 minutes" in last.content.decode()


def test_one_wrong_password_says_so_and_keeps_the_address(client: Client, officer: User):
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 200
    assert EMAIL in answer.content.decode()


def test_nobody_registers(client: Client, db: None):
    before = User.objects.count()
    client.post("/accounts/signup/", {"email": "new@demo.example", "password1": PASSWORD})
    assert User.objects.count() == before


def test_the_admin_has_no_door_of_its_own(client: Client, db: None):
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


def test_a_person_who_may_not_administrate_is_refused_there(client: Client, officer: User):
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/login/").status_code == 403


def test_the_policy_is_widened_for_the_admin_alone(client: Client, admin_user: User):
    assert "unsafe" not in client.get("/accounts/login/").headers["Content-Security-Policy"]
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    policy = client.get("/admin/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.7", "10.1.1.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7", "198.51.100.1"),
        (2, "203.0.113.7", "10.1.1.1"),
    ],
)
def test_only_our_own_proxies_are_believed(rf, settings, proxies: int, forwarded: str, seen: str):
    from config.adapters import client_ip

    settings.PROXY_COUNT = proxies
    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.1.1.1")
    assert client_ip(request) == seen


def test_signing_in_needs_no_redis(client: Client, officer: User, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert sign_in(client).status_code == 302
