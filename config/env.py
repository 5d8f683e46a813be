"""Typed readers for environment variables.

Each reader returns a value of one type or raises ``SettingError`` naming the variable, the value that was
found (never for secrets) and the cure. Nothing here knows which settings exist: that is ``config.settings``.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class SettingError(ImproperlyConfigured):
    """An environment variable is missing or cannot be used."""

    def __init__(self, name: str, found: str, cure: str) -> None:
        super().__init__(f"{name}: {found}. Cure: {cure}")


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding white space; unset and empty give ``default``."""
    return os.environ.get(name, "").strip() or default


def required(name: str, *, cure: str) -> str:
    """Return the variable or raise: its value is never shown, so secrets may be read with it."""
    value = text(name)
    if not value:
        raise SettingError(name, "is not set", cure)
    return value


def flag(name: str, default: bool = False) -> bool:
    """Return a yes or no; ``1 true yes on`` and ``0 false no off`` are understood."""
    value = text(name, "1" if default else "0").lower()
    if value not in TRUE | FALSE:
        raise SettingError(name, f"{value!r} is neither yes nor no", f"{name}=1 or {name}=0")
    return value in TRUE


def number(name: str, default: float, *, least: float = 0) -> float:
    """Return a number of at least ``least``."""
    return _number(name, text(name, str(default)), least)


def whole(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number between ``least`` and ``most`` (both included)."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise SettingError(name, f"{value!r} is not a whole number from {least}", f"{name}={default}")
    if most is not None and int(value) > most:
        raise SettingError(name, f"{value!r} is over {most}", f"{name}={default}")
    return int(value)


def numbers(name: str, default: str) -> tuple[float, ...]:
    """Return a comma list of positive numbers, each larger than the one before it."""
    parts = [part.strip() for part in text(name, default).split(",")]
    values = tuple(_number(name, part, 0) for part in parts)
    if list(values) != sorted(set(values)) or values[0] <= 0:
        raise SettingError(name, f"{','.join(parts)!r} does not rise", f"{name}={default}")
    return values


def words(name: str, default: str = "") -> tuple[str, ...]:
    """Return a comma list without blanks; empty gives an empty tuple."""
    return tuple(part.strip() for part in text(name, default).split(",") if part.strip())


def host_ports(name: str, default: str = "") -> tuple[str, ...]:
    """Return a comma list of ``host:port``."""
    entries = words(name, default)
    for entry in entries:
        host, _, port = entry.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise SettingError(name, f"{entry!r} is not host:port", f"{name}=127.0.0.1:8025 (comma between)")
    return entries


def address(name: str, default: str) -> str:
    """Return an http(s) address without a trailing slash."""
    value = text(name, default).rstrip("/")
    parts = _split(name, value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingError(name, f"{value!r} is no http(s) address", f"{name}=https://news.example.gov")
    return value


def folder(name: str, default: Path) -> Path:
    """Return an absolute folder; only the local disk is understood (``file:/path`` or a path)."""
    value = text(name, str(default)).removeprefix("file:")
    if "://" in value or not Path(value).is_absolute():
        raise SettingError(name, f"{value!r} is no absolute path", f"{name}=/srv/substation/media")
    return Path(value)


def database(url: str) -> dict[str, Any]:
    """Turn ``postgresql://user:password@host:port/name`` into Django's fields (name, user, host ...).

    ``?sslmode=…`` and other libpq options go to ``OPTIONS``. Raises ``SettingError`` without showing the
    password.
    """
    parts = _split("DATABASE_URL", url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        cure = "DATABASE_URL=postgresql://user:password@host:5432/substation (PostgreSQL only)"
        raise SettingError("DATABASE_URL", f"scheme {parts.scheme!r}, database {name!r} cannot be used", cure)
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": {key: unquote(value) for key, value in options.items()},
    }


def redis(url: str) -> str:
    """Return a Redis address, or raise when it is none."""
    if _split("REDIS_URL", url).scheme not in {"redis", "rediss", "unix"}:
        raise SettingError("REDIS_URL", "is no Redis address", "REDIS_URL=redis://host:6379/0")
    return url


def email(url: str) -> dict[str, Any]:
    """Turn an EMAIL_URL into Django's EMAIL_* settings.

    ``console:`` prints, ``file:FOLDER`` writes files, ``smtp://user:password@host:25`` sends in the clear,
    ``smtp+tls://`` with STARTTLS, ``smtps://`` with TLS from the first byte.
    """
    parts = _split("EMAIL_URL", url)
    backends = "django.core.mail.backends"
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{backends}.console.EmailBackend"}
    if parts.scheme == "file" and parts.path:
        return {"EMAIL_BACKEND": f"{backends}.filebased.EmailBackend", "EMAIL_FILE_PATH": Path(parts.path)}
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
        cure = "EMAIL_URL=smtp+tls://user:password@mail.example.gov:587, console: or file:/some/folder"
        raise SettingError("EMAIL_URL", f"scheme {parts.scheme!r} cannot be used", cure)
    return {
        "EMAIL_BACKEND": f"{backends}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def field_keys(name: str, value: str) -> tuple[str, ...]:
    """Return a comma list of Fernet keys, newest first; a key that is none raises without being shown."""
    from cryptography.fernet import Fernet

    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    for place, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            cure = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            raise SettingError(name, f"key {place} is no Fernet key", cure) from error
    return keys


def _number(name: str, value: str, least: float) -> float:
    try:
        result = float(value)
    except ValueError:
        result = float("nan")
    if not least <= result < float("inf"):
        raise SettingError(name, f"{value!r} is not a number from {least:g}", f"{name}=20")
    return result


def _split(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise SettingError(name, "cannot be read as an address", f"{name}=scheme://host:port/path") from error
    return parts
