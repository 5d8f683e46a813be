"""The health pages: does the database answer, and does the clock of the system tick.

Open to everybody, so they say nothing but that. `/health/` is for the web process; a worker that stands
still does not make it fail. `/health/tick/` is for a monitor: 503 when nothing has ticked for a while.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from posts.models import Heartbeat

LATE_AFTER = timedelta(seconds=60)  # the tick comes every second
STOPPED_AFTER = timedelta(minutes=2)  # from then on it is said on every desk page and by mail (config.alarm)


@never_cache
@require_safe
def show(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, else 503."""
    state = look(now=datetime.now(UTC))
    return JsonResponse(state, status=200 if state["database"] else 503)


@never_cache
@require_safe
def tick(request: HttpRequest) -> JsonResponse:
    """Answer 200 when due posts are being looked for, else 503."""
    state = look(now=datetime.now(UTC))
    return JsonResponse(state, status=200 if state["tick"] == "fresh" else 503)


def look(*, now: datetime) -> dict[str, Any]:
    """Return `database` (bool), `tick` (fresh, late, never, unknown), `tick_age_s` (None: none yet)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        beat_at = Heartbeat.objects.filter(name="tick").values_list("beat_at", flat=True).first()
    except Error:
        return {"database": False, "tick": "unknown", "tick_age_s": None}
    if beat_at is None:
        return {"database": True, "tick": "never", "tick_age_s": None}
    age = max(now - beat_at, timedelta(0))  # a slow answer may be older than the tick it finds
    state = "late" if age > LATE_AFTER else "fresh"
    return {"database": True, "tick": state, "tick_age_s": round(age.total_seconds(), 1)}
