"""The floor: the same posts by the same worker model with one small UPDATE each, and nothing of ours.

As many processes as we run workers, in each as many threads in flight as a flow of ours has, with one urllib3 pool.
Each thread keeps its own database connection: that is faster than to share a pool, and the floor is not to be made
easy. No Django, no order, no lease, no gate, no memory of what was said. Prints one line of JSON:
`python -m benchmarks._floor --posts N --threads T --processes P`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

import psycopg
import urllib3

MAKE = (
    "DROP TABLE IF EXISTS bench_floor",
    "CREATE TABLE bench_floor (id int PRIMARY KEY, state text, settled_at timestamptz, remote_id text)",
    "INSERT INTO bench_floor SELECT n, 'queued' FROM generate_series(1, %s::int) AS n",
)
SETTLE = "UPDATE bench_floor SET state = 'delivered', settled_at = clock_timestamp(), remote_id = %s WHERE id = %s"
Part = tuple[float, list[float], float]
BODY = json.dumps({"text": "v:1: Volume post for measurements." + " " * 40}).encode()
HEADERS = {"Authorization": "Bearer volume-0123456789abcdef", "Content-Type": "application/json"}


def main() -> None:
    """Make the rows, send them all as of one moment, print span and lateness in seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    make(given.posts)
    ways = multiprocessing.get_context("fork")
    start, found = ways.Barrier(given.processes), ways.SimpleQueue()
    shares = [range(n, given.posts + 1, given.processes) for n in range(1, given.processes + 1)]
    workers = [ways.Process(target=_process, args=(share, given.threads, start, found)) for share in shares]
    for worker in workers:
        worker.start()
    parts = [found.get() for _ in workers]
    for worker in workers:
        worker.join()
    begun = min(at for at, _, _ in parts)
    late = sorted(moment - begun for _, moments, _ in parts for moment in moments)
    print(
        json.dumps(
            {
                "posts": len(late),
                "span_s": late[-1],
                "p50_s": late[len(late) // 2],
                "p99_s": late[int(len(late) * 0.99)],
                "cpu_s": sum(burnt for _, _, burnt in parts),
            }
        )
    )


def make(posts: int) -> None:
    """The floor's own table, with so many rows that wait."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        for statement in MAKE:
            link.execute(statement, (posts,) if "%s" in statement else None)  # type: ignore[call-overload]


def _process(numbers: Sequence[int], threads: int, start: Barrier, found: SimpleQueue[Part]) -> None:
    """One process's share: when it began, when each post was out (one clock for all processes), its CPU seconds."""
    pool = urllib3.PoolManager(num_pools=4, maxsize=threads)
    url = f"{os.environ['SANDBOX_URL']}/x/2/tweets"
    ahead, links = iter(numbers), [_link() for _ in range(threads)]
    start.wait(60)
    begun, burnt = time.monotonic(), time.process_time()

    def work(link: psycopg.Connection) -> list[float]:
        moments = []
        while (number := next(ahead, None)) is not None:
            answer = pool.request("POST", url, body=BODY, headers=HEADERS, retries=False)
            link.execute(SETTLE, (answer.json()["data"]["id"], number))
            moments.append(time.monotonic())
        return moments

    with ThreadPoolExecutor(threads) as workers:
        moments = [one for several in workers.map(work, links) for one in several]
    found.put((begun, moments, time.process_time() - burnt))


def _link() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


if __name__ == "__main__":
    main()
