"""The floor: the same posts by the same worker model with one small UPDATE each, and nothing of ours.

Threads with one urllib3 pool, as many in flight as a flow of ours has. Each thread keeps its own database connection:
that is faster than to share a pool, and the floor is not to be made easy. No Django, no order, no lease, no gate, no
memory of what was said. Prints one line of JSON: `python -m benchmarks._floor --posts N`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psycopg
import urllib3

MAKE = (
    "DROP TABLE IF EXISTS bench_floor",
    "CREATE TABLE bench_floor (id int PRIMARY KEY, state text, settled_at timestamptz, remote_id text)",
    "INSERT INTO bench_floor SELECT n, 'queued' FROM generate_series(1, %s::int) AS n",
)
SETTLE = "UPDATE bench_floor SET state = 'delivered', settled_at = clock_timestamp(), remote_id = %s WHERE id = %s"
BODY = json.dumps({"text": "v:1: Volume post for measurements." + " " * 40}).encode()
HEADERS = {"Authorization": "Bearer volume-0123456789abcdef", "Content-Type": "application/json"}


def main() -> None:
    """Make the rows, send them all as of one moment, print span and lateness in seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    given = parser.parse_args()
    make(given.posts)
    burnt = time.process_time()
    late = sorted(_send(given.posts, given.threads))
    print(
        json.dumps(
            {
                "posts": len(late),
                "span_s": late[-1],
                "p50_s": late[len(late) // 2],
                "p99_s": late[int(len(late) * 0.99)],
                "cpu_s": time.process_time() - burnt,
            }
        )
    )


def make(posts: int) -> None:
    """The floor's own table, with so many rows that wait."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        for statement in MAKE:
            link.execute(statement, (posts,) if "%s" in statement else None)  # type: ignore[call-overload]


def _send(posts: int, threads: int) -> list[float]:
    pool = urllib3.PoolManager(num_pools=4, maxsize=threads)
    url = f"{os.environ['SANDBOX_URL']}/x/2/tweets"
    numbers, links = count(1), [_link() for _ in range(threads)]
    begun = time.perf_counter()

    def work(link: psycopg.Connection) -> list[float]:
        late = []
        while (number := next(numbers)) <= posts:
            answer = pool.request("POST", url, body=BODY, headers=HEADERS, retries=False)
            link.execute(SETTLE, (answer.json()["data"]["id"], number))
            late.append(time.perf_counter() - begun)
        return late

    with ThreadPoolExecutor(threads) as workers:
        return [one for several in workers.map(work, links) for one in several]


def _link() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


if __name__ == "__main__":
    main()
