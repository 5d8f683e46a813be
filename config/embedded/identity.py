"""As whom PostgreSQL runs: it refuses root, and the checkout's folders must keep their permissions.

A normal user needs nothing. Root gets one of two tricks, chosen by who owns the data folder, because a
folder made one way cannot be used the other way.
"""

import os
import shutil
import subprocess
from pathlib import Path

from config.local import LocalError, foreign

NOBODY = 65534
AS_USER = "run it as a normal user (not root)"


def prefix(data: Path, *, namespaces: bool | None = None) -> list[str]:
    """Return what stands before a PostgreSQL command; makes nothing and changes nothing.

    ``namespaces`` says whether user namespaces work here (None = try). Raises LocalError when the folder
    belongs to somebody whose place we cannot take.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise LocalError(*foreign(data))
        return []
    if owner in (None, 0) and (works() if namespaces is None else namespaces):
        return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if owner == 0:
        raise LocalError(
            f"{data} was made by root with user namespaces, which this machine does not allow now.",
            f"make demo-reset, or {AS_USER}",
        )
    return _become(NOBODY if owner is None else owner)


def works() -> bool:
    """Say whether a user namespace can be made here (containers often forbid it)."""
    if not shutil.which("unshare"):
        return False
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def owner_for(command: list[str]) -> int | None:
    """Return the user a new data folder must be given to before ``command`` may fill it."""
    for part in command:
        if part.startswith("--reuid="):
            return int(part.removeprefix("--reuid="))
    return None


def _become(user: int) -> list[str]:
    if not shutil.which("setpriv"):
        raise LocalError("PostgreSQL refuses root, and neither unshare nor setpriv works here.", AS_USER)
    # The capability lets it walk through folders that only root may read, ours stay as they are.
    return [
        "setpriv",
        "--pdeathsig=INT",
        f"--reuid={user}",
        f"--regid={user}",
        "--clear-groups",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--",
    ]
