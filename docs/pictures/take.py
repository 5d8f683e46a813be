"""Takes the pictures of README.md and docs/ from a running demo, so that anybody can renew them.

Run `make demo` in one terminal, then `.venv/bin/python -m docs.pictures.take [http://127.0.0.1:8000]` in another. It
signs in as people of the demo, looks at pages and changes nothing. Each PNG is kept below 200 kB.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from config.local import DEMO_PASSWORD
from tests.chromium import find

HERE = Path(__file__).resolve().parent
OFFICER, SMO = "officer.northeast@demo.example", "smo@demo.example"
WIDE, HIGH, LARGEST_BYTES = 1280, 860, 200_000


def main(base: str) -> None:
    """Take all of them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find())
        take(browser, base, "division", "/northeast/")
        take(browser, base, "desk-home", "/desk/", who=OFFICER)
        take(browser, base, "composer", "/desk/posts/?stage=draft", who=OFFICER, then=open_draft)
        take(browser, base, "wall", "/desk/wall/", who=SMO)
        take(browser, base, "register", "/desk/register/", who=SMO)
        take(browser, base, "connect", "/desk/channels/connect/", who=SMO)
        take(browser, base, "digest", "/desk/digests/1/", who=SMO)
        take(browser, base, "official", "/official/")
        browser.close()


def take(
    browser: Browser, base: str, name: str, path: str, *, who: str = "", then: Callable[[Page], None] | None = None
) -> None:
    """Save one page, as somebody or as a visitor, and say how big it became."""
    page = browser.new_page(viewport={"width": WIDE, "height": HIGH}, base_url=base, locale="en-US")
    if who:
        sign_in(page, who)
    page.goto(path)
    if then:
        then(page)
    page.wait_for_load_state("networkidle")
    data = smallest(page.screenshot())
    (HERE / f"{name}.png").write_bytes(data)
    print(f"{name}.png {len(data) // 1000} kB")  # noqa: T201
    page.close()


def sign_in(page: Page, who: str) -> None:
    """Through the sign-in page, as a person does."""
    page.goto("/accounts/login/")
    page.fill("[name=login]", who)
    page.fill("[name=password]", os.environ.get("DEMO_PASSWORD") or DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/")


def open_draft(page: Page) -> None:
    """Open the first draft of the list in the composer."""
    links = page.locator("main a[href^='/desk/posts/']").all()
    drafts = [path for link in links if re.fullmatch(r"/desk/posts/\d+/", path := link.get_attribute("href") or "")]
    page.goto(f"{drafts[0]}edit/")


def smallest(png: bytes) -> bytes:
    """The same picture in its true colours if that fits into the limit, else in as many colours as do."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    data = _packed(picture)
    for colours in (256, 128, 64):
        if len(data) <= LARGEST_BYTES:
            break
        data = _packed(picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))
    return data


def _packed(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
