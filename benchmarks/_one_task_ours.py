"""One Celery task a post that does all that ours does for a post: claim, gate, attempt, call, settle, ledger.

The other way to build the same deliverer, with the same promises. `python -m benchmarks._one_task_ours --posts N` fills
the queue with deliveries that are due.
"""

from __future__ import annotations

import argparse
import os

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # before the models below are imported

app = Celery("one_task_ours", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, result_backend=None, worker_hijack_root_logger=False)
TAKE = """
UPDATE posts_delivery SET state = 'in_flight', state_at = now(), claimed_by = %s,
    lease_until = now() + interval '60 seconds'
WHERE id = (SELECT id FROM posts_delivery WHERE id = %s AND state = 'queued' FOR UPDATE SKIP LOCKED)
"""


@app.task(name="one_delivery")
def one_delivery(pk: int, lane: int) -> None:
    """Claim one delivery and deliver it."""
    from django.db import connection
    from django.utils import timezone

    from posts.services import deliver

    worker = f"task-{pk}"
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [worker, pk])
    deliver.run_lane(lane, [pk], worker=worker, clock=timezone.now)


def _fill(posts: int) -> None:
    from posts.models import ChannelLane, Delivery

    lanes = dict(ChannelLane.objects.filter(urgent=False).values_list("channel_id", "pk"))
    for pk, channel in Delivery.objects.order_by("pk").values_list("pk", "channel_id")[:posts]:
        app.send_task("one_delivery", (pk, lanes[channel]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, required=True)
    _fill(parser.parse_args().posts)
    print("{}")
