"""Facebook's machine-readable lists of nodes, edges and parameters as a judge of requests and answers."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "platforms" / "specs" / "facebook"
GRAPH_WIDE = {"fields", "limit", "after", "before", "summary", "appsecret_proof"}
FILE_OF_PHOTOS = {("POST", "photos"): {"source"}}  # Page.json lists no file parameter; documented exception
OUTSIDE_SPEC = ("debug_token",)  # described in the documentation only
ANSWERED_WIDE = {"id", "success", "error", "data", "paging", "summary"}


@cache
def node(name: str) -> dict[str, Any] | None:
    """Return one node's lists, or None where the specs are not at hand."""
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def check_request(method: str, path: str, parameters: dict[str, Any]) -> None:
    """Fail unless a node of this kind takes this call with these parameters."""
    if node("Page") is None or path in OUTSIDE_SPEC:
        return
    found = [(kind, api) for kind in _kinds(path) if (api := _api(kind, method, path)) is not None]
    assert found, f"Facebook's spec has no {method} {path}"
    problems = [_problem(kind, api, method, path, parameters) for kind, api in found]
    assert "" in problems, problems


def check_answer(method: str, path: str, body: dict[str, Any]) -> None:
    """Fail when a read answers a field that its node does not have."""
    if node("Page") is None or path in OUTSIDE_SPEC or "error" in body:
        return
    if method != "GET":
        assert set(body) <= {"id", "success"}, body
        return
    kinds = _kinds(path)
    edge = path.partition("/")[2]
    if edge:
        kinds = [str(api["return"]) for kind in kinds if (api := _api(kind, method, path)) is not None]
    items = body["data"] if edge else [body]
    for item in items:
        assert any(set(item) <= _readable(kind) for kind in kinds), (kinds, item)


def _kinds(path: str) -> list[str]:
    return ["PagePost", "Comment"] if "_" in path.partition("/")[0] else ["Page"]


def _api(kind: str, method: str, path: str) -> dict[str, Any] | None:
    edge = path.partition("/")[2]
    own = {"GET": "#get", "POST": "#update", "DELETE": "#delete"}[method]
    for api in (node(kind) or {"apis": []})["apis"]:
        if api["method"] == method and (api.get("endpoint") == edge if edge else api.get("name") == own):
            return dict(api)
    return None


def _problem(kind: str, api: dict[str, Any], method: str, path: str, parameters: dict[str, Any]) -> str:
    edge = path.partition("/")[2]
    known = {p["name"] for p in api["params"]} | GRAPH_WIDE | FILE_OF_PHOTOS.get((method, edge), set())
    unknown = set(parameters) - known
    if unknown:
        return f"{method} {edge or kind} takes no {sorted(unknown)}"
    returned = str(api["return"]) if edge else kind
    asked = _asked(str(parameters.get("fields", "")))
    strange = asked - _readable(returned)
    return f"{returned} has no {sorted(strange)}" if strange else ""


def _readable(kind: str) -> set[str]:
    """Return what may be asked of a node: its fields, and the edges that can be read."""
    found = node(kind) or {"fields": [], "apis": []}
    fields = {field["name"] for field in found["fields"]}
    edges = {api["endpoint"] for api in found["apis"] if api["method"] == "GET" and "endpoint" in api}
    return fields | edges | {"id"}


def _asked(fields: str) -> set[str]:
    """Return the top-level names of `fields=`, without what is asked of each."""
    flat = re.sub(r"\{[^{}]*\}|\.\w+\([^()]*\)", "", fields)
    return {name for name in flat.split(",") if name}
