"""Our own list of Everbridge's fields (docs/connectors.md) as a judge of requests and answers.

Everbridge publishes its interface without a licence to copy it, so there is no official file to judge by: this keeps
the connector and the sandbox to what we wrote down from its pages, no more.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


@cache
def fields() -> dict[str, tuple[set[str], set[str]]]:
    """Return {call or object: (fields sent, fields answered)}."""
    table = PAGE.read_text("utf-8").partition("<!-- everbridge fields")[2].partition("\n\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {row[0].replace("`", ""): (_names(row[1]), _names(row[2])) for row in rows}


def check_request(method: str, path: str, sent: dict[str, Any]) -> None:
    """Fail unless the list knows this call and every field of it."""
    known, _ = _call(method, path)
    assert set(sent) <= known, f"{method} {path} takes no {sorted(set(sent) - known)}"
    if "publicMessages" not in sent:
        return
    alert = sent["publicMessages"]["nixleAlertMessage"]
    _check("message of a launch", sent["message"], 0)
    _check("nixleAlertMessage", alert, 0)
    _check("community", alert["community"], 0)
    assert isinstance(alert["type"], int)


def check_answer(method: str, path: str, status: int, body: dict[str, Any]) -> None:
    """Fail when an answer has a field that the list does not give it; errors hold free text only."""
    if status >= 400:
        assert set(body) <= {"message", "status", "error", "error_description"}, body
        return
    _, known = _call(method, path)
    assert set(body) <= known, (method, path, body)
    if "page" in body:
        _check("a page", body["page"], 1)
        for item in body["page"]["data"]:
            _check("a notification", item, 1)
    if isinstance(body.get("result"), dict):
        _check("a notification", body["result"], 1)


def _check(name: str, found: dict[str, Any], side: int) -> None:
    known = fields()[name][side]
    assert set(found) <= known, f"{name} has no {sorted(set(found) - known)}"


def _call(method: str, path: str) -> tuple[set[str], set[str]]:
    for call, known in fields().items():
        wanted, _, template = call.partition(" ")
        if wanted == method and re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path):
            return known
    raise AssertionError(f"the list of fields has no {method} {path}")


def _names(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))
