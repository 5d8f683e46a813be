"""One settings file for every machine: what it derives, what it refuses, and what it never tells."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from config import local
from config.logs import NoSecrets

PRODUCTION = {
    "DATABASE_URL": "postgresql://app:pw@127.0.0.1/substation",
    "REDIS_URL": "redis://127.0.0.1/0",
    "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmno",
    "FIELD_KEYS": Fernet.generate_key().decode(),
    "BASE_URL": "https://news.example.gov",
    "EMAIL_URL": "smtp+tls://u:p@mail.example.gov",
}


def ask(expression: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Evaluate an expression over the settings in a process of its own, as production has them."""
    wanted = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    code = f"from config import settings; print(({expression}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=local.BASE_DIR,
        env=kept | wanted,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_strict():
    told = ask(
        "settings.DEBUG, settings.LOCAL, settings.ALLOWED_HOSTS, settings.SESSION_COOKIE_SECURE,"
        "settings.SECURE_HSTS_SECONDS > 0, settings.SECURE_PROXY_SSL_HEADER"
    )
    assert told.stdout.strip() == "(False, False, ['news.example.gov'], True, True, None)"


def test_a_proxy_in_front_is_believed_only_when_it_is_declared():
    told = ask("settings.SECURE_PROXY_SSL_HEADER, settings.ALLAUTH_TRUSTED_PROXY_COUNT", PROXY_COUNT="1")
    assert told.stdout.strip() == "(('HTTP_X_FORWARDED_PROTO', 'https'), 1)"


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "EMAIL_URL", "REDIS_URL"])
def test_production_refuses_to_start_without(name: str):
    told = ask("1", **{name: None})
    assert told.returncode == 1
    assert f"{name}: is not set. Cure: " in told.stderr


def test_a_lease_shorter_than_a_call_is_refused():
    told = ask("1", LEASE_S="20", HTTP_READ_TIMEOUT_S="20")
    assert "LEASE_S: 20 is not longer than HTTP_READ_TIMEOUT_S=20. Cure: " in told.stderr


def test_fault_trials_set_their_own_timing():
    told = ask(
        "settings.HTTP_READ_TIMEOUT_S, settings.LEASE_S, settings.RECONCILE_AFTER_S",
        HTTP_READ_TIMEOUT_S="2",
        LEASE_S="6",
        RECONCILE_AFTER_S="1,2,4",
    )
    assert told.stdout.strip() == "(2.0, 6.0, (1.0, 2.0, 4.0))"


def test_files_of_posts_are_private_to_the_process():
    told = ask("settings.MEDIA_ROOT, settings.FILE_UPLOAD_PERMISSIONS == 0o600", STORAGE="/srv/media")
    assert told.stdout.strip() == "(PosixPath('/srv/media'), True)"


def test_every_variable_is_described_in_the_example():
    source = (local.BASE_DIR / "config" / "settings.py").read_text()
    asked = {part.split('"')[1] for part in source.split("env.")[1:] if '("' in part[:20]}
    listed = (local.BASE_DIR / ".env.example").read_text()
    missing = sorted(name for name in asked if name.isupper() and f"{name}=" not in listed)
    assert missing == ["SUBSTATION_TESTING"]


def test_keys_of_this_checkout_are_made_once_and_closed_to_others(tmp_path: Path):
    assert local.secret_key(tmp_path) == local.secret_key(tmp_path)
    Fernet(local.field_key(tmp_path))
    assert (tmp_path / "local.json").stat().st_mode & 0o077 == 0


def test_a_damaged_memory_names_the_cure(tmp_path: Path):
    (tmp_path / "local.json").write_text("{")
    with pytest.raises(local.LocalError, match=r"damaged\.\nCure: make demo-reset"):
        local.read(tmp_path)


@pytest.mark.parametrize(
    "message",
    [
        "GET https://graph.example/me?access_token=s3cret&x=1",
        "{'password': 's3cret'}",
        "postgresql://app:s3cret@db/substation",
        "Authorization: Bearer s3cret",
    ],
)
def test_a_log_line_never_tells_a_secret(message: str):
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (message,), None)
    assert NoSecrets().filter(record)
    assert "s3cret" not in record.getMessage()
    assert "[hidden]" in record.getMessage()
