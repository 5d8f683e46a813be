"""`manage.py deliver_due [--once]`: deliver what is due, without Celery."""

from __future__ import annotations

import os
import signal
import socket
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from posts.services import pool
from posts.services.senders import SENDERS
from posts.tasks import run_tick

POLL_S = 1.0


class Command(BaseCommand):
    """One tick with `--once`; else a tick a second until INT or TERM."""

    help = "Deliver what is due now (--once), or go on doing so every second."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--once", action="store_true", help="one delivery tick, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick, and say how many deliveries were taken up."""
        pool.widen()
        worker = f"{socket.gethostname()}:{os.getpid()}:deliver_due"
        if options["once"]:
            self.stdout.write(f"{run_tick(worker=worker)} deliveries taken up")
            return
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        while not stop.is_set():
            try:
                run_tick(worker=worker, wait=False)
            except (OperationalError, InterfaceError) as error:
                self.stderr.write(f"the database is away, looking again in a second: {error}")
                connection.close()
            stop.wait(POLL_S)
        SENDERS.stop()
        self.stdout.write(f"{SENDERS.wait()} deliveries taken up")
