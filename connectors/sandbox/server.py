"""Putting the network together and serving it: in the foreground, or in a thread for tests.

Listens on loopback unless told otherwise: it is made up, but its tokens are real for whoever uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from connectors.sandbox import (
    bluesky,
    control,
    everbridge,
    facebook,
    facebook_oauth,
    mailbox,
    mastodon,
    mastodon_oauth,
    pages,
    receivers,
    x,
    x_oauth,
    youtube,
    youtube_oauth,
)
from connectors.sandbox.network import NETWORK, Network
from connectors.sandbox.store import Store

MAX_UPLOAD = 32 * 1024 * 1024
HOST = "127.0.0.1"


def application(state: Path | None, mail: Path | None = None) -> web.Application:
    """Build the network on its state file (None: in memory); `mail` = the folder that mails of lists are written to."""
    app = web.Application(client_max_size=MAX_UPLOAD)
    app[NETWORK] = Network(Store(state))
    app[mastodon.PROCESSING], app[mastodon_oauth.CODES] = {}, {}
    if mail is not None:
        app[mailbox.FOLDER] = mail
    receivers.prepare(app)
    for part in (control, facebook_oauth, x_oauth, facebook, x, mastodon, mastodon_oauth, bluesky, everbridge):
        app.add_routes(part.routes())
    for part in (receivers, mailbox, pages):
        app.add_routes(part.routes())
    for part in (youtube_oauth, youtube):
        app.add_routes(part.routes())
    facebook_oauth.prepare(app)
    app.on_cleanup.append(_close)
    return app


def serve(port: int, state: Path, host: str = HOST, mail: Path | None = None) -> None:
    """Serve in the foreground until INT or TERM."""
    web.run_app(application(state, mail), host=host, port=port, print=None, access_log=None)


def serve_socket(descriptor: int, state: Path, mail: Path | None = None) -> None:
    """Serve a socket that listens already, inherited from whoever chose its port, until INT or TERM."""
    with socket.socket(fileno=descriptor) as given:
        web.run_app(application(state, mail), sock=given, print=None, access_log=None)


@dataclass(frozen=True, slots=True)
class Running:
    """A network that answers at `base_url`."""

    base_url: str
    network: Network

    @property
    def host_port(self) -> str:
        """Return what `OUTBOUND_ALLOW` needs to name."""
        return self.base_url.removeprefix("http://")


@contextlib.contextmanager
def running(state: Path | None = None, port: int = 0, mail: Path | None = None) -> Iterator[Running]:
    """Serve in a thread of this process on a free port (or `port`) while the block runs."""
    loop = asyncio.new_event_loop()
    app = application(state, mail)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    thread = threading.Thread(target=loop.run_forever, name="sandbox-network", daemon=True)
    thread.start()

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        return int(runner.addresses[0][1])

    try:
        taken = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        yield Running(f"http://{HOST}:{taken}", app[NETWORK])
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _close(app: web.Application) -> None:
    app[NETWORK].store.close()
