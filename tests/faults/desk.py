"""The desk of a trial, in a process of its own: somebody holds everything, lets go, and decides about what was held.

`python -m tests.faults.desk` reads one order a line (JSON) and answers one line. It uses the services as the desk's
pages do; a database that restarts meanwhile is asked again. What is to be proved stands in `verdict`.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import InterfaceError, OperationalError, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from divisions.errors import WrongMoment  # noqa: E402
from divisions.models import Division, User  # noqa: E402
from divisions.services import people  # noqa: E402
from posts.models import Delivery  # noqa: E402
from posts.selectors import holds  # noqa: E402
from posts.services import decide, hold  # noqa: E402
from posts.states import DeliveryState  # noqa: E402

EMAIL = "central@volume.example"
TRIES = 40


def arrive() -> dict[str, Any]:
    """Somebody who may hold everything and decide about everything."""
    if not User.objects.filter(email=EMAIL).exists():
        user = people.create_person(email=EMAIL, name="Social media officer", by=None)
        top = Division.objects.get(parent__isnull=True)
        people.grant(
            user=user,
            division=top,
            role="central_officer",
            starts_on=timezone.now().date() - timedelta(days=2),
            by=None,
        )
    return {}


def place() -> dict[str, Any]:
    """Hold everything."""
    standing = holds.in_force().first()  # the answer to an earlier try may have been lost with the database
    placed = standing or hold.place(scope="all", reason="A trial", by=_person())
    return {"hold": placed.pk, "held": Delivery.objects.filter(state=DeliveryState.HELD).count()}


def release() -> dict[str, Any]:
    """Let go of every hold."""
    for standing in holds.in_force():
        hold.release(hold=standing, by=_person())
    return {}


def settle(seed: int, dropping: float) -> dict[str, Any]:
    """Decide about everything that is held, by the dice: `dropping` of it is dropped, the rest goes."""
    dice = random.Random(seed)
    rows = list(Delivery.objects.filter(state=DeliveryState.HELD).select_related("post").order_by("pk"))
    dropped = [row for row in rows if dice.random() < dropping]
    for row in dropped:
        with suppress(WrongMoment):  # it may be out: then it is let go like the others, by the next order
            decide.drop(delivery=row, by=_person())
    kept = [row for row in rows if row not in dropped]
    for first in range(0, len(kept), hold.MAX_AT_ONCE):
        _keep(kept[first : first + hold.MAX_AT_ONCE])
    return {"kept": len(kept), "dropped": len(dropped)}


def _keep(rows: list[Delivery]) -> None:
    """All of them; one that moved meanwhile (it was found on the platform) does not stop the others."""
    try:
        hold.keep(deliveries=rows, by=_person())
    except WrongMoment:
        for row in rows if len(rows) > 1 else ():
            _keep([row])


def _person() -> User:
    return User.objects.get(email=EMAIL)


def _surely(act: Callable[..., dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """Do it, again after a database that was away."""
    for left in reversed(range(TRIES)):
        try:
            return act(**given)
        except (OperationalError, InterfaceError):
            connection.close()
            if not left:
                raise
            time.sleep(0.5)
    raise AssertionError


ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "arrive": arrive,
    "place": place,
    "release": release,
    "settle": settle,
}


def main() -> None:
    """Answer orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        answer = _surely(ORDERS[order.pop("do")], order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
