"""Threads or one loop: how many posts a second each way of waiting makes, at two speeds of the platform.

Calls only, no database and nothing of ours: the choice of docs/adr/0013. Run: `python -m benchmarks.models`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import urllib3

from benchmarks._floor import BODY, HEADERS
from benchmarks._ground import say, whole
from config import local
from config.embedded import children

NAME = "models"
POSTS = whole("MODEL_POSTS", 3000)
SLEEPS_MS = (0, 50)
IN_FLIGHT = (64, 256)


def main() -> None:
    """Every model at every speed."""
    with _platform() as url:
        for sleep_ms in SLEEPS_MS:
            urllib.request.urlopen(f"{url}/_sleeps", data=f'{{"x": {sleep_ms / 1000}}}'.encode(), timeout=5).close()
            for at_once in IN_FLIGHT:
                for model, run in (("threads", _threads), ("async", _async)):
                    begun, burnt = time.perf_counter(), time.process_time()
                    run(f"{url}/x/2/tweets", at_once)
                    spent, cpu = time.perf_counter() - begun, time.process_time() - burnt
                    facts = {
                        "in_flight": at_once,
                        "platform_ms": sleep_ms,
                        "cpu_ms_a_call": round(1000 * cpu / POSTS, 2),
                    }
                    say(NAME, f"{model}_per_s", round(POSTS / spent), **facts)


@contextmanager
def _platform() -> Iterator[str]:
    port = children.free_port()
    command = [sys.executable, "-m", "benchmarks._platform", "--port", str(port)]
    with TemporaryDirectory() as folder:
        child: subprocess.Popen[bytes] = children.start(command, log=Path(folder) / "log", cwd=local.BASE_DIR)
        try:
            children.wait_until(lambda: not children.is_free(port), 20)
            yield f"http://{children.HOST}:{port}"
        finally:
            child.kill()
            child.wait()


def _threads(url: str, at_once: int) -> None:
    pool = urllib3.PoolManager(num_pools=4, maxsize=at_once)
    numbers = count(1)

    def work(_: int) -> None:
        while next(numbers) <= POSTS:
            pool.request("POST", url, body=BODY, headers=HEADERS, retries=False).json()

    with ThreadPoolExecutor(at_once) as workers:
        list(workers.map(work, range(at_once)))


def _async(url: str, at_once: int) -> None:
    asyncio.run(_loop(url, at_once))


async def _loop(url: str, at_once: int) -> None:
    numbers = count(1)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

        async def work() -> None:
            while next(numbers) <= POSTS:
                async with session.post(url, data=BODY, headers=HEADERS) as answer:
                    await answer.json()

        await asyncio.gather(*(work() for _ in range(at_once)))


if __name__ == "__main__":
    main()
