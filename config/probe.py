"""Asks a health page from inside a container, which has no curl: `python -m config.probe /health/`.

Exit code 0 for a 200, else 1. Standard library only, so that a probe costs little.
"""

import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def status(url: str, *, host: str = "", timeout_s: float = 5) -> int:
    """Return the status code of a page, 0 when nobody answers; never through a proxy."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def main(arguments: list[str]) -> int:
    """Ask the page named, as a visitor of BASE_URL: other names are refused."""
    page = arguments[0] if arguments else "/health/"
    url = page if page.startswith("http") else f"http://127.0.0.1:8000{page}"
    return 0 if status(url, host=urlsplit(os.environ.get("BASE_URL", "")).netloc) == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
