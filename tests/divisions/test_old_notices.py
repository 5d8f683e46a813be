"""Old notices are forgotten: what was read after 90 days, all after a year, a bounded number a run."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from divisions.models import Notice
from divisions.services import old_notices
from divisions.tasks import forget_notices
from tests.stories import NOW


def told(d: SimpleNamespace, subject: str, *, days: int, read: int | None = None) -> None:
    """A notice so many days old, read so many days ago."""
    seen = None if read is None else NOW - timedelta(days=read)
    Notice.objects.create(
        user=d.officer, kind="duty", subject=subject, path="/desk/", created_at=NOW - timedelta(days=days), seen_at=seen
    )


def left() -> set[str]:
    return set(Notice.objects.values_list("subject", flat=True))


def test_what_was_read_goes_after_90_days_and_all_after_a_year(department: SimpleNamespace) -> None:
    d = department
    told(d, "read long ago", days=100, read=91)
    told(d, "read lately", days=100, read=89)
    told(d, "never read", days=364)
    told(d, "never read in a year", days=366)
    told(d, "new", days=0)
    assert old_notices.forget(now=NOW) == 2
    assert left() == {"read lately", "never read", "new"}
    assert old_notices.forget(now=NOW) == 0


def test_a_run_deletes_so_many_at_most_and_the_next_one_the_rest(
    department: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_notices, "BATCH", 2)
    monkeypatch.setattr(old_notices, "MOST", 2)
    for n in range(5):
        told(department, f"old {n}", days=400)
    assert old_notices.forget(now=NOW) == 4
    assert left() == {"old 4"}
    assert forget_notices() == 1
