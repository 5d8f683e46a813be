"""The health page: is the database there, and does the clock of the system tick."""

from django.db import OperationalError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def show(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, else 503."""
    database = _database()
    return JsonResponse({"ok": database, "database": database}, status=200 if database else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return False
    return True
