"""Reads a form out of a page as a browser without script would send it, so that a journey posts what was shown."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse


class _Reader(HTMLParser):
    """Collects the fields of one form; a field may stand outside it and name it."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.fields: dict[str, list[str]] = {}
        self.choice: str | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = not self.form_id or a.get("id") == self.form_id
        name = a.get("name") or (self.choice if tag == "option" else "") or ""
        if not name or not (self.inside or (self.form_id and a.get("form") == self.form_id)):
            return
        if tag == "textarea":
            self.area, self.fields[name] = name, [""]
        elif tag == "select":
            self.choice = name
        elif tag == "option" and self.choice and "selected" in a:
            self.fields[self.choice] = [a.get("value", "")]
        elif tag == "input" and _is_sent(a):
            empty = "on" if a.get("type") in ("checkbox", "radio") else ""
            self.fields.setdefault(name, []).append(a.get("value", empty))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = None
        elif tag == "select":
            self.choice = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area][0] += data


def _is_sent(a: dict[str, str]) -> bool:
    if a.get("type") in ("file", "submit"):
        return False
    return a.get("type") not in ("checkbox", "radio") or "checked" in a


def form_in(answer: HttpResponse, form_id: str = "") -> dict[str, Any]:
    """The fields of a page's form with what stands in them: name -> values. Without an id, every form of the page."""
    reader = _Reader(form_id)
    reader.feed(answer.content.decode())
    for name, values in reader.fields.items():
        if len(values) == 1 and values[0].startswith("\n"):  # a browser drops the first line break of a textarea
            values[0] = values[0][1:]
        reader.fields[name] = [value.replace("\r\n", "\n") for value in values]
    return {name: values for name, values in reader.fields.items() if name != "csrfmiddlewaretoken"}
