"""Every precondition of a department that can publish, each with what was seen and the cure (`manage.py doctor`).

One small function a check, in the files beside this one. They only look: what they find, a person cures. The names are
stable, scripts hold on to them; more may be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import ProgrammingError

from config.doctor import accounts, database, files, machine, people, place, sending
from config.doctor.seen import Check, Finding, State

CHECKS: tuple[Check, ...] = (
    Check("python", machine.python, needs_database=False),
    Check("database", database.postgres, needs_database=False),
    Check("migrations", database.migrations),
    Check("guards", database.guards),
    Check("ledger-owner", database.ledger_owner),
    Check("clock", machine.clock),
    Check("time-zones", machine.zones),
    Check("redis", machine.redis, needs_database=False),
    Check("tick", sending.tick),
    Check("beat", sending.beat),
    Check("workers", sending.workers),
    Check("stuck", sending.stuck),
    Check("keys", place.keys, needs_database=False),
    Check("mode", place.mode),
    Check("demo-people", place.made_up_people),
    Check("static", place.static_files, needs_database=False),
    Check("mail", machine.mail, needs_database=False),
    Check("alarm", people.administrators),
    Check("disk", machine.disk, needs_database=False),
    Check("media-folder", files.folder, needs_database=False),
    Check("media", files.pictures),
    Check("department", people.department),
    Check("own-channels", people.own_channels),
    Check("mirror", people.mirror),
    Check("credentials", accounts.secrets),
    Check("tokens", accounts.tokens),
    Check("accounts", accounts.looked_at),
    Check("api-versions", accounts.api_versions),
)


def examine(*, now: datetime, checks: Sequence[Check] | None = None) -> list[Finding]:
    """Look at everything, or at some. A check that breaks is a finding; what lacks database or tables is left out."""
    found: dict[str, Finding] = {}
    for check in CHECKS if checks is None else checks:
        away = "database" in found and found["database"].state is State.STOP
        behind = "migrations" in found and found["migrations"].state is State.STOP
        if away and check.needs_database:
            found[check.name] = _skipped(check, "the database is away", "database")
        else:
            found[check.name] = _one(check, now, behind=behind)
    return list(found.values())


def _skipped(check: Check, why: str, see: str) -> Finding:
    return Finding(check.name, State.WARNING, f"not looked at: {why}", f"See “{see}”, then look again.")


def _one(check: Check, now: datetime, *, behind: bool) -> Finding:
    try:
        seen = check.look(now)
    except Exception as error:
        if behind and isinstance(error, ProgrammingError):
            return _skipped(check, "its tables are not up to date", "migrations")
        # Only the class: an error's words may hold a secret.
        cure = "See that the database is reachable and migrated; then report this as a bug of doctor."
        return Finding(check.name, State.STOP, f"the check itself failed: {type(error).__name__}", cure)
    return Finding(check.name, seen.state, seen.seen, seen.cure)
