"""What Celery's own documentation suggests: one task a post, due or not. Given every advantage.

The queue is full before the worker starts, nothing is acknowledged late, no result is kept, connections and the HTTP
pool live as long as the worker. The task claims its row, so that a message that comes twice says nothing twice, says
the post and writes that it is out: it plans, checks, waits for nobody and remembers nothing.
`python -m benchmarks._one_task --posts N` fills table and queue.
"""

from __future__ import annotations

import argparse
import os
import threading

import psycopg
import urllib3
from celery import Celery

from benchmarks._floor import BODY, HEADERS, SETTLE, make

app = Celery("one_task", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, result_backend=None, worker_hijack_root_logger=False)
HTTP = urllib3.PoolManager(num_pools=4, maxsize=128)
own = threading.local()
CLAIM = "UPDATE bench_floor SET state = 'in_flight' WHERE id = %s AND state = 'queued' RETURNING id"


@app.task(name="one_post")
def one_post(number: int) -> None:
    """Claim one post, say it, write that it is out."""
    if not hasattr(own, "link"):
        own.link = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    if own.link.execute(CLAIM, (number,)).fetchone() is None:
        return
    url = f"{os.environ['SANDBOX_URL']}/x/2/tweets"
    answer = HTTP.request("POST", url, body=BODY, headers=HEADERS, retries=False)
    own.link.execute(SETTLE, (answer.json()["data"]["id"], number))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, required=True)
    given = parser.parse_args()
    make(given.posts)
    for number in range(1, given.posts + 1):
        app.send_task("one_post", (number,))
    print("{}")
