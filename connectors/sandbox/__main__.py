"""`python -m connectors.sandbox --port N --state FILE`: the network in the foreground."""

from __future__ import annotations

import argparse
from pathlib import Path

from connectors.sandbox.server import HOST, serve, serve_socket


def main() -> None:
    """Read the arguments and serve until INT or TERM."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description="The sandbox network.")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--fd", type=int, default=None, help="a socket that listens already, instead of a port")
    parser.add_argument("--host", default=HOST, help="address to listen on (default: this machine only)")
    parser.add_argument("--state", type=Path, default=Path("var/sandbox.sqlite3"), help="its one file")
    given = parser.parse_args()
    if given.fd is not None:
        serve_socket(given.fd, given.state)
    else:
        serve(given.port, given.state, given.host)


if __name__ == "__main__":
    main()
